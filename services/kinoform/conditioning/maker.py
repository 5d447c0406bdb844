"""How a picture is prepared: read, worked on in a process of its own, stored."""

from functools import partial

from kinoform.conditioning.convert import IMAGE
from kinoform.conditioning.files import write_made, write_prepared
from kinoform.conditioning.prepare import Made, Pixels
from kinoform.conditioning.tasks import ConditioningTask, Seen
from kinoform.media.image import load_rgba
from kinoform.media.picture.sized import within
from kinoform.serving.errors import blamed
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage


async def prepare(task: ConditioningTask, job: Job) -> None:
    """See `kinoform.serving.job.Make`. Raises BadInput for a picture without a foreground, NotInstalled."""
    job.reached(Stage.ENCODE, 0, 1)
    pixels = await job.read(IMAGE, task.image, partial(_read, max_side=task.max_side))
    wish = task.wish
    if isinstance(wish, Seen):
        made = await job.finish(_seen, pixels, wish)
        job.reached(Stage.WRITE, 0, 1)
        await job.store(partial(write_made, made, wish))
        return
    async with job.bench() as bench:
        job.reached(Stage.WRITE, 0, 1)
        with blamed(IMAGE):
            await job.store_from(bench, partial(write_prepared, pixels, wish))


def _read(data: bytes, *, max_side: int) -> Pixels:
    return within(load_rgba(data), max_side)


def _seen(pixels: Pixels, wish: Seen) -> Made:
    from kinoform.conditioning.look import seen  # not above: the others need no torch

    return seen(pixels, wish)
