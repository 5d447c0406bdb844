"""From a request for a material to the task."""

from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.material.tasks import MaterialTask
from kinoform.models.material import MaterialRequest
from kinoform.serving.requests import Inputs, check_resolved, is_sampled, unpacked
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest


def task_from_proto(request: AnyMessage, inputs: Inputs) -> MaterialTask:
    """Reads a resolved GenerateMaterialRequest, which has no inputs. Raises BadStart."""
    spec = unpacked(request, GenerateMaterialRequest()).spec
    check_resolved({"model": bool(spec.model), "size": spec.HasField("size"), **is_sampled(spec.sampling)})
    return MaterialTask(
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
