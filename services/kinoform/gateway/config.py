"""What a gateway is told at start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kinoform.gateway.access.config import AccessConfig
from kinoform.gateway.inputs import InputLimits
from kinoform.gateway.runstream import RunTimes
from kinoform.models.card import AnyCard, Kind
from kinoform.models.services import SERVICES, ServiceName
from kinoform.policy.settings import PolicySettings
from kinoform.store.quotas import UNLIMITED, Limits
from kinoform.store.retention import FOREVER, Terms

MAX_MESSAGE_BYTES = 4 * 2**20
"""Largest message taken; gRPC itself answers RESOURCE_EXHAUSTED to larger ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Everything that one gateway needs to know. `build` makes the gateway from it."""

    listen: str = "127.0.0.1:50051"
    """HOST:PORT; port 0 picks a free one."""
    health_listen: str | None = None
    """HOST:PORT where grpc.health.v1 is served in the clear, and nothing else: many probes speak no TLS."""
    engine: str
    """HOST:PORT of the generation services."""
    engine_token: str = ""
    """Shared secret of the gateway and the generation services."""
    database: str
    """URL of the job store."""
    assets: str
    """Folder or fsspec URL of the asset store."""
    cards: Mapping[str, AnyCard]
    """Models offered, by name."""
    default_models: Mapping[Kind, str]
    """Model of requests that name none. A kind whose model here is not among the cards is not offered."""
    services: Collection[ServiceName] = SERVICES
    """Generation services that stand behind `engine`."""
    api_keys: Path | None = None
    """File of accepted API keys, one a line. Keys of the job store count as well."""
    access: AccessConfig = field(default_factory=AccessConfig)
    limits: Limits = UNLIMITED
    """Of projects that have none of their own in the job store."""
    terms: Terms = FOREVER
    """How long things are kept of projects that have no terms of their own."""
    reflection: bool = True
    """Tell everybody which services and messages there are."""
    tls: tuple[Path, Path] | None = None
    """(certificate chain, private key), PEM; None serves in the clear."""
    trust_anchors: Path | None = None
    """Certificates of authorities whose signers are trusted, PEM; None trusts nobody."""
    policy: PolicySettings = field(default_factory=PolicySettings)
    """What judges prompts."""
    max_running: int = 8
    """Jobs of one kind run at once by this gateway."""
    places_every_s: float = 1.0
    """How often a waiting job is told its place in the queue, at the most."""
    times: RunTimes = field(default_factory=RunTimes)
    most_deaths: int = 20
    """Replicas that a job may cost without coming further."""
    inputs: InputLimits = field(default_factory=InputLimits)
    depth_model: str = ""
    """Identity of the conditioning service's depth model, see `models.depth_folder`; empty for the embedded one."""
    conditionings_bytes: int = 10 * 2**30
    """Files of a project's conditionings together. The oldest of those beyond are forgotten when others are made."""
    max_upload_bytes: int = 16 * 2**30
    max_connection_age_s: float | None = None
    """Connections older than this are asked to come again, maybe to another gateway. None: never."""
