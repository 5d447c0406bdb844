"""`kinoform serve`: hands over to the suite's own program."""

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from kinoform_client.errors import MissingDependencyError


class Runtime(StrEnum):
    """What runs the generation services."""

    RAY = "ray"
    LOCAL = "local"


_NEEDED = {Runtime.LOCAL: (("torch", "kinoform_weights"), "serve"), Runtime.RAY: (("torch", "ray"), "cluster")}


def serve(
    runtime: Annotated[Runtime, typer.Option(help="Ray Serve, or one process without Ray.")] = Runtime.RAY,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 50051,
    data: Annotated[Path | None, typer.Option(help="Folder for jobs and assets.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FAMILY:PATH", help="Offer a model's folder. May be repeated.")
    ] = None,
    depth_model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Depth model as transformers saves it, for conditionings.")
    ] = None,
    signing_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sign what is made with this key; else a development one.")
    ] = None,
    signing_certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="The key's chain, PEM.")] = None,
    signing_tsa: Annotated[str | None, typer.Option(metavar="URL", help="Timestamping authority (RFC 3161).")] = None,
    signing_prompts: Annotated[bool, typer.Option("--signing-prompts", help="Sign prompts in words.")] = False,
    no_signing: Annotated[bool, typer.Option("--no-signing", help="Leave files unsigned.")] = False,
    trust_anchors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Authorities of trusted signers, PEM.")
    ] = None,
    prompt_rules: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Refuse prompts by these rules (TOML). May be repeated.")
    ] = None,
    image_safety: Annotated[
        float | None, typer.Option(metavar="SCORE", help="Refuse pictures that open_nsfw scores so or higher: 0.8.")
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="MODULE:ATTRIBUTE", help="A policy of your own. May be repeated.")
    ] = None,
    service: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Start only this one. May be repeated; all if left out.")
    ] = None,
) -> None:
    """Start gateway and generation services; prints `ready grpc://HOST:PORT` when requests would succeed."""
    command = serve_command(
        runtime, host=host, port=port, data=data, models=model or [], services=service or [], depth_model=depth_model
    )
    command += _passed_on(
        signing_key=signing_key,
        signing_certificate=signing_certificate,
        signing_tsa=signing_tsa,
        signing_prompts=signing_prompts,
        no_signing=no_signing,
        trust_anchors=trust_anchors,
        prompt_rules=prompt_rules,
        image_safety=image_safety,
        policy=policy,
    )
    sys.stdout.flush()
    os.execv(command[0], command)


def serve_command(
    runtime: Runtime,
    *,
    host: str,
    port: int,
    data: Path | None,
    models: list[str],
    services: list[str],
    depth_model: Path | None = None,
    find: Callable[[str], object] = find_spec,
) -> list[str]:
    """The program and its arguments. Raises MissingDependencyError, naming what to install."""
    packages, extra = _NEEDED[runtime]
    missing = [name for name in packages if find(name) is None]
    if missing:
        raise MissingDependencyError(
            f"`kinoform serve --runtime {runtime}` needs {', '.join(missing)}: pip install 'kinoform[{extra}]'"
        )
    command = [sys.executable, "-m", "kinoform_cluster", "serve"]
    command += ["--runtime", runtime, "--host", host, "--port", str(port)]
    if data is not None:
        command += ["--data", str(data)]
    for each in models:
        command += ["--model", each]
    if depth_model is not None:
        command += ["--depth-model", str(depth_model)]
    for each in services:
        command += ["--service", each]
    return command


def _passed_on(**options: Path | str | float | list[Path] | list[str] | None) -> list[str]:
    """Options as the suite's own program has them, under the same names."""
    arguments: list[str] = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            arguments.append(option)
        elif isinstance(value, list):
            arguments += [part for each in value for part in (option, str(each))]
        elif value not in (None, False):
            arguments += [option, str(value)]
    return arguments
