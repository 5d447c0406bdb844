"""The demo's led clip: another actor goes the way that the first clip's actor went."""

from pathlib import Path

from kinoform_client.clip_conditions import ClipCondition, ClipConditionKind
from kinoform_client.conditions import ConditionKind
from kinoform_client.demo import html
from kinoform_client.demo.clips import view_size_of, wishes
from kinoform_client.demo.made import Made
from kinoform_client.demo.studio import Studio
from kinoform_client.errors import JobFailedError
from kinoform_client.types import Model

_SEED = 6


def led_clip(studio: Studio, model: Model, leader: Path) -> Made | None:
    """A clip that follows the cut-out of the clip in `leader`; None if nothing stands out in that.

    Its words are those of the last wish, so that only the cut-out can say how it moves.
    """
    asked = wishes(model)
    first, other = asked[0].prompt, asked[-1].prompt
    caption = f"{other} (on the way of: {first})"
    view = studio.view(caption)
    cut_out = studio.client.conditionings.create(ConditionKind.CUT_OUT, leader)
    try:
        cut_out.result()
    except JobFailedError:
        view.done("left out: nothing stands out in the first clip")
        return None
    job = studio.client.videos.generate(
        other,
        model=model.name,
        conditions=[ClipCondition(ClipConditionKind.MASK, cut_out)],
        seed=_SEED,
        steps=studio.steps,
        view_size=None if model.clip is None else view_size_of(model.clip),
    )
    studio.finish(job, view)
    view.done("made")
    file = job.output("video").download(studio.output / "clip-led.mp4")
    poster = job.output("poster").download(studio.output / "clip-led.png")
    figure = html.figure(
        html.video(file, poster), caption, "the cut-out of the first clip, frame by frame, was its mask"
    )
    return Made(caption=caption, files=(file,), figure=figure)
