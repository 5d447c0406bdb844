"""`python -m kinoform.training COMMAND`: how kino-mini is made, from the emoji's packages to measured weights."""

import json
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from kinoform.models.card import read_video_card
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import codec, decoder, denoiser, distill, latents, plans, sprites
from kinoform.training.captions import held_out
from kinoform.training.card import GUIDANCE
from kinoform.training.evaluate import evaluate
from kinoform.training.export import export, export_turbo, record
from kinoform.training.judge import Judge
from kinoform.training.latents import Stage
from kinoform.training.records import record_run
from kinoform.training.render import Renderer
from kinoform.training.sampling import requests_for, sample, to_frames
from kinoform.training.sheet import chosen_triples, write_loop, write_sheet
from kinoform.training.workers import launch

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: sprites, checkpoints, latents, records.")]
Loop = Annotated[Path | None, typer.Option(help="Also the first three clips as an endless loop: WebP or GIF.")]
Model = Annotated[Path, typer.Option(help="Model folder, with its card.json.")]
OfStage = Annotated[Stage, typer.Option(help="First frame from text, or clip from text and first frame.")]
Processes = Annotated[int, typer.Option(min=1, help="One-thread processes that work together.")]
Batch = Annotated[int, typer.Option(min=1, help="Samples a process and step.")]
Steps = Annotated[int, typer.Option(min=1)]
Rate = Annotated[float, typer.Option(min=0, help="Greatest learning rate.")]
Descent = Annotated[int, typer.Option(min=1, help="The learning rate falls over so many last steps.")]
OwnSteps = Annotated[int | None, typer.Option(min=1, help="Default: the card's.")]
Guidance = Annotated[float | None, typer.Option(help="Default: the card's.")]
Seed = Annotated[int, typer.Option(min=0)]


def _check_device(device: str, processes: int) -> None:
    if device == "cpu":
        return
    if device.partition(":")[0] != "cuda" or not torch.cuda.is_available():
        raise typer.BadParameter(f"{device!r}: there is cpu" + (", or cuda" if torch.cuda.is_available() else " alone"))
    if processes != 1:
        raise typer.BadParameter(f"{device} takes --processes 1, got {processes}")


def say(text: str) -> None:
    """Progress, apart from results: to stderr."""
    print(text, file=sys.stderr, flush=True)


@app.command()
def prepare(
    run: Run,
    source: Annotated[Path | None, typer.Option(help="Folder with the tarballs; without it they are fetched.")] = None,
) -> None:
    """Decode the emoji's key frames from the npm packages' tarballs (730 MB, by `npm pack`)."""
    record_run(run, "prepare", {})
    folder = run / "packages" if source is None else source
    if source is None:
        sprites.fetch(folder)
    sprites.save(run / "sprites.npz", sprites.decode_all(folder))


@app.command(name="codec")
def train_codec(
    run: Run,
    steps: Steps = 3000,
    batch: Batch = 32,
    processes: Processes = 2,
    initial: Annotated[Path | None, typer.Option(help="An autoencoder's folder to begin from.")] = None,
) -> None:
    """Train the autoencoder; resumes."""
    settings = codec.CodecRun(folder=run, sprites=run / "sprites.npz", steps=steps, batch=batch, initial=initial)
    launch(codec.train, processes, settings)


@app.command(name="latents")
def cache_latents(
    run: Run,
    stage: OfStage,
    shards: Annotated[int, typer.Option(min=1, help="Each holds the renderings of some hundred scripts.")] = 16,
    processes: Processes = 2,
) -> None:
    """Freeze the autoencoder, then encode a stage's captions and rendered clips; shards that exist are left alone."""
    record_run(run, "latents", {"stage": stage, "shards": shards, "processes": processes})
    if not (run / "autoencoder").exists():
        renderer = Renderer(sprites.load(run / "sprites.npz"))
        latents.freeze_codec(run / "codec.pt", renderer, run / "autoencoder")
    launch(latents.write_shards, processes, processes, stage, run, run / "sprites.npz", 0, shards)


@app.command(name="plans")
def train_planner(run: Run, steps: Steps = 6000, processes: Processes = 2) -> None:
    """Move the cached clips' first frames by their true plans, and train the motion planner."""
    shards = len(list((run / "clip-latents").glob("*.pt")))
    launch(plans.write_moved, processes, processes, run, 0, shards)
    plans.train(plans.PlannerRun(folder=run, steps=steps))


@app.command()
def train(
    run: Run,
    stage: OfStage,
    steps: Steps = 6000,
    batch: Batch = 32,
    rate: Rate = 1.2e-3,
    descent: Descent = 1100,
    processes: Processes = 2,
    device: Annotated[str, typer.Option(help="cpu, or cuda with --processes 1 and a greater batch.")] = "cpu",
) -> None:
    """Train a stage's denoiser on the cached latents; resumes, and may be prolonged by more steps."""
    _check_device(device, processes)
    settings = denoiser.DenoiserRun(
        folder=run,
        sprites=run / "sprites.npz",
        stage=stage,
        steps=steps,
        batch=batch,
        rate=rate,
        descent=descent,
        device=device,
    )
    launch(denoiser.train, processes, settings)


@app.command(name="decoder")
def tune_decoder(run: Run, steps: Steps = 1000, batch: Batch = 4, processes: Processes = 2) -> None:
    """Train the autoencoder's decoder on alone; latents and denoisers stay valid; resumes."""
    settings = decoder.DecoderRun(folder=run, sprites=run / "sprites.npz", steps=steps, batch=batch)
    launch(decoder.train, processes, settings)


@app.command(name="distill")
def distil(
    run: Run,
    stage: OfStage,
    steps: Steps = 800,
    batch: Batch = 16,
    rate: Rate = 1e-3,
    descent: Descent = 400,
    guidance: Annotated[float, typer.Option(help="Of the teacher; the student will need none.")] = GUIDANCE,
    processes: Processes = 2,
) -> None:
    """Distil a trained stage into an adapter that needs two steps; resumes."""
    settings = distill.DistillRun(
        folder=run,
        sprites=run / "sprites.npz",
        stage=stage,
        steps=steps,
        batch=batch,
        rate=rate,
        descent=descent,
        guidance=guidance,
    )
    launch(distill.train, processes, settings)


@app.command(name="export")
def export_model(
    run: Run,
    model: Model,
    turbo: Annotated[bool, typer.Option("--turbo", help="The adapters, beside a folder kino-mini.")] = False,
) -> None:
    """Write the model folder: bfloat16 weights, card, notices."""
    card = export_turbo(run, model) if turbo else export(run, model)
    say(f"{card.name} {card.version} written to {model}")


@app.command(name="evaluate")
def evaluate_model(
    run: Run,
    model: Model,
    clips: Annotated[int, typer.Option(min=1, help="Held-out captions to try.")] = len(held_out()),
    steps: OwnSteps = None,
    guidance: Guidance = None,
    seed: Seed = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    into_card: Annotated[bool, typer.Option("--record", help="Write the figures into the model's card.")] = False,
) -> None:
    """Subject, motion and background adherence on held-out captions, beside real clips and shuffled captions."""
    renderer = Renderer(sprites.load(run / "sprites.npz"))
    say("teaching the judge on real clips")
    judge = Judge.fitted(renderer)
    card = read_video_card(model / "card.json")
    steps = card.ranges.default_steps if steps is None else steps
    guidance = card.ranges.default_guidance if guidance is None else guidance
    family = KinoMini.from_folder(model, name=card.name)
    report = evaluate(family, renderer, judge, clips=clips, steps=steps, guidance=guidance, seed=seed, progress=say)
    print(json.dumps(report.to_json()) if as_json else report.table())
    if into_card:
        record(model, report.to_json())


@app.command()
def sheet(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG file.")],
    clips: Annotated[int, typer.Option(min=1)] = 40,
    loop: Loop = None,
    steps: OwnSteps = None,
    guidance: Guidance = None,
    seed: Seed = 0,
) -> None:
    """Draw a contact sheet of held-out captions, evenly spread."""
    card = read_video_card(model / "card.json")
    steps = card.ranges.default_steps if steps is None else steps
    guidance = card.ranges.default_guidance if guidance is None else guidance
    captions = [triple.caption() for triple in chosen_triples(clips)]
    requests = requests_for(captions, steps=steps, guidance=guidance, first_seed=seed)
    family = KinoMini.from_folder(model, name=card.name)
    frames = [to_frames(clip) for clip in sample(family, requests)]
    write_sheet(output, captions, frames)
    if loop is not None:
        write_loop(loop, frames[:3])


if __name__ == "__main__":
    app()
