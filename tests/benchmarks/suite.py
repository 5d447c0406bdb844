"""The whole suite over loopback: start-up, latencies, seconds a clip, memory."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import psutil

from kinoform_client import Client, Model
from kinoform_client.types import ModelKind
from tests.benchmarks import assets
from tests.benchmarks.table import Figure, median, percentile

SUBMISSIONS = 100
CLIPS = 5
TURBO = "kino-mini-turbo"
GATEWAY, REPLICA = "kinoform.gateway", "ServeReplica:"
KINDS = ("video", "mesh", "material", "conditioning")


def figures(runtime: str) -> Iterator[Figure]:
    """Everything that is measured on one runtime, `ray` or `local`."""
    begun = time.perf_counter()
    with serving(runtime) as (process, address):
        yield Figure(name=f"{runtime}: start to ready", value=time.perf_counter() - begun, unit="s")
        with Client(address) as client:
            models = {model.name: model for model in client.models.list()}
            defaults = {model.kind: model for model in models.values() if model.is_default}
            default = defaults[ModelKind.VIDEO]
            prompt = " ".join(default.card["held_out"][0])
            yield from latencies(runtime, client, prompt)
            seconds = clip_seconds(client, default.name, prompt)
            yield clips(runtime, default, seconds, limit="<= 15")
            if TURBO in models:
                yield from turbo(runtime, models[TURBO], clip_seconds(client, TURBO, prompt), base=seconds)
            else:
                print(f"{runtime}: {TURBO} left out, its weights are not there", file=sys.stderr)
            yield from assets.figures(runtime, client, defaults)
        if runtime == "ray":
            yield from memory(process.pid)


def latencies(runtime: str, client: Client, prompt: str) -> Iterator[Figure]:
    """Submission, and the way of an event from its storing to a watcher."""
    submits = []
    for seed in range(SUBMISSIONS):
        begun = time.perf_counter()
        job = client.videos.generate(prompt, seed=seed)
        submits.append(1000 * (time.perf_counter() - begun))
        job.cancel()
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        note = f"{SUBMISSIONS} jobs, stored durably before the answer"
        yield Figure(name=f"{runtime}: submit {label}", value=percentile(submits, share), unit="ms", note=note)
    delays = []
    for event in client.videos.generate(prompt, seed=0).watch():
        delays.append(1000 * (time.time() - event.time.timestamp()))
    note = f"{len(delays)} events, from storing to the watcher"
    yield Figure(name=f"{runtime}: event delay p50", value=percentile(delays, 0.5), unit="ms", note=note)


def clip_seconds(client: Client, model: str, prompt: str) -> float:
    """Median seconds from request to stored MP4 at the model's default steps, after one clip that warms it up."""
    seconds = []
    for seed in range(CLIPS + 1):
        begun = time.perf_counter()
        client.videos.generate(prompt, model=model, seed=seed).result(timeout=120)
        seconds.append(time.perf_counter() - begun)
    return median(seconds[1:])


def clips(runtime: str, model: Model, seconds: float, *, limit: str) -> Figure:
    """How long a clip takes."""
    assert model.clip is not None
    name = f"{runtime}: {model.name}, {model.clip.default_steps} steps, request to MP4"
    return Figure(name=name, value=seconds, unit="s", limit=limit, note=f"median of {CLIPS}")


def turbo(runtime: str, model: Model, seconds: float, *, base: float) -> Iterator[Figure]:
    """What few steps bring over the base at its default steps."""
    yield clips(runtime, model, seconds, limit="<= 2.5")
    note = "request to MP4, each at its default steps"
    yield Figure(name=f"{runtime}: {model.name} / base", value=seconds / base, unit="ratio", note=note)


def memory(supervisor: int) -> Iterator[Figure]:
    """Resident memory of the gateway and of each service's replica after the work."""
    family = psutil.Process(supervisor).children(recursive=True)
    for label, mark, limit in (
        ("gateway", GATEWAY, 150),
        *((f"{kind} replica", REPLICA + kind, 1024) for kind in KINDS),
    ):
        sizes = [process.memory_info().rss / 2**20 for process in family if mark in " ".join(process.cmdline())]
        yield Figure(name=f"ray: resident memory, {label}", value=max(sizes), unit="MiB", limit=f"<= {limit}")


@contextlib.contextmanager
def serving(runtime: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A suite on a fresh data folder: its process and its address."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "kinoform_cluster", "serve"]
        command += ["--runtime", runtime, "--port", "0", "--data", data]
        environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            try:
                line = process.stdout.readline().split()
                if len(line) != 2 or line[0] != "ready":
                    raise RuntimeError(f"`{' '.join(command)}` did not become ready; its log is on stderr")
                yield process, line[1]
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
