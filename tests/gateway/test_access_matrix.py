"""Every rpc, called by everybody: who gets in, and what strangers are told."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.rpc import code_pb2

from kinoform.gateway.access.rules import RULES
from kinoform.gateway.access.scope import FREE_TEXT
from kinoform.gateway.config import GatewayConfig
from kinoform.store.keys import Role
from kinoform.store.open import Store, open_store
from kinoform_proto.buf.validate import validate_pb2
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest
from tests.gateway import job_requests
from tests.gateway.access_peer import (
    MINE,
    NOBODY,
    THEIRS,
    AnyCaller,
    Metadata,
    bearer,
    key_for,
    methods,
    path_of,
    request_for,
)
from tests.gateway.gateway_peer import asked, refusal, running

REFUSED = ("UNAUTHENTICATED", "PERMISSION_DENIED")


def revoked(store: Store) -> str:
    record, key = store.keys.create([MINE], Role.ADMIN, now=1)
    store.keys.revoke(record.id, now=2)
    return key


def rotated_away(store: Store) -> str:
    record, key = store.keys.create([MINE], Role.ADMIN, now=1)
    store.keys.rotate(record.id, now=1, grace=1)
    return key


def other_secret(store: Store) -> str:
    ours, theirs = key_for(store, MINE, role=Role.ADMIN), key_for(store, THEIRS, role=Role.ADMIN)
    return "_".join((*ours.split("_")[:2], theirs.split("_", 2)[2]))


STRANGERS: dict[str, Callable[[Store], Metadata]] = {
    "no key": lambda store: NOBODY,
    "garbage": lambda store: bearer("garbage"),
    "garbage of the right form": lambda store: bearer("kf_0123456789abcdef_" + "x" * 43),
    "a key's id with another's secret": lambda store: bearer(other_secret(store)),
    "revoked": lambda store: bearer(revoked(store)),
    "expired": lambda store: bearer(key_for(store, MINE, role=Role.ADMIN, expires_at=2)),
    "rotated away": lambda store: bearer(rotated_away(store)),
    "two keys": lambda store: (*bearer(key_for(store, MINE)), ("x-api-key", key_for(store, MINE))),
    "a good key, not as a bearer": lambda store: (("authorization", f"Basic {key_for(store, MINE)}"),),
    "an unsigned token": lambda store: bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."),
}


@pytest.fixture
def config(config: GatewayConfig) -> GatewayConfig:
    """Knows of a new key at once."""
    return replace(config, access=replace(config.access, fresh_s=0.0))


@pytest.fixture
def store(config: GatewayConfig) -> Store:
    store = open_store(config.database)
    key_for(store, MINE)
    return store


def test_every_rpc_has_a_rule_and_every_rule_an_rpc() -> None:
    assert {path_of(method) for method in methods()} == set(RULES)
    for method in methods():
        rule = RULES[path_of(method)]
        if rule.anchor:
            assert method.input_type.fields_by_name[rule.anchor].type == method.input_type.fields[0].TYPE_STRING
        else:
            assert method.containing_service.name == "CatalogService", "everything else belongs to a project"
        read_only = method.name.startswith(("Get", "List", "Watch", "Wait", "Download", "Verify", "Estimate"))
        assert rule.mutates != read_only
        assert rule.needs is (Role.VIEWER if read_only else Role.MEMBER)
        if method.server_streaming:
            assert rule.waits


def test_every_field_for_free_text_is_known() -> None:
    """A new one must be declared: else words that look like a name of another project would be refused."""
    loose = {each.full_name for method in methods() for each in _loose_fields(method.input_type)}
    identifiers = {name for name in loose if name.rpartition(".")[2] in ("model", "models", "page_token")}
    assert loose | {"kinoform.asset.v1.CreateUploadRequest.display_name"} == identifiers | FREE_TEXT


def _loose_fields(message: Descriptor) -> Iterator[FieldDescriptor]:
    """Text fields, however deep, for which the proto prescribes no form (a display name only has no slash)."""
    for each in message.fields:
        if each.message_type is not None and not each.message_type.GetOptions().map_entry:
            yield from _loose_fields(each.message_type)
        elif each.type == FieldDescriptor.TYPE_STRING:
            rules = each.GetOptions().Extensions[validate_pb2.field].string
            if not (rules.pattern or rules.uuid):
                yield each


@pytest.mark.parametrize("who", STRANGERS)
async def test_strangers_get_nowhere(config: GatewayConfig, store: Store, who: str) -> None:
    shown = STRANGERS[who](store)
    async with running(config) as (_, caller):
        anything = AnyCaller(caller.channel)
        found = {path_of(each): await anything.code(each, request_for(each, MINE), shown) for each in methods()}
    assert found == dict.fromkeys(found, "UNAUTHENTICATED")
    store.close()


async def test_a_key_opens_its_project_and_no_other(config: GatewayConfig, store: Store) -> None:
    member, viewer = bearer(key_for(store, MINE)), bearer(key_for(store, MINE, role=Role.VIEWER))
    found = {}
    async with running(config) as (_, caller):
        anything = AnyCaller(caller.channel)
        for each in methods():
            rule = RULES[path_of(each)]
            right = await anything.code(each, request_for(each, MINE), member)
            assert right not in (*REFUSED, "INTERNAL", "UNIMPLEMENTED", "INVALID_ARGUMENT"), path_of(each)
            looking = await anything.code(each, request_for(each, MINE), viewer)
            wrong = await anything.code(each, request_for(each, THEIRS), member)
            found[path_of(each)] = (looking in REFUSED, wrong in REFUSED)
            assert found[path_of(each)] == (rule.mutates, bool(rule.anchor)), path_of(each)
            if rule.anchor:
                assert wrong == "PERMISSION_DENIED"
    assert len(found) == len(RULES)
    store.close()


async def test_what_exists_elsewhere_and_what_does_not_look_the_same(config: GatewayConfig, store: Store) -> None:
    owner, stranger = bearer(key_for(store, THEIRS)), bearer(key_for(store, MINE))
    request = asked()
    request.parent = f"projects/{THEIRS}"
    async with running(config) as (_, caller):
        job = (await caller.videos.GenerateVideo(request, metadata=owner)).job
        answers = [
            await refusal(caller.jobs.GetJob(job_pb2.GetJobRequest(name=name), metadata=stranger))
            for name in (job.name, f"projects/{THEIRS}/jobs/none", "projects/nobody/jobs/none")
        ]
        assert answers[0].code == code_pb2.PERMISSION_DENIED
        assert answers[0] == answers[1] == answers[2]
    store.close()


async def test_inputs_deep_in_a_spec_must_be_ones_own(config: GatewayConfig, store: Store) -> None:
    shown = bearer(key_for(store, MINE))
    async with running(config) as (_, caller):
        for field in ("asset", "conditioning"):
            name = f"projects/{THEIRS}/assets/a" if field == "asset" else f"projects/{THEIRS}/conditionings/{'0' * 64}"
            for make in (_with_image, _with_footage, _with_condition):
                status = await refusal(caller.videos.GenerateVideo(make(field, name), metadata=shown))
                assert (status.code, name in status.message) == (code_pb2.PERMISSION_DENIED, False)
    store.close()


def _with_image(field: str, name: str) -> GenerateVideoRequest:
    request = asked()
    setattr(request.spec.image, field, name)
    return request


def _with_footage(field: str, name: str) -> GenerateVideoRequest:
    request = asked()
    request.spec.repaint.mask.inline = job_requests.picture()
    setattr(request.spec.repaint.footage, field, name)
    return request


def _with_condition(field: str, name: str) -> GenerateVideoRequest:
    request = asked()
    request.spec.conditions.add().edges.inline = job_requests.picture()
    setattr(request.spec.conditions.add().depth, field, name)
    return request


async def test_words_that_look_like_names_are_words(config: GatewayConfig, store: Store) -> None:
    request = asked(f"projects/{THEIRS}/assets/a")
    request.spec.prompt.negative = f"projects/{THEIRS}"
    request.labels["shot"] = f"projects/{THEIRS}/jobs/a"
    async with running(config) as (_, caller):
        assert (await caller.videos.GenerateVideo(request, metadata=bearer(key_for(store, MINE)))).job.name
    store.close()


async def test_a_stream_of_chunks_may_not_wander_into_another_project(config: GatewayConfig, store: Store) -> None:
    [upload] = [method for method in methods() if method.name == "UploadAsset"]
    shown = bearer(key_for(store, MINE))
    async with running(config) as (_, caller):
        first, wandering = request_for(upload, MINE), request_for(upload, THEIRS)
        [opening] = [method for method in methods() if method.name == "CreateUpload"]
        opened = await caller.assets.CreateUpload(request_for(opening, MINE), metadata=shown)  # type: ignore[arg-type]
        first.upload = opened.upload  # type: ignore[attr-defined]
        status = await AnyCaller(caller.channel).status(upload, first, shown, wandering)
        assert status.code == code_pb2.PERMISSION_DENIED
        # The id alone is no way in either: the name must be the upload's own.
        wandering.upload = opened.upload.replace(MINE, THEIRS)  # type: ignore[attr-defined]
        theirs = bearer(key_for(store, THEIRS))
        assert (await AnyCaller(caller.channel).status(upload, wandering, theirs)).code == code_pb2.NOT_FOUND
    store.close()


async def test_knowing_a_digest_does_not_open_the_file(config: GatewayConfig, store: Store) -> None:
    """Files are stored once, but only who has sent the bytes gets them by their SHA-256."""
    [opening] = [method for method in methods() if method.name == "CreateUpload"]
    async with running(config) as (_, caller):
        owner = bearer(key_for(store, THEIRS))
        await caller.keep(b"secret", parent=f"projects/{THEIRS}", metadata=owner)
        request = request_for(opening, MINE)
        request.sha256, request.size_bytes = hashlib.sha256(b"secret").hexdigest(), 6  # type: ignore[attr-defined]
        opened = await caller.assets.CreateUpload(request, metadata=bearer(key_for(store, MINE)))  # type: ignore[arg-type]
        assert (opened.committed_bytes, opened.HasField("asset")) == (0, False)
        again = request_for(opening, THEIRS)
        again.sha256, again.size_bytes = request.sha256, 6  # type: ignore[attr-defined]
        assert (await caller.assets.CreateUpload(again, metadata=owner)).HasField("asset")  # type: ignore[arg-type]
    store.close()


async def test_a_gateway_is_open_until_there_is_a_key(config: GatewayConfig) -> None:
    async with running(config) as (_, caller):
        listing = job_pb2.ListJobsRequest(parent="projects/default")
        await caller.jobs.ListJobs(listing)
        store = open_store(config.database)
        record, key = store.keys.create([MINE], Role.MEMBER, now=1)
        assert (await refusal(caller.jobs.ListJobs(listing))).code == code_pb2.UNAUTHENTICATED
        await caller.jobs.ListJobs(listing, metadata=bearer(key))
        store.keys.revoke(record.id, now=2)
        for shown in (NOBODY, bearer(key)):
            assert (await refusal(caller.jobs.ListJobs(listing, metadata=shown))).code == code_pb2.UNAUTHENTICATED
        assert store.keys.list()[0].last_used_at is not None
        store.close()
