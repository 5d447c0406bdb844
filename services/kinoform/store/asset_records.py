"""What is known of assets besides their bytes, and which bytes are still needed."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kinoform.store import schema
from kinoform.store.database import Database
from kinoform.store.errors import AlreadyExists, NotFound, RequestIdReused
from kinoform.store.quotas import UNLIMITED, Limits, check_storage
from kinoform.store.records import AssetRecord, Cursor, RequestKey
from kinoform.store.rows import asset_record, asset_values

_assets = schema.assets.c


class Assets:
    """Metadata of all assets. Several may share one blob."""

    def __init__(self, database: Database, defaults: Limits = UNLIMITED) -> None:
        """defaults: limits of projects that have none of their own."""
        self._database = database
        self._defaults = defaults

    def create(
        self, asset: AssetRecord, *, request_key: RequestKey | None = None, counted: bool = False
    ) -> tuple[AssetRecord, bool]:
        """Record an asset whose bytes are stored already.

        A request id that was used before gives the asset of that time and False. Raises RequestIdReused when the
        request of that time was another one, AlreadyExists when the name is taken; if `counted`, QuotaExceeded when the
        project may not store so much.
        """
        with self._database.write() as transaction:
            try:
                with transaction.connection.begin_nested():
                    transaction.connection.execute(sa.insert(schema.assets), asset_values(asset, request_key))
            except IntegrityError:
                return _created_before(transaction.connection, asset, request_key), False
            if counted:
                check_storage(transaction.connection, asset.project, self._defaults)
        return asset, True

    def get(self, name: str) -> AssetRecord:
        """The asset of that name. Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(schema.assets).where(_assets.name == name)).mappings().one_or_none()
        if row is None:
            raise NotFound(name)
        return asset_record(row)

    def renew(self, name: str, *, now: int) -> bool:
        """Count the asset's age anew, as it was given again; whether it is there."""
        renewed = sa.update(schema.assets).where(_assets.name == name).values(created_at=now)
        with self._database.write() as transaction:
            return transaction.connection.execute(renewed).rowcount > 0

    def holds(self, project: str, sha256: str) -> bool:
        """Whether an asset of the project has these bytes."""
        query = sa.select(_assets.name).where(_assets.sha256 == sha256, _assets.project == project).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def list(
        self, project: str, *, page_size: int, after: Cursor | None = None, job: str | None = None
    ) -> tuple[list[AssetRecord], Cursor | None]:
        """One page of a project's assets, newest first, and where the next page begins: None at the end."""
        query = sa.select(schema.assets).where(_assets.project == project)
        if job is not None:
            query = query.where(_assets.job == job)
        if after is not None:
            query = query.where(sa.tuple_(_assets.created_at, _assets.name) < sa.tuple_(after.created_at, after.name))
        query = query.order_by(_assets.created_at.desc(), _assets.name.desc()).limit(page_size + 1)
        with self._database.read() as connection:
            found = [asset_record(row) for row in connection.execute(query).mappings()]
        page = found[:page_size]
        if len(found) <= page_size:
            return page, None
        return page, Cursor(created_at=page[-1].created_at, name=page[-1].name)

    def delete(self, name: str) -> AssetRecord:
        """Forget an asset and return what was known of it; its blob may be `unreferenced` now. Raises NotFound."""
        statement = sa.delete(schema.assets).where(_assets.name == name).returning(*schema.assets.columns)
        with self._database.write() as transaction:
            row = transaction.connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise NotFound(name)
        return asset_record(row)

    def held(self) -> dict[str, tuple[int, int]]:
        """How many assets every project has, and their bytes; what several share is counted for each."""
        count, size = sa.func.count(), sa.func.coalesce(sa.func.sum(_assets.size), 0)
        query = sa.select(_assets.project, count, size).group_by(_assets.project).order_by(_assets.project)
        with self._database.read() as connection:
            return {project: (int(number), int(total)) for project, number, total in connection.execute(query)}

    def unreferenced(self, digests: Collection[str]) -> set[str]:
        """Those of the SHA-256 digests that no asset, checkpoint or kept state refers to: their blobs may go."""
        columns = (_assets.sha256, schema.checkpoints.c.sha256, schema.kept_states.c.sha256)
        query = sa.union(*(sa.select(column).where(column.in_(digests)) for column in columns))
        with self._database.read() as connection:
            return set(digests) - set(connection.execute(query).scalars())


def insert_assets(connection: sa.Connection, assets: Sequence[AssetRecord]) -> None:
    """Write assets inside the transaction of what made them. Raises AlreadyExists."""
    for asset in assets:
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(schema.assets), asset_values(asset, None))
        except IntegrityError as error:
            raise AlreadyExists(asset.name) from error


def drop_assets_of(connection: sa.Connection, job: str) -> list[str]:
    """Forget what a job made; returns the SHA-256 of its blobs."""
    dropped = sa.delete(schema.assets).where(_assets.job == job).returning(_assets.sha256)
    return list(connection.execute(dropped).scalars())


def _created_before(connection: sa.Connection, asset: AssetRecord, key: RequestKey | None) -> AssetRecord:
    if key is None:
        raise AlreadyExists(asset.name)
    query = sa.select(schema.assets).where(_assets.project == asset.project, _assets.request_id == key.id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise AlreadyExists(asset.name)
    if row["request_fingerprint"] != key.fingerprint:
        raise RequestIdReused(key.id, row["name"])
    return asset_record(row)
