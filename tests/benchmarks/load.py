"""One gateway under many watchers and a long queue, and again on top of a million finished jobs."""

import asyncio
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import sqlalchemy as sa
from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.store import schema
from kinoform.store.open import open_store
from kinoform.store.records import JobState, RequestKey, Submission
from kinoform.store.rows import job_values
from kinoform_cluster.ports import usable_port
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc
from tests.benchmarks.table import Figure, percentile

WATCHERS, QUEUED, FINISHED = 1_000, 10_000, 1_000_000
CHANNELS = 20
LOOKS = 200
PARENT = "projects/load"


def figures() -> Iterator[Figure]:
    """Memory and times with the queue alone, then with a million finished jobs below it."""
    with tempfile.TemporaryDirectory(prefix="kinoform-load-") as folder:
        database = f"sqlite:///{folder}/jobs.db"
        insert(database, QUEUED, JobState.QUEUED)
        yield from measured(Path(folder), f"{QUEUED:,} queued")
        insert(database, FINISHED, JobState.SUCCEEDED)
        yield from measured(Path(folder), f"{QUEUED:,} queued, {FINISHED:,} finished")


def measured(folder: Path, state: str) -> list[Figure]:
    """The figures of a fresh gateway on that store."""
    with gateway(folder) as (address, process):
        return asyncio.run(_measured(address, process, state))


async def _measured(address: str, process: psutil.Process, state: str) -> list[Figure]:
    channels = [
        grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) for _ in range(CHANNELS)
    ]
    stubs = [job_pb2_grpc.JobServiceStub(channel) for channel in channels]
    names = await _queued_names(stubs[0])
    before = process.memory_info().rss
    delays: list[float] = []
    watching = [
        asyncio.create_task(_watch(stubs[number % CHANNELS], name, delays)) for number, name in enumerate(names)
    ]
    await _seconds(lambda: stubs[0].GetJob(job_pb2.GetJobRequest(name=names[0])))
    await asyncio.sleep(5)  # all of them are there
    held = process.memory_info().rss
    videos = video_pb2_grpc.VideoServiceStub(channels[0])
    submits = [await _seconds(lambda: videos.GenerateVideo(_request())) for _ in range(LOOKS)]
    listing = job_pb2.ListJobsRequest(parent=PARENT, page_size=50)
    lists = [await _seconds(lambda: stubs[1].ListJobs(listing)) for _ in range(LOOKS)]
    delays.clear()
    for name in names[:LOOKS]:
        await stubs[2].PauseJob(job_pb2.PauseJobRequest(name=name))
    await asyncio.sleep(2)
    after = process.memory_info().rss
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    for channel in channels:
        await channel.close()
    note = f"{state}, {WATCHERS:,} watchers"
    return [
        Figure(name="gateway's memory before the watchers", value=before / 2**20, unit="MiB", note=note),
        Figure(name="gateway's memory with them", value=held / 2**20, unit="MiB", note=note),
        Figure(name="gateway's memory after the calls below", value=after / 2**20, unit="MiB", note=note),
        *_both("submission", submits, note),
        *_both("a page of 50 jobs", lists, note),
        *_both("event, from storing to its watcher", delays, f"{note}, {len(delays)} events"),
    ]


def _both(name: str, seconds: Sequence[float], note: str) -> Iterator[Figure]:
    for share in (0.5, 0.99):
        yield Figure(name=f"{name}, p{share * 100:.0f}", value=1000 * percentile(seconds, share), unit="ms", note=note)


async def _watch(stub: Any, name: str, delays: list[float]) -> None:
    async for response in stub.WatchJob(job_pb2.WatchJobRequest(name=name)):
        at = response.event.time
        if response.event.state_changed.state == job_pb2.Job.STATE_PAUSED:
            delays.append(time.time() - (at.seconds + at.nanos / 1e9))


async def _queued_names(stub: Any) -> list[str]:
    names: list[str] = []
    request = job_pb2.ListJobsRequest(parent=PARENT, page_size=500)
    request.filter.states.append(job_pb2.Job.STATE_QUEUED)
    while len(names) < WATCHERS:
        page = await stub.ListJobs(request, wait_for_ready=True)
        names += [job.name for job in page.jobs]
        request.page_token = page.next_page_token
    return names[:WATCHERS]


async def _seconds(call: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await call()
    return time.perf_counter() - begun


def _request() -> video_pb2.GenerateVideoRequest:
    request = video_pb2.GenerateVideoRequest(parent=PARENT, request_id=str(uuid.uuid4()))
    request.spec.prompt.text = "a penguin jumps over snow"
    return request


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A gateway whose services are away, so that what is queued stays so: its address, its process."""
    port = usable_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "kinoform.gateway", "--listen", f"127.0.0.1:{port}", "--data", str(folder)]
    command += ["--engine", f"127.0.0.1:{usable_port('127.0.0.1', 0)}"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(60)
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def insert(database: str, count: int, state: JobState) -> None:
    """Jobs with one event each, by the store's own tables."""
    store = open_store(database)
    packed = AnyMessage()
    packed.Pack(_request())
    request, now = packed.SerializeToString(), time.time_ns() // 1000
    changed = job_pb2.JobEvent(sequence=1, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_QUEUED))
    payload = changed.SerializeToString()
    for start in range(0, count, 10_000):
        rows, events = [], []
        for number in range(start, min(count, start + 10_000)):
            name = f"{PARENT}/jobs/{uuid.uuid4()}"
            submission = Submission(
                name=name,
                project="load",
                kind="video",
                model="kino-mini",
                request=request,
                request_type="kinoform.video.v1.GenerateVideoRequest",
                request_key=RequestKey(id=str(uuid.uuid4()), fingerprint="f"),
                created_at=now - count + number,
            )
            rows.append(job_values(submission, last_sequence=1) | {"state": state.value})
            events.append({"job": name, "sequence": 1, "at": now, "attempt": 0, "payload": payload})
        with store.database.write() as transaction:
            transaction.connection.execute(sa.insert(schema.jobs), rows)
            transaction.connection.execute(sa.insert(schema.events), events)
    store.close()
