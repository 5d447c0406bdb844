"""How a finished mesh leaves: in every format asked for, with a poster."""

from functools import partial

from kinoform.media.mesh.model import MeshAsset
from kinoform.media.provenance.credit import Credit
from kinoform.mesh.files import write_format, write_poster
from kinoform.mesh.tasks import Formats
from kinoform.serving.bench import Bench
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage

POSTER_SIZE = 512
"""Pixels along an edge."""


async def deliver(asset: MeshAsset, formats: Formats, credit: Credit, job: Job, bench: Bench) -> None:
    """Writes and stores one file after the other."""
    # The poster first: it is what policies look at, and where they refuse it nothing else is stored.
    files = [partial(write_poster, asset, POSTER_SIZE), *(partial(write_format, asset, each) for each in formats)]
    for number, write in enumerate(files):
        job.reached(Stage.WRITE, number, len(files))
        await job.store_from(bench, write, credit)
