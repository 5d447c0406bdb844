# Written by clients/unasync.py from clients/kinoform_client/aio/materials.py: change that file, not this one.
"""Design materials from text and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kinoform_client._core.convert import job_from_proto
from kinoform_client._core.materials import Material, generate_material
from kinoform_client._core.requests import Sampling
from kinoform_client.sync.assets import Assets
from kinoform_client.sync.calls import Caller
from kinoform_client.sync.handles import JobHandle
from kinoform_client.sync.inputs import PictureInput, maybe_picture
from kinoform_client.sync.jobs import Jobs


class Materials:
    """`client.materials`."""

    def __init__(self, caller: Caller, jobs: Jobs, assets: Assets) -> None:
        self._caller = caller
        self._jobs = jobs
        self._assets = assets

    def generate(
        self,
        prompt: str | None = None,
        *,
        image: PictureInput | None = None,
        model: str = "",
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        negative_prompt: str = "",
        reproducible: bool = False,
        pause_at: int | None = None,
        keep_steps: Sequence[int] = (),
        size: int | None = None,
        size_m: float | None = None,
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> JobHandle:
        """Has a seamless, physically based material made from words or from a picture, and returns its job at once.

        image: a photograph of a flat surface from straight above: a file's path, its bytes, a stored asset or its name,
        an output of another job, a conditioning or its name. No model has a part in it; the prompt only names it then.
        size: edge of the maps in pixels, 256, 512 or 1024. size_m: edge of the tile in metres.
        deadline: when it should be done, a time with its zone, or a span from now (beside a `request_id` give a time).
        Of equal priorities the earliest that can still be met goes first; past it the job goes on.
        What is left out, the server chooses; `job.job.request` says what. The same `request_id` gives the same job.
        Raises InvalidArgumentError, naming every bad field, ResourceExhaustedError, UnavailableError and their kin.
        """
        material = Material(
            prompt=prompt,
            negative_prompt=negative_prompt,
            image=maybe_picture(self._assets, image),
            model=model,
            sampling=Sampling(
                seed=seed,
                steps=steps,
                guidance=guidance,
                reproducible=reproducible,
                pause_at=pause_at,
                keep_steps=keep_steps,
            ),
            size=size,
            size_m=size_m,
        )
        request = generate_material(material, self._caller.ticket(request_id, priority, deadline, labels))
        response = self._caller.call(self._caller.stubs.materials.GenerateMaterial, request)
        return JobHandle(self._jobs, self._assets, job_from_proto(response.job))
