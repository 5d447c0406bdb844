"""How a stored mesh is given a material: made or read, then laid on from three sides and baked."""

from functools import partial

from kinoform.media.material.files import read_material_zip
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import MeshAsset
from kinoform.media.mesh.read import read_mesh
from kinoform.media.provenance.credit import Credit, Source
from kinoform.mesh.change import MOST_UNWRAPPED, textured
from kinoform.mesh.deliver import deliver
from kinoform.mesh.process import MESH
from kinoform.mesh.tasks import LookWish, TextureTask
from kinoform.models.card import is_material
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.serving.errors import blamed
from kinoform.serving.job import Job
from kinoform.serving.messages import Stage
from kinoform.serving.models import Models
from kinoform.serving.tiles import maps_of

MATERIAL = "spec.material"
"""Field path of the material among a request's inputs."""
_LIMITS = MeshLimits(max_triangles=MOST_UNWRAPPED)

Tiles = Models[MaterialRequest, TileMaps]


async def texture(task: TextureTask, job: Job, tiles: Tiles) -> None:
    """Textures the mesh and stores it. Raises BadInput for a mesh or a material that can't be used."""
    job.reached(Stage.ENCODE, 0, 1)
    given = await job.read(MESH, task.mesh, partial(read_mesh, limits=_LIMITS))
    credit = Credit(source=Source.PROCESSED)
    if isinstance(task.look, LookWish):
        maps = maps_of(await job.generate(tiles, task.look.model, _request(task.look, tiles)))
        credit = Credit(source=Source.BLENDED, agent=tiles.agent(task.look.model), prompt=task.look.prompt)
    else:
        maps = await job.read(MATERIAL, task.look, read_material_zip)
    async with job.bench() as bench:
        job.reached(Stage.SURFACE, 0, 1)
        with blamed(MESH):
            part = await bench.run(textured, given.lods[0], maps, task)
        await deliver(MeshAsset(name=given.name, lods=(part,)), task.formats, credit, job, bench)


def _request(look: LookWish, tiles: Tiles) -> MaterialRequest:
    card = tiles.card(look.model)
    assert is_material(card)
    return MaterialRequest(
        prompt=look.prompt,
        negative_prompt=look.negative_prompt,
        size=card.ranges.default_size,
        steps=look.steps,
        guidance=look.guidance,
        seed=look.seed,
        reproducible=look.reproducible,
    )
