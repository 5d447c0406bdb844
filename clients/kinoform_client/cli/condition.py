"""`kinoform condition`."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client._core.conditionings import KINDS
from kinoform_client.cli import options
from kinoform_client.cli.picture_place import PicturePlace, picture_place
from kinoform_client.cli.places import stem_of
from kinoform_client.cli.progress import JobView, new_bar
from kinoform_client.cli.session import (
    Exit,
    local_time,
    note,
    plain,
    print_json,
    print_lines,
    print_table,
    session,
)
from kinoform_client.conditions import Conditioning, ConditioningState, Fit
from kinoform_client.errors import invalid
from kinoform_client.sync.conditioning_handle import ConditioningHandle

app = typer.Typer(help="Prepare pictures to steer jobs with.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="projects/P/conditionings/C, or C alone.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|FOLDER/",
        help="Save the picture; a clip's frames as FILE-clip.zip, a cut-out's mask as FILE-mask.png.",
    ),
]


@app.command()
def create(
    context: typer.Context,
    image: Annotated[
        str, typer.Argument(help="PNG, JPEG or WebP file, a clip, or an asset's name.", show_default=False)
    ],
    kind: Annotated[
        str,
        typer.Option(help=f"What to take from it: {', '.join(KINDS)}.", show_default=False),
    ],
    max_side: Annotated[int | None, typer.Option(help="Longest side of what is made, in pixels.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Of a reference: its size.")] = None,
    fit: Annotated[Fit | None, typer.Option(help="Of a reference: how it gets that size.")] = None,
    low: Annotated[float | None, typer.Option(help="Of edges: gradient of pixels that touch an edge.")] = None,
    high: Annotated[float | None, typer.Option(help="Of edges: gradient from which a pixel is an edge.")] = None,
    aperture: Annotated[int | None, typer.Option(help="Of edges: width of the Sobel kernel, 3, 5 or 7.")] = None,
    blur: Annotated[float | None, typer.Option(help="Of edges: blur before it, in pixels.")] = None,
    hardness: Annotated[float | None, typer.Option(help="Of a cut-out: 1 makes its border hard, 0 keeps it.")] = None,
    colours: Annotated[int | None, typer.Option(help="Of a palette: how many.")] = None,
    priority: options.Priority = 0,
    label: options.Labels = None,
    output: Output = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the conditioning as one JSON object.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it, or return at once.")] = True,
) -> None:
    """Prepare an IMAGE, or every frame of a clip, once for any number of jobs; print its name, and save it."""
    if output is not None and not wait:
        raise invalid("--output", "can't be saved with --no-wait: it is not there yet")
    chosen = options.parse_kind("--kind", kind)
    place = None if output is None else picture_place(output, f"{stem_of(image, 'picture')}-{chosen}")
    with session(context).client() as client:
        handle = client.conditionings.create(
            chosen,
            image,
            max_side=max_side,
            size=None if size is None else options.parse_size("--size", size),
            fit=fit,
            low=low,
            high=high,
            aperture=aperture,
            blur=blur,
            hardness=hardness,
            colours=colours,
            priority=priority,
            labels=options.parse_labels(label),
        )
        files = _follow(handle, place) if wait else []
        if as_json:
            _print_json(handle.conditioning, files)
        if wait:
            handle.result()
    if not as_json:
        print_lines(handle.name, *map(str, files))
        for summary in _summaries(handle.conditioning):
            note(summary)


@app.command()
def show(context: typer.Context, name: Name, output: Output = None, as_json: AsJson = False) -> None:
    """Show a conditioning as it stands now; with -o wait for it, and save its picture."""
    place = None if output is None else picture_place(output, "picture")
    with session(context).client() as client:
        handle = client.conditioning(name)
        files = [] if place is None else _follow(handle, place)
        if as_json:
            _print_json(handle.conditioning, files)
        else:
            print_table(_facts(handle.conditioning))
            print_lines(*map(str, files))
        if place is not None:
            handle.result()


@app.command("list")
def list_conditionings(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List conditionings, newest first."""
    rows = [("CONDITIONING", "KIND", "STATE", "CREATED")]
    with session(context).client() as client:
        for each in islice(client.conditionings.list(page_size=min(limit, 500)), limit):
            if as_json:
                print_json(each)
            else:
                rows.append((each.fingerprint, each.kind, each.state, local_time(each.created)))
    if not as_json:
        print_table(rows)


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Also while jobs need it; they may fail.")] = False,
) -> None:
    """Delete a conditioning and its files."""
    with session(context).client() as client:
        client.conditionings.delete(name, force=force)


def _follow(handle: ConditioningHandle, place: PicturePlace | None) -> list[Path]:
    """Follows it to its end, however that is, and saves what there is then."""
    try:
        with new_bar() as bar:
            view = JobView(bar, handle.conditioning.kind)
            if handle.conditioning.state is ConditioningState.PREPARING:
                for event in handle.watch():
                    view.show(event)
                handle.refresh()
            return [] if place is None else place.save(handle, view)
    except KeyboardInterrupt:
        note(f"It is prepared all the same. Look at it with: kinoform condition show {handle.name}")
        note(f"Stop it with: kinoform job cancel {handle.conditioning.job}")
        raise typer.Exit(Exit.INTERRUPTED) from None


def _print_json(conditioning: Conditioning, files: list[Path]) -> None:
    print_json(plain(conditioning) | {"files": [str(path) for path in files]})


def _facts(conditioning: Conditioning) -> list[tuple[str, str]]:
    facts = [("conditioning", conditioning.name), ("kind", conditioning.kind), ("state", conditioning.state)]
    facts += [("image", conditioning.image)]
    facts += [(name, _setting(value)) for name, value in conditioning.settings.items()]
    facts += [("job", conditioning.job), ("created", local_time(conditioning.created))]
    facts += [(output.role, f"{output.asset} ({output.size_bytes} bytes)") for output in conditioning.outputs]
    facts += [("report", summary) for summary in _summaries(conditioning)]
    if conditioning.error is not None:
        facts.append(("error", str(conditioning.error)))
    return facts


def _setting(value: float | str | tuple[int, int]) -> str:
    return "{}x{}".format(*value) if isinstance(value, tuple) else str(value)


def _summaries(conditioning: Conditioning) -> list[str]:
    """Of the picture, once it is there."""
    return [each.report.summary for each in conditioning.outputs if each.role == "picture" and each.report is not None]
