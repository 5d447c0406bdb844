# Written by clients/unasync.py from clients/kinoform_client/aio/conditionings.py: change that file, not this one.
"""Pictures prepared once, to steer any number of jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kinoform_client._core.conditionings import Settings, conditioning_from_proto, create_conditioning
from kinoform_client._core.media_types import HEAD, is_clip, is_clip_type
from kinoform_client.conditions import Conditioning, ConditionKind, Fit
from kinoform_client.errors import NotFoundError
from kinoform_client.files import read_head
from kinoform_client.sync.assets import Assets
from kinoform_client.sync.calls import Caller
from kinoform_client.sync.conditioning_handle import ConditioningHandle
from kinoform_client.sync.handles import OutputFile
from kinoform_client.sync.inputs import PictureInput, picture_input
from kinoform_client.sync.jobs import Jobs
from kinoform_client.sync.transport import in_thread
from kinoform_client.types import Asset
from kinoform_proto.conditioning.v1 import conditioning_pb2
from kinoform_proto.type.v1 import type_pb2


class Conditionings:
    """`client.conditionings`. They are named `projects/{p}/conditionings/{c}`; `{c}` alone means one of the client's
    project.
    """

    def __init__(self, caller: Caller, jobs: Jobs, assets: Assets) -> None:
        self._caller = caller
        self._stub = caller.stubs.conditionings
        self._jobs = jobs
        self._assets = assets

    def create(
        self,
        kind: ConditionKind | str,
        image: PictureInput,
        *,
        max_side: int | None = None,
        size: tuple[int, int] | None = None,
        fit: Fit | str | None = None,
        low: float | None = None,
        high: float | None = None,
        aperture: int | None = None,
        blur: float | None = None,
        hardness: float | None = None,
        colours: int | None = None,
        priority: int = 0,
        labels: Mapping[str, str] | None = None,
    ) -> ConditioningHandle:
        """Has a picture or a clip prepared, and returns it at once: a job may be given it already, and waits for it.

        kind: a ConditionKind or its value, such as `edges`. image: a file's path, PNG, JPEG or WebP bytes, a stored
        asset, an output of a job, or another conditioning; of animated WebP or GIF, MP4, MOV, WebM, Matroska and ZIP
        files of PNG frames every frame is prepared. max_side: longest side of what is made, in pixels.
        reference: size is (width, height) in pixels; fit `cover`, `contain` or `stretch`.
        edges: low and high are Canny's thresholds, aperture the width of the Sobel kernel, 3, 5 or 7, blur a Gaussian's
        standard deviation in pixels. cut_out: hardness of the mask's border, 0 to 1. palette: colours is how many.
        An equal picture with equal settings gives the conditioning that is there already; one that failed is tried
        again. Raises InvalidArgumentError, naming every bad field and every setting that the kind does not have,
        FailedPreconditionError where the server does not prepare such, UnavailableError and their kin.
        """
        settings = Settings(
            max_side=max_side,
            size=size,
            fit=fit,
            low=low,
            high=high,
            aperture=aperture,
            blur=blur,
            hardness=hardness,
            colours=colours,
        )
        request = create_conditioning(kind, settings, project=self._caller.project, priority=priority, labels=labels)
        given = picture_input(self._assets, image)
        source = request.spec.footage if self._moves(image, given) else request.spec.image
        source.CopyFrom(given)
        response = self._caller.call(self._stub.CreateConditioning, request)
        record = conditioning_from_proto(response.conditioning)
        return ConditioningHandle(self._caller, self._jobs, self._assets, record)

    def get(self, name: str) -> Conditioning:
        """The conditioning as it stands now. Raises NotFoundError."""
        request = conditioning_pb2.GetConditioningRequest(name=self._full(name))
        return conditioning_from_proto((self._caller.call(self._stub.GetConditioning, request)).conditioning)

    def list(self, *, page_size: int = 0) -> Iterator[Conditioning]:
        """Conditionings of the project, newest first, page after page as they are asked for."""
        request = conditioning_pb2.ListConditioningsRequest(
            parent=f"projects/{self._caller.project}", page_size=page_size
        )
        while True:
            page = self._caller.call(self._stub.ListConditionings, request)
            for conditioning in page.conditionings:
                yield conditioning_from_proto(conditioning)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def delete(self, name: str, *, force: bool = False) -> None:
        """Deletes it and its files. Raises NotFoundError.

        Raises FailedPreconditionError while it is being prepared, and, unless forced, while a job that has not ended
        names it; forced, such jobs fail if they have not read it yet.
        """
        request = conditioning_pb2.DeleteConditioningRequest(name=self._full(name), force=force)
        attempts = self._caller.attempts(self._caller.policy.total_s)
        try:
            self._caller.call(self._stub.DeleteConditioning, request, attempts)
        except NotFoundError:
            if attempts.made == 1:
                raise

    def _moves(self, source: PictureInput, given: type_pb2.MediaInput) -> bool:
        """Whether it is a clip: by its bytes where they are at hand, else by what its asset says."""
        if isinstance(source, Conditioning | ConditioningHandle) or given.conditioning:
            return False
        if given.inline:
            return is_clip(given.inline[:HEAD])
        if isinstance(source, OutputFile):
            return is_clip_type(source.record.media_type)
        if isinstance(source, Asset):
            return is_clip_type(source.media_type)
        if isinstance(source, bytes):
            return is_clip(source[:HEAD])
        if given.asset == source:
            return is_clip_type((self._assets.get(given.asset)).media_type)
        return is_clip(in_thread(read_head, source))

    def _full(self, name: str) -> str:
        return name if "/" in name else f"projects/{self._caller.project}/conditionings/{name}"
