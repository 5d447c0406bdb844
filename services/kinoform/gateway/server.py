"""Builds a gateway, starts it and stops it."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from functools import partial

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from kinoform.gateway.access.build import build_guard
from kinoform.gateway.access.guard import Guard
from kinoform.gateway.assets import AssetServicer
from kinoform.gateway.catalog import CatalogServicer
from kinoform.gateway.conditioning_room import ConditioningRoom
from kinoform.gateway.conditioning_servicer import ConditioningServicer
from kinoform.gateway.conditionings import Conditionings
from kinoform.gateway.conditions import Conditions
from kinoform.gateway.config import MAX_MESSAGE_BYTES, GatewayConfig
from kinoform.gateway.dispatcher import Dispatcher, DispatcherConfig
from kinoform.gateway.edge import Edge
from kinoform.gateway.engine_link import EngineLink, StartMaker
from kinoform.gateway.fork import Forker
from kinoform.gateway.health import Health
from kinoform.gateway.inputs import Inputs
from kinoform.gateway.jobs import JobServicer
from kinoform.gateway.ledger import Books
from kinoform.gateway.leftovers import Leftovers
from kinoform.gateway.makers import Forks, Intake, MaterialServicer, MeshServicer, VideoServicer
from kinoform.gateway.offer import Offer
from kinoform.gateway.patience import Patience
from kinoform.gateway.places import Pace, Places
from kinoform.gateway.provenance import Stores, Verifier
from kinoform.gateway.resolve.requests import JOB_REQUESTS, objections
from kinoform.gateway.runstream import RunParts
from kinoform.gateway.steer import Steering
from kinoform.gateway.submit import Submitter
from kinoform.gateway.sweep import Sweep
from kinoform.gateway.tls import server_credentials
from kinoform.gateway.uploads import Uploader
from kinoform.gateway.validation import Checker
from kinoform.gateway.watch import Watcher
from kinoform.media.provenance.check import Checker as CredentialsChecker
from kinoform.media.provenance.check import read_anchors
from kinoform.models.services import CONDITIONING
from kinoform.policy.settings import prompt_policies
from kinoform.store.assets import AssetStore
from kinoform.store.open import Store, open_store
from kinoform_proto.asset.v1 import asset_pb2, asset_pb2_grpc
from kinoform_proto.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from kinoform_proto.conditioning.v1 import conditioning_pb2, conditioning_pb2_grpc
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from kinoform_proto.material.v1 import material_pb2, material_pb2_grpc
from kinoform_proto.mesh.v1 import mesh_pb2, mesh_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc

_log = structlog.get_logger("kinoform.gateway")

SERVICES = tuple(
    file.services_by_name[name].full_name
    for file, name in (
        (video_pb2.DESCRIPTOR, "VideoService"),
        (mesh_pb2.DESCRIPTOR, "MeshService"),
        (material_pb2.DESCRIPTOR, "MaterialService"),
        (conditioning_pb2.DESCRIPTOR, "ConditioningService"),
        (job_pb2.DESCRIPTOR, "JobService"),
        (asset_pb2.DESCRIPTOR, "AssetService"),
        (catalog_pb2.DESCRIPTOR, "CatalogService"),
    )
)
SEED_BITS = 32
"""Of seeds that the server chooses: short enough to type again."""


LOOPBACK = ("127.", "localhost:", "[::1]:")
"""How addresses begin that only this machine reaches."""


class BadAddress(ValueError):
    """The gateway cannot listen where it was told to."""

    def __init__(self, address: str, detail: str) -> None:
        super().__init__(address, detail)
        self.address = address
        self.detail = detail

    def __str__(self) -> str:
        return f"cannot listen on {self.address}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a gateway is made of."""

    store: Store
    link: EngineLink
    dispatcher: Dispatcher
    health: Health
    places: Places
    guard: Guard
    sweep: Sweep
    probes: grpc.aio.Server
    """Serves health alone, if anything."""
    draining: asyncio.Event


class Gateway:
    """A running gateway. `start`, then `serve_forever` or your own waiting, then `drain`."""

    def __init__(self, config: GatewayConfig, server: grpc.aio.Server, parts: Parts) -> None:
        self._config = config
        self._server = server
        self._parts = parts
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0
        """Port it listens on, once started."""

    async def start(self) -> None:
        """Listen, and begin to dispatch. Raises BadAddress."""
        self.port = _listen(self._server, self._config)
        await self._parts.health.begin()
        if self._config.health_listen is not None:
            _listen_to_probes(self._parts.probes, self._config.health_listen)
            await self._parts.probes.start()
        await self._server.start()
        parts = self._parts
        self._tasks = [
            asyncio.create_task(part.run()) for part in (parts.dispatcher, parts.health, parts.places, parts.sweep)
        ]
        await self._warn_of_open_door()
        _log.info("gateway started", port=self.port, engine=self._config.engine, models=sorted(self._config.cards))

    async def _warn_of_open_door(self) -> None:
        listen = self._config.listen
        if not await self._parts.guard.authenticator.asks() and not listen.startswith(LOOPBACK):
            _log.warning("anybody who reaches this gateway may use it: make a key", listen=listen)

    async def serve_forever(self) -> None:
        """Returns once `drain` is done."""
        await self._server.wait_for_termination()

    async def drain(self, grace_s: float) -> None:
        """Stop within about `grace_s` seconds: running jobs go back into the queue with their checkpoints."""
        _log.info("gateway drains", grace_s=grace_s)
        self._parts.draining.set()
        await self._parts.health.stop()
        await self._parts.dispatcher.drain(grace_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.stop(STREAMS_END_S)
        await self._parts.probes.stop(None)
        await self._parts.guard.close()
        await self._parts.link.close()
        await asyncio.to_thread(self._parts.store.close)


STREAMS_END_S = 0.5
"""Time for calls under way to end by themselves when the server stops; watchers come back to another gateway."""


def build(config: GatewayConfig) -> Gateway:
    """A gateway, its stores opened. Call it inside a running event loop.

    Raises StoreUnavailable, ValueError, BadTrustAnchors, BadPolicy.
    """
    store = open_store(config.database, config.limits, config.terms)
    blobs = AssetStore(config.assets)
    offer = Offer(
        config.cards,
        config.default_models,
        lambda: secrets.randbits(SEED_BITS),
        conditioning=CONDITIONING in config.services,
    )
    conditions = Conditions(store.jobs)
    running = _run_parts(config, store, blobs, conditions)
    dispatcher = Dispatcher(
        running, store.notifier, DispatcherConfig(kinds=offer.services, max_running=config.max_running)
    )
    checker = Checker(partial(objections, offer=offer))
    checker.warm(*(kind() for kind in JOB_REQUESTS), job_pb2.GetJobRequest(), job_pb2.WatchJobRequest())
    parts = Parts(
        store=store,
        link=running.link,
        dispatcher=dispatcher,
        health=Health(store.jobs, running.link, SERVICES),
        places=Places(store.jobs, store.notifier, running.pace, now_us, config.places_every_s),
        guard=build_guard(config, store, checker, now_us),
        sweep=Sweep(store, blobs, now_us),
        probes=grpc.aio.server(options=[("grpc.so_reuseport", 0)]),
        draining=asyncio.Event(),
    )
    server = grpc.aio.server(interceptors=[Edge(parts.guard)], options=_options(config))
    submitter = Submitter(
        store.jobs,
        Inputs(store, blobs, config.inputs, now_us),
        offer,
        now_us,
        prompt_policies(config.policy),
    )
    conditionings = Conditionings(conditions, submitter, store.assets, running.books.leftovers, config.depth_model)
    room = ConditioningRoom(conditionings, config.conditionings_bytes)
    _add_makers(server, Intake(submitter, parts.draining), ConditioningServicer(conditionings, room, parts.draining))
    _add_keepers(server, config, parts, running.books, Forks(Forker(submitter, store.kept), parts.draining))
    for where in (server, parts.probes):
        health_pb2_grpc.add_HealthServicer_to_server(parts.health.servicer, where)
    if config.reflection:
        names = (*SERVICES, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    return Gateway(config, server, parts)


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def _run_parts(config: GatewayConfig, store: Store, blobs: AssetStore, conditions: Conditions) -> RunParts:
    return RunParts(
        jobs=store.jobs,
        books=Books(store.leases, blobs, Leftovers(store.assets, blobs), now_us),
        link=EngineLink(config.engine, config.engine_token),
        starts=StartMaker(store.assets, blobs, conditions, config.engine_token, config.times.lease),
        patience=Patience(config.most_deaths),
        pace=Pace(config.max_running),
        times=config.times,
    )


def _add_makers(server: grpc.aio.Server, intake: Intake, conditioning: ConditioningServicer) -> None:
    """What makes jobs."""
    conditioning_pb2_grpc.add_ConditioningServiceServicer_to_server(conditioning, server)
    video_pb2_grpc.add_VideoServiceServicer_to_server(VideoServicer(intake), server)
    mesh_pb2_grpc.add_MeshServiceServicer_to_server(MeshServicer(intake), server)
    material_pb2_grpc.add_MaterialServiceServicer_to_server(MaterialServicer(intake), server)


def _add_keepers(server: grpc.aio.Server, config: GatewayConfig, parts: Parts, books: Books, forks: Forks) -> None:
    """What keeps jobs, assets and models."""
    store, blobs, leftovers = parts.store, books.blobs, books.leftovers
    steering = Steering(store.jobs, leftovers, now_us, parts.dispatcher)
    watcher = Watcher(store.jobs, store.events, store.notifier)
    uploader = Uploader(store.assets, store.uploads, blobs, now_us, config.max_upload_bytes)
    catalog = CatalogServicer(config.cards, config.default_models)
    job_pb2_grpc.add_JobServiceServicer_to_server(JobServicer(store, steering, forks, watcher), server)
    anchors = "" if config.trust_anchors is None else read_anchors(config.trust_anchors)
    verifier = Verifier(Stores(store.assets, store.jobs, blobs), CredentialsChecker(anchors))
    keeper = AssetServicer(store, blobs, uploader, verifier, leftovers)
    asset_pb2_grpc.add_AssetServiceServicer_to_server(keeper, server)
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(catalog, server)


def _options(config: GatewayConfig) -> list[tuple[str, int]]:
    options = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        # Two servers on one port would share its callers at random: say that it is taken instead.
        ("grpc.so_reuseport", 0),
    ]
    if config.max_connection_age_s is not None:
        options.append(("grpc.max_connection_age_ms", int(config.max_connection_age_s * 1000)))
    return options


def _listen_to_probes(server: grpc.aio.Server, address: str) -> None:
    try:
        server.add_insecure_port(address)
    except RuntimeError as error:
        raise BadAddress(address, str(error)) from error


def _listen(server: grpc.aio.Server, config: GatewayConfig) -> int:
    try:
        if config.tls is None:
            return server.add_insecure_port(config.listen)
        return server.add_secure_port(config.listen, server_credentials(config.tls, config.access.client_ca))
    except RuntimeError as error:
        raise BadAddress(config.listen, str(error)) from error
