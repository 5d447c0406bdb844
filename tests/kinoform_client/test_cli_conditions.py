"""`kinoform condition` and `--condition` on a peer: what is asked for, saved and said."""

import json
import threading
import time
from pathlib import Path

import pytest
from google.rpc import code_pb2, error_details_pb2

from kinoform_client.cli.picture_place import picture_place
from kinoform_client.errors import InvalidArgumentError
from kinoform_proto.conditioning.v1 import conditioning_pb2
from kinoform_proto.type.v1 import type_pb2
from kinoform_proto.type.v1.report_pb2 import ConditioningReport
from kinoform_proto.video.v1 import video_pb2
from tests.kinoform_client.peer_base import rich_status
from tests.kinoform_client.samples import MadeFile, ball, cut_out, made_by, png
from tests.kinoform_client.shell import Shell

PHOTO = png(ball(8))
BALL = png(ball(48))
FIGURE, MASK = png(cut_out()), png(cut_out()[..., 3])


@pytest.fixture(autouse=True)
def photo(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(PHOTO)


@pytest.mark.parametrize(
    ("kind", "output", "saved"),
    [
        ("edges", [], {}),
        ("edges", ["-o", "new/lines.png"], {"new/lines.png": BALL}),
        ("edges", ["-o", "lines"], {"lines.png": BALL}),
        ("soft_edges", ["-o", "new/"], {"new/photo-soft_edges.png": BALL}),
        ("cut-out", ["-o", "fig.v2.PNG"], {"fig.v2.PNG": FIGURE, "fig.v2-mask.PNG": MASK}),
    ],
)
def test_a_conditioning_is_named_and_saved_where_o_points(
    shell: Shell, tmp_path: Path, kind: str, output: list[str], saved: dict[str, bytes]
) -> None:
    result = shell.make("condition", "create", "--kind", kind, "photo.png", *output)
    (name,) = shell.served.peer.conditionings
    assert (result.exit_code, result.stdout.splitlines()) == (0, [name, *saved])
    (tmp_path / "photo.png").unlink()
    assert {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.*")} == saved
    assert result.stderr.splitlines()[-1] == "48 × 48 pixels, 25.0 % covered"


def test_every_option_of_a_conditioning_reaches_the_request(shell: Shell) -> None:
    commands = [
        "reference --size 64x48 --fit contain --max-side 512 --priority -5 --label set=kitchen",
        "edges --low 50 --high 150.5 --aperture 5 --blur 1.5",
        "cut_out --hardness 0.25",
        "palette --colours 8",
    ]
    for command in commands:
        assert shell("condition", "create", "photo.png", "--no-wait", "--kind", *command.split()).exit_code == 0
    image = type_pb2.MediaInput(inline=PHOTO)
    reference = conditioning_pb2.Reference(size=type_pb2.Size(width=64, height=48), fit=conditioning_pb2.FIT_CONTAIN)
    edges = conditioning_pb2.Edges(low=50, high=150.5, aperture=5, blur=1.5)
    asked = shell.served.peer.asked
    assert [request.spec for request in asked] == [
        conditioning_pb2.ConditioningSpec(image=image, max_side=512, reference=reference),
        conditioning_pb2.ConditioningSpec(image=image, edges=edges),
        conditioning_pb2.ConditioningSpec(image=image, cut_out=conditioning_pb2.CutOut(hardness=0.25)),
        conditioning_pb2.ConditioningSpec(image=image, palette=conditioning_pb2.Palette(colours=8)),
    ]
    assert (asked[0].priority, dict(asked[0].labels)) == (-5, {"set": "kitchen"})


def test_one_that_is_there_already_is_saved_at_once(shell: Shell, tmp_path: Path) -> None:
    create = ("condition", "create", "--kind", "edges", "photo.png")
    name = shell.make(*create).stdout.strip()
    result = shell(*create, "--wait", "-o", "lines.png")
    assert result.stdout.splitlines() == [name, "lines.png"]
    assert (tmp_path / "lines.png").read_bytes() == BALL
    assert "WatchJob" not in shell.served.peer.calls


def test_a_clips_frames_lie_beside_its_picture(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "shot.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(64))
    report = ConditioningReport(width=48, height=48, coverage=1, frames=24)
    shell.served.peer.at_once = lambda kind: [
        MadeFile("picture", "image/png", "depth.png", BALL, report),
        MadeFile("clip", "application/zip", "depth.zip", b"PK", report),
        MadeFile("mask_clip", "application/zip", "depth-mask.zip", b"PK", report),
    ]
    result = shell("condition", "create", "--kind", "depth", "shot.mp4", "--wait", "-o", "out/far.png")
    assert result.stdout.splitlines()[1:] == ["out/far.png", "out/far-clip.zip", "out/far-mask-clip.zip"]
    assert (tmp_path / "out/far-clip.zip").read_bytes() == b"PK"
    assert result.stderr.splitlines()[-1] == "48 × 48 pixels, 24 frames"
    assert shell.served.peer.asked[0].spec.WhichOneof("source") == "footage"


def test_one_in_preparation_is_followed(shell: Shell, tmp_path: Path) -> None:
    name = shell("condition", "create", "--kind", "edges", "photo.png", "--no-wait").stdout.strip()
    job = shell.served.peer.conditionings[name].job
    assert "PREPARING" in shell("condition", "show", name).stdout
    threading.Timer(0.3, shell.served.peer.run, (job, 3, made_by("edges"))).start()
    result = shell("condition", "show", name.rpartition("/")[2], "-o", "lines.png")
    assert result.stdout.splitlines()[-1] == "lines.png"
    assert (tmp_path / "lines.png").read_bytes() == BALL
    assert "edges: denoise 1/3" in result.stderr
    assert "READY" in result.stdout


def test_a_conditioning_as_json_carries_settings_report_and_files(shell: Shell) -> None:
    command = ("condition", "create", "--kind", "palette", "photo.png", "--colours", "2", "--json")
    (line,) = shell.make(*command, "-o", "colours.png").stdout.splitlines()
    shown = json.loads(line)
    assert (shown["kind"], shown["state"], shown["files"]) == ("palette", "READY", ["colours.png"])
    assert shown["settings"] == {"max_side": 1024, "colours": 2}
    assert shown["outputs"][0]["report"]["colours"] == [["#3c3c46", 0.75], ["#f0966e", 0.25]]
    assert json.loads(shell("condition", "show", shown["name"], "--json").stdout) == shown | {"files": []}
    listed = json.loads(shell("condition", "list", "--json").stdout)
    assert listed | {"files": ["colours.png"]} == shown


def test_a_conditioning_is_shown_listed_and_deleted(shell: Shell) -> None:
    options = ("--size", "64x48", "--fit", "cover")
    name = shell.make("condition", "create", "--kind", "reference", "photo.png", *options).stdout.strip()
    peer = shell.served.peer
    facts = dict(line.split(maxsplit=1) for line in shell("condition", "show", name).stdout.splitlines())
    made = peer.conditionings[name]
    assert (facts["conditioning"], facts["kind"], facts["state"]) == (name, "reference", "READY")
    assert (facts["image"], facts["job"]) == (made.spec.image.asset, made.job)
    assert (facts["max_side"], facts["size"], facts["fit"]) == ("1024", "64x48", "cover")
    assert facts["picture"].endswith(f"({len(BALL)} bytes)")
    assert facts["report"] == "48 × 48 pixels, 25.0 % covered"
    short = name.rpartition("/")[2]
    head, row = shell("condition", "list").stdout.splitlines()
    assert head.split() == ["CONDITIONING", "KIND", "STATE", "CREATED"]
    assert row.split()[:3] == [short, "reference", "READY"]
    shell("condition", "create", "--kind", "edges", "photo.png", "--no-wait")
    assert len(shell("condition", "list", "--limit", "1").stdout.splitlines()) == 2
    assert shell("video", "generate", "x", "--no-wait", "--condition", short).exit_code == 0
    assert shell("condition", "delete", short).exit_code == 3
    assert shell("condition", "delete", short, "--force").exit_code == 0
    assert shell("condition", "show", short).exit_code == 3


def test_a_conditionings_job_is_watched_and_saved_like_any_other(shell: Shell, tmp_path: Path) -> None:
    name = shell.make("condition", "create", "--kind", "cut_out", "photo.png").stdout.strip()
    job = shell.served.peer.conditionings[name].job
    result = shell("job", "watch", job, "-o", "figure.png")
    assert (result.exit_code, result.stdout.splitlines()) == (0, ["figure.png", "figure-mask.png"])
    assert (tmp_path / "figure.png").read_bytes() == FIGURE
    assert (tmp_path / "figure-mask.png").read_bytes() == MASK
    assert result.stderr.splitlines()[-1] == "48 × 48 pixels, 25.0 % covered"
    assert "CreateConditioning" in shell("job", "list").stdout


@pytest.mark.parametrize("command", [("mesh", "generate"), ("mesh", "generate", "x")])
@pytest.mark.parametrize("kind", ["cut_out", "cut-out"])
def test_a_job_starts_from_a_picture_prepared_for_it(shell: Shell, command: tuple[str, ...], kind: str) -> None:
    result = shell(*command, "--condition", f"{kind}=photo.png", "--no-wait", "--priority", "7")
    peer = shell.served.peer
    (asked,) = peer.asked
    (name,) = peer.conditionings
    images = [request.spec.image for request in (*peer.requests, *peer.others)]  # type: ignore[attr-defined]
    assert (result.exit_code, result.stderr) == (0, f"cut_out of photo.png: {name}\n")
    assert (asked.spec.image.inline, asked.spec.WhichOneof("kind"), asked.priority) == (PHOTO, "cut_out", 7)
    assert images == [type_pb2.MediaInput(conditioning=name)]


def test_a_clip_is_led_by_pictures_prepared_for_it_and_by_files_as_they_are(shell: Shell) -> None:
    conditions = (
        *("--condition", "cut-out=photo.png:0.5", "--condition", "depth=photo.png:2:0-0.5"),
        *("--condition", "lines=photo.png:.75:.25-1", "--condition", "last=photo.png"),
        *("--condition", "reference=photo.png:0.9:0-0.25", "--repaint", "photo.png", "photo.png"),
    )
    result = shell("video", "generate", "x", *conditions, "--no-wait", "--priority", "7")
    peer, photo = shell.served.peer, type_pb2.MediaInput(inline=PHOTO)
    assert result.exit_code == 0, result.stderr
    assert {asked.priority for asked in peer.asked} == {7}
    named = {asked.spec.WhichOneof("kind"): name for asked, name in zip(peer.asked, peer.conditionings, strict=True)}
    (spec,) = (request.spec for request in peer.requests)
    assert spec.image == type_pb2.MediaInput(conditioning=named["reference"])
    assert spec.image_reach == type_pb2.Reach(strength=0.9, first=0, last=0.25)
    assert list(spec.conditions) == [
        video_pb2.VideoCondition(
            mask=type_pb2.MediaInput(conditioning=named["cut_out"]), reach=type_pb2.Reach(strength=0.5)
        ),
        video_pb2.VideoCondition(
            depth=type_pb2.MediaInput(conditioning=named["depth"]), reach=type_pb2.Reach(strength=2, first=0, last=0.5)
        ),
        video_pb2.VideoCondition(edges=photo, reach=type_pb2.Reach(strength=0.75, first=0.25, last=1)),
        video_pb2.VideoCondition(last_frame=photo),
    ]
    assert spec.repaint == video_pb2.Repaint(footage=photo, mask=photo)


def test_a_mesh_is_led_as_strongly_as_its_condition_says(shell: Shell) -> None:
    assert shell("mesh", "generate", "--condition", "cut_out=photo.png:0.5:0-0.25", "--no-wait").exit_code == 0
    (request,) = shell.served.peer.others
    assert request.spec.image_reach == type_pb2.Reach(strength=0.5, first=0, last=0.25)  # type: ignore[attr-defined]


def test_a_job_starts_from_a_conditioning_by_its_name(shell: Shell) -> None:
    name = shell("condition", "create", "--kind", "edges", "photo.png", "--no-wait").stdout.strip()
    peer = shell.served.peer
    for named in (name, name.rpartition("/")[2]):
        assert shell("mesh", "generate", "--condition", named, "--no-wait").exit_code == 0
        assert shell("video", "generate", "x", "--condition", named, "--no-wait").exit_code == 0
    assert shell("video", "generate", "x", "--image", name, "--no-wait").exit_code == 0
    images = [request.spec.image for request in (*peer.requests, *peer.others)]  # type: ignore[attr-defined]
    assert images == [type_pb2.MediaInput(conditioning=name)] * 5
    assert len(peer.asked) == 1
    assert shell("mesh", "generate", "--condition", "0" * 64).exit_code == 3


def test_a_mesh_takes_its_name_from_the_prepared_file_but_not_from_a_fingerprint(shell: Shell) -> None:
    result = shell.make("mesh", "generate", "--condition", "reference=photo.png")
    assert result.stdout.splitlines()[0] == "photo.glb"
    (name,) = shell.served.peer.conditionings
    for option in (("--condition", name), ("--condition", name.rpartition("/")[2]), ("--image", name)):
        assert shell.make("mesh", "generate", *option, "-o", "new/").stdout.splitlines()[0] == "new/mesh.glb"


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("condition create photo.png", "--kind"),
        ("condition create --kind edges", "image"),
        ("condition create --kind sketch photo.png", "--kind: the kind must be one of reference, edges, soft_edges"),
        ("condition create --kind unknown photo.png", "--kind"),
        ("condition create --kind edges missing.png", "missing.png"),
        ("condition create --kind edges photo.png -o lines.jpg", "--output: must end in .png"),
        ("condition create --kind edges photo.png -o lines.png --no-wait", "--output"),
        ("condition create --kind reference photo.png --size big", "--size: must be WIDTHxHEIGHT"),
        ("condition create --kind reference photo.png --fit tight", "--fit"),
        ("condition create --kind palette photo.png --low 3", "low: palette has no such setting; it has max_side, col"),
        ("condition create --kind edges photo.png --label lonely", "--label"),
        ("condition show x -o lines.jpg", "--output"),
        (
            "video generate x --condition reference=photo.png --image photo.png",
            "--condition: gives a second first frame",
        ),
        ("video generate x --condition edges=photo.png:strong", "strong"),
        ("material generate --condition reference=photo.png:1", "--condition: has a strength"),
        ("video generate x --condition lines=photo.png:1:1.2.3-4", "photo.png:1:1.2.3-4"),
        ("mesh generate --condition edges=photo.png --image photo.png", "--condition: gives the job its picture"),
        ("mesh generate --condition edges=photo.png --condition edges=photo.png", "--condition: may be given once"),
        ("video generate x --condition photo.png", "--condition: must be KIND=FILE[:STRENGTH[:FROM-TO]], or a cond"),
        ("video generate x --condition edges=", "--condition: must be KIND=FILE"),
        ("video generate x --condition sketch=photo.png", "--condition: the kind must be one of"),
        ("video generate x --condition edges=missing.png", "missing.png"),
        ("video generate x --condition edges=photo.png -o x.avi", "--output"),
        ("video generate x --condition edges=photo.png --label lonely", "--label"),
        ("video generate x --condition edges=photo.png --view-size big", "--view-size"),
        ("mesh generate --condition edges=photo.png -o x.glb --format usdz", "--output"),
        ("mesh process projects/p/conditionings/" + "0" * 64, "spec.mesh: must be a mesh"),
    ],
)
def test_bad_input_about_conditionings_names_the_option_and_asks_for_nothing(
    shell: Shell, command: str, named: str
) -> None:
    result = shell(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert named in result.stderr
    assert shell.served.peer.calls == []


def test_every_bad_field_of_a_conditioning_is_a_line(shell: Shell) -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="spec.max_side", description="must be 16 to 4096, got 1")
    bad.field_violations.add(field="spec.edges.high", description="must not be below low, 9; is 3")
    shell.served.peer.faults.refusals["CreateConditioning"] = [rich_status(code_pb2.INVALID_ARGUMENT, "bad", bad)]
    options = ("--max-side", "1", "--low", "9", "--high", "3")
    result = shell("condition", "create", "--kind", "edges", "photo.png", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "kinoform: spec.max_side: must be 16 to 4096, got 1",
        "kinoform: spec.edges.high: must not be below low, 9; is 3",
    ]


def test_what_the_server_does_not_prepare_ends_with_3(shell: Shell) -> None:
    refusal = rich_status(code_pb2.FAILED_PRECONDITION, "this server has no weights for soft edges")
    shell.served.peer.faults.refusals["CreateConditioning"] = [refusal]
    result = shell("condition", "create", "--kind", "soft_edges", "photo.png")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "kinoform: this server has no weights for soft edges\n"


def test_one_that_cannot_be_prepared_ends_with_4(shell: Shell) -> None:
    name = shell("condition", "create", "--kind", "edges", "photo.png", "--no-wait").stdout.strip()
    cut_short = rich_status(code_pb2.INVALID_ARGUMENT, "the picture is cut short")
    shell.served.peer.fail(shell.served.peer.conditionings[name].job, cut_short)
    shown = shell("condition", "show", name)
    assert shown.exit_code == 0
    assert "FAILED" in shown.stdout
    assert "the picture is cut short" in shown.stdout
    saved = shell("condition", "show", name, "-o", "lines.png", "--json")
    assert (saved.exit_code, json.loads(saved.stdout)["files"]) == (4, [])
    assert "the picture is cut short" in saved.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_one_that_fails_while_it_is_followed_ends_with_4(shell: Shell, form: list[str]) -> None:
    peer = shell.served.peer

    def fail() -> None:
        while not peer.jobs:
            time.sleep(0.01)
        peer.fail(next(iter(peer.jobs)), rich_status(code_pb2.INVALID_ARGUMENT, "the picture is cut short"))

    thread = threading.Thread(target=fail)
    thread.start()
    result = shell("condition", "create", "--kind", "edges", "photo.png", "-o", "lines.png", *form)
    thread.join()
    assert result.exit_code == 4
    assert [json.loads(line)["state"] for line in result.stdout.splitlines()] == ["FAILED"] * len(form)
    assert "the picture is cut short" in result.stderr


def test_places_of_pictures(tmp_path: Path) -> None:
    assert picture_place("x.png", "").path == Path("x.png")
    assert picture_place(str(tmp_path), "edges").path == tmp_path / "edges.png"
    with pytest.raises(InvalidArgumentError, match=r"must end in \.png"):
        picture_place("x.webp", "")
