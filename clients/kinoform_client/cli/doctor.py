"""`kinoform doctor`: what is installed, what is reachable, what is wrong."""

import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client.cli.session import Exit, Session, print_json, session, stdout
from kinoform_client.errors import KinoformError
from kinoform_client.sync.client import Client

_CLIENT_PACKAGES = ("kinoform", "grpcio", "protobuf")
_SERVER_PACKAGES = ("kinoform-weights", "torch", "diffusers", "av", "trimesh", "ray")
_LOW_DISK = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str
    needed: bool = True
    """Making anything on that server fails without it."""


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Look at this machine and the server; exit 5 if nothing could be made there now."""
    findings = [*_machine(), *_server(session(context))]
    for finding in findings:
        if as_json:
            print_json(finding)
        else:
            mark = "[green]ok[/]" if finding.ok else "[red]!![/]" if finding.needed else "[yellow]--[/]"
            stdout.print(f"{mark}  {finding.what}: ", end="", highlight=False)
            stdout.print(finding.detail, markup=False, soft_wrap=True)
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(Exit.UNREACHABLE)


def _machine() -> list[Finding]:
    findings = [Finding("python", True, f"{platform.python_version()} on {platform.platform()}")]
    for package in _CLIENT_PACKAGES:
        findings.append(_package(package, needed=True))
    for package in _SERVER_PACKAGES:
        findings.append(_package(package, needed=False))
    ffmpeg = shutil.which("ffmpeg")
    findings.append(Finding("ffmpeg", bool(ffmpeg), ffmpeg or "not found (not needed)", needed=False))
    free = shutil.disk_usage(Path.cwd()).free
    findings.append(Finding("disk", free > _LOW_DISK, f"{free / (1 << 30):.1f} GiB free here", needed=False))
    return findings


def _package(name: str, *, needed: bool) -> Finding:
    try:
        return Finding(name, True, version(name), needed)
    except PackageNotFoundError:
        hint = "not installed" if needed else "not installed (only `kinoform serve` needs it)"
        return Finding(name, False, hint, needed)


def _server(options: Session) -> list[Finding]:
    try:
        with options.client() as client:
            return [*_connection(client), *_models(client)]
    except KinoformError as error:
        return [Finding("server", False, str(error))]


def _connection(client: Client) -> list[Finding]:
    chosen = client.settings
    findings = [Finding("address", True, f"{chosen.address} (from {chosen.address_source})")]
    if chosen.api_key_source != "none":
        safe = chosen.address.tls or chosen.address.loopback
        detail = f"from {chosen.api_key_source}" + ("" if safe else "; sent in the clear: use grpcs://")
        findings.append(Finding("API key", safe, detail, needed=False))
    serving = client.serving()
    return [*findings, Finding("health", serving, "serving" if serving else "answers, but is not serving")]


def _models(client: Client) -> list[Finding]:
    names = [f"{model.name} ({model.kind}{', default' if model.is_default else ''})" for model in client.models.list()]
    return [Finding("models", bool(names), ", ".join(names) or "none")]
