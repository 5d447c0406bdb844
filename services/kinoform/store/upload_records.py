"""What was declared of uploads that have begun and not ended."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kinoform.store import schema
from kinoform.store.database import Database
from kinoform.store.errors import AlreadyExists, NotFound, RequestIdReused
from kinoform.store.quotas import UNLIMITED, Limits, check_storage
from kinoform.store.records import UploadRecord
from kinoform.store.rows import upload_record, upload_values

_uploads = schema.uploads.c


class Uploads:
    """Declarations of open uploads. Their bytes are in the asset store, under the same id."""

    def __init__(self, database: Database, defaults: Limits = UNLIMITED) -> None:
        """defaults: limits of projects that have none of their own."""
        self._database = database
        self._defaults = defaults

    def create(self, upload: UploadRecord) -> tuple[UploadRecord, bool]:
        """Record an upload. A request id used before gives the upload of that time and False.

        Raises RequestIdReused when the request of that time was another one, AlreadyExists when the id is taken,
        QuotaExceeded when the project may not store so much.
        """
        with self._database.write() as transaction:
            try:
                with transaction.connection.begin_nested():
                    transaction.connection.execute(sa.insert(schema.uploads), upload_values(upload))
            except IntegrityError:
                return _created_before(transaction.connection, upload), False
            check_storage(transaction.connection, upload.project, self._defaults)
        return upload, True

    def get(self, upload_id: str) -> UploadRecord:
        """The upload of that id. Raises NotFound."""
        query = sa.select(schema.uploads).where(_uploads.id == upload_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFound(upload_id)
        return upload_record(row)

    def begun_before(self, time: int) -> list[UploadRecord]:
        """Uploads that began before `time`, oldest first: those to give up."""
        query = sa.select(schema.uploads).where(_uploads.created_at < time).order_by(_uploads.created_at)
        with self._database.read() as connection:
            return [upload_record(row) for row in connection.execute(query).mappings()]

    def delete(self, upload_id: str) -> None:
        """Forget an upload; does nothing when it is forgotten already."""
        with self._database.write() as transaction:
            transaction.connection.execute(sa.delete(schema.uploads).where(_uploads.id == upload_id))


def _created_before(connection: sa.Connection, upload: UploadRecord) -> UploadRecord:
    key = upload.request_key
    if key is None:
        raise AlreadyExists(upload.id)
    query = sa.select(schema.uploads).where(_uploads.project == upload.project, _uploads.request_id == key.id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise AlreadyExists(upload.id)
    if row["request_fingerprint"] != key.fingerprint:
        raise RequestIdReused(key.id, upload.id)
    return upload_record(row)
