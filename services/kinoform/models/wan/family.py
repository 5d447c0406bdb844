"""Wan behind the engine's contract (`kinoform.engine.family.Family`): WanPipeline's arithmetic, step by step."""

import copy
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
import torch
from diffusers import WanPipeline
from diffusers.pipelines.wan.pipeline_wan import prompt_clean
from torch import Tensor

from kinoform.engine.errors import ModelError
from kinoform.engine.family import BatchKey, Cost, Frames, Probe
from kinoform.models.clip import ClipRequest, cut
from kinoform.models.wan.solver import Solver
from kinoform.models.wan.state import WanConditions, WanState, from_bytes, to_bytes
from kinoform.models.wan_card import TEXT_TOKENS

PREVIEW_FRAMES = 4


class WanFamily:
    """Text to clip. Alone, a request's frames are those of `WanPipeline` bit for bit.

    Not `batch_exact`: in a shared pass the time embedding and the patch convolution see more rows, for which the
    libraries below choose other kernels (differences near 1e-6 in float32).
    """

    batch_exact = False

    def __init__(self, pipeline: WanPipeline, *, name: str) -> None:
        """Raises ModelError if the pipeline has a scheduler that can't be reproduced, or lacks its denoiser."""
        if pipeline.transformer is None:
            raise ModelError("model", "a Wan model without `transformer` is not supported")
        self.name = name
        self._pipeline = pipeline
        self._device: torch.device = pipeline.transformer.device
        self._solver = Solver(pipeline.scheduler, self._device)
        self._fingerprint = _fingerprint(pipeline)
        self._text_lock = threading.Lock()

    @classmethod
    def from_pretrained(
        cls, source: str, *, name: str, device: torch.device, dtype: torch.dtype | None = None
    ) -> "WanFamily":
        """Loads a folder or hub id in diffusers' layout.

        dtype: of denoiser and text encoder; None for bfloat16 on an accelerator, float32 on the CPU. The decoder
        always runs in float32.

        Raises:
            ModelError: it is another pipeline's.
            OSError: it is not there, or not complete.
        """
        kind = WanPipeline.load_config(source)["_class_name"]
        if kind != "WanPipeline":
            raise ModelError("model", f"{source!r} is for {kind}, wanted WanPipeline")
        chosen = dtype or (torch.float32 if device.type == "cpu" else torch.bfloat16)
        pipeline = WanPipeline.from_pretrained(source, dtype={"default": chosen, "vae": torch.float32})
        return cls(pipeline.to(device), name=name)

    @torch.inference_mode()
    def encode(self, request: ClipRequest) -> WanConditions:
        """Texts to token states.

        Raises:
            ModelError: the size fits no whole number of patches, or there is a picture.
        """
        if request.image is not None:
            raise ModelError("image", f"{self.name} takes no picture")
        self._latent_shape(request)
        # the tokenizer is not thread-safe
        with self._text_lock:
            prompt, negative = self._pipeline.encode_prompt(
                prompt=request.prompt,
                negative_prompt=request.negative_prompt,
                do_classifier_free_guidance=request.guidance > 1.0,
                max_sequence_length=TEXT_TOKENS,
                device=self._device,
            )
        dtype = self._pipeline.transformer.dtype
        return WanConditions(prompt=prompt.to(dtype), negative=None if negative is None else negative.to(dtype))

    def warnings(self, request: ClipRequest) -> list[str]:
        """A sentence for each text of which the end is not read."""
        texts = {"prompt": request.prompt, "negative prompt": request.negative_prompt}
        with self._text_lock:
            ids = {name: self._pipeline.tokenizer(prompt_clean(text)).input_ids for name, text in texts.items()}
        return [cut(name, len(found), TEXT_TOKENS) for name, found in ids.items() if len(found) > TEXT_TOKENS]

    @torch.inference_mode()
    def begin(self, request: ClipRequest, conditioning: WanConditions) -> WanState:
        """Noise from the request's seed, drawn on the CPU, so that every machine starts alike."""
        latents = self._pipeline.prepare_latents(
            1,
            self._pipeline.transformer.config.in_channels,
            request.height,
            request.width,
            request.frames,
            torch.float32,
            self._device,
            torch.Generator().manual_seed(request.seed),
        )
        return WanState(
            latents=latents,
            conditions=conditioning,
            history=self._solver.begin(),
            steps=request.steps,
            guidance=request.guidance,
        )

    def fork(self, state: WanState, request: ClipRequest, conditioning: WanConditions) -> WanState:
        """Guidance and texts of the request from the next step on. Raises ModelError for another number of steps."""
        if request.steps != state.steps:
            # A multistep solver's history belongs to its schedule.
            raise ModelError("steps", f"must stay {state.steps} for {self.name}, got {request.steps}")
        return replace(state, conditions=conditioning, guidance=request.guidance)

    @torch.inference_mode()
    def denoise(self, states: Sequence[WanState]) -> list[WanState]:
        """One step of each: a pass for the prompts and, if guided, one for the negative prompts."""
        conditional = self._predict(states, [state.conditions.prompt for state in states])
        negatives = [state.conditions.negative for state in states if state.conditions.negative is not None]
        if not negatives:
            return [self._advance(state, row) for state, row in zip(states, conditional, strict=True)]
        unconditional = self._predict(states, negatives)
        return [
            self._advance(state, without + state.guidance * (with_prompt - without))
            for state, with_prompt, without in zip(states, conditional, unconditional, strict=True)
        ]

    def steps_done(self, state: WanState) -> int:
        """Steps that `state` has behind it."""
        return state.history.step

    def key(self, state: WanState) -> BatchKey:
        """Clips of one latent shape, guided alike, whose next step falls to the same expert (Wan 2.2 has two)."""
        guided = "plain" if state.conditions.negative is None else "guided"
        expert = "low" if self._is_low_noise(state) else "high"
        return BatchKey(self.name, tuple(state.latents.shape[1:]), f"{guided}-{expert}")

    @torch.inference_mode()
    def preview(self, state: WanState) -> Frames:
        """Up to four stills of the clip as the last step foresaw it, each decoded alone: much cheaper than the clip."""
        clean = state.history.outputs[-1]
        if clean is None:
            raise ValueError("there is nothing to see before the first step")
        length = clean.shape[2]
        count = min(PREVIEW_FRAMES, length)
        chosen = [round(index * (length - 1) / max(count - 1, 1)) for index in range(count)]
        return self._pixels(clean[0, :, chosen].transpose(0, 1)[:, :, None])[:, 0]

    @torch.inference_mode()
    def decode(self, state: WanState) -> Frames:
        """All frames, (l, h, w, 3) uint8."""
        return self._pixels(state.latents)[0]

    def save(self, state: WanState) -> bytes:
        """The whole state as safetensors: latents, solver history, encoded texts."""
        return to_bytes(state, self._fingerprint)

    def load(self, data: bytes) -> WanState:
        """Reads `save`'s bytes. Raises BadCheckpoint on anything else, and on other weights."""
        return from_bytes(data, self._fingerprint, self._device)

    def cost(self, request: ClipRequest) -> Cost:
        """Latent tokens of the passes of a step (twice with guidance) and steps."""
        _, length, height, width = self._latent_shape(request)
        tokens = length * height * width // prod(self._pipeline.transformer.config.patch_size)
        guided = request.guidance > 1.0
        # in float32: latents, what the solver remembers of the steps before, and the last sample
        latents = 4 * prod(self._latent_shape(request)) * (2 + len(self._solver.begin().outputs))
        texts = TEXT_TOKENS * self._text_width * self._pipeline.transformer.dtype.itemsize
        return Cost(
            tokens=2 * tokens if guided else tokens,
            steps=request.steps,
            state_bytes=latents + (2 * texts if guided else texts),
        )

    @torch.inference_mode()
    def probes(self) -> list[Probe[WanState]]:
        """A still and a short clip without words: the text encoder, which may be large, is not asked."""
        dtype = self._pipeline.transformer.dtype
        blank = torch.zeros(1, TEXT_TOKENS, self._text_width, dtype=dtype, device=self._device)
        unit = self._pipeline.vae_scale_factor_spatial * max(self._pipeline.transformer.config.patch_size)
        # on an accelerator a few tokens take as long as none
        sizes = ((1, 4), (13, 4 if self._device.type == "cpu" else 32))
        asked = [
            ClipRequest(prompt="", frames=frames, width=side * unit, height=side * unit, steps=2, guidance=1.0, seed=0)
            for frames, side in sizes
        ]
        blanks = WanConditions(prompt=blank, negative=None)
        return [Probe(self.begin(each, blanks), self.cost(each).tokens) for each in asked]

    @property
    def _text_width(self) -> int:
        width: int = self._pipeline.transformer.config.text_dim
        return width

    def _latent_shape(self, request: ClipRequest) -> tuple[int, int, int, int]:
        patch = self._pipeline.transformer.config.patch_size
        spatial = self._pipeline.vae_scale_factor_spatial
        temporal = self._pipeline.vae_scale_factor_temporal
        if request.frames < 1 or request.frames % temporal != 1:
            raise ModelError("frames", f"must be {temporal}k + 1, got {request.frames}")
        for field, value, multiple in (
            ("height", request.height, spatial * patch[1]),
            ("width", request.width, spatial * patch[2]),
        ):
            if value < 1 or value % multiple:
                raise ModelError(field, f"must be a positive multiple of {multiple}, got {value}")
        length = (request.frames - 1) // temporal + 1
        channels: int = self._pipeline.transformer.config.in_channels
        return channels, length, request.height // spatial, request.width // spatial

    def _predict(self, states: Sequence[WanState], texts: Sequence[Tensor]) -> Sequence[Tensor]:
        low = self._is_low_noise(states[0])
        denoiser = self._pipeline.transformer_2 if low else self._pipeline.transformer
        predicted: Tensor = denoiser(
            hidden_states=torch.cat([state.latents for state in states]).to(self._pipeline.transformer.dtype),
            timestep=torch.cat([self._timestep(state) for state in states]),
            encoder_hidden_states=torch.cat(list(texts)),
            return_dict=False,
        )[0]
        return predicted.split(1)

    def _timestep(self, state: WanState) -> Tensor:
        timestep = self._solver.timestep(state.steps, state.history.step)
        if not self._pipeline.config.expand_timesteps:
            return timestep.expand(1)
        # Wan 2.2's 5B model takes one timestep for each token
        _, _, length, height, width = state.latents.shape
        tokens = torch.ones(length, -(-height // 2), -(-width // 2), device=self._device) * timestep
        return tokens.flatten()[None]

    def _is_low_noise(self, state: WanState) -> bool:
        boundary = self._pipeline.config.boundary_ratio
        if boundary is None:
            return False
        timestep = self._solver.timestep(state.steps, state.history.step)
        return bool(timestep < boundary * self._pipeline.scheduler.config.num_train_timesteps)

    def _advance(self, state: WanState, predicted: Tensor) -> WanState:
        latents, history = self._solver.step(state.steps, state.history, predicted, state.latents)
        return WanState(
            latents=latents,
            conditions=state.conditions,
            history=history,
            steps=state.steps,
            guidance=state.guidance,
        )

    def _pixels(self, latents: Tensor) -> Frames:
        # the decoder keeps its state on itself: a copy shares the weights and nothing else
        vae = copy.copy(self._pipeline.vae)
        latents = latents.to(device=vae.device, dtype=vae.dtype)
        mean, deviation = (
            torch.tensor(values).view(1, -1, 1, 1, 1) for values in (vae.config.latents_mean, vae.config.latents_std)
        )
        inverse = 1.0 / deviation.to(latents.device, latents.dtype)
        video = vae.decode(latents / inverse + mean.to(latents.device, latents.dtype), return_dict=False)[0]
        levels = self._pipeline.video_processor.postprocess_video(video, output_type="np")
        return (levels * 255).round().astype(np.uint8)


def _fingerprint(pipeline: WanPipeline) -> str:
    """Of configurations and a sample of the weights: reading all of 14 B would take minutes."""
    digest = hashlib.sha256()
    parts = [pipeline.transformer, pipeline.scheduler]
    parts += [] if pipeline.transformer_2 is None else [pipeline.transformer_2]
    for part in parts:
        settings = {key: value for key, value in part.config.items() if not key.startswith("_")}
        digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    digest.update(str(pipeline.transformer.dtype).encode())
    digest.update(pipeline.transformer.proj_out.weight.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
