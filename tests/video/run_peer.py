"""Clips that a tiny kino-mini makes, and a video service that has it."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from kinoform.engine.family import Family, Frames
from kinoform.media.provenance.sign import Signer
from kinoform.models.clip import ClipRequest
from kinoform.models.registry import Registration
from kinoform.policy.judge import Policies
from kinoform.serving.config import Rhythm
from kinoform.serving.models import Models
from kinoform.video.build import trade
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest, VideoFile, VideoSpec
from tests.serving.peer import EAGER, TOKEN, Served, begin, served
from tests.video.tiny_model import tiny_card

STEPS = 12


def spec(prompt: str = "a penguin", *, seed: int = 1, frames: int = 4, steps: int = STEPS) -> VideoSpec:
    """A resolved clip that a tiny kino-mini makes in a blink."""
    made = VideoSpec(model="tiny", frames=frames)
    made.prompt.text = prompt
    made.size.width, made.size.height = 32, 32
    made.frame_rate.numerator, made.frame_rate.denominator = 8, 1
    made.sampling.seed, made.sampling.steps, made.sampling.guidance = seed, steps, 3.0
    made.file.format = VideoFile.FORMAT_MP4
    return made


def start(
    made: VideoSpec, *, job: str = "projects/p/jobs/j", attempt: int = 1, patience_s: float = 300.0, token: str = TOKEN
) -> pb.Start:
    """The command that begins a run."""
    request = GenerateVideoRequest(parent="projects/p", spec=made)
    return begin(request, job=job, attempt=attempt, patience_s=patience_s, token=token)


def video_service(
    family: Family[ClipRequest, Any, Any, Frames],
    assets: Path,
    *,
    rhythm: Rhythm = EAGER,
    max_jobs: int = 8,
    signer: Signer | None = None,
    policies: Policies | None = None,
) -> AbstractAsyncContextManager[Served]:
    """A video service with one model, `tiny`."""
    models = Models({"tiny": Registration("tiny", "memory", tiny_card("tiny"))}, lambda _: family)
    return served("video", trade(models), assets, rhythm=rhythm, max_jobs=max_jobs, signer=signer, policies=policies)
