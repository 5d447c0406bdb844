"""kino-mini behind the engine's contract (`kinoform.engine.family.Family`)."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

import kinoform_weights
from kinoform.backbone.attention import use_attention
from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.errors import WeightsMissing
from kinoform.backbone.exactness import rows_are_exact
from kinoform.backbone.guidance import GuidanceInterval, guide
from kinoform.backbone.schedules import (
    clean_from,
    cosine_alpha_bar,
    ddim_step,
    euler_step,
    flow_clean,
    sampling_times,
)
from kinoform.backbone.text import MAX_TOKENS, TextEncoder
from kinoform.engine.errors import ModelError
from kinoform.engine.family import BatchKey, Cost, Frames
from kinoform.models.clip import ClipRequest, cut
from kinoform.models.kino_mini.pixels import clip_to_frames, picture_to_clip
from kinoform.models.kino_mini.state import ClipState, Conditioning, from_bytes, to_bytes

PREVIEW_FRAMES = 4
GUIDED_TIMES = GuidanceInterval(0.0, 0.95)
"""Off in the first steps, where guidance only oversaturates."""

PROBE_SIZE = (8, 8, 8)


class KinoMini:
    """Text (and first picture) to clip. Safe to `encode` and `decode` while another thread denoises."""

    def __init__(
        self,
        *,
        name: str,
        autoencoder: VideoAutoencoder,
        denoiser: VideoDenoiser,
        text_encoder: TextEncoder,
        fingerprint: str,
        batch_exact: bool,
        guided_times: GuidanceInterval = GUIDED_TIMES,
    ) -> None:
        """`fingerprint` names the weights, so that a checkpoint is never resumed on others."""
        self.name = name
        self.batch_exact = batch_exact
        self._autoencoder = autoencoder
        self._denoiser = denoiser
        self._text = text_encoder
        self._fingerprint = fingerprint
        self._guided_times = guided_times

    @classmethod
    def from_folder(
        cls, folder: Path, *, name: str = "kino-mini", device: torch.device | None = None, attention: str = "auto"
    ) -> "KinoMini":
        """Loads `autoencoder/` and `denoiser/` (float32 whatever the files hold) and measures `batch_exact` here.

        Raises:
            WeightsMissing, WeightsMismatch: the folder or the text encoder's package is not complete.
            AttentionUnavailable: the attention backend does not run here.
        """
        place = torch.device("cpu") if device is None else device
        autoencoder = VideoAutoencoder.from_pretrained(_part(folder, "autoencoder"), torch_dtype=torch.float32)
        denoiser = VideoDenoiser.from_pretrained(_part(folder, "denoiser"), torch_dtype=torch.float32)
        autoencoder, denoiser = autoencoder.to(place).eval(), denoiser.to(place).eval()
        use_attention(denoiser, attention, place, torch.float32)
        return cls(
            name=name,
            autoencoder=autoencoder,
            denoiser=denoiser,
            text_encoder=TextEncoder.installed(),
            fingerprint=_fingerprint(folder),
            batch_exact=rows_are_exact(denoiser, PROBE_SIZE, MAX_TOKENS),
        )

    @classmethod
    def installed(cls) -> "KinoMini":
        """The weights of the `kinoform-weights` distribution, on the CPU; errors as in `from_folder`."""
        return cls.from_folder(kinoform_weights.path("kino-mini"))

    @torch.inference_mode()
    def encode(self, request: ClipRequest) -> Conditioning:
        """Text to token states, the picture to a first-frame latent with its mask.

        Raises:
            ModelError: the size fits no whole number of patches, or the weights take no picture.
        """
        shape = self._latent_shape(request)
        text = self._text.encode(request.prompt)
        negative = self._text.encode(request.negative_prompt)
        negative_mask = negative.mask if request.negative_prompt.strip() else torch.zeros_like(negative.mask)
        return Conditioning(
            text=text.states.to(self._device),
            text_mask=text.mask.to(self._device),
            negative=negative.states.to(self._device),
            negative_mask=negative_mask.to(self._device),
            picture=self._picture(request, shape),
        )

    def warnings(self, request: ClipRequest) -> list[str]:
        """A sentence for each text of which the end is not read."""
        texts = {"prompt": request.prompt, "negative prompt": request.negative_prompt}
        lengths = {name: self._text.length(text) for name, text in texts.items()}
        return [cut(name, length, MAX_TOKENS) for name, length in lengths.items() if length > MAX_TOKENS]

    def begin(self, request: ClipRequest, conditioning: Conditioning) -> ClipState:
        """Noise from the request's seed, drawn on the CPU, so that every machine starts alike."""
        noise = torch.randn(self._latent_shape(request), generator=torch.Generator().manual_seed(request.seed))
        latent = noise.to(self._device)
        return ClipState(
            latent=latent,
            clean=torch.zeros_like(latent),
            conditioning=conditioning,
            step=0,
            steps=request.steps,
            guidance=request.guidance,
        )

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
        """Steps that `state` has behind it."""
        return state.step

    def key(self, state: ClipState) -> BatchKey:
        """Clips of one latent shape whose next step is guided alike share a forward pass."""
        variant = "plain" if self._scale(state) == 1.0 else "guided"
        return BatchKey(self.name, tuple(state.latent.shape), variant)

    @torch.inference_mode()
    def preview(self, state: ClipState) -> Frames:
        """Up to four frames, evenly spread, of the clip as the last step foresaw it."""
        length = state.clean.shape[1]
        count = min(PREVIEW_FRAMES, length)
        chosen = [round(index * (length - 1) / max(count - 1, 1)) for index in range(count)]
        return clip_to_frames(self._autoencoder.decode(state.clean[None, :, chosen]))

    @torch.inference_mode()
    def decode(self, state: ClipState) -> Frames:
        """All frames, (l, h, w, 3) uint8."""
        return clip_to_frames(self._autoencoder.decode(state.latent[None]))

    def save(self, state: ClipState) -> bytes:
        """The whole state, conditions included, as safetensors."""
        return to_bytes(state, self._fingerprint)

    def load(self, data: bytes) -> ClipState:
        """Reads `save`'s bytes. Raises BadCheckpoint on anything else, and on other weights."""
        return from_bytes(data, self._fingerprint, self._device)

    def cost(self, request: ClipRequest) -> Cost:
        """Latent tokens of a forward pass (twice with guidance) and steps."""
        _, length, height, width = self._latent_shape(request)
        patch_length, patch_height, patch_width = self._denoiser.config.patch
        tokens = (length // patch_length) * (height // patch_height) * (width // patch_width)
        return Cost(tokens=tokens if request.guidance == 1.0 else 2 * tokens, steps=request.steps)

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._denoiser.device
        return device

    def _latent_shape(self, request: ClipRequest) -> tuple[int, int, int, int]:
        ratio = self._autoencoder.spatial_ratio
        patch_length, patch_height, patch_width = self._denoiser.config.patch
        sides = {
            "frames": (request.frames, patch_length),
            "height": (request.height, ratio * patch_height),
            "width": (request.width, ratio * patch_width),
        }
        for field, (value, multiple) in sides.items():
            if value < 1 or value % multiple:
                raise ModelError(field, f"must be a positive multiple of {multiple}, got {value}")
        return self._denoiser.config.channels, request.frames, request.height // ratio, request.width // ratio

    def _picture(self, request: ClipRequest, shape: tuple[int, int, int, int]) -> Tensor:
        channels, length, height, width = shape
        planes = torch.zeros(self._denoiser.config.cond_channels, length, height, width, device=self._device)
        if request.image is None:
            return planes
        if planes.shape[0] != channels + 1:
            raise ModelError("image", f"{self.name} takes no picture")
        still = picture_to_clip(request.image, request.width, request.height).to(self._device)
        planes[:channels, :1] = self._autoencoder.encode(still)[0]
        planes[channels, 0] = 1.0
        return planes

    def _scale(self, state: ClipState) -> float:
        return self._guided_times.scale_at(float(sampling_times(state.steps)[state.step]), state.guidance)

    def _predict(self, states: Sequence[ClipState], *, guided: bool) -> Tensor:
        given = [state.conditioning for state in states]
        text, mask = [each.text for each in given], [each.text_mask for each in given]
        if guided:
            text += [each.negative for each in given]
            mask += [each.negative_mask for each in given]
        copies = 2 if guided else 1
        time = torch.stack([sampling_times(state.steps)[state.step] for state in states] * copies).to(self._device)
        predicted: Tensor = self._denoiser(
            torch.stack([state.latent for state in states] * copies),
            1000 * time,
            torch.stack(text),
            torch.stack(mask),
            condition=torch.stack([each.picture for each in given] * copies),
            return_dict=False,
        )[0]
        return predicted

    def _advance(self, state: ClipState, predicted: Tensor) -> ClipState:
        times = sampling_times(state.steps)[state.step : state.step + 2, None].to(self._device)
        latent = state.latent[None]
        if self._denoiser.config.prediction == "flow":
            clean = flow_clean(latent, predicted, times[0])
            moved = euler_step(latent, predicted, times[0], times[1])
        else:
            now, after = cosine_alpha_bar(times)
            clean = clean_from(predicted, latent, now, self._denoiser.config.prediction)
            moved = ddim_step(latent, clean, now, after)
        return state.advanced(moved[0], clean[0])


def _part(folder: Path, part: str) -> Path:
    path = folder / part
    if not (path / "config.json").is_file():
        raise WeightsMissing(str(path / "config.json"), "a kino-mini folder holds autoencoder/ and denoiser/")
    return path


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for weights in sorted(folder.glob("*/*.safetensors")):
        digest.update(weights.read_bytes())
    return digest.hexdigest()[:16]
