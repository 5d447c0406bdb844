"""Video clips from text and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from kinoform_client._core.clips import Clip, Delivery, generate_video
from kinoform_client._core.convert import job_from_proto
from kinoform_client._core.requests import Sampling
from kinoform_client.aio.assets import AsyncAssets
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.handles import AsyncJobHandle
from kinoform_client.aio.inputs import PictureInput, clip_condition, maybe_picture, maybe_repaint
from kinoform_client.aio.jobs import AsyncJobs
from kinoform_client.clip_conditions import ClipCondition, Repaint, Steps
from kinoform_client.types import Upscale, VideoFormat


class AsyncVideos:
    """`client.videos`."""

    def __init__(self, caller: AsyncCaller, jobs: AsyncJobs, assets: AsyncAssets) -> None:
        self._caller = caller
        self._jobs = jobs
        self._assets = assets

    async def generate(
        self,
        prompt: str,
        *,
        image: PictureInput | None = None,
        image_strength: float | None = None,
        image_steps: Steps | None = None,
        conditions: Sequence[ClipCondition[PictureInput]] = (),
        repaint: Repaint[PictureInput] | None = None,
        model: str = "",
        frames: int | None = None,
        width: int | None = None,
        height: int | None = None,
        fps: Fraction | str | int | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        negative_prompt: str = "",
        reproducible: bool = False,
        pause_at: int | None = None,
        keep_steps: Sequence[int] = (),
        format: VideoFormat | str | None = None,  # noqa: A002 - the word that callers look for
        view_size: tuple[int, int] | None = None,
        upscale: Upscale | str | None = None,
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a clip made, and returns its job at once.

        image: the first frame, for models that take one: a file's path, PNG, JPEG or WebP bytes, a stored asset, an
        output of another job, or a conditioning. image_strength: how firmly it is held, 0 (not at all) to 1.
        image_steps: in which part of the steps; (0, 0.5) is the first half.
        conditions: what else leads the clip; repaint: what is kept while the rest is made anew.
        frames: length. width, height: generated size in pixels. fps: exact frame rate, `24` or `"24000/1001"`.
        format: `mp4`, `webm`, `gif` or `png` (frames in a ZIP file). view_size: (width, height) to enlarge to.
        deadline: when it should be done, a time with its zone, or a span from now (beside a `request_id` give a time).
        Of equal priorities the earliest that can still be met goes first; past it the job goes on.
        What is left out, the server chooses; `handle.job.request` says what. The same `request_id` gives the same job.
        Raises InvalidArgumentError, naming every bad field, ResourceExhaustedError, UnavailableError and their kin.
        """
        clip = Clip(
            prompt=prompt,
            negative_prompt=negative_prompt,
            image=await maybe_picture(self._assets, image),
            image_strength=image_strength,
            image_steps=image_steps,
            conditions=[await clip_condition(self._assets, each) for each in conditions],
            repaint=await maybe_repaint(self._assets, repaint),
            model=model,
            frames=frames,
            width=width,
            height=height,
            fps=fps,
            sampling=Sampling(
                seed=seed,
                steps=steps,
                guidance=guidance,
                reproducible=reproducible,
                pause_at=pause_at,
                keep_steps=keep_steps,
            ),
            delivery=Delivery(format=format, view_size=view_size, upscale=upscale),
        )
        request = generate_video(clip, self._caller.ticket(request_id, priority, deadline, labels))
        response = await self._caller.call(self._caller.stubs.videos.GenerateVideo, request)
        return AsyncJobHandle(self._jobs, self._assets, job_from_proto(response.job))
