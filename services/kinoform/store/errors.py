"""Errors of the stores, split by what the caller can do about them."""


class StoreError(Exception):
    """Root of all errors that the stores raise on purpose."""


class NotFound(StoreError):
    """No record, blob or upload has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} does not exist"


class AlreadyExists(StoreError):
    """Another record has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} exists already"


class RequestIdReused(StoreError):
    """The request id was used before, for another request. `name` is what that request made."""

    def __init__(self, request_id: str, name: str) -> None:
        super().__init__(request_id, name)
        self.request_id = request_id
        self.name = name

    def __str__(self) -> str:
        return f"request_id {self.request_id} was used for another request, which made {self.name}"


class NotKept(StoreError):
    """The job's state after that step is not kept."""

    def __init__(self, name: str, step: int | None, kept: tuple[int, ...]) -> None:
        super().__init__(name, step, kept)
        self.name = name
        self.step = step
        self.kept = kept

    def __str__(self) -> str:
        wanted = "no step" if self.step is None else f"not step {self.step}"
        found = f"; kept are {', '.join(map(str, self.kept))}" if self.kept and self.step is not None else ""
        return f"of {self.name} {wanted} is kept{found}"


class WrongState(StoreError):
    """The job's present state does not allow the act."""

    def __init__(self, name: str, state: str, act: str) -> None:
        super().__init__(name, state, act)
        self.name = name
        self.state = state
        self.act = act

    def __str__(self) -> str:
        return f"cannot {self.act} {self.name}: it is {self.state}"


class Fenced(StoreError):
    """The lease was lost: another owner has the job, or it has ended. Stop working on it."""

    def __init__(self, job: str, attempt: int) -> None:
        super().__init__(job, attempt)
        self.job = job
        self.attempt = attempt

    def __str__(self) -> str:
        return f"attempt {self.attempt} of {self.job} no longer holds its lease"


class OffsetMismatch(StoreError):
    """A chunk does not begin where the upload stands. Continue at `committed`."""

    def __init__(self, upload_id: str, offset: int, committed: int) -> None:
        super().__init__(upload_id, offset, committed)
        self.upload_id = upload_id
        self.offset = offset
        self.committed = committed

    def __str__(self) -> str:
        return f"upload {self.upload_id} stands at {self.committed} bytes, the chunk begins at {self.offset}"


class DigestMismatch(StoreError):
    """The bytes are not those that their SHA-256 or their size promises."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(name, expected, actual)
        self.name = name
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, found {self.actual}"


class QuotaExceeded(StoreError):
    """The project has used what it may. Nothing of the request was stored."""

    def __init__(self, project: str, quota: str, limit: int, used: int, retry_after_s: float) -> None:
        super().__init__(project, quota, limit, used, retry_after_s)
        self.project = project
        self.quota = quota
        """`queued_jobs`, `compute_seconds_per_day`, `storage_bytes` or `requests_per_minute`."""
        self.limit = limit
        self.used = used
        """At the time of the request, with what it asked for."""
        self.retry_after_s = retry_after_s
        """When another try may make sense."""

    def __str__(self) -> str:
        return f"projects/{self.project} may have {self.limit} {self.quota}, and this would be {self.used}"


class StatementRefused(StoreError):
    """The database took a statement for wrong: a bug here. Says nothing of the values."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return f"the database refused a statement: {self.kind}"


class StoreFull(StoreError):
    """No space is left. Free some, then try again."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class StoreUnavailable(StoreError):
    """The database or the file system does not answer. Try again later."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class BackupDamaged(StoreError):
    """Files of a backup are missing, or not what was written. Nothing was restored."""

    def __init__(self, files: tuple[str, ...]) -> None:
        """files: paths within the backup, each with what is wrong where that is known."""
        super().__init__(files)
        self.files = files

    def __str__(self) -> str:
        return f"the backup is damaged: {'; '.join(self.files)}"


class OtherVersion(StoreError):
    """A backup's tables are not those of this version."""

    def __init__(self, dump: str, made_by: str, found: str, ours: str) -> None:
        super().__init__(dump, made_by, found, ours)
        self.dump = dump
        self.made_by = made_by
        """Version of Kinoform."""
        self.found = found
        """Revision of the tables."""
        self.ours = ours

    def __str__(self) -> str:
        return (
            f"dump {self.dump} has tables of revision {self.found}, this version's are of {self.ours}: restore it with "
            f"Kinoform {self.made_by}, which made it; later versions bring what is restored up to date as they open it"
        )


class NotEmpty(StoreError):
    """A backup is restored into empty stores only."""

    def __init__(self, found: tuple[str, ...]) -> None:
        super().__init__(found)
        self.found = found

    def __str__(self) -> str:
        return f"a backup is restored into empty stores only; here are {', '.join(self.found)}"
