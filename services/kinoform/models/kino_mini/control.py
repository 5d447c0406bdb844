"""The networks that make a clip follow maps and given pixels, as they lie in a model's folder."""

from dataclasses import dataclass
from pathlib import Path

import torch

from kinoform.backbone.control import ControlBranch
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import WeightsMissing
from kinoform.engine.errors import ModelError
from kinoform.models.kino_mini.follower import MotionFollower
from kinoform.models.kino_mini.signals import CHANNELS
from kinoform.models.kino_mini.state import Stage

PARTS = ("keyframe", "clip", "follower")


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """All in float32."""

    keyframe: ControlBranch
    clip: ControlBranch
    follower: MotionFollower
    """From a clip's maps to how its actor moves."""

    def of(self, stage: Stage) -> ControlBranch:
        """A stage's branch."""
        return self.keyframe if stage == "keyframe" else self.clip

    def check(self, stage: Stage, trunk: VideoDenoiser) -> None:
        """Raises ModelError unless the stage's branch was made for its trunk."""
        branch = self.of(stage).config
        found = (branch.maps, branch.trunk_dim, tuple(branch.patch))
        wanted = (CHANNELS, trunk.config.dim, tuple(trunk.config.patch))
        if found != wanted:
            raise ModelError(f"control/{stage}", f"(maps, trunk_dim, patch) must be {wanted}, got {found}")


def load_controls(folder: Path, device: torch.device) -> Controls | None:
    """Reads `folder`: keyframe/, clip/, follower/; None where there is no such folder. Raises WeightsMissing."""
    if not folder.is_dir():
        return None
    for config in (folder / part / "config.json" for part in PARTS):
        if not config.is_file():
            raise WeightsMissing(str(config), f"a control folder holds {', '.join(PARTS)}")
    branches: dict[Stage, ControlBranch] = {
        stage: ControlBranch.from_pretrained(folder / stage, torch_dtype=torch.float32).to(device).eval()
        for stage in ("keyframe", "clip")
    }
    follower = MotionFollower.from_pretrained(folder / "follower", torch_dtype=torch.float32)
    return Controls(keyframe=branches["keyframe"], clip=branches["clip"], follower=follower.to(device).eval())


def control_files(folder: Path) -> list[Path]:
    """Its weights, in order."""
    return [file for part in PARTS for file in sorted((folder / part).glob("*.safetensors"))]
