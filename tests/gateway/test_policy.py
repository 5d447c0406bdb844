"""Prompts that policies refuse: typed, final, and without a trace."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.errors import failure
from kinoform.policy.settings import PolicySettings
from kinoform_proto.job.v1 import job_pb2
from tests.gateway import gateway_peer
from tests.gateway.gateway_peer import Caller, asked, reason, refusal
from tests.gateway.job_requests import clip, shape, surface
from tests.gateway.scripted_engine import Script, ScriptedEngine


@pytest.fixture
async def caller(config: GatewayConfig, tmp_path: Path) -> AsyncIterator[Caller]:
    """Of a gateway without clouds."""
    policy = PolicySettings(own=("tests.policy.own:NoClouds",))
    async with gateway_peer.running(dataclasses.replace(config, policy=policy)) as (_, caller):
        yield caller


@pytest.mark.parametrize("make", [clip, shape, surface])
async def test_a_refused_prompt_leaves_no_job(make, caller: Caller, engine: ScriptedEngine) -> None:  # type: ignore[no-untyped-def]
    request = make()
    request.spec.prompt.text = "a cloud"
    status = await refusal(caller.make(request))
    assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "POLICY_PROMPT")
    assert "spec.prompt.text" in status.message
    assert "no-clouds" in status.message
    assert not await caller.all_jobs()
    assert not engine.starts


async def test_what_breaks_no_rule_is_made(caller: Caller) -> None:
    job = await caller.ended((await caller.submit(asked())).name)
    assert job.outputs


async def test_a_job_that_is_refused_in_the_end_fails_for_good_and_keeps_no_checkpoint(
    caller: Caller, engine: ScriptedEngine, tmp_path: Path
) -> None:
    refused = failure("FAILED_PRECONDITION", "POLICY_OUTPUT", "what was made is refused")
    engine.scripts = [Script(fails_at=6, fails_with=refused)]
    job = await caller.ended((await caller.submit(asked())).name)
    assert (job.state, reason(job.error), job.attempt) == (job_pb2.Job.STATE_FAILED, "POLICY_OUTPUT", 1)
    assert any(event.HasField("checkpoint_saved") for event in await caller.watch(job.name))
    assert not [path for path in (tmp_path / "assets" / "blobs").rglob("*") if path.is_file()]
