"""Generated files before their formats' own validators: what the running suite delivers, from held-out captions."""

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import MaterialX
import pytest

from kinoform_client import Client, Model
from kinoform_client.types import MaterialReport, MeshFormat, MeshReport, ModelKind
from tests.benchmarks.suite import serving
from tests.benchmarks.table import Figure
from tests.media.mesh.validators import gltf_messages

ASSETS = 20


def figures() -> Iterator[Figure]:
    """Objections to meshes in every format, and to materials."""
    with serving("local") as (_, address), Client(address) as client, tempfile.TemporaryDirectory() as folder:
        models = {model.kind: model for model in client.models.list() if model.is_default}
        yield from meshes(client, models[ModelKind.MESH], Path(folder))
        yield from materials(client, models[ModelKind.MATERIAL], Path(folder))


def meshes(client: Client, model: Model, folder: Path) -> Iterator[Figure]:
    """Every format of each asset: what its report found (USD by UsdValidation, 3MF by lib3mf strict), and Khronos."""
    reports: list[MeshReport] = []
    paths = []
    for number, (prompt,) in enumerate(model.card["held_out"][:ASSETS]):
        job = client.meshes.generate(prompt, seed=number, formats=tuple(MeshFormat)).result()
        reports += [output.report for output in job.outputs if isinstance(output.report, MeshReport)]
        paths.append(job.output("glb").download(folder / f"{number}.glb"))
        print(f"{prompt}: {reports[-1].summary}", file=sys.stderr)
    objections = sum(len(report.findings) for report in reports)
    note = f"{len(reports)} files of {len(paths)} meshes, read back"
    yield Figure(name="objections in the reports of mesh files", value=objections, unit="", limit="0", note=note)
    closed = sum(report.watertight and report.manifold == "NoError" for report in reports) / len(reports)
    yield Figure(name="watertight and NoError", value=closed, unit="share", limit="1", note=note)
    try:
        found = gltf_messages(paths)
    except pytest.skip.Exception as reason:
        print(f"gltf-validator left out: {reason}", file=sys.stderr)
    else:
        yield Figure(name="gltf-validator: errors, warnings, infos, hints", value=len(found), unit="", limit="0")


def materials(client: Client, model: Model, folder: Path) -> Iterator[Figure]:
    """Tileability both ways, and what MaterialX objects to."""
    reports = []
    objections = 0
    for number, phrases in enumerate(model.card["held_out"][:: len(model.card["held_out"]) // ASSETS][:ASSETS]):
        job = client.materials.generate(" ".join(phrases), seed=number).result()
        output = job.output("material")
        assert isinstance(output.report, MaterialReport)
        reports.append(output.report)
        print(f"{' '.join(phrases)}: {output.report.summary}", file=sys.stderr)
        place = folder / f"material-{number}"
        with zipfile.ZipFile(output.download(folder / f"{number}.zip")) as archive:
            archive.extractall(place)
        objections += sum(not _valid(document) for document in place.rglob("*.mtlx"))
        shutil.rmtree(place)
    note = f"{len(reports)} materials of {reports[0].size} pixels"
    seams = [ratio for report in reports for ratio in report.tileability]
    yield Figure(name="documents that MaterialX objects to", value=objections, unit="", limit="0", note=note)
    yield Figure(name="tileability, worst of both ways", value=max(seams), unit="ratio", limit="< 1.5", note=note)
    good = sum(ratio < 1.5 for ratio in seams) / len(seams)
    yield Figure(name="tileability below 1.5", value=good, unit="share", limit="1", note=note)


def _valid(path: Path) -> bool:
    document = MaterialX.createDocument()
    MaterialX.readFromXmlFile(document, str(path))
    document.importLibrary(_standard())
    return bool(document.validate()[0])


def _standard() -> MaterialX.Document:
    library = MaterialX.createDocument()
    MaterialX.loadLibraries(MaterialX.getDefaultDataLibraryFolders(), MaterialX.getDefaultDataSearchPath(), library)
    return library
