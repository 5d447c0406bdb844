"""From a request for a material to the task."""

from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.material.capture import IMAGE
from kinoform.material.tasks import CaptureTask, GenerateTask, MaterialTask
from kinoform.material.words import names_metal
from kinoform.models.grain_mini.scale import scale_of
from kinoform.models.material import MaterialRequest
from kinoform.serving.requests import Inputs, check_resolved, is_sampled, stored, unpacked
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest, MaterialSpec


def task_from_proto(request: AnyMessage, inputs: Inputs) -> MaterialTask:
    """Reads a resolved GenerateMaterialRequest. Raises BadStart."""
    spec = unpacked(request, GenerateMaterialRequest()).spec
    if spec.HasField("image"):
        return _capture(spec, inputs)
    check_resolved({"model": bool(spec.model), "size": spec.HasField("size"), **is_sampled(spec.sampling)})
    return GenerateTask(
        model=spec.model,
        request=MaterialRequest(
            prompt=spec.prompt.text,
            negative_prompt=spec.prompt.negative,
            size=spec.size,
            steps=spec.sampling.steps,
            guidance=spec.sampling.guidance,
            seed=spec.sampling.seed,
            reproducible=spec.sampling.reproducible,
        ),
        size_m=spec.size_m if spec.HasField("size_m") else None,
    )


def _capture(spec: MaterialSpec, inputs: Inputs) -> CaptureTask:
    check_resolved({"size": spec.HasField("size")})
    # What a picture shows is about what a unit of such a material is; its relief grows with it.
    usual = scale_of(spec.prompt.text)
    size_m = spec.size_m if spec.HasField("size_m") else usual.unit_m
    return CaptureTask(
        image=stored(inputs, IMAGE),
        name=spec.prompt.text,
        size=spec.size,
        size_m=size_m,
        relief_m=usual.relief_m * size_m / usual.unit_m,
        metal=names_metal(spec.prompt.text),
    )
