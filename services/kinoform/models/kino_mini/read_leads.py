"""From a request's conditions to what leads the clip."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.engine.errors import ModelError
from kinoform.engine.family import Frames
from kinoform.media.picture.recolour import tones_of
from kinoform.models.clip import ClipRequest, FollowMap, LastFrame, MapKind
from kinoform.models.kino_mini.control import Controls
from kinoform.models.kino_mini.leads import NO_LEADS, Ending, Follow, Kept, Known, Lead, Leads, Tinge
from kinoform.models.kino_mini.pixels import fitted, frames_to_clip, map_values, picture_to_clip
from kinoform.models.kino_mini.planner import Plan
from kinoform.models.kino_mini.signals import map_signal, pixel_signal
from kinoform.models.reach import FULL, Reach

KEEP_BELOW = 128
"""What is darker in a repaint's map is kept."""
BY_MOTION: tuple[MapKind, ...] = ("mask", "depth", "edges")
"""Which of several maps says how the actor moves: the one that shows it best."""


def leads_of(request: ClipRequest, controls: Controls | None, codec: VideoAutoencoder, keyframe_steps: int) -> Leads:
    """What a request's conditions of some strength are to the networks.

    Raises:
        ModelError: there are conditions and no networks for them, or a repaint of another length than the clip.
    """
    maps = [given for given in request.maps if given.reach.strength > 0]
    last = request.last if request.last is not None and request.last.reach.strength > 0 else None
    tinge = _tinge(request)
    if not maps and last is None and request.repaint is None:
        return replace(NO_LEADS, tinge=tinge)
    if controls is None:
        raise ModelError("conditions", "this model was not trained to follow any")
    signals = [_map_signal(given, request).to(controls.clip.device) for given in maps]
    each = [
        _lead(signal, controls, later=len(given.values) > 1, known=None, reach=given.reach)
        for given, signal in zip(maps, signals, strict=True)
    ]
    kept = None
    if request.repaint is not None:
        lead, kept = _repaint(request, controls, codec)
        each.append(lead)
    ending = None if last is None else _ending(last, request)
    follow = _follow(list(zip(maps, signals, strict=True)), request.steps, controls, keyframe_steps)
    return Leads(each=tuple(each), follow=follow, ending=ending, tinge=tinge, kept=kept)


def ended(leads: Leads, first: Tensor, plan: Plan, controls: Controls, codec: VideoAutoencoder) -> tuple[Leads, Plan]:
    """Once the first frame's latent (c, 1, h, w) is known: the last frame as a lead, and the plan bent to reach it."""
    if leads.ending is None:
        return leads, plan
    length, (height, width) = plan.moves.shape[1], leads.ending.picture.shape[1:]
    clip, where = torch.zeros(3, length, height, width), torch.zeros(length, height, width)
    clip[:, 0], clip[:, -1] = codec.decode(first[None])[0, :, 0].cpu(), leads.ending.picture
    where[[0, -1]] = 1.0
    signal = pixel_signal(clip, where).to(first.device)
    latents = codec.encode(leads.ending.picture.to(first.device)[None, :, None])[0].expand(-1, length, -1, -1)
    there = torch.zeros(length, *latents.shape[2:], device=first.device)
    there[-1] = 1.0
    lead = Lead(
        keyframe=None, clip=controls.clip.embed(signal[None])[0], known=Known(latents, there), reach=leads.ending.reach
    )
    off = controls.follower.plan(signal).moves[:, -1:] - plan.moves[:, -1:]
    bent = plan.moves + min(leads.ending.reach.strength, 1.0) * off * torch.linspace(0, 1, length, device=off.device)
    return replace(leads, each=(*leads.each, lead), ending=None), Plan(plan.pivot, bent)


def _map_signal(given: FollowMap, request: ClipRequest) -> Tensor:
    values = map_values(given, request.frames, request.width, request.height)
    return map_signal(given.kind, values, request.frames)


def _lead(signal: Tensor, controls: Controls, *, later: bool, known: Known | None, reach: Reach) -> Lead:
    seen = signal[None]
    return Lead(
        keyframe=controls.keyframe.embed(seen[:, :, :1])[0],
        clip=controls.clip.embed(seen)[0] if later else None,
        known=known,
        reach=reach,
    )


def _follow(maps: list[tuple[FollowMap, Tensor]], steps: int, controls: Controls, keyframe_steps: int) -> Follow | None:
    moving = [
        (given, signal)
        for given, signal in maps
        if len(given.values) > 1 and any(given.reach.at(step, steps) > 0 for step in range(keyframe_steps, steps))
    ]
    if not moving:
        return None
    best, signal = min(moving, key=lambda each: BY_MOTION.index(each[0].kind))
    return Follow(controls.follower.plan(signal), min(best.reach.strength, 1.0))


def _repaint(request: ClipRequest, controls: Controls, codec: VideoAutoencoder) -> tuple[Lead, Kept]:
    given = request.repaint
    assert given is not None
    frames = _long_enough("repaint.footage", given.frames, request.frames)
    anew = _long_enough("repaint.mask", given.anew, request.frames)
    pixels = fitted(frames, request.width, request.height)
    keep = torch.from_numpy(fitted(anew, request.width, request.height) < KEEP_BELOW)
    clip, known = frames_to_clip(pixels), keep.float()
    ratio = codec.spatial_ratio
    # a latent is known where all of its own pixels are
    where = 1 - F.max_pool2d(1 - known[:, None], ratio)[:, 0]
    latents = Known(codec.encode(clip.to(codec.device))[0], where.to(codec.device))
    lead = _lead(pixel_signal(clip[0], known).to(codec.device), controls, later=True, known=latents, reach=FULL)
    return lead, Kept(torch.tensor(pixels), keep)


def _long_enough(field: str, frames: Frames, length: int) -> Frames:
    if len(frames) not in (1, length):
        raise ModelError(field, f"must have 1 frame or the clip's {length}, has {len(frames)}")
    return np.broadcast_to(frames, (length, *frames.shape[1:]))


def _tinge(request: ClipRequest) -> Tinge | None:
    if request.palette is None or request.palette.reach.strength == 0:
        return None
    return Tinge(tones_of(request.palette.picture), min(request.palette.reach.strength, 1.0))


def _ending(last: LastFrame, request: ClipRequest) -> Ending:
    return Ending(picture_to_clip(last.picture, request.width, request.height)[0, :, 0], last.reach)
