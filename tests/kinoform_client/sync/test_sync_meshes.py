# Written by clients/unasync.py from tests/kinoform_client/aio/test_aio_meshes.py: change that file, not this one.
"""Meshes and materials: what is asked for, what travels along, what comes back."""

from pathlib import Path

import numpy as np
import pytest

from kinoform_client import (
    Client,
    DataLossError,
    InvalidArgumentError,
    MaterialReport,
    MeshReport,
    NotFoundError,
    Stage,
    Texture,
)
from kinoform_client._core.convert import event_from_proto
from kinoform_client.views import View
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.type.v1 import type_pb2
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.samples import MadeFile, archive, ball, brick, made_by, material_zip, mesh, png

ID = "6b1f5f0e-6f8c-4a3e-9a31-0d1f2c3b4a59"
GLB = mesh("glb")
STL = mesh("stl")


def test_a_mesh_request_says_what_the_caller_said(served: Served, peer: Peer) -> None:
    with Client(served.address, project="p") as client:
        job = client.meshes.generate(
            "a blue chair",
            image=png(ball(8)),
            image_strength=0.5,
            image_steps=(0, 0.75),
            image_sketch=True,
            views=[png(ball(4)), View(png(ball(8)), strength=2), View(png(ball(8)), steps=(0.5, 1), sketch=True)],
            model="form-mini",
            steps=20,
            guidance=2.5,
            seed=1 << 60,
            negative_prompt="armrests",
            reproducible=True,
            resolution=96,
            triangles=5000,
            lods=3,
            texture_size=512,
            height_m=0.9,
            formats=("glb", "3mf"),
            priority=-2,
            labels={"set": "kitchen"},
            request_id=ID,
        )
    spec = mesh_pb2.MeshSpec(
        model="form-mini",
        prompt=type_pb2.Prompt(text="a blue chair", negative="armrests"),
        image=type_pb2.MediaInput(inline=png(ball(8))),
        sampling=type_pb2.Sampling(seed=1 << 60, steps=20, guidance=2.5, reproducible=True),
        surface=mesh_pb2.SurfaceOptions(resolution=96, triangles=5000, lods=3, texture_size=512, height_m=0.9),
        delivery=mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_GLB, mesh_pb2.MESH_FORMAT_3MF]),
        image_reach=type_pb2.Reach(strength=0.5, first=0, last=0.75),
        image_sketch=True,
        views=[
            mesh_pb2.View(image=type_pb2.MediaInput(inline=png(ball(4)))),
            mesh_pb2.View(image=type_pb2.MediaInput(inline=png(ball(8))), reach=type_pb2.Reach(strength=2)),
            mesh_pb2.View(
                image=type_pb2.MediaInput(inline=png(ball(8))), reach=type_pb2.Reach(first=0.5, last=1), sketch=True
            ),
        ],
    )
    assert peer.others == [
        mesh_pb2.GenerateMeshRequest(
            parent="projects/p", request_id=ID, spec=spec, priority=-2, labels={"set": "kitchen"}
        )
    ]
    assert (job.job.kind, job.job.request["spec"]["sampling"]["seed"]) == ("GenerateMesh", 1 << 60)


def test_a_relief_request_says_what_the_caller_said(served: Served, peer: Peer) -> None:
    depth, colour = type_pb2.MediaInput(inline=png(ball(8))), type_pb2.MediaInput(inline=png(ball(4)))
    with Client(served.address) as client:
        client.meshes.relief(png(ball(8)), request_id=ID)
        client.meshes.relief(
            png(ball(8)),
            colour=png(ball(4)),
            width_m=0.2,
            rise_m=0.02,
            plate_m=0.003,
            resolution=300,
            texture_size=512,
            formats=["stl", "glb"],
            request_id=ID,
        )
        with pytest.raises(InvalidArgumentError, match="colour"):
            client.meshes.relief(png(ball(8)), texture_size=512)
    plain, full = (request.spec for request in peer.others)  # type: ignore[attr-defined]
    glb, stl = mesh_pb2.MESH_FORMAT_GLB, mesh_pb2.MESH_FORMAT_STL
    assert plain == mesh_pb2.MeshSpec(
        relief=mesh_pb2.Relief(image=depth), delivery=mesh_pb2.MeshDelivery(formats=[glb])
    )
    assert full == mesh_pb2.MeshSpec(
        relief=mesh_pb2.Relief(
            image=depth,
            colour=mesh_pb2.ReliefColour(image=colour, texture_size=512),
            width_m=0.2,
            rise_m=0.02,
            plate_m=0.003,
            resolution=300,
        ),
        delivery=mesh_pb2.MeshDelivery(formats=[stl, glb]),
    )


def test_what_is_left_out_of_a_mesh_is_not_sent(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        client.meshes.generate(image=png(ball(8)), request_id=ID)
        client.meshes.process(GLB, request_id=ID)
    glb = mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_GLB])
    shape = mesh_pb2.MeshSpec(image=type_pb2.MediaInput(inline=png(ball(8))), delivery=glb)
    shape.sampling.SetInParent()
    shape.surface.SetInParent()
    change = mesh_pb2.ProcessSpec(mesh=type_pb2.MediaInput(inline=GLB), delivery=glb)
    assert peer.others == [
        mesh_pb2.GenerateMeshRequest(parent="projects/default", request_id=ID, spec=shape),
        mesh_pb2.ProcessMeshRequest(parent="projects/default", request_id=ID, spec=change),
    ]


def test_work_on_a_mesh_says_what_the_caller_said(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        client.meshes.process(
            GLB, repair=True, close=True, height_m=2, triangles=64, unwrap=True, texture_size=256, lods=2, formats="stl"
        )
        client.meshes.texture(GLB, prompt="oak", negative_prompt="paint", seed=3, tile_m=0.4, texture_size=2048)
        client.meshes.texture(GLB, material=material_zip(brick()), model="grain-mini", formats=["usdz"])
        client.meshes.turntable(
            GLB, frames=48, size=256, fps="24000/1001", elevation_deg=-10, transparent=True, format="webm"
        )
        client.materials.generate("oak", negative_prompt="knots", model="m", steps=9, size=512, size_m=0.5)
    box = type_pb2.MediaInput(inline=GLB)
    glb = mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_GLB])
    specs = [request.spec for request in peer.others]  # type: ignore[attr-defined]
    assert specs == [
        mesh_pb2.ProcessSpec(
            mesh=box,
            repair=True,
            close=True,
            height_m=2,
            triangles=64,
            unwrap=True,
            texture_size=256,
            lods=2,
            delivery=mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_STL]),
        ),
        mesh_pb2.TextureSpec(
            mesh=box,
            prompt=type_pb2.Prompt(text="oak", negative="paint"),
            sampling=type_pb2.Sampling(seed=3),
            tile_m=0.4,
            texture_size=2048,
            delivery=glb,
        ),
        mesh_pb2.TextureSpec(
            mesh=box,
            material=type_pb2.MediaInput(inline=material_zip(brick())),
            model="grain-mini",
            sampling=type_pb2.Sampling(),
            delivery=mesh_pb2.MeshDelivery(formats=[mesh_pb2.MESH_FORMAT_USDZ]),
        ),
        mesh_pb2.TurntableSpec(
            mesh=box,
            frames=48,
            size=256,
            frame_rate=type_pb2.FrameRate(numerator=24000, denominator=1001),
            elevation_deg=-10,
            transparent=True,
            format=mesh_pb2.TurntableSpec.FORMAT_WEBM,
        ),
        material_pb2.MaterialSpec(
            model="m",
            prompt=type_pb2.Prompt(text="oak", negative="knots"),
            sampling=type_pb2.Sampling(steps=9),
            size=512,
            size_m=0.5,
        ),
    ]


def test_every_value_of_a_mesh_that_cannot_be_sent_is_named(served: Served, peer: Peer) -> None:
    with Client(served.address) as client:
        with pytest.raises(InvalidArgumentError) as caught:
            client.meshes.generate("x" * 2_000_000, seed=-1, triangles=1 << 40, formats=["glb", "fbx"])
        assert [bad.field for bad in caught.value.violations] == [
            "spec.prompt.text",
            "spec.sampling.seed",
            "spec.surface.triangles",
            "spec.delivery.formats[1]",
        ]
        with pytest.raises(InvalidArgumentError, match="give a prompt or a material, not both"):
            client.meshes.texture(GLB, prompt="oak", material=material_zip(brick()))
        with pytest.raises(InvalidArgumentError, match="must be one of mp4, webm, png; got 'gif'"):
            client.meshes.turntable(GLB, format="gif")
    assert peer.calls == []


def test_files_travel_inside_the_request_or_are_uploaded_under_their_type(
    served: Served, peer: Peer, tmp_path: Path
) -> None:
    large = b"glTF" + bytes(1 << 20)
    cases = {
        "box.glb": (GLB, None),
        "large.glb": (large, "model/gltf-binary"),
        "box.stl": (STL, "model/stl"),  # binary STL has no signature: only its name tells
        "box.obj": (b"v 0 0 0\n", "model/obj"),
        "box.ply": (b"ply\nformat ascii 1.0\n", None),
        "large.zip": (archive({"[Content_Types].xml": b"x", "3D/model": large}), "model/3mf"),
        "other.zip": (archive({"scene.usdc": b"PXR-USDC" + large}), "model/vnd.usdz+zip"),
        "maps.zip": (archive({"base_colour.png": large}), "application/zip"),
    }
    with Client(served.address) as client:
        for name, (data, media_type) in cases.items():
            (tmp_path / name).write_bytes(data)
            client.meshes.process(tmp_path / name)
            sent = peer.others[-1].spec.mesh  # type: ignore[attr-defined]
            if media_type is None:
                assert sent == type_pb2.MediaInput(inline=data)
            else:
                asset, stored = peer.assets[sent.asset]
                assert (asset.display_name, asset.media_type, stored) == (name, media_type, data)
        with pytest.raises(InvalidArgumentError, match="can't read"):
            client.meshes.process(tmp_path / "missing.glb")


def test_what_a_job_made_is_what_the_next_one_takes(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    with Client(served.address) as client:
        job = client.meshes.generate("a box")
        box = job.output("glb")
        material = (client.materials.generate("brick")).output()
        client.meshes.texture(box, material=material)
        client.meshes.turntable(box.record.asset)
        client.meshes.process(client.assets.get(box.record.asset))
    texture, turntable, process = (request.spec for request in peer.others[2:])  # type: ignore[attr-defined]
    assert texture.material.asset == material.record.asset
    assert {texture.mesh.asset, turntable.mesh.asset, process.mesh.asset} == {box.record.asset}
    assert "CreateUpload" not in peer.calls


def test_reports_come_typed(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    with Client(served.address) as client:
        box = (client.meshes.generate("a box")).output("glb").report
        brick_report = (client.materials.generate("brick")).output("material").report
        poster = (client.meshes.generate("a box")).output("poster").report
    assert box == MeshReport(
        triangles=12,
        vertices=24,
        watertight=True,
        manifold="NoError",
        volume_m3=0.24,
        size_m=(0.5, 0.8, 0.6),
        uv_min=(0.0, 0.0),
        uv_max=(1.0, 1.0),
        textures=(Texture(role="base_colour", size=(16, 16)),),
        findings=(),
    )
    assert box.summary == "12 triangles, 0.5 × 0.8 × 0.6 m, watertight"
    assert brick_report == MaterialReport(size=64, size_m=0.5, tileability=(1.02, 0.98), findings=())
    assert poster is None


def test_meshes_come_as_trimesh_objects(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    with Client(served.address) as client:
        job = client.meshes.generate("a box")
        for role in ("glb", "glb_lod1", "stl"):
            box = job.output(role).to_trimesh()
            assert len(box.faces) == 12
            assert box.extents == pytest.approx((0.5, 0.8, 0.6))
        with pytest.raises(InvalidArgumentError, match="trimesh reads glb, ply, stl, 3mf, obj; got 'usdz'"):
            job.output("usdz").to_trimesh()


def test_pictures_and_maps_come_as_arrays_bit_for_bit(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    with Client(served.address) as client:
        job = client.materials.generate("brick")
        maps = job.maps()
        poster = job.output("poster").to_numpy()
        with pytest.raises(DataLossError, match="the picture can't be read"):
            job.output("glb").to_numpy()
        with pytest.raises(DataLossError, match="the archive can't be read"):
            job.output("glb").maps()
    assert poster.dtype == np.uint8
    assert np.array_equal(poster, ball(48))
    assert maps.keys() == brick().keys()
    for name, values in brick().items():
        assert maps[name].dtype == np.uint16
        assert np.array_equal(maps[name], values)


@pytest.mark.parametrize(
    "description", [b"{", b"[]", b"{}", b'{"maps": {"height": "x.png"}}', b'{"maps": {"a": []}}', None]
)
def test_a_material_that_does_not_say_what_it_holds_is_refused(
    served: Served, peer: Peer, description: bytes | None
) -> None:
    data = archive({"m_height.png": png(ball(8))} | ({} if description is None else {"m.json": description}))
    peer.at_once = lambda kind: [MadeFile("material", "application/zip", "m.zip", data)]
    with Client(served.address) as client:
        job = client.materials.generate("brick")
        with pytest.raises(DataLossError, match=r"the archive (describes no|lacks) maps"):
            job.maps()


@pytest.mark.parametrize("name", ["../base.png", "/tmp/base.png", "maps/base.png", "base.sh", "base.png\n"])
def test_a_material_with_other_entries_is_refused(served: Served, peer: Peer, name: str) -> None:
    data = archive({"height.png": png(ball(8)), name: b"x"})
    peer.at_once = lambda kind: [MadeFile("material", "application/zip", "m.zip", data)]
    with Client(served.address) as client:
        job = client.materials.generate("brick")
        with pytest.raises(DataLossError, match="the archive holds"):
            job.maps()


def test_the_main_output_is_the_video_the_material_or_the_first_mesh(
    served: Served, peer: Peer, tmp_path: Path
) -> None:
    with Client(served.address) as client:
        peer.at_once = lambda kind: list(reversed(made_by(kind)))
        assert (client.videos.generate("x")).output().role == "video"
        assert (client.materials.generate("x")).output().role == "material"
        job = client.meshes.generate("x")
        assert job.output().role == "stl"
        path = job.download(tmp_path)
        assert (path.name, path.read_bytes()) == ("box.stl", STL)
        peer.at_once = lambda kind: []
        with pytest.raises(NotFoundError):
            (client.meshes.generate("x")).output()


def test_the_stages_of_meshes_have_names() -> None:
    for stage in (Stage.SURFACE, Stage.RENDER):
        number = job_pb2.Progress.Stage.Value(f"STAGE_{stage.name}")
        event = event_from_proto(job_pb2.JobEvent(progress=job_pb2.Progress(stage=number, step=2, steps=24)))
        assert (event.stage, event.step, event.steps) == (stage, 2, 24)  # type: ignore[attr-defined]
