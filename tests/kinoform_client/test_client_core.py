"""The parts that need no server."""

import copy
import pickle
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from kinoform_client import (
    DeadlineError,
    InternalError,
    InvalidArgumentError,
    KinoformError,
    MissingDependencyError,
    NotFoundError,
    ResourceExhaustedError,
    RetryPolicy,
    UnavailableError,
)
from kinoform_client._core.address import DEFAULT_ADDRESS, parse_address, settings
from kinoform_client._core.retry import Attempts
from kinoform_client.arrays import needs
from kinoform_client.errors import ErrorDetails, invalid

ROOT = Path(__file__).resolve().parents[2]


def test_the_blocking_client_is_the_asynchronous_one_without_await() -> None:
    check = [sys.executable, str(ROOT / "clients/unasync.py"), "--check"]
    result = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_sdk_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'PIL', 'av', 'trimesh', 'torch', 'ray', 'kinoform', 'kinoform_cluster', 'typer', 'rich'}"
    code = f"import sys, kinoform_client; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


@pytest.mark.parametrize(
    ("text", "target", "tls"),
    [
        ("grpc://10.0.0.1:50051", "10.0.0.1:50051", False),
        ("grpcs://kinoform.studio:443", "kinoform.studio:443", True),
        ("localhost:1", "localhost:1", False),
        ("grpc://[::1]:50051/", "[::1]:50051", False),
    ],
)
def test_addresses(text: str, target: str, tls: bool) -> None:
    address = parse_address(text)
    assert (address.target, address.tls) == (target, tls)


@pytest.mark.parametrize(
    "text", ["http://host:1", "host", "grpc://host", "grpc://:1", "host:port", "host:70000", "://h:1"]
)
def test_bad_addresses(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="address"):
        parse_address(text)


def test_an_argument_beats_the_environment_and_it_the_default() -> None:
    environment = {"KINOFORM_ADDRESS": "grpc://b:2", "KINOFORM_API_KEY": "key"}
    assert str(settings("grpc://a:1", environment=environment).address) == "grpc://a:1"
    found = settings(environment=environment)
    assert (str(found.address), found.address_source, found.api_key) == ("grpc://b:2", "KINOFORM_ADDRESS", "key")
    bare = settings(environment={})
    assert (str(bare.address), bare.address_source, bare.api_key) == (DEFAULT_ADDRESS, "default", None)


def test_pauses_double_up_to_the_longest_and_end_with_the_time() -> None:
    policy = RetryPolicy(first_pause_s=1, longest_pause_s=4)
    attempts = Attempts(policy, total_s=20, now=100, draw=lambda top: top)
    gone = UnavailableError("gone")
    assert [attempts.pause(gone, 100) for _ in range(4)] == [1, 2, 4, 4]
    assert attempts.begin(119) == 1
    with pytest.raises(UnavailableError):
        attempts.pause(gone, 119)
    with pytest.raises(UnavailableError):
        attempts.begin(120)
    with pytest.raises(DeadlineError):
        Attempts(policy, total_s=20, now=100, draw=lambda top: top).begin(120)


def test_results_as_arrays_name_what_to_install() -> None:
    with pytest.raises(MissingDependencyError, match=r"needs numby and pillov: pip install 'kinoform\[mesh\]'"):
        needs("json", "numby", "pillov")


def test_only_what_can_help_is_tried_again() -> None:
    attempts = Attempts(RetryPolicy(), total_s=20, now=0, draw=lambda top: top)
    for hopeless in (NotFoundError("x"), InternalError("x"), ResourceExhaustedError("x"), DeadlineError("x")):
        with pytest.raises(type(hopeless)):
            attempts.pause(hopeless, 0)
    busy = ResourceExhaustedError("busy", ErrorDetails(retry_after=timedelta(seconds=3)))
    assert attempts.pause(busy, 0) == 3 + RetryPolicy().first_pause_s
    with pytest.raises(ResourceExhaustedError):
        attempts.pause(busy, 18)


@pytest.mark.parametrize("error", [invalid("spec.frames", "must be 1 to 16"), DeadlineError("late", ErrorDetails())])
def test_errors_survive_pickling(error: KinoformError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(twin), str(twin), twin.details) == (type(error), str(error), error.details)
