"""The judge: says what a clip shows. It learns from rendered clips alone and never sees a generator's."""

from collections.abc import Collection, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from kinoform.training.captions import MOTIONS, Triple
from kinoform.training.features import PICTURE_SIDE, Features
from kinoform.training.lessons import EVERYWHERE, LOOKS, NOBODY, blobs, lessons, strangers
from kinoform.training.render import Renderer
from kinoform.training.tracks import Measured, cut_out, measure, recognise

UNREADABLE = -1
"""Stands for a subject or motion that can't be told: no foreground, or nobody known."""
BLOBS_EVERY = 2
"""Every so-manieth lesson also shows what has the subject's colours alone."""
DECAY = 1e-3
"""Weight of the classifier's squared weights beside its mean loss."""


class Judge:
    """Subject by a linear classifier on ImageNet features, motion by the nearest mean track, background by picture."""

    def __init__(self, features: Features, scale: Tensor, classifier: nn.Linear, tracks: Tensor) -> None:
        """scale: (2, d) mean and deviation of features; classifier: d to NOBODY + 1; tracks: (motions, n)."""
        self.features = features
        self._scale, self._classifier, self._tracks = scale, classifier, tracks

    @classmethod
    def fitted(cls, renderer: Renderer, *, variants: int = 3, backgrounds: Collection[int] = EVERYWHERE) -> "Judge":
        """A judge taught with `variants` rendered clips of each subject over each of the backgrounds, indices into
        BACKGROUNDS (training triples only).

        Raises:
            ValueError: a rendered clip shows no foreground: the sprites are not what the captions name.
        """
        rng, features = np.random.default_rng(2), Features()
        described, labels, motions, vectors = [], [], [], []
        for number, lesson in enumerate(lessons(renderer, variants, backgrounds)):
            nobody = blobs(lesson.pictures[0], rng) if number % BLOBS_EVERY == 0 else []
            described.append(features.of(torch.cat([lesson.pictures, *(blob[None] for blob in nobody)])))
            labels += [lesson.subject] * len(lesson.pictures) + [NOBODY] * len(nobody)
            motions += lesson.motions
            vectors.append(lesson.vectors)
        for pictures in strangers(renderer, variants):
            described.append(features.of(pictures))
            labels += [NOBODY] * len(pictures)
        rows, tracks, of = torch.cat(described), torch.cat(vectors), torch.tensor(motions)
        scale = torch.stack([rows.mean(dim=0), rows.std(dim=0) + 1e-3])
        classifier = _fit((rows - scale[0]) / scale[1], torch.tensor(labels))
        means = torch.stack([tracks[of == motion].mean(dim=0) for motion in range(len(MOTIONS))])
        return cls(features, scale, classifier, means)

    def read(self, clip: Tensor) -> Triple:
        """What a clip (3, l, h, w) in [-1, 1] shows; UNREADABLE where it shows no subject."""
        return self.verdict(clip, measure(clip))

    def verdict(self, clip: Tensor, measured: Measured | None) -> Triple:
        """`read`, of a clip measured before."""
        if measured is None:
            return Triple(UNREADABLE, UNREADABLE, recognise(clip))
        return Triple(self.subject(clip, measured.mask), self.motion(measured), measured.background)

    def motion(self, measured: Measured) -> int:
        """The motion with the nearest mean track."""
        return int((self._tracks - measured.vector()).square().sum(dim=1).argmin())

    def subject(self, clip: Tensor, mask: Tensor) -> int:
        """The subject that LOOKS at what the mask (l, h, w) shows of a clip agree on most, or UNREADABLE."""
        pictures = torch.stack([cut_out(clip[:, k], mask[k], PICTURE_SIDE) for k in LOOKS])
        return self.recognised([pictures])[0]

    @torch.inference_mode()
    def recognised(self, looks: Sequence[Tensor]) -> list[int]:
        """The subject of each bundle of pictures (n, 3, PICTURE_SIDE, PICTURE_SIDE), or UNREADABLE."""
        described = (self.features.of(torch.cat(list(looks))) - self._scale[0]) / self._scale[1]
        chances = self._classifier(described).log_softmax(dim=1).split([len(each) for each in looks])
        verdicts = [int(each.mean(dim=0).argmax()) for each in chances]
        return [UNREADABLE if verdict == NOBODY else verdict for verdict in verdicts]


def _fit(rows: Tensor, labels: Tensor) -> nn.Linear:
    """Multinomial logistic regression with squared weights held small, to convergence; rows (n, d), labels (n,)."""
    classifier = nn.Linear(rows.shape[1], NOBODY + 1)
    nn.init.zeros_(classifier.weight)
    nn.init.zeros_(classifier.bias)
    optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy(classifier(rows), labels) + DECAY * classifier.weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return classifier
