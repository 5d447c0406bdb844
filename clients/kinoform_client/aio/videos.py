"""Video clips from text and pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction

from kinoform_client._core.convert import job_from_proto
from kinoform_client._core.requests import (
    ASSET_NAME,
    INLINE_LIMIT,
    ClipRequest,
    Delivery,
    Sampling,
    generate_video,
    new_request_id,
)
from kinoform_client.aio.assets import AsyncAssets
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.handles import AsyncJobHandle
from kinoform_client.aio.jobs import AsyncJobs
from kinoform_client.aio.transport import in_thread
from kinoform_client.files import read_small
from kinoform_client.types import Asset, Upscale, VideoFormat
from kinoform_proto.type.v1 import type_pb2


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
        image: str | os.PathLike[str] | bytes | Asset | None = None,
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
        format: VideoFormat | str | None = None,  # noqa: A002 - the word that callers look for
        view_size: tuple[int, int] | None = None,
        upscale: Upscale | str | None = None,
        priority: int = 0,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a clip made, and returns its job at once.

        image: the first frame, for models that take one: a file's path, PNG, JPEG or WebP bytes, or a stored asset.
        frames: length. width, height: generated size in pixels. fps: exact frame rate, `24` or `"24000/1001"`.
        format: `mp4`, `webm`, `gif` or `png` (frames in a ZIP file). view_size: (width, height) to enlarge to.
        What is left out, the server chooses; `handle.job.request` says what. The same `request_id` gives the same job.
        Raises InvalidArgumentError, naming every bad field, ResourceExhaustedError, UnavailableError and their kin.
        """
        clip = ClipRequest(
            prompt=prompt,
            negative_prompt=negative_prompt,
            model=model,
            frames=frames,
            width=width,
            height=height,
            fps=fps,
            sampling=Sampling(seed=seed, steps=steps, guidance=guidance, reproducible=reproducible),
            delivery=Delivery(format=format, view_size=view_size, upscale=upscale),
            priority=priority,
            labels=labels or {},
        )
        request = generate_video(
            clip,
            project=self._caller.project,
            request_id=request_id or new_request_id(),
            image=None if image is None else await self._input(image),
        )
        response = await self._caller.call(self._caller.stubs.videos.GenerateVideo, request)
        return AsyncJobHandle(self._jobs, self._assets, job_from_proto(response.job))

    async def _input(self, image: str | os.PathLike[str] | bytes | Asset) -> type_pb2.MediaInput:
        if isinstance(image, Asset):
            return type_pb2.MediaInput(asset=image.name)
        if isinstance(image, str) and ASSET_NAME.fullmatch(image):
            return type_pb2.MediaInput(asset=image)
        data = image if isinstance(image, bytes) else await in_thread(read_small, image, INLINE_LIMIT)
        if data is not None and len(data) <= INLINE_LIMIT:
            return type_pb2.MediaInput(inline=data)
        return type_pb2.MediaInput(asset=(await self._assets.upload(image)).name)
