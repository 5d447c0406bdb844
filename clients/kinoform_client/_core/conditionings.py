"""Conditionings, from Python's terms to requests, and from protos to the SDK's records."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kinoform_client._core.check import Check
from kinoform_client._core.convert import output_from_proto, time_from_proto
from kinoform_client._core.status import error_from_status
from kinoform_client.conditions import Conditioning, ConditioningState, ConditionKind, Fit
from kinoform_proto.conditioning.v1 import conditioning_pb2

_OWN_SETTINGS: dict[ConditionKind, tuple[str, ...]] = {
    ConditionKind.REFERENCE: ("size", "fit"),
    ConditionKind.EDGES: ("low", "high", "aperture", "blur"),
    ConditionKind.SOFT_EDGES: (),
    ConditionKind.CUT_OUT: ("hardness",),
    ConditionKind.PALETTE: ("colours",),
    ConditionKind.DEPTH: (),
    ConditionKind.NORMALS: (),
    ConditionKind.POSE: (),
    ConditionKind.EMBEDDING: (),
}
"""What each kind has beside `max_side`."""
KINDS = tuple(_OWN_SETTINGS)
_FITS = {
    Fit.COVER: conditioning_pb2.FIT_COVER,
    Fit.CONTAIN: conditioning_pb2.FIT_CONTAIN,
    Fit.STRETCH: conditioning_pb2.FIT_STRETCH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a picture is to be prepared; None leaves the choice to the server. Each kind has some of these."""

    max_side: int | None = None
    size: tuple[int, int] | None = None
    """(width, height) in pixels."""
    fit: Fit | str | None = None
    low: float | None = None
    high: float | None = None
    aperture: int | None = None
    blur: float | None = None
    hardness: float | None = None
    colours: int | None = None


def create_conditioning(
    kind: ConditionKind | str, settings: Settings, *, project: str, priority: int, labels: Mapping[str, str] | None
) -> conditioning_pb2.CreateConditioningRequest:
    """The request, but for its picture or clip. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    chosen = check.choice("kind", {each: each for each in KINDS}, kind)
    check.finish()
    own = ("max_side", *_OWN_SETTINGS[chosen])
    for name, value in asdict(settings).items():
        if value is not None and name not in own:
            check.bad(name, f"{chosen} has no such setting; it has {', '.join(own)}")
    request = conditioning_pb2.CreateConditioningRequest(
        parent=f"projects/{project}",
        spec=_spec(chosen, settings, check),
        priority=check.whole("priority", priority),
        labels=labels,
    )
    check.finish()
    return request


def conditioning_from_proto(proto: conditioning_pb2.Conditioning) -> Conditioning:
    """The record of a conditioning."""
    spec = proto.spec
    source = spec.footage if spec.WhichOneof("source") == "footage" else spec.image
    state = conditioning_pb2.Conditioning.State.Name(proto.state)
    return Conditioning(
        name=proto.name,
        kind=_kind(spec),
        state=ConditioningState(state.removeprefix("STATE_")),
        image=source.asset or source.conditioning,
        settings=_settings(spec),
        job=proto.job,
        outputs=tuple(output_from_proto(output) for output in proto.outputs),
        fingerprint=proto.fingerprint,
        error=error_from_status(proto.error) if proto.HasField("error") else None,
        created=time_from_proto(proto.create_time) if proto.HasField("create_time") else None,
    )


def _spec(kind: ConditionKind, settings: Settings, check: Check) -> conditioning_pb2.ConditioningSpec:
    max_side = check.maybe("spec.max_side", settings.max_side)
    match kind:
        case ConditionKind.REFERENCE:
            return conditioning_pb2.ConditioningSpec(max_side=max_side, reference=_reference(settings, check))
        case ConditionKind.EDGES:
            edges = conditioning_pb2.Edges(
                low=settings.low,
                high=settings.high,
                aperture=check.maybe("spec.edges.aperture", settings.aperture),
                blur=settings.blur,
            )
            return conditioning_pb2.ConditioningSpec(max_side=max_side, edges=edges)
        case ConditionKind.CUT_OUT:
            cut_out = conditioning_pb2.CutOut(hardness=settings.hardness)
            return conditioning_pb2.ConditioningSpec(max_side=max_side, cut_out=cut_out)
        case ConditionKind.PALETTE:
            palette = conditioning_pb2.Palette(colours=check.maybe("spec.palette.colours", settings.colours))
            return conditioning_pb2.ConditioningSpec(max_side=max_side, palette=palette)
        case ConditionKind.DEPTH:
            return conditioning_pb2.ConditioningSpec(max_side=max_side, depth=conditioning_pb2.Depth())
        case ConditionKind.NORMALS:
            return conditioning_pb2.ConditioningSpec(max_side=max_side, normals=conditioning_pb2.Normals())
        case ConditionKind.POSE:
            return conditioning_pb2.ConditioningSpec(max_side=max_side, pose=conditioning_pb2.Pose())
        case ConditionKind.EMBEDDING:
            return conditioning_pb2.ConditioningSpec(max_side=max_side, embedding=conditioning_pb2.Embedding())
    return conditioning_pb2.ConditioningSpec(max_side=max_side, soft_edges=conditioning_pb2.SoftEdges())


def _reference(settings: Settings, check: Check) -> conditioning_pb2.Reference:
    return conditioning_pb2.Reference(
        size=None if settings.size is None else check.size("spec.reference.size", *settings.size),
        fit=None if settings.fit is None else check.choice("spec.reference.fit", _FITS, settings.fit),
    )


def _kind(spec: conditioning_pb2.ConditioningSpec) -> ConditionKind:
    named = spec.WhichOneof("kind")
    return ConditionKind(named) if named in KINDS else ConditionKind.UNKNOWN


def _settings(spec: conditioning_pb2.ConditioningSpec) -> dict[str, Any]:
    named = spec.WhichOneof("kind")
    own = [] if named is None else getattr(spec, named).ListFields()
    values = {field.name: value for field, value in own}
    if "size" in values:
        values["size"] = (values["size"].width, values["size"].height)
    if "fit" in values:
        values["fit"] = conditioning_pb2.Fit.Name(values["fit"]).removeprefix("FIT_").lower()
    return {"max_side": spec.max_side} | values
