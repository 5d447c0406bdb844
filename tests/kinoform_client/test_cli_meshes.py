"""`kinoform mesh` and `kinoform material` on a peer: what is asked for, saved and said."""

import json
from pathlib import Path

import pytest
from google.rpc import code_pb2, error_details_pb2

from kinoform_proto.catalog.v1 import catalog_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.type.v1 import report_pb2, type_pb2
from tests.kinoform_client.peer_base import rich_status
from tests.kinoform_client.samples import MadeFile, archive, ball, brick, made_by, material_zip, mesh, mp4, png
from tests.kinoform_client.shell import Shell

GLB, STL, USDZ = mesh("glb"), mesh("stl"), b"usdz" * 100
MESHES = {"box.glb": GLB, "box_lod1.glb": GLB, "box.usdz": USDZ, "box.stl": STL}
REPORT = "12 triangles, 0.5 × 0.8 × 0.6 m, watertight"


@pytest.mark.parametrize(
    ("output", "saved"),
    [
        ([], {f"a-{name}": data for name, data in MESHES.items()}),
        (["-o", "new/box"], {f"new/{name}": data for name, data in MESHES.items()}),
        (["-o", "new/"], {f"new/a-{name}": data for name, data in MESHES.items()}),
        (["-o", "new/chair.glb"], {"new/chair.glb": GLB}),
        (["-o", "chair.v2.STL"], {"chair.v2.stl": STL}),
    ],
)
def test_meshes_are_saved_where_o_points(
    shell: Shell, tmp_path: Path, output: list[str], saved: dict[str, bytes]
) -> None:
    result = shell.make("mesh", "generate", "A box!", *output)
    assert (result.exit_code, result.stdout.splitlines()) == (0, list(saved))
    assert {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.*")} == saved
    assert result.stderr.splitlines()[-1] == REPORT


def test_a_mesh_never_takes_the_name_of_another(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a-box.stl").touch()
    assert shell.make("mesh", "generate", "a box").stdout.splitlines()[0] == "a-box-2.glb"
    (tmp_path / "box.glb").write_bytes(GLB)
    assert shell.make("mesh", "process", "box.glb", "--repair").stdout.splitlines()[0] == "box-2.glb"
    assert (tmp_path / "box.glb").read_bytes() == GLB


@pytest.mark.parametrize(
    ("options", "formats"),
    [
        ([], ["glb"]),
        (["-o", "x.usdz"], ["usdz"]),
        (["-o", "x.zip"], ["obj"]),
        (["-o", "x.3mf", "--format", "3mf"], ["3mf"]),
        (["-o", "x", "--format", "glb, USDZ,stl", "--lods", "3"], ["glb", "usdz", "stl"]),
    ],
)
def test_the_suffix_or_the_list_chooses_the_formats(shell: Shell, options: list[str], formats: list[str]) -> None:
    assert shell("mesh", "generate", "x", "--no-wait", *options).exit_code == 0
    (request,) = shell.served.peer.others
    assert isinstance(request, mesh_pb2.GenerateMeshRequest)
    names = [mesh_pb2.MeshFormat.Name(number).removeprefix("MESH_FORMAT_") for number in request.spec.delivery.formats]
    assert names == [each.upper() for each in formats]


def test_every_option_of_a_mesh_reaches_the_request(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "chair.png").write_bytes(png(ball(8)))
    options = (
        "--image chair.png --model m --steps 7 --guidance 2.5 --seed 11 --negative arms --reproducible --priority 5"
    )
    more = "--resolution 96 --triangles 5000 --lods 2 --texture-size 512 --height-m 0.9 --label set=kitchen"
    led = "--view chair.png:0.8:0-0.5 --view chair.png --sketch"
    result = shell("mesh", "generate", "a chair", *options.split(), *more.split(), *led.split(), "--no-wait")
    (request,) = shell.served.peer.others
    assert (result.exit_code, result.stdout.strip()) == (0, next(iter(shell.served.peer.jobs)))
    assert isinstance(request, mesh_pb2.GenerateMeshRequest)
    assert request.spec == mesh_pb2.MeshSpec(
        model="m",
        prompt=type_pb2.Prompt(text="a chair", negative="arms"),
        image=type_pb2.MediaInput(inline=png(ball(8))),
        sampling=type_pb2.Sampling(seed=11, steps=7, guidance=2.5, reproducible=True),
        surface=mesh_pb2.SurfaceOptions(resolution=96, triangles=5000, lods=2, texture_size=512, height_m=0.9),
        delivery=mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_GLB]),
        views=[
            mesh_pb2.View(
                image=type_pb2.MediaInput(inline=png(ball(8))),
                reach=type_pb2.Reach(strength=0.8, first=0, last=0.5),
                sketch=True,
            ),
            mesh_pb2.View(image=type_pb2.MediaInput(inline=png(ball(8))), sketch=True),
        ],
        image_sketch=True,
    )
    assert (request.priority, dict(request.labels)) == (5, {"set": "kitchen"})


@pytest.mark.parametrize("steps", ["a-b", "0.5-", "1-0.5-1"])
def test_steps_that_are_no_range_are_refused_with_their_view(shell: Shell, steps: str) -> None:
    result = shell("mesh", "generate", "a chair", f"--view=chair.png:1:{steps}", "--no-wait")
    assert result.exit_code == 2
    assert f"chair.png:1:{steps}" in result.stderr


def test_a_photo_becomes_a_relief_by_its_depth_in_its_colours(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(ball(8)))
    options = "--width-m 0.2 --rise-m 0.02 --plate-m 0.003 --resolution 300 --texture-size 512 --priority 3 -o p.stl"
    result = shell("mesh", "relief", "photo.png", *options.split(), "--no-wait")
    assert result.exit_code == 0, result.stderr
    (asked,), (name,) = shell.served.peer.asked, shell.served.peer.conditionings
    assert (asked.spec.WhichOneof("kind"), asked.priority) == ("depth", 3)
    (request,) = shell.served.peer.others
    assert isinstance(request, mesh_pb2.GenerateMeshRequest)
    assert request.spec == mesh_pb2.MeshSpec(
        relief=mesh_pb2.Relief(
            image=type_pb2.MediaInput(conditioning=name),
            colour=mesh_pb2.ReliefColour(image=type_pb2.MediaInput(inline=png(ball(8))), texture_size=512),
            width_m=0.2,
            rise_m=0.02,
            plate_m=0.003,
            resolution=300,
        ),
        delivery=mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_STL]),
    )


def test_a_depth_picture_becomes_a_relief_as_it_is(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "depth.png").write_bytes(png(ball(8)))
    (tmp_path / "photo.png").write_bytes(png(ball(4)))
    depth, photo = (type_pb2.MediaInput(inline=png(ball(side))) for side in (8, 4))
    assert shell.make("mesh", "relief", "depth.png", "--is-depth").stdout.splitlines()[0] == "depth.glb"
    shell("mesh", "relief", "depth.png", "--is-depth", "--colour", "photo.png", "--no-wait")
    shell("mesh", "relief", "photo.png", "--bare", "--no-wait")
    (name,) = shell.served.peer.conditionings
    assert shell.make("mesh", "relief", name).stdout.splitlines()[0] == "relief.glb"
    prepared = type_pb2.MediaInput(conditioning=name)
    assert [request.spec.relief for request in shell.served.peer.others] == [  # type: ignore[attr-defined]
        mesh_pb2.Relief(image=depth),
        mesh_pb2.Relief(image=depth, colour=mesh_pb2.ReliefColour(image=photo)),
        mesh_pb2.Relief(image=prepared),
        mesh_pb2.Relief(image=prepared),
    ]
    result = shell("mesh", "relief", "photo.png", "--bare", "--colour", "photo.png")
    assert (result.exit_code, "--bare: leaves out the colours of photo.png" in result.stderr) == (2, True)


def test_a_file_is_processed_textured_and_shown(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "box.glb").write_bytes(GLB)
    (tmp_path / "brick.zip").write_bytes(material_zip(brick()))
    options = "--close --unwrap --triangles 64 --height-m 2 --lods 2 --texture-size 256 --format stl -o out/"
    assert shell.make("mesh", "process", "box.glb", *options.split()).stdout.startswith("out/box.glb\n")
    assert shell.make("mesh", "texture", "box.glb", "oak", "--tile-m", "0.4", "-o", "oak.glb").stdout == "oak.glb\n"
    assert shell.make("mesh", "texture", "box.glb", "--material", "brick.zip", "-o", "b.glb").stdout == "b.glb\n"
    options = "--transparent --frames 8 --size 64 --fps 8 --elevation-deg=-10"
    assert shell.make("mesh", "turntable", "box.glb", *options.split()).stdout == "box.webm\n"
    assert shell.make("mesh", "turntable", "box.glb").stdout == "box.mp4\n"
    assert (tmp_path / "box.mp4").read_bytes() == mp4()
    box, glb = type_pb2.MediaInput(inline=GLB), mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_GLB])
    process, oak, material, webm, plain = (request.spec for request in shell.served.peer.others)  # type: ignore[attr-defined]
    assert process == mesh_pb2.ProcessSpec(
        mesh=box,
        close=True,
        height_m=2,
        triangles=64,
        unwrap=True,
        texture_size=256,
        lods=2,
        delivery=mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_STL]),
    )
    assert (oak.prompt.text, oak.tile_m, oak.delivery) == ("oak", 0.4, glb)
    assert material.material == type_pb2.MediaInput(inline=material_zip(brick()))
    assert webm == mesh_pb2.TurntableSpec(
        mesh=box,
        frames=8,
        size=64,
        frame_rate=type_pb2.FrameRate(numerator=8, denominator=1),
        elevation_deg=-10,
        transparent=True,
        format=mesh_pb2.TurntableSpec.FORMAT_WEBM,
    )
    assert plain == mesh_pb2.TurntableSpec(mesh=box, format=mesh_pb2.TurntableSpec.FORMAT_MP4)


def test_turntables_come_as_frames_in_a_folder(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "box.glb").write_bytes(GLB)
    frames = {f"frame_{number:04d}.png": png(ball(8)) for number in (1, 2, 3)}
    shell.served.peer.at_once = lambda kind: [MadeFile("video", "application/zip", "f.zip", archive(frames))]
    assert shell("mesh", "turntable", "box.glb", "--transparent", "-o", "turn/").stdout == "turn\n"
    assert {path.name: path.read_bytes() for path in (tmp_path / "turn").iterdir()} == frames


def test_a_material_fills_a_folder_or_a_zip_file(shell: Shell, tmp_path: Path) -> None:
    options = "--size 256 --size-m 0.5 --seed 3 --steps 9"
    result = shell.make("material", "generate", "Red brick", *options.split())
    names = [*(f"m_{name}.png" for name in brick()), "m.mtlx", "m.json", "m_ball.png", "swatch.png", "sphere.glb"]
    assert (result.exit_code, result.stdout.splitlines()) == (0, [f"red-brick/{name}" for name in names])
    assert sorted(path.name for path in (tmp_path / "red-brick").iterdir()) == sorted(names)
    assert result.stderr.splitlines()[-1] == "64 pixels, 0.5 m a tile, seams 1.02 and 0.98 (seamless below 1.5)"
    (request,) = shell.served.peer.others
    spec = request.spec  # type: ignore[attr-defined]
    assert (spec.size, spec.size_m, spec.sampling.seed, spec.sampling.steps) == (256, 0.5, 3, 9)
    assert shell.make("material", "generate", "Red brick").stdout.startswith("red-brick-2/")
    assert shell.make("material", "generate", "x", "-o", "brick.zip").stdout == "brick.zip\n"
    assert (tmp_path / "brick.zip").read_bytes() == material_zip(brick())


@pytest.mark.parametrize("name", ["../height.png", "/tmp/height.png", "height.exe"])
def test_nothing_is_unpacked_from_a_material_with_other_entries(shell: Shell, tmp_path: Path, name: str) -> None:
    data = archive({"base_colour.png": b"1", name: b"2"})
    shell.served.peer.at_once = lambda kind: [MadeFile("material", "application/zip", "m.zip", data)]
    result = shell("material", "generate", "x", "-o", "brick")
    assert (result.exit_code, result.stdout) == (4, "")
    assert [path.name for path in tmp_path.rglob("*")] == ["brick"]


def test_what_a_files_own_checks_objected_to_is_said(shell: Shell) -> None:
    report = report_pb2.MeshReport(triangles=2, size_m=(1, 2, 0), findings=["MESH_PRIMITIVE_TOO_FEW_TEXCOORDS"])
    shell.served.peer.at_once = lambda kind: [MadeFile("glb", "model/gltf-binary", "x.glb", GLB, report)]
    lines = shell("mesh", "generate", "x").stderr.splitlines()
    assert lines[-2:] == ["2 triangles, 1 × 2 × 0 m, not watertight", "warning: glb: MESH_PRIMITIVE_TOO_FEW_TEXCOORDS"]


def test_a_mesh_as_json_carries_its_report_and_files(shell: Shell) -> None:
    (line,) = shell.make("mesh", "generate", "x", "-o", "x.glb", "--json").stdout.splitlines()
    job = json.loads(line)
    assert (job["state"], job["kind"], job["files"]) == ("SUCCEEDED", "GenerateMesh", ["x.glb"])
    report = job["outputs"][0]["report"]
    assert (report["triangles"], report["watertight"], report["textures"][0]["size"]) == (12, True, [16, 16])


def test_a_watch_saves_what_the_job_makes(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "box.glb").write_bytes(GLB)
    commands = {
        "mesh generate x": ("y.glb", GLB),
        "mesh turntable box.glb": ("y.mp4", mp4()),
        "material generate x": ("y.zip", material_zip(brick())),
    }
    for command, (name, data) in commands.items():
        job = shell(*command.split(), "--no-wait").stdout.strip()
        kind = json.loads(shell("job", "show", job, "--json").stdout)["kind"]
        shell.served.peer.run(job, files=made_by(kind))
        assert shell("job", "watch", job, "-o", name).stdout == f"{name}\n"
        assert (tmp_path / name).read_bytes() == data
        assert kind in shell("job", "list").stdout
    assert REPORT in shell("job", "show", next(iter(shell.served.peer.jobs))).stdout


@pytest.mark.parametrize(
    "command",
    [
        "mesh generate",
        "mesh generate x -o chair.fbx",
        "mesh generate x -o chair.obj",
        "mesh generate x -o chair.glb --format glb,usdz",
        "mesh generate x -o chair.glb --format usdz",
        "mesh generate x -o chair.glb --lods 2",
        "mesh generate x --format glb,fbx",
        "mesh generate x --triangles many",
        "mesh generate --image missing.png",
        "mesh process",
        "mesh process missing.glb",
        "mesh texture box.glb",
        "mesh texture box.glb oak --material box.glb",
        "mesh turntable box.glb -o x.gif",
        "mesh turntable box.glb -o x.glb",
        "material generate",
        "material generate x -o box.glb",
    ],
)
def test_bad_input_about_meshes_ends_with_2_and_asks_for_no_job(shell: Shell, tmp_path: Path, command: str) -> None:
    (tmp_path / "box.glb").write_bytes(GLB)
    result = shell(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert shell.served.peer.jobs == {}


def test_every_bad_field_of_a_mesh_is_a_line(shell: Shell) -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="spec.surface.triangles", description="must be 64 to 500000, got 1")
    bad.field_violations.add(field="spec.surface.height_m", description="must be 0.001 to 1000, got 0")
    shell.served.peer.faults.refusals["GenerateMesh"] = [rich_status(code_pb2.INVALID_ARGUMENT, "bad", bad)]
    result = shell("mesh", "generate", "x", "--triangles", "1", "--height-m", "0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "kinoform: spec.surface.triangles: must be 64 to 500000, got 1",
        "kinoform: spec.surface.height_m: must be 0.001 to 1000, got 0",
    ]


def test_a_mesh_that_cannot_be_made_ends_with_4(shell: Shell) -> None:
    name = shell("mesh", "generate", "x", "--no-wait").stdout.strip()
    shell.served.peer.fail(name, rich_status(code_pb2.INVALID_ARGUMENT, "the mesh holds NaN"))
    result = shell("job", "watch", name, "-o", "x.glb")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "the mesh holds NaN" in result.stderr


def test_models_tell_their_kind_and_limits(shell: Shell) -> None:
    form, grain = (
        catalog_pb2.Model(name="models/form-mini", is_default=True),
        catalog_pb2.Model(name="models/grain-mini"),
    )
    form.mesh.default_triangles = 12_000
    grain.material.sizes.extend((256, 512))
    shell.served.peer.models += [form, grain]
    shown = shell("models").stdout
    assert "form-mini (mesh, default)" in shown
    assert "12000 triangles" in shown
    assert "grain-mini (material)" in shown
    assert "maps of 256, 512 pixels" in shown
    assert "form-mini (mesh, default), grain-mini (material)" in shell("doctor").stdout
