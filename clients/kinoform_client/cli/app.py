"""The application: global options, commands, and how errors end the program."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from kinoform_client.cli import admin, asset, condition, demo, doctor, job, material, mesh, models, serve, video
from kinoform_client.cli.session import EXITS, Exit, Session, note
from kinoform_client.errors import InvalidArgumentError, KinoformError, UnavailableError


class _Guarded(TyperGroup):
    """Ends every foreseen error with one line on stderr and its exit code; the rest are bugs, with their traceback."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except KinoformError as error:
            _explain(error, ctx.find_object(Session))
            raise typer.Exit(EXITS.get(type(error), Exit.BUG)) from error
        except KeyboardInterrupt:
            raise typer.Exit(Exit.INTERRUPTED) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.OK) from None
        except OSError as error:
            note(f"kinoform: {error}")
            raise typer.Exit(Exit.REFUSED) from error


app = typer.Typer(
    name="kinoform",
    cls=_Guarded,
    help="Video clips, 3D meshes and materials from text and pictures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(video.app, name="video")
app.add_typer(mesh.app, name="mesh")
app.add_typer(material.app, name="material")
app.add_typer(condition.app, name="condition")
app.add_typer(job.app, name="job")
app.add_typer(asset.app, name="asset")
app.command("models")(models.models)
app.command("serve", context_settings=admin.HANDED_ON)(serve.serve)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("admin", context_settings=admin.HANDED_ON)(admin.admin)


@app.callback()
def _options(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Option(help="Server, grpc://HOST:PORT or grpcs://HOST:PORT; else KINOFORM_ADDRESS.")
    ] = None,
    api_key: Annotated[str | None, typer.Option(help="API key; else KINOFORM_API_KEY.")] = None,
    project: Annotated[str, typer.Option(help="Project that jobs and assets belong to.")] = "default",
    ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Authorities to trust with grpcs (PEM); else KINOFORM_CA.")
    ] = None,
    certificate: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="CERT KEY",
            help="Certificate to show, and its key (PEM); else KINOFORM_CERTIFICATE and KINOFORM_KEY.",
        ),
    ] = None,
    sidecars: Annotated[
        bool,
        typer.Option(
            "--sidecars", envvar="KINOFORM_SIDECARS", help="Save credentials beside files that take none in: FILE.c2pa."
        ),
    ] = False,
) -> None:
    context.obj = Session(
        address=address, api_key=api_key, project=project, ca=ca, certificate=certificate, sidecars=sidecars
    )


def main() -> None:
    """Runs the command line."""
    app()


def _explain(error: KinoformError, options: Session | None) -> None:
    if isinstance(error, InvalidArgumentError) and error.violations:
        for bad in error.violations:
            note(f"kinoform: {bad.field}: {bad.description}")
        return
    if isinstance(error, UnavailableError) and options is not None:
        note(f"kinoform: no answer from {options.settings().address}: {error}")
        note("Is a server running there? `kinoform doctor` looks, `kinoform serve` starts one.")
        return
    note(f"kinoform: {error}")
