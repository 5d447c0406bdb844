"""Tables of the job store. A change here needs a migration; a test compares the two."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("project", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("request_type", sa.String, nullable=False),
    sa.Column("request_id", sa.String, nullable=False),
    sa.Column("request_fingerprint", sa.String, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("deadline", sa.BigInteger),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("warnings", sa.JSON, nullable=False),
    sa.Column("parent", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("outputs", sa.JSON, nullable=False),
    sa.Column("error", sa.LargeBinary),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("pause_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("pause_at", sa.Integer),
    sa.Column("previewed", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("origin_step", sa.Integer),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("lease_owner", sa.String),
    sa.Column("lease_expires_at", sa.BigInteger),
    sa.UniqueConstraint("project", "request_id"),
    sa.Index(None, "project", "created_at", "name"),
    # Holds all that the order of a queue is made of, so that its rows are not read.
    sa.Index(None, "state", "priority", "created_at", "deadline", "kind", "name"),
    sa.Index(None, "project", "state", "created_at", "name"),
    sa.Index(None, "project", "kind", "created_at", "name"),
    sa.Index(None, "ended_at", "name"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("job", sa.ForeignKey("jobs.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("job", sa.ForeignKey("jobs.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

kept_states = sa.Table(
    "kept_states",
    metadata,
    sa.Column("job", sa.ForeignKey("jobs.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)

assets = sa.Table(
    "assets",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("project", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("display_name", sa.String, nullable=False),
    sa.Column("job", sa.String, index=True),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("request_id", sa.String),
    sa.Column("request_fingerprint", sa.String),
    sa.UniqueConstraint("project", "request_id"),
    sa.Index(None, "project", "created_at", "name"),
    sa.Index(None, "project", "size"),
    sa.Index(None, "created_at", "name"),
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("project", sa.String, nullable=False),
    sa.Column("media_type", sa.String, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("sha256", sa.String),
    sa.Column("display_name", sa.String, nullable=False),
    sa.Column("labels", sa.JSON, nullable=False),
    sa.Column("request_id", sa.String),
    sa.Column("request_fingerprint", sa.String),
    sa.UniqueConstraint("project", "request_id"),
)
