"""Files as parts of a request: small ones travel inside it, larger ones are uploaded first."""

from __future__ import annotations

import os

from kinoform_client._core.media_types import HEAD, only_named
from kinoform_client._core.requests import ASSET_NAME, CONDITIONING_NAME, INLINE_LIMIT
from kinoform_client.aio.assets import AsyncAssets
from kinoform_client.aio.conditioning_handle import AsyncConditioningHandle
from kinoform_client.aio.handles import AsyncOutputFile
from kinoform_client.aio.transport import in_thread
from kinoform_client.clip_conditions import ClipCondition, Repaint
from kinoform_client.conditions import Conditioning
from kinoform_client.errors import invalid
from kinoform_client.files import read_small
from kinoform_client.types import Asset
from kinoform_proto.type.v1 import type_pb2

Input = str | os.PathLike[str] | bytes | Asset | AsyncOutputFile
"""A file's path, its bytes, a stored asset or its name, or what another job made."""
PictureInput = Input | Conditioning | AsyncConditioningHandle
"""The same, or a conditioning, also by its full name, `projects/{p}/conditionings/{c}`."""


async def picture_input(assets: AsyncAssets, source: PictureInput) -> type_pb2.MediaInput:
    """What stands for the picture in a request. Raises InvalidArgumentError if it can't be read."""
    if isinstance(source, Conditioning | AsyncConditioningHandle):
        return type_pb2.MediaInput(conditioning=source.name)
    if isinstance(source, AsyncOutputFile):
        return type_pb2.MediaInput(asset=source.record.asset)
    if isinstance(source, Asset):
        return type_pb2.MediaInput(asset=source.name)
    if isinstance(source, str) and CONDITIONING_NAME.fullmatch(source):
        return type_pb2.MediaInput(conditioning=source)
    if isinstance(source, str) and ASSET_NAME.fullmatch(source):
        return type_pb2.MediaInput(asset=source)
    data = source if isinstance(source, bytes) else await in_thread(read_small, source, INLINE_LIMIT)
    # bytes inside a request have no name: files that only their suffix explains keep it as assets
    if data is not None and len(data) <= INLINE_LIMIT and not only_named(source, data[:HEAD]):
        return type_pb2.MediaInput(inline=data)
    return type_pb2.MediaInput(asset=(await assets.upload(source)).name)


async def maybe_picture(assets: AsyncAssets, source: PictureInput | None) -> type_pb2.MediaInput | None:
    """What stands for the picture, if there is one."""
    return None if source is None else await picture_input(assets, source)


async def clip_condition(assets: AsyncAssets, given: ClipCondition[PictureInput]) -> ClipCondition[type_pb2.MediaInput]:
    """The condition with what stands for its file."""
    return ClipCondition(given.kind, await picture_input(assets, given.source), given.strength, given.steps)


async def maybe_repaint(
    assets: AsyncAssets, repaint: Repaint[PictureInput] | None
) -> Repaint[type_pb2.MediaInput] | None:
    """What stands for both of its files, if there is one."""
    if repaint is None:
        return None
    return Repaint(await picture_input(assets, repaint.footage), await picture_input(assets, repaint.mask))


async def media_input(assets: AsyncAssets, source: Input, what: str) -> type_pb2.MediaInput:
    """What stands for a file that is no picture, a `mesh` or a `material`, as that field of a request's spec.

    Raises InvalidArgumentError if it can't be read, or is a conditioning.
    """
    given = await picture_input(assets, source)
    if given.conditioning:
        raise invalid(f"spec.{what}", f"must be a {what}; {given.conditioning} is a picture")
    return given


async def maybe_input(assets: AsyncAssets, source: Input | None, what: str) -> type_pb2.MediaInput | None:
    """What stands for such a file, if there is one."""
    return None if source is None else await media_input(assets, source, what)
