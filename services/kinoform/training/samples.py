"""What a stage makes of some held-out captions while it trains, for the records: always the same captions and noise."""

import itertools
from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import cosine_alpha_bar, ddim_step, sampling_times
from kinoform.backbone.text import TextEncoder
from kinoform.training import sprites
from kinoform.training.captions import held_out, script
from kinoform.training.latents import LENGTH, Stage, encode, load_codec
from kinoform.training.render import Renderer

CAPTIONS = 8
STEPS = 8
SEED = 3_000_000


class Samples:
    """Draws samples of a stage from a run folder's codec; the clip stage is given real first frames."""

    def __init__(self, folder: Path, sprites_path: Path, stage: Stage) -> None:
        text = TextEncoder.installed()
        order = sorted(held_out())
        triples = [order[index * len(order) // CAPTIONS] for index in range(CAPTIONS)]
        self.captions = [triple.caption() for triple in triples]
        self._codec = load_codec(folder / "autoencoder")
        tokens = [text.encode(caption) for caption in self.captions]
        self._states, self._mask = torch.stack([t.states for t in tokens]), torch.stack([t.mask for t in tokens])
        length = LENGTH[stage]
        self._condition: Tensor | None = None
        if stage == "clip":
            renderer = Renderer(sprites.load(sprites_path))
            firsts = [encode(self._codec, renderer.clip(script(triple), SEED, 1)) for triple in triples]
            self._condition = torch.stack(firsts).expand(-1, -1, length, -1, -1)
        rng = torch.Generator().manual_seed(SEED)
        self._noise = torch.randn(CAPTIONS, self._codec.config.latent_channels, length, 8, 8, generator=rng)

    @torch.inference_mode()
    def draw(self, model: VideoDenoiser) -> Tensor:
        """Clips (n, 3, l, 64, 64) in [-1, 1], one a caption, in STEPS steps without guidance."""
        latent, times = self._noise, sampling_times(STEPS)
        for now, after in itertools.pairwise(times):
            rows = now.expand(len(latent))
            clean = model(latent, 1000 * rows, self._states, self._mask, condition=self._condition, return_dict=False)[
                0
            ]
            latent = ddim_step(latent, clean, cosine_alpha_bar(rows), cosine_alpha_bar(after.expand(len(latent))))
        return self._codec.decode(latent)
