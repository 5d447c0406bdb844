"""The command line on a peer: what is printed where, and how commands end."""

import hashlib
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from google.rpc import code_pb2, error_details_pb2

from kinoform_client.cli.clip_place import clip_place
from kinoform_client.cli.places import slug
from kinoform_client.cli.serve import serve_command
from kinoform_client.errors import InvalidArgumentError, MissingDependencyError
from kinoform_client.types import VideoFormat
from kinoform_proto.catalog.v1 import catalog_pb2
from tests.kinoform_client.client_peer import Served
from tests.kinoform_client.peer_base import rich_status
from tests.kinoform_client.samples import archive
from tests.kinoform_client.shell import Shell

CARD = {
    "name": "kino-mini",
    "vocabulary": {"subjects": ["a penguin"], "motions": ["jumps"], "backgrounds": ["over snow"]},
    "held_out": [["a penguin", "jumps", "over snow"]],
}


def test_a_clip_is_saved_under_the_prompts_name(shell: Shell, tmp_path: Path) -> None:
    for name in ("a-penguin-jumps.mp4", "a-penguin-jumps-2.mp4"):
        result = shell.generate("A penguin jumps!")
        assert (result.exit_code, result.stdout) == (0, f"{name}\n")
        assert (tmp_path / name).read_bytes() == shell.video
    assert "denoise 1/3" in result.stderr
    assert "warning: outside the vocabulary: zebra" in result.stderr


@pytest.mark.parametrize(("name", "number"), [("x.mp4", 1), ("x.WEBM", 2), ("x.gif", 3), ("x.zip", 4)])
def test_the_suffix_chooses_the_format(shell: Shell, tmp_path: Path, name: str, number: int) -> None:
    assert shell.generate("x", "-o", f"new/{name}").exit_code == 0
    assert shell.served.peer.requests[0].spec.file.format == number
    assert (tmp_path / "new" / name).read_bytes() == shell.video


def test_every_option_reaches_the_request(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "first.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    options = "--image first.png --model m --frames 9 --width 64 --height 48 --fps 24000/1001 --steps 7 --guidance 2.5"
    more = "--seed 11 --negative blur --view-size 256x192 --upscale nearest --reproducible --priority -5 --label a=b=c"
    more += " --deadline 2030-01-31T18:00:00+01:00"
    result = shell("video", "generate", "a penguin", *options.split(), *more.split(), "--no-wait")
    (request,) = shell.served.peer.requests
    assert (result.exit_code, result.stdout.strip()) == (0, next(iter(shell.served.peer.jobs)))
    spec = request.spec
    assert (spec.model, spec.frames, spec.size.width, spec.size.height) == ("m", 9, 64, 48)
    assert (spec.frame_rate.numerator, spec.frame_rate.denominator) == (24000, 1001)
    assert (spec.sampling.steps, spec.sampling.guidance, spec.sampling.seed) == (7, 2.5, 11)
    assert (spec.sampling.reproducible, spec.prompt.negative, spec.file.upscale) == (True, "blur", 1)
    assert (spec.file.view_size.width, spec.file.view_size.height) == (256, 192)
    assert (request.priority, dict(request.labels)) == (-5, {"a": "b=c"})
    assert request.deadline.ToJsonString() == "2030-01-31T17:00:00Z"
    assert spec.image.inline.startswith(b"\x89PNG")


@pytest.mark.parametrize(("text", "span"), [("90s", 90), ("10m", 600), ("1.5h", 5400), ("2d", 172800)])
def test_a_deadline_may_be_a_span(shell: Shell, text: str, span: int) -> None:
    before = time.time()
    assert shell("video", "generate", "x", "--deadline", text, "--no-wait").exit_code == 0
    (request,) = shell.served.peer.requests
    assert before <= request.deadline.ToNanoseconds() / 1e9 - span + 0.001 <= time.time() + 0.002


@pytest.mark.parametrize("text", ["soon", "10", "-10m", "10m ", "9" * 20 + "d", "999999999d", "2030-13-01"])
def test_a_deadline_that_is_none_is_refused_by_name(shell: Shell, text: str) -> None:
    result = shell("video", "generate", "x", "--deadline", text, "--no-wait")
    assert result.exit_code != 0
    assert "deadline" in result.stderr
    assert shell.served.peer.requests == []


def test_json_is_one_object_a_line_and_nothing_else(shell: Shell) -> None:
    result = shell.generate("x", "--json", "-o", "x.mp4")
    (line,) = result.stdout.splitlines()
    job = json.loads(line)
    assert (job["state"], job["files"], job["outputs"][0]["role"]) == ("SUCCEEDED", ["x.mp4"], "video")
    events = [json.loads(line) for line in shell("job", "watch", job["name"], "--json").stdout.splitlines()]
    assert [event["sequence"] for event in events] == list(range(1, job["last_sequence"] + 1))
    assert {event["event"] for event in events} == {
        "state_changed",
        "progress",
        "preview",
        "checkpoint_saved",
        "warning_raised",
        "output_ready",
    }
    listed = [json.loads(line) for line in shell("job", "list", "--json").stdout.splitlines()]
    assert [each["name"] for each in listed] == [job["name"]]


def test_frames_are_unpacked_into_the_folder_in_place_of_older_ones(shell: Shell, tmp_path: Path) -> None:
    for count in (3, 2):
        shell.video = archive({f"frame_{number:04d}.png": b"%d" % number for number in range(1, count + 1)})
        assert shell.generate("x", "-o", "frames/").exit_code == 0
    assert shell.served.peer.requests[0].spec.file.format == 4
    assert sorted(path.name for path in (tmp_path / "frames").iterdir()) == ["frame_0001.png", "frame_0002.png"]


@pytest.mark.parametrize("name", ["../frame_0001.png", "/tmp/frame_0001.png", "frame_0001.png/../../x", "x.sh"])
def test_nothing_is_unpacked_from_an_archive_with_other_entries(shell: Shell, tmp_path: Path, name: str) -> None:
    shell.video = archive({"frame_0001.png": b"1", name: b"2"})
    assert shell.generate("x", "-o", "frames/").exit_code == 4
    assert list((tmp_path / "frames").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_a_compressed_archive_is_refused(shell: Shell, tmp_path: Path) -> None:
    shell.video = archive({"frame_0001.png": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    assert shell.generate("x", "-o", "frames/").exit_code == 4
    assert list((tmp_path / "frames").iterdir()) == []


def test_previews_are_kept(shell: Shell, tmp_path: Path) -> None:
    assert shell.generate("x", "--previews", "looks").exit_code == 0
    assert (tmp_path / "looks/preview_0003.png").read_bytes() == b"\x89PNG"


@pytest.mark.parametrize(
    "arguments",
    [
        ["video", "generate"],
        ["video", "generate", "x", "--frames", "many"],
        ["video", "generate", "x", "-o", "clip.avi"],
        ["video", "generate", "x", "--view-size", "big"],
        ["video", "generate", "x", "--label", "lonely"],
        ["video", "generate", "x", "--image", "missing.png"],
        ["video", "generate", "x", "--width", "64"],
        ["job", "list", "--state", "happy"],
        ["nonsense"],
        ["--address", "http://x", "models"],
    ],
)
def test_bad_input_ends_with_2_and_asks_for_no_job(shell: Shell, arguments: list[str]) -> None:
    result = shell(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert shell.served.peer.jobs == {}


def test_every_bad_field_is_a_line_and_ends_with_2(shell: Shell) -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="spec.frames", description="must be 1 to 16, got 0")
    bad.field_violations.add(field="spec.prompt.text", description="must not be empty")
    shell.served.peer.faults.refusals["GenerateVideo"] = [rich_status(code_pb2.INVALID_ARGUMENT, "bad", bad)]
    result = shell("video", "generate", "", "--frames", "0")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "kinoform: spec.frames: must be 1 to 16, got 0",
        "kinoform: spec.prompt.text: must not be empty",
    ]


@pytest.mark.parametrize("code", [code_pb2.RESOURCE_EXHAUSTED, code_pb2.ALREADY_EXISTS, code_pb2.UNAUTHENTICATED])
def test_refused_ends_with_3(shell: Shell, code: int) -> None:
    shell.served.peer.faults.refusals["GenerateVideo"] = [rich_status(code, "no")]
    result = shell("video", "generate", "x")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "kinoform: no\n")
    assert shell("job", "show", "missing").exit_code == 3


def test_a_failed_job_ends_with_4(shell: Shell) -> None:
    name = shell("video", "generate", "x", "--no-wait").stdout.strip()
    shell.served.peer.fail(name, rich_status(code_pb2.INTERNAL, "the GPU fell off"))
    result = shell("job", "watch", name)
    assert result.exit_code == 4
    assert "the GPU fell off" in result.stderr
    assert shell("job", "watch", name, "--json").exit_code == 4
    assert json.loads(shell("job", "show", name, "--json").stdout)["error"]["message"] == "the GPU fell off"


def test_jobs_are_steered(shell: Shell, tmp_path: Path) -> None:
    name = shell("video", "generate", "x", "--no-wait").stdout.strip()
    short = name.rpartition("/")[2]
    assert json.loads(shell("job", "cancel", short, "--json").stdout)["state"] == "CANCELLED"
    assert shell("job", "watch", short).exit_code == 4
    assert json.loads(shell("job", "retry", short, "--json").stdout)["state"] == "QUEUED"
    assert shell("job", "delete", short).exit_code == 0
    assert shell("job", "delete", short).exit_code == 3
    name = shell("video", "generate", "y", "--no-wait").stdout.strip()
    shell.served.peer.run(name)
    assert shell("job", "watch", name, "-o", "y.mp4").stdout == "y.mp4\n"
    assert (tmp_path / "y.mp4").read_bytes() == shell.video
    assert name.rpartition("/")[2] in shell("job", "list", "--state", "succeeded").stdout


def test_assets_go_there_and_come_back(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    name = shell("asset", "put", "in.png").stdout.strip()
    assert shell("asset", "get", name, "-o", "out.png").stdout == "out.png\n"
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "in.png").read_bytes()
    (listed,) = shell("asset", "list", "--json").stdout.splitlines()
    assert json.loads(listed)["sha256"] == hashlib.sha256((tmp_path / "in.png").read_bytes()).hexdigest()


def test_verify_prints_what_credentials_say_and_fails_if_they_do_not_hold(shell: Shell) -> None:
    for name in ("signed", "forged", "plain"):
        shell.served.peer.store(b"x", "video/mp4", "x.mp4", f"projects/default/assets/{name}")
    shown = shell("asset", "verify", "signed").stdout
    assert all(word in shown for word in ("trusted", "Studio", "kino-mini 1", "trainedAlgorithmicMedia", "embedded"))
    found = json.loads(shell("asset", "verify", "signed", "--credentials", "beside", "--json").stdout)
    assert found["provenance"]["credentials"] == "projects/default/assets/beside"
    assert shell("asset", "verify", "plain").exit_code == 0
    forged = shell("asset", "verify", "forged")
    assert (forged.exit_code, "the content was changed" in forged.stdout) == (4, True)


def test_models_print_the_whole_card(shell: Shell) -> None:
    model = catalog_pb2.Model(name="models/kino-mini", is_default=True)
    model.video.default_frame_rate.denominator = 1
    ParseDict(CARD, model.card)
    shell.served.peer.models.append(model)
    (line,) = shell("models", "--json").stdout.splitlines()
    assert json.loads(line) == CARD | {"is_default": True}
    assert "subjects: a penguin" in shell("models").stdout


def test_an_unreachable_server_ends_with_5(served: Served) -> None:
    served.stop()
    command = [sys.executable, "-m", "kinoform_client", "--address", served.address, "models"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (5, "")
    assert f"no answer from {served.address}" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_doctor_tells_what_is_wrong(shell: Shell) -> None:
    model = catalog_pb2.Model(name="models/kino-mini", is_default=True)
    model.video.default_frame_rate.denominator = 1
    shell.served.peer.models.append(model)
    well = [json.loads(line) for line in shell("doctor", "--json").stdout.splitlines()]
    assert all(finding["ok"] for finding in well if finding["needed"])
    assert {"what": "health", "ok": True, "detail": "serving", "needed": True} in well
    assert shell("doctor").exit_code == 0
    shell.served.peer.models.clear()
    assert shell("doctor").exit_code == 5
    shell.served.stop()
    result = shell("doctor")
    assert result.exit_code == 5
    assert "!!  server" in result.stdout


def test_serve_names_what_to_install() -> None:
    with pytest.raises(MissingDependencyError, match=r"needs torch, ray: pip install 'kinoform\[cluster\]'"):
        serve_command([], find=lambda name: None)
    for given in (["--runtime", "local"], ["--runtime=local"]):
        with pytest.raises(
            MissingDependencyError, match=r"needs torch, kinoform_weights: pip install 'kinoform\[serve\]'"
        ):
            serve_command(given, find=lambda name: None)


def test_serve_hands_every_argument_over() -> None:
    given = ["--runtime", "local", "--tls", "a.pem", "b.key", "--model", "wan=wan:/models/wan", "--help"]
    command = serve_command(given, find=lambda name: name)
    assert command[1:] == ["-m", "kinoform_cluster", "serve", *given]


def test_names_from_prompts() -> None:
    assert slug("A penguin, over/teal …", "clip") == "a-penguin-over-teal"
    assert slug("../../etc/passwd", "clip") == "etc-passwd"
    assert slug("!?", "clip") == "clip"
    assert slug("ein Käfer läuft", "clip") == "ein-käfer-läuft"
    assert len(slug("penguin " * 100, "clip")) <= 60


def test_places_of_clips(tmp_path: Path) -> None:
    assert clip_place("x.gif", "").format is VideoFormat.GIF
    assert clip_place(str(tmp_path), "").folder
    assert clip_place("frames", "").folder
    (tmp_path / "file").touch()
    with pytest.raises(InvalidArgumentError, match="is a file"):
        clip_place(str(tmp_path / "file"), "")
