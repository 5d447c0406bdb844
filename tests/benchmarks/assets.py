"""Meshes and materials on the running suite: seconds from request to stored files, and where they go."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from kinoform_client import Client, Model
from kinoform_client.sync.handles import JobHandle
from kinoform_client.types import ModelKind, Progress, Stage
from tests.benchmarks.table import Figure, median

RUNS = 3
OFF_THE_STEPS = (Stage.SURFACE, Stage.WRITE, Stage.RENDER)


class Taken(NamedTuple):
    """Of one job."""

    seconds: float
    """From request to stored files."""
    off_the_steps: float
    """Of them, those of the stages that need no denoiser."""


def figures(runtime: str, client: Client, models: Mapping[ModelKind, Model]) -> Iterator[Figure]:
    """Whatever the server makes of meshes and materials, by its default models."""
    if (mesh := models.get(ModelKind.MESH)) is not None and mesh.mesh is not None:
        (prompt,) = mesh.card["held_out"][0]
        yield from _of(
            f"{runtime}: {mesh.name}, {mesh.mesh.default_steps} steps, request to GLB",
            lambda seed: client.meshes.generate(prompt, seed=seed),
            limit="<= 20",
        )
        glb = client.meshes.generate(prompt, seed=0).result().output("glb")
        yield from _of(
            f"{runtime}: turntable, 24 frames of 384 x 384", lambda _: client.meshes.turntable(glb), limit=""
        )
    if (material := models.get(ModelKind.MATERIAL)) is not None and material.material is not None:
        prompt = " ".join(material.card["held_out"][0])
        yield from _of(
            f"{runtime}: {material.name}, {material.material.default_steps} steps, request to maps",
            lambda seed: client.materials.generate(prompt, seed=seed),
            limit="",
        )


def _of(name: str, submit: Callable[[int], JobHandle], *, limit: str) -> Iterator[Figure]:
    """The median job after one that warms up, and the share of its time that the steps have no part in."""
    taken = [_timed(submit, seed) for seed in range(RUNS + 1)][1:]
    yield Figure(name=name, value=median([each.seconds for each in taken]), unit="s", limit=limit, note=f"of {RUNS}")
    share = median([each.off_the_steps / each.seconds for each in taken])
    yield Figure(name=f"{name}: share of surface, pictures and files", value=share, unit="ratio")


def _timed(submit: Callable[[int], JobHandle], seed: int) -> Taken:
    begun = time.perf_counter()
    job = submit(seed)
    events = list(job.watch())
    job.result()
    seconds = time.perf_counter() - begun
    off = [event.time for event in events if isinstance(event, Progress) and event.stage in OFF_THE_STEPS]
    return Taken(seconds, (events[-1].time - off[0]).total_seconds() if off else 0.0)
