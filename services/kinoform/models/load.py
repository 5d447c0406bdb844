"""From a registration to the model itself. Each family's libraries are imported only when it is asked for."""

from pathlib import Path
from typing import Any

import torch

from kinoform.engine.family import Family, Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.registry import Registration

VideoFamily = Family[ClipRequest, Any, Any, Frames]


def load_family(
    registration: Registration,
    *,
    threads: int | None = None,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> VideoFamily:
    """Loads weights; takes seconds to minutes.

    Args:
        threads: CPU threads of an operator, for the whole process; None leaves them as they are.
        device: where to run; None for the accelerator if there is one, else the CPU.
        dtype: of the denoiser; None for the family's own choice on that device.

    Raises:
        ModelError, BackboneError, OSError: the folder or hub id holds no complete model of this family.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    place = _best_device() if device is None else device
    return _build(registration, place, dtype)


def _build(registration: Registration, device: torch.device, dtype: torch.dtype | None) -> VideoFamily:
    match registration.card.family:
        case "kino-mini":
            from kinoform.models.kino_mini.family import KinoMini

            return KinoMini.from_folder(Path(registration.source), name=registration.name, device=device)
        case "wan":
            from kinoform.models.wan.family import WanFamily

            return WanFamily.from_pretrained(registration.source, name=registration.name, device=device, dtype=dtype)
        case family:
            raise LookupError(f"no family {family!r}")


def _best_device() -> torch.device:
    found = torch.accelerator.current_accelerator(check_available=True)
    return torch.device("cpu") if found is None else found
