"""3D meshes: made, changed, textured, shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from kinoform_client._core import meshes as core
from kinoform_client._core.convert import job_from_proto
from kinoform_client._core.requests import Sampling
from kinoform_client.aio.assets import AsyncAssets
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.handles import AsyncJobHandle
from kinoform_client.aio.inputs import Input, PictureInput, maybe_input, maybe_picture, media_input, picture_input
from kinoform_client.aio.jobs import AsyncJobs
from kinoform_client.clip_conditions import Steps
from kinoform_client.types import MeshFormat, VideoFormat
from kinoform_client.views import View
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.type.v1 import type_pb2


class AsyncMeshes:
    """`client.meshes`: in metres, Y up, front towards +Z.

    Meshes and pictures are a file's path, its bytes, a stored asset or its name, or an output of another job; pictures
    also a conditioning or its name. `formats` are `glb`, `usdz`, `usdc`, `obj`, `ply`, `stl`, `3mf`, one or several.
    What is left out, the server chooses; `job.job.request` says what. Everything here returns its job at once, gives
    the same job for the same `request_id`, and raises InvalidArgumentError, naming every bad field,
    ResourceExhaustedError, UnavailableError and their kin.
    """

    def __init__(self, caller: AsyncCaller, jobs: AsyncJobs, assets: AsyncAssets) -> None:
        self._caller = caller
        self._stub = caller.stubs.meshes
        self._jobs = jobs
        self._assets = assets

    async def generate(
        self,
        prompt: str | None = None,
        *,
        image: PictureInput | None = None,
        image_strength: float | None = None,
        image_steps: Steps | None = None,
        image_sketch: bool = False,
        views: Sequence[PictureInput | View[PictureInput]] = (),
        model: str = "",
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        negative_prompt: str = "",
        reproducible: bool = False,
        pause_at: int | None = None,
        keep_steps: Sequence[int] = (),
        resolution: int | None = None,
        triangles: int | None = None,
        lods: int | None = None,
        texture_size: int | None = None,
        height_m: float | None = None,
        formats: core.Formats = MeshFormat.GLB,
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a mesh made from a prompt, from a picture of the object alone, or from both.

        image_strength: how much the picture leads, 0 (not at all) to 2; 1 is as the model was trained. image_steps:
        where it begins and ends, as shares of the steps: (0, 0.5) leads in the first half alone. image_sketch: it is a
        line drawing, whose outline encloses what it shows. views: more pictures of the same thing from other sides, at
        most 8; `View(picture, strength=0.5)` where one leads less.
        resolution: samples along a side of the grid that the surface is found in. triangles: at the most, in the finest
        of `lods` levels of detail. texture_size: edge in pixels. height_m: of the object, else a typical one.
        deadline: when it should be done, a time with its zone, or a span from now (beside a `request_id` give a time).
        Of equal priorities the earliest that can still be met goes first; past it the job goes on.
        """
        shape = core.Shape(
            prompt=prompt,
            negative_prompt=negative_prompt,
            image=await maybe_picture(self._assets, image),
            image_strength=image_strength,
            image_steps=image_steps,
            image_sketch=image_sketch,
            views=[await self._view(each) for each in views],
            model=model,
            sampling=Sampling(
                seed=seed,
                steps=steps,
                guidance=guidance,
                reproducible=reproducible,
                pause_at=pause_at,
                keep_steps=keep_steps,
            ),
            resolution=resolution,
            triangles=triangles,
            lods=lods,
            texture_size=texture_size,
            height_m=height_m,
            formats=formats,
        )
        request = core.generate_mesh(shape, self._caller.ticket(request_id, priority, deadline, labels))
        return self._handle((await self._caller.call(self._stub.GenerateMesh, request)).job)

    async def relief(
        self,
        depth: PictureInput,
        *,
        colour: PictureInput | None = None,
        width_m: float | None = None,
        rise_m: float | None = None,
        plate_m: float | None = None,
        resolution: int | None = None,
        texture_size: int | None = None,
        formats: core.Formats = MeshFormat.GLB,
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a plate with a relief made from a depth picture: closed and exact, without a model.

        depth: white is nearest; of a photo, `client.conditionings.create("depth", photo)`. colour: what it is coloured
        with, such as the photo itself. width_m: of the plate. rise_m: from black to white. plate_m: thickness beneath
        black. resolution: samples along the longer side, at the most. texture_size: longer edge in pixels.
        """
        plate = core.Relief(
            depth=await picture_input(self._assets, depth),
            colour=await maybe_picture(self._assets, colour),
            width_m=width_m,
            rise_m=rise_m,
            plate_m=plate_m,
            resolution=resolution,
            texture_size=texture_size,
            formats=formats,
        )
        request = core.relief_mesh(plate, self._caller.ticket(request_id, priority, deadline, labels))
        return self._handle((await self._caller.call(self._stub.GenerateMesh, request)).job)

    async def process(
        self,
        mesh: Input,
        *,
        repair: bool = False,
        close: bool = False,
        height_m: float | None = None,
        triangles: int | None = None,
        unwrap: bool = False,
        texture_size: int | None = None,
        lods: int | None = None,
        formats: core.Formats = MeshFormat.GLB,
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a mesh changed, in this order, or only written in other formats. Nothing is generated again.

        repair: mends what can be mended. close: closes it whatever it takes. height_m: scales it. triangles: decimates
        it to so many. unwrap: makes new UVs and bakes its colours into textures of `texture_size`. lods: levels of
        detail, each with a quarter of the triangles of the one before.
        """
        change = core.Change(
            mesh=await media_input(self._assets, mesh, "mesh"),
            repair=repair,
            close=close,
            height_m=height_m,
            triangles=triangles,
            unwrap=unwrap,
            texture_size=texture_size,
            lods=lods,
            formats=formats,
        )
        request = core.process_mesh(change, self._caller.ticket(request_id, priority, deadline, labels))
        return self._handle((await self._caller.call(self._stub.ProcessMesh, request)).job)

    async def texture(
        self,
        mesh: Input,
        *,
        prompt: str | None = None,
        material: Input | None = None,
        model: str = "",
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        negative_prompt: str = "",
        reproducible: bool = False,
        pause_at: int | None = None,
        keep_steps: Sequence[int] = (),
        tile_m: float | None = None,
        texture_size: int | None = None,
        formats: core.Formats = MeshFormat.GLB,
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a mesh given a material: made from a prompt, or made before, as the `material` output's ZIP file.

        tile_m: edge of a tile on the mesh in metres. texture_size: edge of the baked textures in pixels.
        """
        look = core.Look(
            mesh=await media_input(self._assets, mesh, "mesh"),
            prompt=prompt,
            negative_prompt=negative_prompt,
            material=await maybe_input(self._assets, material, "material"),
            model=model,
            sampling=Sampling(
                seed=seed,
                steps=steps,
                guidance=guidance,
                reproducible=reproducible,
                pause_at=pause_at,
                keep_steps=keep_steps,
            ),
            tile_m=tile_m,
            texture_size=texture_size,
            formats=formats,
        )
        request = core.texture_mesh(look, self._caller.ticket(request_id, priority, deadline, labels))
        return self._handle((await self._caller.call(self._stub.TextureMesh, request)).job)

    async def turntable(
        self,
        mesh: Input,
        *,
        frames: int | None = None,
        size: int | None = None,
        fps: Fraction | str | int | None = None,
        elevation_deg: float | None = None,
        transparent: bool = False,
        format: VideoFormat | str | None = None,  # noqa: A002 - the word that callers look for
        priority: int = 0,
        deadline: datetime | timedelta | None = None,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> AsyncJobHandle:
        """Has a mesh shown from all sides in a clip of one turn.

        size: edge of the square pictures in pixels. elevation_deg: how far above the horizon the camera stands.
        transparent: no backdrop. format: `mp4`, `webm` or `png` (frames in a ZIP file); only the last two can be
        transparent.
        """
        turntable = core.Turntable(
            mesh=await media_input(self._assets, mesh, "mesh"),
            frames=frames,
            size=size,
            fps=fps,
            elevation_deg=elevation_deg,
            transparent=transparent,
            format=format,
        )
        request = core.render_turntable(turntable, self._caller.ticket(request_id, priority, deadline, labels))
        return self._handle((await self._caller.call(self._stub.RenderTurntable, request)).job)

    async def _view(self, given: PictureInput | View[PictureInput]) -> View[type_pb2.MediaInput]:
        view = given if isinstance(given, View) else View(given)
        return View(await picture_input(self._assets, view.picture), view.strength, view.steps, view.sketch)

    def _handle(self, job: job_pb2.Job) -> AsyncJobHandle:
        return AsyncJobHandle(self._jobs, self._assets, job_from_proto(job))
