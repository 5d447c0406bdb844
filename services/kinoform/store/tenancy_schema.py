"""Tables of who may call, what was called, and how much a project may use."""

import sqlalchemy as sa

from kinoform.store.schema import metadata

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("projects", sa.JSON, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("former_digest", sa.String),
    sa.Column("former_until", sa.BigInteger),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("last_used_at", sa.BigInteger),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("principal", sa.String, nullable=False),
    sa.Column("key_id", sa.String, nullable=False),
    sa.Column("method", sa.String, nullable=False),
    sa.Column("resource", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("request_id", sa.String, nullable=False),
    sa.Column("peer", sa.String, nullable=False),
    sa.Column("intent", sa.String, nullable=False),
    sa.Column("suppressed", sa.Integer, nullable=False),
    sa.Column("previous_hash", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("project", sa.String, primary_key=True),
    sa.Column("queued_jobs", sa.BigInteger),
    sa.Column("compute_seconds_per_day", sa.BigInteger),
    sa.Column("storage_bytes", sa.BigInteger),
    sa.Column("requests_per_minute", sa.BigInteger),
)

retention = sa.Table(
    "retention",
    metadata,
    sa.Column("project", sa.String, primary_key=True),
    sa.Column("files", sa.BigInteger),
    sa.Column("jobs", sa.BigInteger),
)

# Not bound to the jobs: what a project has used stays used when it deletes the job.
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job", sa.String, nullable=False, index=True),
    sa.Column("project", sa.String, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Index(None, "project", "ended_at"),
)
