"""`kinoform asset`."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client.cli.progress import JobView, new_bar
from kinoform_client.cli.session import Exit, local_time, print_json, print_lines, print_table, session
from kinoform_client.provenance import Signature

app = typer.Typer(help="Move files to and from the server.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command()
def put(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What to store.", show_default=False)],
    media_type: Annotated[str | None, typer.Option("--type", help="IANA media type; guessed if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Store a file; print its name. Broken uploads are gone on with."""
    with session(context).client() as client:
        with new_bar() as bar:
            asset = client.assets.upload(file, media_type=media_type, report=JobView(bar, file.name).moved)
        if as_json:
            print_json(asset)
        else:
            print_lines(asset.name)


@app.command()
def get(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="projects/P/assets/A, or A alone.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="File or folder.")] = Path("."),
    as_json: AsJson = False,
) -> None:
    """Fetch a file; print where it is. Broken downloads are gone on with."""
    with session(context).client() as client:
        with new_bar() as bar:
            view = JobView(bar, name.rpartition("/")[2][:8])
            path = client.assets.download(name, output, report=view.moved)
        if as_json:
            print_json({"asset": name, "file": str(path)})
        else:
            print_lines(str(path))


@app.command()
def verify(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="projects/P/assets/A, or A alone.", show_default=False)],
    credentials: Annotated[str, typer.Option(help="Asset with its credentials; found by itself if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Have the stored bytes read again; print what the file's credentials (C2PA) say. Fails if they don't hold."""
    with session(context).client() as client:
        verified = client.assets.verify(name, credentials=credentials)
    found = verified.provenance
    if as_json:
        print_json(verified)
    else:
        rows = [
            ("bytes", "as stored"),
            ("signature", found.signature.value),
            ("signer", ", ".join(dict.fromkeys(filter(None, (found.signer, found.organization))))),
            ("signed", local_time(found.signed)),
            ("signed by", found.claim_generator),
            ("made by", found.agent),
            ("source type", found.digital_source_type),
            ("credentials", found.credentials or ("" if found.signature is Signature.NONE else "embedded")),
            *(("failure", failure) for failure in found.failures),
        ]
        print_table([row for row in rows if row[1]])
    if found.signature is Signature.INVALID:
        raise typer.Exit(Exit.FAILED)


@app.command("list")
def list_assets(
    context: typer.Context,
    job: Annotated[str, typer.Option(help="Only those that this job made: projects/P/jobs/J.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List stored files, newest first."""
    rows = [("ASSET", "FILE", "TYPE", "BYTES", "CREATED")]
    with session(context).client() as client:
        for asset in islice(client.assets.list(job=job, page_size=min(limit, 500)), limit):
            if as_json:
                print_json(asset)
                continue
            short = asset.name.rpartition("/")[2]
            rows.append((short, asset.display_name, asset.media_type, str(asset.size_bytes), local_time(asset.created)))
    if not as_json:
        print_table(rows)
