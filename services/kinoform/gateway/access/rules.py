"""What each rpc demands of its caller. An rpc that is missing here is refused to everybody."""

from collections.abc import Mapping
from dataclasses import dataclass

from kinoform.store.keys import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one rpc demands."""

    needs: Role
    anchor: str
    """Field that names the project, or something in it; empty for what belongs to none."""
    mutates: bool
    """Changes something: it is written to the audit log before it begins and once it has ended."""
    waits: bool = False
    """May take long: the caller is judged again while it lasts. Streams always are."""


def _reads(anchor: str, *, waits: bool = False) -> Rule:
    return Rule(needs=Role.VIEWER, anchor=anchor, mutates=False, waits=waits)


def _changes(anchor: str) -> Rule:
    return Rule(needs=Role.MEMBER, anchor=anchor, mutates=True)


_BY_SERVICE: Mapping[str, Mapping[str, Rule]] = {
    "kinoform.video.v1.VideoService": {
        "GenerateVideo": _changes("parent"),
    },
    "kinoform.mesh.v1.MeshService": {
        "GenerateMesh": _changes("parent"),
        "ProcessMesh": _changes("parent"),
        "TextureMesh": _changes("parent"),
        "RenderTurntable": _changes("parent"),
    },
    "kinoform.material.v1.MaterialService": {
        "GenerateMaterial": _changes("parent"),
    },
    "kinoform.conditioning.v1.ConditioningService": {
        "CreateConditioning": _changes("parent"),
        "GetConditioning": _reads("name"),
        "ListConditionings": _reads("parent"),
        "DeleteConditioning": _changes("name"),
    },
    "kinoform.job.v1.JobService": {
        "GetJob": _reads("name"),
        "ListJobs": _reads("parent"),
        "WatchJob": _reads("name", waits=True),
        "WaitJob": _reads("name", waits=True),
        "CancelJob": _changes("name"),
        "PauseJob": _changes("name"),
        "ContinueJob": _changes("name"),
        "ForkJob": _changes("name"),
        "RetryJob": _changes("name"),
        "DeleteJob": _changes("name"),
    },
    "kinoform.asset.v1.AssetService": {
        "CreateUpload": _changes("parent"),
        "GetUpload": _reads("upload"),
        "UploadAsset": _changes("upload"),
        "DownloadAsset": _reads("name", waits=True),
        "GetAsset": _reads("name"),
        "ListAssets": _reads("parent"),
        "DeleteAsset": _changes("name"),
        "VerifyAsset": _reads("name"),
    },
    "kinoform.catalog.v1.CatalogService": {
        "ListModels": _reads(""),
        "GetModel": _reads(""),
    },
}
RULES: Mapping[str, Rule] = {
    f"/{service}/{method}": rule for service, rules in _BY_SERVICE.items() for method, rule in rules.items()
}
"""By full method name: `/kinoform.job.v1.JobService/GetJob`."""
