"""What the judge is taught with: pictures of the subjects as rendered and as badly drawn, and what is none of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.training.captions import Triple, script, training_triples
from kinoform.training.cast import CAST, SUBJECTS, UNSEEN
from kinoform.training.features import PICTURE_SIDE
from kinoform.training.render import Renderer
from kinoform.training.stages import BACKGROUNDS
from kinoform.training.tracks import Measured, cut_out, measure

LOOKS = (0, 4, 8, 12)
"""The frames in which the judge looks at the subject."""
NOBODY = len(SUBJECTS)
"""The verdict on what is no subject."""
EVERYWHERE = range(len(BACKGROUNDS))
FIRST_SEED = 1_000_000
BLUR = 1.5
"""Pixels (standard deviation) of the strongest blur under which a subject still counts as one."""
NOISE = 0.06
GAIN = 0.15
SHIFT = 2
PATCH = 16
"""Pixels a side of the pieces that scrambled subjects are cut into."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What some clips of one subject over one background show."""

    subject: int
    motions: list[int]
    """Of each clip."""
    vectors: Tensor
    """(clips, n): what was measured of each, as `Measured.vector`."""
    pictures: Tensor
    """(2 clips, 3, PICTURE_SIDE, PICTURE_SIDE): two looks at each."""


def lessons(renderer: Renderer, variants: int, backgrounds: Collection[int] = EVERYWHERE) -> Iterator[Lesson]:
    """`variants` clips of each subject over each background, the motions in turn, blurred and noisy to a degree.

    `backgrounds`: indices into BACKGROUNDS. Only training triples teach.

    Raises:
        ValueError: a rendered clip shows no foreground: the sprites are not what the captions name.
    """
    pairs: dict[tuple[int, int], list[Triple]] = {}
    for triple in training_triples():
        if triple.background in backgrounds:
            pairs.setdefault((triple.subject, triple.background), []).append(triple)
    rng = np.random.default_rng(0)
    for number, triples in enumerate(pairs.values()):
        shown = [triples[(number + 3 * variant) % len(triples)] for variant in range(variants)]
        vectors, pictures = [], []
        for variant, triple in enumerate(shown):
            clip = worn(renderer.clip(script(triple), FIRST_SEED + variant), rng)
            measured = measure(clip)
            if measured is None:
                raise ValueError(f"no foreground in a rendered clip of {triple.caption()!r}")
            vectors.append(measured.vector())
            pictures += [_picture(clip, measured, k, rng) for k in LOOKS[variant % 2 :: 2]]
        yield Lesson(shown[0].subject, [t.motion for t in shown], torch.stack(vectors), torch.stack(pictures))


def strangers(renderer: Renderer, each: int) -> Iterator[Tensor]:
    """For every actor that is no subject, `each` pictures (n, 3, ...) or fewer; those in UNSEEN teach nobody."""
    rng = np.random.default_rng(1)
    taught = training_triples()
    for number, name in enumerate(CAST):
        if name in SUBJECTS or name in UNSEEN:
            continue
        pictures = []
        for variant in range(each):
            like = taught[(number * each + variant) * 37 % len(taught)]
            frames = LOOKS[variant % len(LOOKS)] + 1
            clip = renderer.clip(script(Triple(number, like.motion, like.background)), FIRST_SEED + variant, frames)
            clip = worn(clip, rng)
            measured = measure(clip)
            if measured is not None:
                pictures.append(_picture(clip, measured, frames - 1, rng))
        if pictures:
            yield torch.stack(pictures)


def blobs(picture: Tensor, rng: np.random.Generator) -> list[Tensor]:
    """What has a subject's colours and nothing else of it: a smooth spot, a deep blur and a scramble of `picture`."""
    inside = picture.abs().amax(dim=0) > 0.05
    colour = picture[:, inside].mean(dim=1).view(3, 1, 1)
    noise = torch.from_numpy(rng.standard_normal((4, PICTURE_SIDE, PICTURE_SIDE), dtype=np.float32))
    waves = blur(noise, float(rng.uniform(4, 9)))
    axis = torch.linspace(-1, 1, PICTURE_SIDE)
    wide, high = rng.uniform(0.5, 0.95, 2)
    spot = ((axis / wide).square()[None] + (axis / high).square()[:, None] + 3 * waves[3] < 1).float()
    spot = blur(spot[None], float(rng.uniform(0.5, 8)))
    shades = colour + rng.uniform(0, 3) * waves[:3]
    pieces = F.unfold(picture[None], PATCH, stride=PATCH)[..., torch.from_numpy(rng.permutation(36))]
    scramble = F.fold(pieces, (PICTURE_SIDE, PICTURE_SIDE), PATCH, stride=PATCH)[0]
    scramble = blur(scramble, float(rng.uniform(1, 4)))
    return [shades.clamp(-1, 1) * spot, blur(picture, float(rng.uniform(9, 16))), scramble]


def worn(clip: Tensor, rng: np.random.Generator) -> Tensor:
    """A clip (3, l, h, w) as a mediocre codec would give it: somewhat blurred, grainy, a little lighter or darker."""
    grain = torch.from_numpy(rng.standard_normal(clip.shape, dtype=np.float32)) * float(rng.uniform(0, NOISE))
    soft = blur(clip.transpose(0, 1), float(rng.uniform(0, BLUR))).transpose(0, 1)
    return ((1 + float(rng.uniform(-0.05, 0.05))) * soft + grain).clamp(-1, 1)


def blur(pictures: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (..., h, w), sigma in pixels; the edge goes on outside."""
    if sigma < 0.1:
        return pictures
    reach = int(3 * sigma + 1)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma).square())
    kernel = kernel / kernel.sum()
    flat = pictures.reshape(-1, 1, *pictures.shape[-2:])
    flat = F.pad(flat, (reach, reach, reach, reach), mode="replicate")
    flat = F.conv2d(F.conv2d(flat, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    return flat.reshape(pictures.shape)


def _picture(clip: Tensor, measured: Measured, frame: int, rng: np.random.Generator) -> Tensor:
    across, along = (int(n) for n in rng.integers(-SHIFT, SHIFT + 1, 2))
    picture = cut_out(clip[:, frame], measured.mask[frame], PICTURE_SIDE, (across, along))
    gain = torch.from_numpy(rng.uniform(1 - GAIN, 1 + GAIN, (3, 1, 1)).astype(np.float32))
    return (picture * gain).clamp(-1, 1)
