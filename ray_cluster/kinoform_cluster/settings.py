"""What `serve` was asked for."""

import os
from dataclasses import dataclass
from pathlib import Path

from kinoform.media.provenance.identity import SigningFiles
from kinoform.models.services import ServiceName
from kinoform.policy.settings import PolicySettings
from kinoform_cluster.ports import address

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the runtimes need to know."""

    host: str
    port: int
    """Of the gateway; never 0."""
    data: Path
    models: tuple[str, ...]
    """`NAME=FAMILY:PATH` each."""
    depth_model: Path | None = None
    """Folder of the conditioning service's depth model; None is the embedded one."""
    database: str | None
    """URL of the job store; None is the SQLite file in the data folder."""
    threads: int
    """Of torch, in each replica."""
    replicas: int
    """The most replicas of each service, on Ray."""
    signing: SigningFiles | None
    """What outputs are signed with; None leaves them unsigned."""
    trust_anchors: Path | None
    """Certificates of authorities whose signers are trusted, PEM; None trusts nobody."""
    policy: PolicySettings
    services: tuple[ServiceName, ...]
    """Those to start; at least one."""
    gateway: tuple[str, ...] = ()
    """Command line of the gateway's own options, such as `--tls`."""

    @property
    def public(self) -> str:
        """Where callers reach the gateway: `grpc://HOST:PORT`, or `grpcs://` with TLS."""
        return f"{'grpcs' if '--tls' in self.gateway else 'grpc'}://{address(self.host, self.port)}"


def default_data() -> Path:
    """Where data are kept unless said otherwise (XDG base directories)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kinoform"
