"""kino-mini behind the engine's contract (`kinoform.engine.family.Family`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, lcm, prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import kinoform_weights
from kinoform.backbone.control import Steer
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.exactness import rows_are_exact
from kinoform.backbone.guidance import GUIDED_TIMES, GuidanceInterval, guide
from kinoform.backbone.patches import grid_of
from kinoform.backbone.schedules import Course, clean_from, cosine_alpha_bar, ddim_step, euler_step, flow_clean
from kinoform.backbone.text import MAX_TOKENS, TextEncoder
from kinoform.engine.errors import ModelError
from kinoform.engine.family import BatchKey, Cost, Frames, Probe
from kinoform.models.clip import ClipRequest, cut
from kinoform.models.kino_mini.pixels import clip_to_frames, picture_to_clip
from kinoform.models.kino_mini.places import place_planes
from kinoform.models.kino_mini.planner import blended, moved_condition, moved_latents
from kinoform.models.kino_mini.read_leads import ended, leads_of
from kinoform.models.kino_mini.state import ClipState, Conditioning, Stage, from_bytes, noises, to_bytes
from kinoform.models.kino_mini.weights import Networks, load_networks

PREVIEW_FRAMES = 4
CLIP_GUIDANCE = 1.0
"""Of the clip stage when the keyframe stage made the first frame: that frame has the prompt's guidance in it."""

PROBED = ((4, 32), (8, 64))
"""Clips by which the machine's speed is measured: frames, and pixels along a side."""
PROBES: Mapping[Stage, tuple[int, int, int]] = {"keyframe": (1, 8, 8), "clip": (16, 8, 8)}
"""Latents by which `batch_exact` is measured."""


class KinoMini:
    """Text to first frame to clip, and picture to clip. Safe to `encode` and `decode` while another thread denoises."""

    def __init__(
        self,
        *,
        name: str,
        networks: Networks,
        text_encoder: TextEncoder,
        batch_exact: bool,
        guided_times: GuidanceInterval = GUIDED_TIMES,
    ) -> None:
        self.name = name
        self.batch_exact = batch_exact
        self._networks = networks
        self._text = text_encoder
        self._guided_times = guided_times

    @classmethod
    def from_folder(
        cls, folder: Path, *, name: str = "kino-mini", device: torch.device | None = None, attention: str = "auto"
    ) -> "KinoMini":
        """Loads `folder` (float32 whatever the files hold; see `load_networks`) and measures `batch_exact` here.

        Raises:
            WeightsMissing, WeightsMismatch, LoraMismatch: the folder or the text encoder's package is not complete.
            ModelError: the folder's parts do not fit together.
            AttentionUnavailable: the attention backend does not run here.
        """
        place = torch.device("cpu") if device is None else device
        networks = load_networks(folder, place, attention)
        exact = all(
            rows_are_exact(networks.of(stage), probe, MAX_TOKENS, networks.branch_of(stage))
            for stage, probe in PROBES.items()
        )
        return cls(name=name, networks=networks, text_encoder=TextEncoder.installed(), batch_exact=exact)

    @classmethod
    def installed(cls, name: str = "kino-mini") -> "KinoMini":
        """The weights of the `kinoform-weights` distribution, on the CPU; errors as in `from_folder`."""
        return cls.from_folder(kinoform_weights.path(name), name=name)

    @torch.inference_mode()
    def encode(self, request: ClipRequest) -> Conditioning:
        """Text to token states, the picture to the first frame's latent.

        Raises:
            ModelError: the size fits no whole number of patches, or there are too few steps for two stages.
        """
        self._latent_shape(request)
        image = request.image if request.image_reach.strength > 0 else None
        if image is None and request.steps < 2:
            raise ModelError(
                "steps", f"must be at least 2 without a picture: first frame, then clip; got {request.steps}"
            )
        text = self._text.encode(request.prompt)
        negative = self._text.encode(request.negative_prompt)
        negative_mask = negative.mask if request.negative_prompt.strip() else torch.zeros_like(negative.mask)
        given = Conditioning(
            text=text.states.to(self._device),
            text_mask=text.mask.to(self._device),
            negative=negative.states.to(self._device),
            negative_mask=negative_mask.to(self._device),
            moved=None,
            leads=leads_of(request, self._networks.controls, self._networks.autoencoder, keyframe_steps(request)),
        )
        if image is None:
            return given
        return self._moved(replace(given, first_reach=request.image_reach), self._first(image, request), request.frames)

    def warnings(self, request: ClipRequest) -> list[str]:
        """A sentence for each text of which the end is not read."""
        texts = {"prompt": request.prompt, "negative prompt": request.negative_prompt}
        lengths = {name: self._text.length(text) for name, text in texts.items()}
        return [cut(name, length, MAX_TOKENS) for name, length in lengths.items() if length > MAX_TOKENS]

    def begin(self, request: ClipRequest, conditioning: Conditioning) -> ClipState:
        """Noise from the request's seed (see `noises`), for the keyframe, or with a picture at once for the clip."""
        channels, _, height, width = self._latent_shape(request)
        keyframe, clip = noises(request.seed, request.frames, (channels, 1, height, width))
        latent = (keyframe if conditioning.moved is None else clip).to(self._device)
        return ClipState(
            latent=latent,
            clean=torch.zeros_like(latent),
            conditioning=conditioning,
            frames=request.frames,
            seed=request.seed,
            step=0,
            steps=request.steps,
            keyframe_steps=keyframe_steps(request),
            course=Course(keyframe_steps(request) or request.steps),
            guidance=request.guidance,
        )

    @torch.inference_mode()
    def fork(self, state: ClipState, request: ClipRequest, conditioning: Conditioning) -> ClipState:
        """Guidance, texts and conditions of the request from the next step on; a first frame that is there stays.

        Raises:
            ModelError: the picture is no longer to act, or there are too few steps left for the stages that are.
        """
        given, stages = conditioning, 2 if state.stage == "keyframe" else 1
        if state.keyframe_steps == 0 and given.moved is None:
            raise ModelError("image_reach.strength", "must stay above 0: the clip began with the picture")
        if request.steps - state.step < stages:
            raise ModelError("steps", f"must leave {stages} after step {state.step}, got {request.steps}")
        if state.conditioning.moved is not None and given.moved is None:
            given = self._moved(given, state.conditioning.moved[:, :1], state.frames)
        return state.forked(given, request.steps, request.guidance)

    @torch.inference_mode()
    def denoise(self, states: Sequence[ClipState]) -> list[ClipState]:
        """One step of each in one forward pass: the conditional rows first, then, if guided, the others."""
        scales = [self._scale(state) for state in states]
        rows = self._predict(states, guided=scales[0] != 1.0).split(1)
        conditional, unconditional = rows[: len(states)], rows[-len(states) :]
        # clip by clip from here, so that a clip's arithmetic is the same alone and in a batch
        return [
            self._advance(state, guide(*pair, scale))
            for state, pair, scale in zip(states, zip(conditional, unconditional, strict=True), scales, strict=True)
        ]

    def steps_done(self, state: ClipState) -> int:
        """Steps that `state` has behind it, of both stages."""
        return state.step

    def key(self, state: ClipState) -> BatchKey:
        """Clips of one stage and latent shape whose next step is guided alike share a forward pass."""
        guided = "plain" if self._scale(state) == 1.0 else "guided"
        led = len(_acting(state))
        return BatchKey(
            self.name, tuple(state.latent.shape), f"{state.stage} {guided}" + (f" {led} led" if led else "")
        )

    @torch.inference_mode()
    def preview(self, state: ClipState) -> Frames:
        """As the last step foresaw it: the first frame alone in its stage, then up to four frames, evenly spread."""
        length = state.clean.shape[1]
        count = min(PREVIEW_FRAMES, length)
        chosen = [round(index * (length - 1) / max(count - 1, 1)) for index in range(count)]
        return self._shown(state, state.clean, chosen)

    @torch.inference_mode()
    def decode(self, state: ClipState) -> Frames:
        """All frames, (l, h, w, 3) uint8; of a repaint what is kept comes out as it was given."""
        return self._shown(state, state.latent, list(range(state.latent.shape[1])))

    def save(self, state: ClipState) -> bytes:
        """The whole state, conditions included, as safetensors."""
        return to_bytes(state, self._networks.fingerprint)

    def load(self, data: bytes) -> ClipState:
        """Reads `save`'s bytes. Raises BadCheckpoint on anything else, and on other weights."""
        return from_bytes(data, self._networks.fingerprint, self._device)

    def cost(self, request: ClipRequest) -> Cost:
        """Steps of both stages, and latent tokens of their mean forward pass (twice where it is guided)."""
        _, length, height, width = self._latent_shape(request)
        first = keyframe_steps(request)
        keyframe = _tokens(self._networks.keyframe, (1, height, width)) * _copies(request.guidance)
        clip = _tokens(self._networks.denoiser, (length, height, width))
        clip *= _copies(request.guidance if first == 0 else CLIP_GUIDANCE)
        tokens = first * keyframe + (request.steps - first) * clip
        return Cost(tokens=ceil(tokens / request.steps), steps=request.steps, state_bytes=self._state_bytes(request))

    @torch.inference_mode()
    def probes(self) -> list[Probe[ClipState]]:
        """Clips from a grey picture, unguided: what most steps are, at two sizes."""
        return [self._probe(*sizes) for sizes in PROBED]

    def _probe(self, frames: int, side: int) -> Probe[ClipState]:
        grey = np.full((side, side, 3), 128, np.uint8)
        request = ClipRequest(
            prompt="", image=grey, frames=frames, width=side, height=side, steps=1, guidance=1.0, seed=0
        )
        return Probe(self.begin(request, self.encode(request)), self.cost(request).tokens)

    def _state_bytes(self, request: ClipRequest) -> int:
        """Latents: the noisy one, what it foresees, where the first frame moves, what is known of it with its places;
        of every map its tokens; and the texts."""
        numbers = prod(self._latent_shape(request))
        texts = 2 * MAX_TOKENS * self._networks.denoiser.config.text_dim
        return 4 * (numbers * (5 + 2 * len(request.maps)) + texts)

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._networks.denoiser.device
        return device

    def _latent_shape(self, request: ClipRequest) -> tuple[int, int, int, int]:
        ratio = self._networks.autoencoder.spatial_ratio
        length, *clip_sides = self._networks.denoiser.config.patch
        _, *keyframe_sides = self._networks.keyframe.config.patch
        patch_height, patch_width = (lcm(*sides) for sides in zip(clip_sides, keyframe_sides, strict=True))
        sides = {
            "frames": (request.frames, length),
            "height": (request.height, ratio * patch_height),
            "width": (request.width, ratio * patch_width),
        }
        for field, (value, multiple) in sides.items():
            if value < 1 or value % multiple:
                raise ModelError(field, f"must be a positive multiple of {multiple}, got {value}")
        channels = self._networks.denoiser.config.channels
        return channels, request.frames, request.height // ratio, request.width // ratio

    def _shown(self, state: ClipState, latent: Tensor, chosen: list[int]) -> Frames:
        made = clip_to_frames(self._networks.autoencoder.decode(latent[None, :, chosen]))
        return state.conditioning.leads.finished(made, chosen)

    def _moved(self, given: Conditioning, first: Tensor, frames: int) -> Conditioning:
        """With the first frame's latent (c, 1, h, w): it, moved as the text says or as the conditions show."""
        codec, controls = self._networks.autoencoder, self._networks.controls
        plan, leads = self._networks.planner.plan(given.text, given.text_mask, first, frames), given.leads
        if leads.follow is not None:
            plan = blended(plan, *leads.follow)
        if controls is not None:
            leads, plan = ended(leads, first, plan, controls, codec)
        return replace(given, moved=moved_latents(codec, first, plan), leads=leads)

    def _first(self, image: Frames, request: ClipRequest) -> Tensor:
        still = picture_to_clip(image, request.width, request.height).to(self._device)
        first: Tensor = self._networks.autoencoder.encode(still)[0]
        return first

    def _scale(self, state: ClipState) -> float:
        follows_keyframe = state.stage == "clip" and state.keyframe_steps > 0
        guidance = CLIP_GUIDANCE if follows_keyframe else state.guidance
        return self._guided_times.scale_at(float(state.times()[0]), guidance)

    def _predict(self, states: Sequence[ClipState], *, guided: bool) -> Tensor:
        given = [state.conditioning for state in states]
        text, mask = [each.text for each in given], [each.text_mask for each in given]
        if guided:
            text += [each.negative for each in given]
            mask += [each.negative_mask for each in given]
        copies = 2 if guided else 1
        predicted: Tensor = self._networks.of(states[0].stage)(
            torch.stack([state.latent for state in states] * copies),
            1000 * torch.stack([state.times()[0] for state in states] * copies).to(self._device),
            torch.stack(text),
            torch.stack(mask),
            condition=torch.stack([_condition(state) for state in states] * copies).to(self._device),
            steer=self._steer(states, copies),
            return_dict=False,
        )[0]
        return predicted

    def _steer(self, states: Sequence[ClipState], copies: int) -> Steer | None:
        """What the control branch says; the rows have equally many conditions that act now."""
        acting = [_acting(state) for state in states]
        if not acting[0]:
            return None
        stage = states[0].stage
        branch = self._networks.branch_of(stage)
        assert branch is not None  # else no condition was let in
        tokens = torch.stack([torch.stack([each for each, _ in row]) for row in acting] * copies)
        strengths = torch.tensor([[strength for _, strength in row] for row in acting] * copies)
        grid = grid_of(states[0].latent.shape[1:], tuple(self._networks.of(stage).config.patch))
        return branch.steer(tokens, strengths.to(tokens.device), grid)

    def _advance(self, state: ClipState, predicted: Tensor) -> ClipState:
        times = state.times()[:, None].to(self._device)
        latent, prediction = state.latent[None], self._networks.of(state.stage).config.prediction
        if prediction == "flow":
            clean = _pinned(state, flow_clean(latent, predicted, times[0]))
            moved = euler_step(latent, (latent - clean) / times[0], times[0], times[1])
        else:
            now, after = cosine_alpha_bar(times)
            clean = _pinned(state, clean_from(predicted, latent, now, prediction))
            moved = ddim_step(latent, clean, now, after)
        if state.step + 1 != state.keyframe_steps:
            return state.advanced(moved[0], clean[0])
        return state.begun_clip(self._moved(state.conditioning, moved[0], state.frames))


def _condition(state: ClipState) -> Tensor:
    """What the stage's network is given beside the latent (c, l, h, w): the place, or the moved first frame."""
    moved = state.conditioning.moved
    return place_planes(state.seed, *state.latent.shape[2:]) if moved is None else moved_condition(moved)


def _acting(state: ClipState) -> list[tuple[Tensor, float]]:
    return state.conditioning.leads.acting(state.stage, state.step, state.steps)


def _pinned(state: ClipState, clean: Tensor) -> Tensor:
    """The foreseen latent (1, c, l, h, w) of a clip with what is known of it, the first frame above all."""
    given = state.conditioning
    clean = given.leads.pinned(clean[0], state.step, state.steps)
    if given.moved is not None:
        firmness = min(given.first_reach.at(state.step, state.steps), 1.0)
        first = given.moved[:, :1] if firmness == 1.0 else clean[:, :1].lerp(given.moved[:, :1], firmness)
        clean = torch.cat([first, clean[:, 1:]], dim=1)
    return clean[None]


def keyframe_steps(request: ClipRequest) -> int:
    """How many of the request's steps make the first frame: the larger half, none with a picture."""
    given = request.image is not None and request.image_reach.strength > 0
    return 0 if given else ceil(request.steps / 2)


def _tokens(network: VideoDenoiser, size: tuple[int, int, int]) -> int:
    return prod(length // patch for length, patch in zip(size, network.config.patch, strict=True))


def _copies(guidance: float) -> int:
    return 1 if guidance == 1.0 else 2
