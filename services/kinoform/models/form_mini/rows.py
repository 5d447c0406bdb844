"""Which rows of a forward pass a solid's next step needs, and how their predictions make the one it follows."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from kinoform.backbone.guidance import GUIDED_TIMES, guide, layers, weighted
from kinoform.models.form_mini.state import ShapeState


class Plan(NamedTuple):
    """The next step of one solid. Solids may share a forward pass whose plans have equal `layout`s."""

    weights: tuple[float, ...]
    """Of the rows that see views, which come first; none where no view acts."""
    seen: tuple[tuple[bool, ...], ...]
    """Which of the views that act each of those rows sees."""
    acting: tuple[int, ...]
    """The views that act."""
    scale: float
    """Of classifier-free guidance; 1 = none."""

    @property
    def told(self) -> bool:
        """Whether a row sees the text alone: all but where views lead exactly as trained."""
        return self.weights != (1.0,)

    @property
    def guided(self) -> bool:
        """Whether a row sees the negative text alone."""
        return self.scale != 1.0

    @property
    def rows(self) -> int:
        """Rows in all."""
        return len(self.weights) + self.told + self.guided

    @property
    def layout(self) -> str:
        """What must agree for rows to stay the same to the bit: how many there are, and how many tokens each sees."""
        return f"{len(self.acting)} views in {self.rows} rows{' guided' if self.guided else ''}"


def plan(state: ShapeState) -> Plan:
    """What the state's next step needs."""
    strengths = state.strengths()
    acting = tuple(view for view, strength in enumerate(strengths) if strength > 0)
    found = layers([strengths[view] for view in acting])
    scale = GUIDED_TIMES.scale_at(float(state.times()[0]), state.guidance)
    return Plan(tuple(each.weight for each in found), tuple(each.seen for each in found), acting, scale)


class Rows(NamedTuple):
    """What the denoiser is told in the rows of one solid, r of them."""

    text: Tensor
    """(r, n, d)"""
    text_mask: Tensor
    """(r, n) bool"""
    views: Tensor | None
    """(r, a m, e): tokens of the a views that act; None where none does."""
    views_mask: Tensor | None
    """(r, a m) bool"""


def rows(state: ShapeState, planned: Plan) -> Rows:
    """Those that see views first, then the one of the text alone, then the one of the negative text."""
    given, seeing = state.conditioning, len(planned.weights)
    text = [given.text] * (seeing + planned.told) + [given.negative] * planned.guided
    mask = [given.text_mask] * (seeing + planned.told) + [given.negative_mask] * planned.guided
    if not seeing:
        return Rows(torch.stack(text), torch.stack(mask), None, None)
    tokens = given.views[list(planned.acting)]
    blind = (False,) * len(planned.acting)
    seen = torch.tensor([*planned.seen, *[blind] * (planned.rows - seeing)], device=tokens.device)
    return Rows(
        torch.stack(text),
        torch.stack(mask),
        tokens.flatten(0, 1).expand(planned.rows, -1, -1),
        seen.repeat_interleave(tokens.shape[1], dim=1),
    )


def together(all_rows: Sequence[Rows]) -> Rows:
    """The rows of several solids of one layout, one solid after the other."""
    text, mask, views, views_mask = zip(*all_rows, strict=True)
    seeing = views[0] is not None
    return Rows(
        torch.cat(text),
        torch.cat(mask),
        torch.cat(views) if seeing else None,
        torch.cat(views_mask) if seeing else None,
    )


def followed(predicted: Tensor, planned: Plan) -> Tensor:
    """The prediction (1, ...) that a solid follows, of its rows' (r, ...)."""
    each = predicted.split(1)
    seeing = each[: len(planned.weights)]
    if not planned.told:
        return guide(seeing[0], each[-1], planned.scale)
    led = weighted(each[len(seeing)], list(zip(seeing, planned.weights, strict=True)))
    return guide(led, each[-1], planned.scale)
