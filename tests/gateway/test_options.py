"""The gateway's own options: read, handed on, and refused before anything is started."""

import argparse
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.options import add_gateway_options, gateway_arguments, gateway_options, with_options
from kinoform.store.quotas import Limits
from kinoform.store.retention import Terms
from kinoform_cluster.ports import usable_port
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from tests.gateway.authority import Authority
from tests.gateway.gateway_peer import PARENT, running

DAY_US = 86_400_000_000


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_gateway_options(parser)
    return parser.parse_args(arguments)


def test_what_is_typed_arrives_and_is_handed_on_whole(
    config: GatewayConfig, authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("server", server=True)
    (tmp_path / "keys").write_text("a key\n")
    given = f"--tls {certificate} {key} --tls-client-ca {authority.file} --api-keys {tmp_path / 'keys'}".split()
    numbers = "--queued-jobs 0 --requests-per-minute 7 --keep-files-days 1.5 --max-running 3"
    given += ["--no-reflection", *numbers.split()]
    given += ["--jwks", "https://keys.example/jwks.json", "--jwt-issuer", "i", "--jwt-audience", "a"]
    wanted = with_options(config, read(given))
    assert with_options(config, gateway_options(gateway_arguments(read(given)))) == wanted
    assert (wanted.tls, wanted.access.client_ca) == ((certificate, key), authority.file)
    assert wanted.limits == Limits(queued_jobs=0, requests_per_minute=7)
    assert wanted.terms == Terms(files=DAY_US * 3 // 2)
    assert (wanted.max_running, wanted.reflection, wanted.access.issuer) == (3, False, "i")
    assert gateway_arguments(read([])) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("--tls {ca} {junk}", "--tls must be a certificate chain and its private key, PEM, got"),
        ("--tls {cert} {other}", "--tls must be a certificate chain and its private key, PEM, got"),
        ("--tls {cert} {key} --tls-client-ca {junk}", "--tls-client-ca must be certificates of authorities, PEM, got"),
        ("--tls-client-ca {ca}", "--tls-client-ca needs --tls"),
        ("--api-keys {ca}/none", "--api-keys must be a file of keys, one a line, got"),
        ("--jwks {junk} --jwt-issuer i --jwt-audience a", "--jwks {junk}: "),
        ("--jwks https://x/", "--jwks needs --jwt-issuer and --jwt-audience"),
        ("--queued-jobs -1", "--queued-jobs must be 0 or more, got '-1'"),
        ("--max-running 0", "--max-running must be 1 or more, got '0'"),
        ("--keep-jobs-days nan", "--keep-jobs-days must be above 0 and at most 36500, got 'nan'"),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_option(
    authority: Authority, tmp_path: Path, given: str, says: str
) -> None:
    certificate, key = authority.sign("server", server=True)
    (tmp_path / "junk").write_text("junk")
    names = {"ca": authority.file, "cert": certificate, "key": key, "junk": tmp_path / "junk"}
    names["other"] = authority.sign("other", server=True)[1]
    with pytest.raises(ValueError, match=r"^--") as refused:
        gateway_arguments(read(given.format(**names).split()))
    assert str(refused.value).startswith(says.format(**names))


async def test_probes_see_health_in_the_clear_and_nothing_else(config: GatewayConfig, authority: Authority) -> None:
    probed = f"127.0.0.1:{usable_port('127.0.0.1', 0)}"
    config = replace(config, tls=authority.sign("server", server=True), health_listen=probed)
    async with running(config), grpc.aio.insecure_channel(probed) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
        assert answer.status != health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await job_pb2_grpc.JobServiceStub(channel).ListJobs(job_pb2.ListJobsRequest(parent=PARENT))
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
