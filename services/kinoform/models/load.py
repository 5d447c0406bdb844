"""From a registration to the model itself. Each family's libraries are imported only when it is asked for."""

from pathlib import Path
from typing import Any

import torch

from kinoform.engine.family import Family, Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.models.registry import Registration
from kinoform.models.shape import MeshRequest, SizedField

VideoFamily = Family[ClipRequest, Any, Any, Frames]
MeshFamily = Family[MeshRequest, Any, Any, SizedField]
MaterialFamily = Family[MaterialRequest, Any, Any, TileMaps]


def load_family(
    registration: Registration,
    *,
    threads: int | None = None,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> VideoFamily:
    """Loads a video model's weights; takes seconds to minutes.

    Args:
        threads: CPU threads of an operator, for the whole process; None leaves them as they are.
        device: where to run; None for the accelerator if there is one, else the CPU.
        dtype: of the denoiser; None for the family's own choice on that device.

    Raises:
        ModelError, BackboneError, OSError: the folder or hub id holds no complete model of this family.
        LookupError: no video family.
    """
    place = _prepared(threads, device)
    match registration.card.family:
        case "kino-mini":
            from kinoform.models.kino_mini.family import KinoMini

            return KinoMini.from_folder(Path(registration.source), name=registration.name, device=place)
        case "wan":
            from kinoform.models.wan.family import WanFamily

            return WanFamily.from_pretrained(registration.source, name=registration.name, device=place, dtype=dtype)
        case family:
            raise LookupError(f"no video family {family!r}")


def load_mesh_family(
    registration: Registration, *, threads: int | None = None, device: torch.device | None = None
) -> MeshFamily:
    """Loads a mesh model's weights; arguments and errors as of `load_family`."""
    place = _prepared(threads, device)
    match registration.card.family:
        case "form-mini":
            from kinoform.models.form_mini.family import FormMini

            return FormMini.from_folder(Path(registration.source), name=registration.name, device=place)
        case family:
            raise LookupError(f"no mesh family {family!r}")


def load_material_family(
    registration: Registration, *, threads: int | None = None, device: torch.device | None = None
) -> MaterialFamily:
    """Loads a material model's weights; arguments and errors as of `load_family`."""
    place = _prepared(threads, device)
    match registration.card.family:
        case "grain-mini":
            from kinoform.models.grain_mini.family import GrainMini

            return GrainMini.from_folder(Path(registration.source), name=registration.name, device=place)
        case family:
            raise LookupError(f"no material family {family!r}")


def _prepared(threads: int | None, device: torch.device | None) -> torch.device:
    """The place to run, with its threads set."""
    if threads is not None:
        torch.set_num_threads(threads)
    return _best_device() if device is None else device


def _best_device() -> torch.device:
    found = torch.accelerator.current_accelerator(check_available=True)
    return torch.device("cpu") if found is None else found
