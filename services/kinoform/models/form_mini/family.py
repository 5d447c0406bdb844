"""form-mini behind the engine's contract (`kinoform.engine.family.Family`)."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import kinoform_weights
from kinoform.backbone.exactness import rows_are_exact
from kinoform.backbone.guidance import layers
from kinoform.backbone.schedules import Course, clean_from, cosine_alpha_bar, ddim_step
from kinoform.backbone.text import MAX_TOKENS, TextEncoder
from kinoform.engine.errors import ModelError
from kinoform.engine.family import BatchKey, Cost, Frames, Probe
from kinoform.models.clip import cut
from kinoform.models.form_mini.pictures import as_tensor, cut_out, framed
from kinoform.models.form_mini.preview import look
from kinoform.models.form_mini.rows import Plan, followed, plan, rows, together
from kinoform.models.form_mini.sketch import modelled
from kinoform.models.form_mini.solid import Solid
from kinoform.models.form_mini.state import Conditioning, ShapeState, from_bytes, to_bytes
from kinoform.models.form_mini.weights import Networks, load_networks
from kinoform.models.shape import MeshRequest, View

ROWS = 16
"""In one forward pass, at the most, where more solids share a step: bounds the memory."""


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
        """Text to token states, views to image tokens.

        Raises:
            ModelError: there is no text, and no view ever acts; or a sketch is none.
        """
        reaches = tuple(view.reach for view in request.views)
        steps = range(request.steps)
        if not request.prompt.strip() and not any(reach.at(step, request.steps) for reach in reaches for step in steps):
            raise ModelError("prompt", "must say something where no picture acts in any step")
        text, negative = self._text.encode(request.prompt), self._text.encode(request.negative_prompt)
        return Conditioning(
            text=text.states.to(self._device),
            text_mask=_said(request.prompt, text.mask).to(self._device),
            negative=negative.states.to(self._device),
            negative_mask=_said(request.negative_prompt, negative.mask).to(self._device),
            views=self._seen(request.views),
            reaches=reaches,
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
            course=Course(request.steps),
            guidance=request.guidance,
        )

    def fork(self, state: ShapeState, request: MeshRequest, conditioning: Conditioning) -> ShapeState:
        """Guidance, texts and views of the request from the next step on."""
        course = state.course.forked(state.step, request.steps)
        return replace(state, conditioning=conditioning, course=course, guidance=request.guidance)

    @torch.inference_mode()
    def denoise(self, states: Sequence[ShapeState]) -> list[ShapeState]:
        """One step of each, all rows in one forward pass, or, where there are many, in few."""
        plans = [plan(state) for state in states]
        abreast = max(1, ROWS // plans[0].rows)
        parts = [
            self._predict(states[start : start + abreast], plans[start : start + abreast])
            for start in range(0, len(states), abreast)
        ]
        predicted = torch.cat(parts).split(plans[0].rows)
        # solid by solid from here, so that a solid's arithmetic is the same alone and in a batch
        return [
            self._advance(state, followed(each, planned))
            for state, each, planned in zip(states, predicted, plans, strict=True)
        ]

    def steps_done(self, state: ShapeState) -> int:
        """Steps that `state` has behind it."""
        return state.step

    def key(self, state: ShapeState) -> BatchKey:
        """Solids whose next step needs as many rows, with as many views, share a forward pass."""
        return BatchKey(self.name, tuple(state.latent.shape), plan(state).layout)

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
        """Latent tokens of a step's rows where all that leads it acts."""
        patch = self._networks.denoiser.config.patch
        tokens = prod(length // step for length, step in zip(self._latent_shape[1:], patch, strict=True))
        weights = [layer.weight for layer in layers([view.reach.strength for view in request.views])]
        rows = len(weights) + (weights != [1.0]) + (request.guidance != 1.0)
        # latent and what it foresees, texts, and tokens of the views
        seen = prod(self._networks.eye.place.shape[1:]) * len(request.views)
        numbers = 2 * prod(self._latent_shape) + 2 * MAX_TOKENS * self._networks.denoiser.config.text_dim + seen
        return Cost(tokens=tokens * rows, steps=request.steps, state_bytes=4 * numbers)

    @torch.inference_mode()
    def probes(self) -> list[Probe[ShapeState]]:
        """A solid, unguided and guided: it has one size only."""
        asked = [MeshRequest(prompt="a", steps=1, guidance=guidance, seed=0) for guidance in (1.0, 2.0)]
        return [Probe(self.begin(each, self.encode(each)), self.cost(each).tokens) for each in asked]

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._networks.denoiser.device
        return device

    @property
    def _latent_shape(self) -> tuple[int, int, int, int]:
        size = self._networks.autoencoder.latent_size
        return self._networks.denoiser.config.channels, size, size, size

    def _seen(self, views: Sequence[View]) -> Tensor:
        # one by one, so that a view's bits do not hang on how many there are
        eye = self._networks.eye
        shown = [modelled(view.picture) if view.sketch else cut_out(view.picture) for view in views]
        tokens: list[Tensor] = [eye(as_tensor(framed(each))[None].to(self._device)) for each in shown]
        return torch.cat(tokens) if tokens else torch.zeros(0, *eye.place.shape[1:], device=self._device)

    def _predict(self, states: Sequence[ShapeState], plans: Sequence[Plan]) -> Tensor:
        told = together([rows(state, planned) for state, planned in zip(states, plans, strict=True)])
        copies = plans[0].rows
        predicted: Tensor = self._networks.denoiser(
            torch.stack([state.latent for state in states]).repeat_interleave(copies, dim=0),
            1000 * torch.stack([state.times()[0] for state in states]).repeat_interleave(copies).to(self._device),
            told.text,
            told.text_mask,
            image_hidden_states=told.views,
            image_attention_mask=told.views_mask,
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
