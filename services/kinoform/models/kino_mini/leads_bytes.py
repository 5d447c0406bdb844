"""Leads in a checkpoint: facts and named tensors."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from kinoform.backbone.guidance import StepRange
from kinoform.media.picture.recolour import Tones
from kinoform.models.kino_mini.leads import Ending, Follow, Kept, Known, Lead, Leads, Tinge
from kinoform.models.kino_mini.planner import Plan
from kinoform.models.reach import Reach

_PREFIX = "lead."


def reach_facts(reach: Reach) -> list[float]:
    """JSON values; `reach_from` reads them."""
    return [float(value) for value in (reach.strength, *reach.steps)]


def reach_from(values: list[float]) -> Reach:
    """Raises TypeError, ValueError on other values."""
    strength, first, last = map(float, values)
    return Reach(strength, StepRange(first, last))


def leads_facts(leads: Leads) -> dict[str, Any]:
    """What is no tensor, as JSON values."""
    return {
        "reaches": [reach_facts(lead.reach) for lead in leads.each],
        "amount": None if leads.follow is None else leads.follow.amount,
        "tinge": None if leads.tinge is None else leads.tinge.amount,
        "ending": None if leads.ending is None else reach_facts(leads.ending.reach),
    }


def leads_tensors(leads: Leads) -> dict[str, Tensor]:
    """What is, by names that `leads_from` takes away again."""
    found: dict[str, Tensor | None] = {}
    for number, lead in enumerate(leads.each):
        found |= {f"{number}.keyframe": lead.keyframe, f"{number}.clip": lead.clip}
        if lead.known is not None:
            found |= {f"{number}.latents": lead.known.latents, f"{number}.where": lead.known.where}
    if leads.follow is not None:
        found |= {"pivot": leads.follow.plan.pivot, "moves": leads.follow.plan.moves}
    if leads.ending is not None:
        found["ending"] = leads.ending.picture
    if leads.tinge is not None:
        found |= {name: torch.from_numpy(part) for name, part in leads.tinge.tones._asdict().items()}
    if leads.kept is not None:
        found |= {"pixels": leads.kept.pixels, "keep": leads.kept.where}
    return {_PREFIX + name: tensor for name, tensor in found.items() if tensor is not None}


def leads_from(facts: Mapping[str, Any], parts: dict[str, Tensor]) -> Leads:
    """Takes its tensors out of `parts`. Raises KeyError, TypeError or ValueError where some are not there."""
    own = {name.removeprefix(_PREFIX): parts.pop(name) for name in list(parts) if name.startswith(_PREFIX)}
    each = tuple(_lead(number, reach_from(reach), own) for number, reach in enumerate(facts["reaches"]))
    follow = ending = tinge = kept = None
    if facts["amount"] is not None:
        follow = Follow(Plan(own["pivot"], own["moves"]), float(facts["amount"]))
    if facts["ending"] is not None:
        ending = Ending(own["ending"].cpu(), reach_from(facts["ending"]))
    if facts["tinge"] is not None:
        tinge = Tinge(Tones(own["mean"].cpu().numpy(), own["spread"].cpu().numpy()), float(facts["tinge"]))
    if "pixels" in own:
        kept = Kept(own["pixels"].cpu(), own["keep"].cpu())
    return Leads(each=each, follow=follow, ending=ending, tinge=tinge, kept=kept)


def _lead(number: int, reach: Reach, own: Mapping[str, Tensor]) -> Lead:
    known = None
    if f"{number}.latents" in own:
        known = Known(own[f"{number}.latents"], own[f"{number}.where"])
    return Lead(keyframe=own.get(f"{number}.keyframe"), clip=own.get(f"{number}.clip"), known=known, reach=reach)
