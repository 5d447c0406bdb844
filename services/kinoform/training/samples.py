"""What a stage makes of some held-out captions while it trains, for the records: always the same captions and noise."""

from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.text import TextEncoder
from kinoform.models.kino_mini.places import place_planes
from kinoform.models.kino_mini.planner import moved_condition, moved_latents
from kinoform.training import sprites
from kinoform.training.captions import held_out, script
from kinoform.training.ddim import NO_GUIDANCE, Given, Guidance, sample
from kinoform.training.latents import LENGTH, Stage, encode, load_codec
from kinoform.training.plans import true_plan
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
        length = LENGTH[stage]
        if stage == "keyframe":
            condition = torch.stack([place_planes(SEED + index, 8, 8) for index in range(CAPTIONS)])
        else:
            renderer = Renderer(sprites.load(sprites_path))
            moved = [
                moved_latents(
                    self._codec,
                    encode(self._codec, renderer.clip(script(each), SEED, 1)),
                    true_plan(script(each), SEED),
                )
                for each in triples
            ]
            condition = moved_condition(torch.stack(moved))
        text_states, mask = torch.stack([each.states for each in tokens]), torch.stack([each.mask for each in tokens])
        self._given = Given(text_states, mask, condition)
        rng = torch.Generator().manual_seed(SEED)
        self._noise = torch.randn(CAPTIONS, self._codec.config.latent_channels, length, 8, 8, generator=rng)

    def draw(self, model: VideoDenoiser) -> Tensor:
        """Clips (n, 3, l, 64, 64) in [-1, 1], one a caption, in STEPS steps without guidance."""
        return self.decode(self.latents(model, STEPS))

    @torch.inference_mode()
    def latents(self, model: VideoDenoiser, steps: int, guidance: Guidance = NO_GUIDANCE) -> Tensor:
        """Latents (n, c, l, 8, 8), one a caption."""
        return sample(model, self._noise, self._given, steps, guidance)

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        """Clips (n, 3, l, 64, 64) in [-1, 1]."""
        decoded: Tensor = self._codec.decode(latents)
        return decoded
