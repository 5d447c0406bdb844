"""The generation services by name. Each is a Serve application of that name, and jobs carry it as their kind."""

from typing import Literal, get_args

from kinoform.models.card import KINDS, Kind

ServiceName = Kind | Literal["conditioning"]
"""Services with models have the name of what these make."""

CONDITIONING: Literal["conditioning"] = "conditioning"
SERVICES: tuple[ServiceName, ...] = (*KINDS, CONDITIONING)

ConditionKind = Literal[
    "reference", "edges", "soft_edges", "cut_out", "palette", "depth", "normals", "pose", "embedding"
]
"""What can be taken from a picture: the names of the `kind` oneof of ConditioningSpec."""

VERSIONS: dict[ConditionKind, str] = {
    "reference": "1",
    "edges": "opencv-canny-1",
    "soft_edges": "hed-bsds500-1",
    "cut_out": "u2netp-1",
    "palette": "oklab-1",
    "depth": "depth-mini-1",
    "normals": "depth-mini-1",
    "pose": "blazepose-full-0.10.21",
    "embedding": "efficientnet-lite0-1",
}
"""Part of a conditioning's fingerprint: a method that answers otherwise than before gets another one."""

CLIP_VERSION = "steady-1"
"""As much of one, where a clip is prepared: how its frames are held still."""

CONDITION_KINDS: tuple[ConditionKind, ...] = get_args(ConditionKind)
