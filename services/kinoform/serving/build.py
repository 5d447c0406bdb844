"""Puts a service together from what it was told at its start."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from kinoform.engine.family import Family
from kinoform.media.provenance.identity import SigningFiles
from kinoform.models.card import Kind
from kinoform.models.registry import Registration, catalogue
from kinoform.policy.settings import picture_policies
from kinoform.serving.bench import Benches
from kinoform.serving.blobs import Blobs
from kinoform.serving.config import ServiceConfig
from kinoform.serving.denoise import Tools
from kinoform.serving.models import Models, Request, Result
from kinoform.serving.pools import Pools
from kinoform.serving.service import Service, Trade
from kinoform.store.assets import AssetStore

if TYPE_CHECKING:
    from kinoform.media.provenance.sign import Signer

Task = TypeVar("Task")


def models_of(
    kind: Kind, config: ServiceConfig, load: Callable[[Registration], Family[Request, Any, Any, Result]]
) -> Models[Request, Result]:
    """The models of that kind which the service offers, none loaded yet. Raises BadRegistration."""
    offered = catalogue(config.models).items()
    return Models({name: entry for name, entry in offered if entry.card.kind == kind}, load)


def service_of(trade: Trade[Task], config: ServiceConfig) -> Service[Task]:
    """A service on this machine's threads and the configured store. Raises BadIdentity, BadPolicy."""
    # Ray gives its actors one thread, whatever the machine has.
    torch.set_num_threads(config.threads)
    policies = picture_policies(config.policy)
    blobs = Blobs(AssetStore(config.assets), _signer(config.signing), policies)
    tools = Tools(blobs=blobs, pools=Pools(), benches=Benches(), rhythm=config.rhythm, policies=policies)
    return Service(trade, tools, token=config.token_file.read_text().strip(), max_jobs=config.max_jobs)


def _signer(files: SigningFiles | None) -> "Signer | None":
    if files is None:
        return None
    from kinoform.media.provenance.sign import proven  # its library is large, and not needed where nothing is signed

    with tempfile.TemporaryDirectory(prefix="kinoform-") as folder:
        return proven(files, Path(folder))
