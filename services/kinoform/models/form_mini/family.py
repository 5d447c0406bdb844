"""form-mini behind the engine's contract (`kinoform.engine.family.Family`)."""

from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import kinoform_weights
from kinoform.backbone.exactness import rows_are_exact
from kinoform.backbone.guidance import GuidanceInterval, guide
from kinoform.backbone.schedules import clean_from, cosine_alpha_bar, ddim_step
from kinoform.backbone.text import MAX_TOKENS, TextEncoder
from kinoform.engine.errors import ModelError
from kinoform.engine.family import BatchKey, Cost, Frames
from kinoform.models.clip import cut
from kinoform.models.form_mini.pictures import as_tensor, cut_out, framed
from kinoform.models.form_mini.preview import look
from kinoform.models.form_mini.solid import Solid
from kinoform.models.form_mini.state import Conditioning, ShapeState, from_bytes, to_bytes
from kinoform.models.form_mini.weights import Networks, load_networks
from kinoform.models.shape import MeshRequest

GUIDED_TIMES = GuidanceInterval(0.0, 0.95)
"""Off in the first steps, where guidance only oversaturates."""


class FormMini:
    """Text or a picture to a solid. Safe to `encode` and `decode` while another thread denoises."""

    def __init__(self, *, name: str, networks: Networks, text_encoder: TextEncoder, batch_exact: bool) -> None:
        self.name = name
        self.batch_exact = batch_exact
        self._networks = networks
        self._text = text_encoder

    @classmethod
    def from_folder(
        cls, folder: Path, *, name: str = "form-mini", device: torch.device | None = None, attention: str = "auto"
    ) -> "FormMini":
        """Loads `folder` (float32 whatever the files hold; see `load_networks`) and measures `batch_exact` here.

        Raises:
            WeightsMissing, WeightsMismatch: the folder or the text encoder's package is not complete.
            ModelError: the folder's parts do not fit together.
            AttentionUnavailable: the attention backend does not run here.
        """
        networks = load_networks(folder, torch.device("cpu") if device is None else device, attention)
        size = networks.autoencoder.latent_size
        return cls(
            name=name,
            networks=networks,
            text_encoder=TextEncoder.installed(),
            batch_exact=rows_are_exact(networks.denoiser, (size, size, size), MAX_TOKENS),
        )

    @classmethod
    def installed(cls, name: str = "form-mini") -> "FormMini":
        """The weights of the `kinoform-weights` distribution, on the CPU; errors as in `from_folder`."""
        return cls.from_folder(kinoform_weights.path(name), name=name)

    @torch.inference_mode()
    def encode(self, request: MeshRequest) -> Conditioning:
        """Text to token states, the picture to image tokens. Raises ModelError: there is neither."""
        if request.image is None and not request.prompt.strip():
            raise ModelError("prompt", "must say something where there is no image")
        text, negative = self._text.encode(request.prompt), self._text.encode(request.negative_prompt)
        return Conditioning(
            text=text.states.to(self._device),
            text_mask=_said(request.prompt, text.mask).to(self._device),
            negative=negative.states.to(self._device),
            negative_mask=_said(request.negative_prompt, negative.mask).to(self._device),
            picture=None if request.image is None else self._seen(request.image),
        )

    def warnings(self, request: MeshRequest) -> list[str]:
        """A sentence for each text of which the end is not read."""
        texts = {"prompt": request.prompt, "negative prompt": request.negative_prompt}
        lengths = {name: self._text.length(text) for name, text in texts.items()}
        return [cut(name, length, MAX_TOKENS) for name, length in lengths.items() if length > MAX_TOKENS]

    def begin(self, request: MeshRequest, conditioning: Conditioning) -> ShapeState:
        """Noise by the seed alone, drawn on the CPU, so that every machine starts alike."""
        generator = torch.Generator().manual_seed(request.seed)
        latent = torch.randn(self._latent_shape, generator=generator).to(self._device)
        return ShapeState(
            latent=latent,
            clean=torch.zeros_like(latent),
            conditioning=conditioning,
            step=0,
            steps=request.steps,
            guidance=request.guidance,
        )

    @torch.inference_mode()
    def denoise(self, states: Sequence[ShapeState]) -> list[ShapeState]:
        """One step of each in one forward pass: the conditional rows first, then, if guided, the others."""
        scales = [_scale(state) for state in states]
        rows = self._predict(states, guided=scales[0] != 1.0).split(1)
        conditional, unconditional = rows[: len(states)], rows[-len(states) :]
        # solid by solid from here, so that a solid's arithmetic is the same alone and in a batch
        return [
            self._advance(state, guide(*pair, scale))
            for state, pair, scale in zip(states, zip(conditional, unconditional, strict=True), scales, strict=True)
        ]

    def steps_done(self, state: ShapeState) -> int:
        """Steps that `state` has behind it."""
        return state.step

    def key(self, state: ShapeState) -> BatchKey:
        """Solids whose next step is guided alike, with a picture or without, share a forward pass."""
        guided = "plain" if _scale(state) == 1.0 else "guided"
        given = "text" if state.conditioning.picture is None else "picture"
        return BatchKey(self.name, tuple(state.latent.shape), f"{given} {guided}")

    def preview(self, state: ShapeState) -> Frames:
        """The solid as the last step foresaw it, in one picture."""
        return look(Solid(self._networks.autoencoder, state.clean))

    def decode(self, state: ShapeState) -> Solid:
        """The solid."""
        return Solid(self._networks.autoencoder, state.latent)

    @torch.inference_mode()
    def reconstructed(self, grid: npt.NDArray[np.float32]) -> Solid:
        """What the autoencoder makes of a grid (see `grid_of`): as well as any solid of this model can be."""
        latent = self._networks.autoencoder.encode(torch.from_numpy(grid)[None].to(self._device))[0]
        return Solid(self._networks.autoencoder, latent)

    def save(self, state: ShapeState) -> bytes:
        """The whole state, conditions included, as safetensors."""
        return to_bytes(state, self._networks.fingerprint)

    def load(self, data: bytes) -> ShapeState:
        """Reads `save`'s bytes. Raises BadCheckpoint on anything else, and on other weights."""
        return from_bytes(data, self._networks.fingerprint, self._device)

    def cost(self, request: MeshRequest) -> Cost:
        """Latent tokens of a forward pass, twice where it is guided."""
        patch = self._networks.denoiser.config.patch
        tokens = prod(length // step for length, step in zip(self._latent_shape[1:], patch, strict=True))
        return Cost(tokens=tokens * (1 if request.guidance == 1.0 else 2), steps=request.steps)

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._networks.denoiser.device
        return device

    @property
    def _latent_shape(self) -> tuple[int, int, int, int]:
        size = self._networks.autoencoder.latent_size
        return self._networks.denoiser.config.channels, size, size, size

    def _seen(self, picture: Frames) -> Tensor:
        view = as_tensor(framed(cut_out(picture))).to(self._device)
        tokens: Tensor = self._networks.eye(view[None])[0]
        return tokens

    def _predict(self, states: Sequence[ShapeState], *, guided: bool) -> Tensor:
        given = [state.conditioning for state in states]
        text, mask = [each.text for each in given], [each.text_mask for each in given]
        if guided:
            text += [each.negative for each in given]
            mask += [each.negative_mask for each in given]
        copies = 2 if guided else 1
        pictures, seen = _pictures(given, guided=guided)
        predicted: Tensor = self._networks.denoiser(
            torch.stack([state.latent for state in states] * copies),
            1000 * torch.stack([state.times()[0] for state in states] * copies).to(self._device),
            torch.stack(text),
            torch.stack(mask),
            image_hidden_states=pictures,
            image_attention_mask=seen,
            return_dict=False,
        )[0]
        return predicted

    def _advance(self, state: ShapeState, predicted: Tensor) -> ShapeState:
        latent = state.latent[None]
        now, after = cosine_alpha_bar(state.times()[:, None].to(self._device))
        clean = clean_from(predicted, latent, now, self._networks.denoiser.config.prediction)
        return state.advanced(ddim_step(latent, clean, now, after)[0], clean[0])


def _said(text: str, mask: Tensor) -> Tensor:
    return mask if text.strip() else torch.zeros_like(mask)


def _scale(state: ShapeState) -> float:
    return GUIDED_TIMES.scale_at(float(state.times()[0]), state.guidance)


def _pictures(given: Sequence[Conditioning], *, guided: bool) -> tuple[Tensor | None, Tensor | None]:
    """Image tokens (b, m, e) and mask (b, m) of all rows; the unconditional ones see no picture. None without any."""
    pictures = [each.picture for each in given if each.picture is not None]
    if not pictures:
        return None, None
    tokens = torch.stack(pictures)
    seen = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
    if not guided:
        return tokens, seen
    return torch.cat([tokens, tokens]), torch.cat([seen, torch.zeros_like(seen)])
