"""`python -m kinoform.training COMMAND`: how kino-mini is made, from the emoji's packages to measured weights."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import codec, decoder, denoiser, latents, sprites
from kinoform.training.card import GUIDANCE, STEPS
from kinoform.training.evaluate import evaluate
from kinoform.training.export import export, record
from kinoform.training.judge import Judge
from kinoform.training.records import record_run
from kinoform.training.render import Renderer
from kinoform.training.sampling import requests_for, sample, to_frames
from kinoform.training.sheet import chosen_triples, write_sheet
from kinoform.training.workers import launch

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: sprites, checkpoints, latents, logs.")]
Model = Annotated[Path, typer.Option(help="Model folder: autoencoder/, denoiser/, card.json.")]
Processes = Annotated[int, typer.Option(min=1, help="One-thread processes that work together.")]
Steps = Annotated[int, typer.Option(min=1)]
Guidance = Annotated[float, typer.Option()]
Seed = Annotated[int, typer.Option(min=0)]


def say(text: str) -> None:
    """Progress, apart from results: to stderr."""
    print(text, file=sys.stderr, flush=True)


@app.command()
def prepare(
    run: Run,
    source: Annotated[Path | None, typer.Option(help="Folder with the tarballs; without it they are fetched.")] = None,
) -> None:
    """Decode the emoji's key frames from the npm packages' tarballs (730 MB, by `npm pack`)."""
    record_run(run, "prepare", {"source": None if source is None else str(source)})
    folder = run / "packages" if source is None else source
    if source is None:
        sprites.fetch(folder)
    sprites.save(run / "sprites.npz", sprites.decode_all(folder))


@app.command(name="codec")
def train_codec(run: Run, steps: Steps = 3000, processes: Processes = 2) -> None:
    """Train the autoencoder; resumes."""
    record_run(run, "codec", {"steps": steps, "processes": processes})
    launch(codec.train, processes, codec.CodecRun(folder=run, sprites=run / "sprites.npz", steps=steps))


@app.command(name="latents")
def cache_latents(
    run: Run,
    shards: Annotated[int, typer.Option(min=1, help="Each holds one clip of each training triple.")] = 4,
    processes: Processes = 2,
) -> None:
    """Freeze the autoencoder, encode captions and rendered clips; shards that exist are left alone."""
    record_run(run, "latents", {"shards": shards, "processes": processes})
    if not (run / "autoencoder").exists():
        renderer = Renderer(sprites.load(run / "sprites.npz"))
        latents.freeze_codec(run / "codec.pt", renderer, run / "autoencoder")
    if not (run / "texts.pt").exists():
        latents.write_texts(run / "texts.pt")
    launch(latents.write_shards, processes, processes, run, run / "sprites.npz", 0, shards)


@app.command()
def train(
    run: Run,
    steps: Steps = 3850,
    descent: Annotated[int, typer.Option(min=1, help="The learning rate falls over so many last steps.")] = 1100,
    processes: Processes = 2,
) -> None:
    """Train the denoiser on the cached latents; resumes, and may be prolonged by more steps."""
    record_run(run, "train", {"steps": steps, "descent": descent, "processes": processes})
    launch(denoiser.train, processes, denoiser.DenoiserRun(folder=run, steps=steps, descent=descent))


@app.command(name="decoder")
def tune_decoder(run: Run, steps: Steps = 1000, processes: Processes = 2) -> None:
    """Train the autoencoder's decoder on alone; latents and denoiser stay valid; resumes."""
    record_run(run, "decoder", {"steps": steps, "processes": processes})
    launch(decoder.train, processes, decoder.DecoderRun(folder=run, sprites=run / "sprites.npz", steps=steps))


@app.command(name="export")
def export_model(run: Run, model: Model) -> None:
    """Write the model folder: bfloat16 weights, card, notices."""
    card = export(run, model, denoiser.Shape())
    say(f"{card.name} {card.version} written to {model}")


@app.command(name="evaluate")
def evaluate_model(
    run: Run,
    model: Model,
    clips: Annotated[int, typer.Option(min=1, help="Held-out captions to try.")] = 210,
    steps: Steps = STEPS,
    guidance: Guidance = GUIDANCE,
    seed: Seed = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    into_card: Annotated[bool, typer.Option("--record", help="Write the figures into the model's card.")] = False,
) -> None:
    """Subject, motion and background adherence on held-out captions, beside real clips and shuffled captions."""
    renderer = Renderer(sprites.load(run / "sprites.npz"))
    say("teaching the judge on real clips")
    judge = Judge.fitted(renderer)
    family = KinoMini.from_folder(model)
    report = evaluate(family, renderer, judge, clips=clips, steps=steps, guidance=guidance, seed=seed, progress=say)
    print(json.dumps(report.to_json()) if as_json else report.table())
    if into_card:
        record(model, report)


@app.command()
def sheet(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG file.")],
    clips: Annotated[int, typer.Option(min=1)] = 20,
    steps: Steps = STEPS,
    guidance: Guidance = GUIDANCE,
    seed: Seed = 0,
) -> None:
    """Draw a contact sheet of held-out captions, evenly spread."""
    captions = [triple.caption() for triple in chosen_triples(clips)]
    requests = requests_for(captions, steps=steps, guidance=guidance, first_seed=seed)
    family = KinoMini.from_folder(model)
    write_sheet(output, captions, [to_frames(clip) for clip in sample(family, requests)])


if __name__ == "__main__":
    app()
