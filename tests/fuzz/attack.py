"""Calls every rpc of a gateway with absurd messages, and looks at how it answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.catalog.v1 import catalog_pb2
from kinoform_proto.conditioning.v1 import conditioning_pb2
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.video.v1 import video_pb2
from tests.fuzz.messages import Maker
from tests.fuzz.wire import torment
from tests.gateway.job_requests import CASES

FILES = (asset_pb2, catalog_pb2, conditioning_pb2, job_pb2, material_pb2, mesh_pb2, video_pb2)
METHODS: tuple[MethodDescriptor, ...] = tuple(
    method for file in FILES for service in file.DESCRIPTOR.services_by_name.values() for method in service.methods
)
GOOD = {case.make().DESCRIPTOR.full_name: case for case in CASES.values()}
"""Requests that are taken, by type."""
DEADLINE_S = 10.0
UNTYPED = frozenset({grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNIMPLEMENTED})
WAITING = frozenset({"WatchJob", "WaitJob"})
"""May take as long as their caller likes."""


@dataclass
class Report:
    """How it was answered."""

    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


async def attack(address: str, rng: Random, rounds: int, report: Report) -> None:
    """So many rounds: in each every rpc once, once with bytes that are no message, and a connection of garbage."""
    maker = Maker(rng)
    async with grpc.aio.insecure_channel(address) as channel:
        for _ in range(rounds):
            for method in METHODS:
                await _call(channel, method, maker, report, garbled=rng.random() < 0.2)
            await asyncio.to_thread(torment, address, rng)


async def _call(
    channel: grpc.aio.Channel, method: MethodDescriptor, maker: Maker, report: Report, *, garbled: bool
) -> None:
    path = f"/{method.containing_service.full_name}/{method.name}"
    count = maker.rng.choice((0, 1, 1, 3)) if method.client_streaming else 1
    sent = [maker.bytes(500) if garbled else _fits(_request(maker, method)) for _ in range(count)]
    try:
        answer = await _answered(channel, path, method, sent)
    except grpc.aio.AioRpcError as error:
        report.codes[error.code().name] += 1
        hung = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and method.name not in WAITING
        if hung or error.code() in UNTYPED:
            report.wrong.append(f"{path}: {error.code().name} {error.details()!r} for {sent!r}"[:1000])
        return
    report.codes["OK"] += 1
    if answer is not None:
        maker.names += _names(answer)
        del maker.names[4:-50]


async def _answered(
    channel: grpc.aio.Channel, path: str, method: MethodDescriptor, sent: list[bytes]
) -> Message | None:
    response = GetMessageClass(method.output_type).FromString
    deadline = 0.5 if method.name in WAITING else DEADLINE_S
    if method.client_streaming:
        return await channel.stream_unary(path, None, response)(_each(sent), timeout=deadline)
    if method.server_streaming:
        async for _ in channel.unary_stream(path, None, response)(sent[0], timeout=deadline):
            pass
        return None
    return await channel.unary_unary(path, None, response)(sent[0], timeout=deadline)


async def _each(sent: list[bytes]) -> AsyncIterator[bytes]:
    for one in sent:
        yield one


def _request(maker: Maker, method: MethodDescriptor) -> Message:
    case = GOOD.get(method.input_type.full_name)
    if case is not None and maker.rng.random() < 0.5:
        return maker.spoilt(case.make())
    return maker.message(method.input_type)


def _fits(message: Message) -> bytes:
    return message.SerializeToString()[: 3 * 2**20]


def _names(answer: Message) -> list[str]:
    found = []
    for field_, value in answer.ListFields():
        if isinstance(value, Message):
            found += _names(value)
        elif field_.name in ("name", "upload") and isinstance(value, str):
            found.append(value)
    return found
