"""Picture to clip with actors that no training clip shows, beside the picture held still and beside real clips."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.adherence import share
from kinoform.training.captions import MOTIONS, Triple, script
from kinoform.training.cast import CAST, UNSEEN
from kinoform.training.displacement import displacement
from kinoform.training.judge import UNREADABLE, Judge
from kinoform.training.render import Renderer
from kinoform.training.sampling import reconstructed, requests_for, sample, to_frames
from kinoform.training.stages import BACKGROUNDS
from kinoform.training.tracks import measure

REAL_SEED = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveliness:
    """What some clips, all begun from given pictures, make of them."""

    first_frame_psnr: float | None
    """Decibels of the first frame against the given picture, mean over clips; None where it is the picture itself."""
    clip_psnr: float | None
    """The same of whole clips against the real ones that go on from these pictures."""
    energy: float
    """Mean absolute difference of successive frames as a share of real clips'."""
    error: float
    """Mean distance in pixels from where the actor should be."""
    travelled: float
    """Share of the asked way that is done."""
    motion: float
    """Share of clips in which the judge sees the motion asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Picture to clip on unseen actors."""

    clips: int
    actors: int
    generated: Liveliness
    frozen: Liveliness
    """The picture, through the autoencoder, standing still: its first frame is the best that any clip can have."""
    real: Liveliness


def unseen_triples(count: int) -> list[Triple]:
    """`count` of the UNSEEN in turn, with all motions and backgrounds in turn."""
    cast = list(CAST)
    actors = [cast.index(name) for name in UNSEEN]
    return [
        Triple(actors[index % len(actors)], index * 5 % len(MOTIONS), index * 7 % len(BACKGROUNDS))
        for index in range(count)
    ]


def unseen(
    family: KinoMini, renderer: Renderer, judge: Judge, *, clips: int, steps: int, guidance: float, seed: int
) -> Unseen:
    """Measures `clips` clips made from first frames of rendered ones."""
    triples = unseen_triples(clips)
    real = [renderer.clip(script(triple), REAL_SEED + index) for index, triple in enumerate(triples)]
    requests = requests_for(
        [triple.caption() for triple in triples],
        steps=steps,
        guidance=guidance,
        first_seed=seed,
        pictures=[to_frames(clip[:, :1])[0] for clip in real],
    )
    frozen = [reconstructed(family, request).expand_as(clip) for request, clip in zip(requests, real, strict=True)]
    return Unseen(
        clips=clips,
        actors=len({triple.subject for triple in triples}),
        generated=liveliness(judge, triples, list(sample(family, requests)), real),
        frozen=liveliness(judge, triples, frozen, real),
        real=liveliness(judge, triples, real, real),
    )


def liveliness(judge: Judge, triples: Sequence[Triple], clips: Sequence[Tensor], real: Sequence[Tensor]) -> Liveliness:
    """Compares clips (3, l, h, w) with the real ones that begin alike."""
    measured = [measure(clip) for clip in clips]
    motions = [UNREADABLE if each is None else judge.motion(each) for each in measured]
    way = displacement([triple.motion for triple in triples], measured)
    return Liveliness(
        first_frame_psnr=_mean_psnr([clip[:, :1] for clip in clips], [clip[:, :1] for clip in real]),
        clip_psnr=_mean_psnr(clips, real),
        energy=energy(clips) / max(energy(real), 1e-9),
        error=way.error,
        travelled=way.travelled,
        motion=share(seen == triple.motion for seen, triple in zip(motions, triples, strict=True)),
    )


def energy(clips: Sequence[Tensor]) -> float:
    """Mean absolute difference of successive frames of clips (3, l, h, w)."""
    return float(torch.stack([clip.diff(dim=1).abs().mean() for clip in clips]).mean())


def _mean_psnr(clips: Sequence[Tensor], real: Sequence[Tensor]) -> float | None:
    errors = torch.stack([(a - b).square().mean() for a, b in zip(clips, real, strict=True)])
    if bool((errors == 0).any()):
        return None
    return float((10 * torch.log10(4 / errors)).mean())
