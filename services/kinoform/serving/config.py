"""What a generation service is told at its start. Needs no torch: whoever deploys the service imports this alone."""

from dataclasses import dataclass, field
from pathlib import Path

from kinoform.media.provenance.identity import SigningFiles
from kinoform.policy.settings import PolicySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often things are said and saved. None of it changes an output's bytes."""

    heartbeat_s: float = 2.0
    """A sign of life when there is nothing else to say."""
    preview_every: int = 4
    """Steps."""
    checkpoint_every: int = 1
    """Steps."""
    checkpoint_gap_s: float = 0.5
    """No checkpoint sooner after the one before, however quick the steps; the last step's always comes."""
    checkpoint_share: float = 0.01
    """Of the steps' time that saving may take, but for the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """What a service is made of."""

    assets: str
    """URL or folder of the asset store."""
    token_file: Path
    """Holds the secret that gateway and services share."""
    models: tuple[str, ...] = ()
    """Besides the embedded ones: `NAME=FAMILY:PATH`."""
    depth_model: Path | None = None
    """Folder of a depth model as transformers saves it, for conditionings; None is depth-mini."""
    signing: SigningFiles | None = None
    """What outputs are signed with; None leaves them unsigned."""
    policy: PolicySettings = field(default_factory=PolicySettings)
    """What judges pictures."""
    threads: int = 1
    """Of torch, for one operation."""
    max_jobs: int = 16
    rhythm: Rhythm = field(default_factory=Rhythm)
