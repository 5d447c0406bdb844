"""grain-mini behind the engine's contract (`kinoform.engine.family.Family`)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import kinoform_weights
from kinoform.backbone.exactness import rows_are_exact
from kinoform.backbone.guidance import GUIDED_TIMES, GuidanceInterval, guide
from kinoform.backbone.schedules import Course, clean_from, cosine_alpha_bar, ddim_step
from kinoform.backbone.text import MAX_TOKENS, TextEncoder
from kinoform.engine.errors import ModelError
from kinoform.engine.family import BatchKey, Cost, Frames, Probe
from kinoform.media.material.relief import cut_quietly
from kinoform.models.clip import cut as cut_warning
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.scale import scale_of
from kinoform.models.grain_mini.state import Conditioning, TileState, from_bytes, to_bytes
from kinoform.models.grain_mini.swatch import swatch
from kinoform.models.grain_mini.weights import Networks, load_networks
from kinoform.models.grain_mini.windows import TOKENS, WINDOW, Shift, cut, joined, shift_at
from kinoform.models.material import MaterialRequest, TileMaps

UNIT = WINDOW * MaterialAutoencoder.RATIO
"""Pixels of one window."""
ORIGIN = 9
"""Latents by which finished tiles are rolled both ways: layouts begin at 0, and this is far from all their joints, so
that a tile's border runs through bricks and boards."""
LARGEST = 4
"""Windows along a side."""
ROWS = 8
"""Windows in one forward pass: bounds memory, and is the most that `rows_are_exact` compares."""


class GrainMini:
    """Text to a tile that wraps around. Safe to `encode` and `decode` while another thread denoises."""

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
        cls, folder: Path, *, name: str = "grain-mini", device: torch.device | None = None, attention: str = "auto"
    ) -> "GrainMini":
        """Loads `folder` (float32 whatever the files hold; see `load_networks`) and measures `batch_exact` here.

        Raises:
            WeightsMissing, WeightsMismatch: the folder or the text encoder's package is not complete.
            ModelError: the folder's parts do not fit together.
            AttentionUnavailable: the attention backend does not run here.
        """
        networks = load_networks(folder, torch.device("cpu") if device is None else device, attention)
        return cls(
            name=name,
            networks=networks,
            text_encoder=TextEncoder.installed(),
            batch_exact=rows_are_exact(networks.denoiser, (1, WINDOW, WINDOW), MAX_TOKENS),
        )

    @classmethod
    def installed(cls, name: str = "grain-mini") -> "GrainMini":
        """The weights of the `kinoform-weights` distribution, on the CPU; errors as in `from_folder`."""
        return cls.from_folder(kinoform_weights.path(name), name=name)

    @torch.inference_mode()
    def encode(self, request: MaterialRequest) -> Conditioning:
        """Text to token states, and to what scale it speaks of.

        Raises:
            ModelError: the size is no multiple of the window's, or too large.
        """
        _windows_along(request)
        text = self._text.encode(request.prompt)
        negative = self._text.encode(request.negative_prompt)
        negative_mask = negative.mask if request.negative_prompt.strip() else torch.zeros_like(negative.mask)
        return Conditioning(
            text=text.states.to(self._device),
            text_mask=text.mask.to(self._device),
            negative=negative.states.to(self._device),
            negative_mask=negative_mask.to(self._device),
            scale=scale_of(request.prompt),
        )

    def warnings(self, request: MaterialRequest) -> list[str]:
        """A sentence for each text of which the end is not read."""
        texts = {"prompt": request.prompt, "negative prompt": request.negative_prompt}
        lengths = {name: self._text.length(text) for name, text in texts.items()}
        return [cut_warning(name, length, MAX_TOKENS) for name, length in lengths.items() if length > MAX_TOKENS]

    def begin(self, request: MaterialRequest, conditioning: Conditioning) -> TileState:
        """Noise from the request's seed, drawn on the CPU so that every machine starts alike."""
        side = WINDOW * _windows_along(request)
        generator = torch.Generator().manual_seed(request.seed)
        channels = self._networks.autoencoder.config.latent_channels
        latent = torch.randn(channels, side, side, generator=generator).to(self._device)
        return TileState(
            latent=latent,
            clean=torch.zeros_like(latent),
            conditioning=conditioning,
            seed=request.seed,
            step=0,
            course=Course(request.steps),
            guidance=request.guidance,
        )

    def fork(self, state: TileState, request: MaterialRequest, conditioning: Conditioning) -> TileState:
        """Guidance, texts of the request from the next step on."""
        course = state.course.forked(state.step, request.steps)
        return replace(state, conditioning=conditioning, course=course, guidance=request.guidance)

    @torch.inference_mode()
    def denoise(self, states: Sequence[TileState]) -> list[TileState]:
        """One step of each: all windows of all tiles, the conditional ones first, then, if guided, the others."""
        scales = [self._scale(state) for state in states]
        conditional = self._predict(states, negative=False)
        unconditional = conditional if scales[0] == 1.0 else self._predict(states, negative=True)
        # tile by tile from here, so that a tile's arithmetic is the same alone and in a batch
        return [
            self._advance(state, guide(*pair, scale))
            for state, pair, scale in zip(states, zip(conditional, unconditional, strict=True), scales, strict=True)
        ]

    def steps_done(self, state: TileState) -> int:
        """Steps that `state` has behind it."""
        return state.step

    def key(self, state: TileState) -> BatchKey:
        """Tiles of one size whose next step is guided alike share a forward pass."""
        channels, height, width = state.latent.shape
        guided = "plain" if self._scale(state) == 1.0 else "guided"
        return BatchKey(self.name, (channels, 1, height, width), guided)

    @torch.inference_mode()
    def preview(self, state: TileState) -> Frames:
        """A lit swatch (1, 256, 256, 3) of the tile's first window as the last step foresaw it."""
        return swatch(self._planes(_moved(state.clean)[:, :WINDOW, :WINDOW]))[None]

    @torch.inference_mode()
    def decode(self, state: TileState) -> TileMaps:
        """The finished maps, cut where the eye has the least to follow over the border."""
        planes = cut_quietly(self.tile(state))
        units = state.latent.shape[1] // WINDOW
        return TileMaps(
            base_colour=np.ascontiguousarray(np.moveaxis(planes[:3], 0, 2)),
            roughness=planes[3],
            metallic=planes[4],
            height=planes[5],
            size_m=state.conditioning.scale.unit_m * units,
            height_m=state.conditioning.scale.relief_m,
        )

    @torch.inference_mode()
    def tile(self, state: TileState) -> np.ndarray:
        """The finished tile (6, n, n) before it is cut: float32 in [0, 1]; red, green, blue, roughness, metallic,
        height."""
        return self._planes(_moved(state.latent))

    def save(self, state: TileState) -> bytes:
        """The whole state, conditions included, as safetensors."""
        return to_bytes(state, self._networks.fingerprint)

    def load(self, data: bytes) -> TileState:
        """Reads `save`'s bytes. Raises BadCheckpoint on anything else, and on other weights."""
        return from_bytes(data, self._networks.fingerprint, self._device)

    def cost(self, request: MaterialRequest) -> Cost:
        """Steps, and tokens of all windows (twice where they are guided)."""
        tokens = _windows_along(request) ** 2 * TOKENS**2
        side = WINDOW * _windows_along(request)
        latents = 2 * self._networks.autoencoder.config.latent_channels * side**2
        texts = 2 * MAX_TOKENS * self._networks.denoiser.config.text_dim
        return Cost(
            tokens=tokens * (1 if request.guidance == 1.0 else 2),
            steps=request.steps,
            state_bytes=4 * (latents + texts),
        )

    @torch.inference_mode()
    def probes(self) -> list[Probe[TileState]]:
        """The smallest tile, unguided and guided."""
        asked = [MaterialRequest(prompt="", size=UNIT, steps=1, guidance=guidance, seed=0) for guidance in (1.0, 2.0)]
        return [Probe(self.begin(each, self.encode(each)), self.cost(each).tokens) for each in asked]

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._networks.denoiser.device
        return device

    def _scale(self, state: TileState) -> float:
        return self._guided_times.scale_at(float(state.times()[0]), state.guidance)

    def _planes(self, latent: Tensor) -> np.ndarray:
        """(6, n, n) float32 in [0, 1]."""
        tile: Tensor = self._networks.autoencoder.decode(latent[None])[0]
        planes: np.ndarray = ((tile.float() + 1) / 2).cpu().numpy()
        return planes

    def _predict(self, states: Sequence[TileState], *, negative: bool) -> list[Tensor]:
        """What the denoiser answers for each whole tile (c, n, n)."""
        shifts = [_shift(state) for state in states]
        rows, planes = zip(
            *(cut(state.latent, shift) for state, shift in zip(states, shifts, strict=True)), strict=True
        )
        counts = [len(windows) for windows in rows]
        owners = [state for state, count in zip(states, counts, strict=True) for _ in range(count)]
        batch = zip(torch.cat(rows).split(ROWS), torch.cat(planes).to(self._device).split(ROWS), strict=True)
        answers = [
            self._forward(windows, where, owners[start * ROWS : (start + 1) * ROWS], negative=negative)
            for start, (windows, where) in enumerate(batch)
        ]
        side = states[0].latent.shape[1]
        parts = torch.cat(answers).split(counts)
        return [joined(windows, shift, side) for windows, shift in zip(parts, shifts, strict=True)]

    def _forward(self, windows: Tensor, planes: Tensor, owners: Sequence[TileState], *, negative: bool) -> Tensor:
        given = [owner.conditioning for owner in owners]
        predicted: Tensor = self._networks.denoiser(
            windows,
            1000 * torch.stack([owner.times()[0] for owner in owners]).to(self._device),
            torch.stack([each.negative if negative else each.text for each in given]),
            torch.stack([each.negative_mask if negative else each.text_mask for each in given]),
            condition=planes,
            return_dict=False,
        )[0]
        return predicted

    def _advance(self, state: TileState, predicted: Tensor) -> TileState:
        now, after = cosine_alpha_bar(state.times()[:, None].to(self._device))
        latent = state.latent[None]
        foreseen = clean_from(predicted[None], latent, now, self._networks.denoiser.config.prediction)
        clean: Tensor = self._networks.refiner(latent, foreseen, now)
        return state.advanced(ddim_step(latent, clean, now, after)[0], clean[0])


def _shift(state: TileState) -> Shift:
    return shift_at(state.seed, state.step, float(state.times()[0]), state.latent.shape[1])


def _moved(latent: Tensor) -> Tensor:
    return latent.roll((ORIGIN, ORIGIN), dims=(1, 2))


def _windows_along(request: MaterialRequest) -> int:
    along, rest = divmod(request.size, UNIT)
    if rest or not 1 <= along <= LARGEST:
        raise ModelError("size", f"must be a multiple of {UNIT} up to {LARGEST * UNIT}, got {request.size}")
    return along
