"""Jobs, events, checkpoints, assets, uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    _jobs()
    _events()
    _checkpoints()
    _assets()
    _uploads()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("request_type", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("request_fingerprint", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("parent", sa.String()),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("error", sa.LargeBinary()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
        sa.UniqueConstraint("project", "request_id", name="uq_jobs_project_request_id"),
    )
    op.create_index("ix_jobs_project_created_at_name", "jobs", ["project", "created_at", "name"])
    op.create_index("ix_jobs_state_priority_created_at_name", "jobs", ["state", "priority", "created_at", "name"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.name"], name="fk_events_job", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "sequence", name="pk_events"),
    )


def _checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.name"], name="fk_checkpoints_job", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", name="pk_checkpoints"),
    )
    op.create_index("ix_checkpoints_sha256", "checkpoints", ["sha256"])


def _assets() -> None:
    op.create_table(
        "assets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("job", sa.String()),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("request_fingerprint", sa.String()),
        sa.PrimaryKeyConstraint("name", name="pk_assets"),
        sa.UniqueConstraint("project", "request_id", name="uq_assets_project_request_id"),
    )
    op.create_index("ix_assets_job", "assets", ["job"])
    op.create_index("ix_assets_project_created_at_name", "assets", ["project", "created_at", "name"])
    op.create_index("ix_assets_sha256", "assets", ["sha256"])


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.String()),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.Column("request_fingerprint", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.UniqueConstraint("project", "request_id", name="uq_uploads_project_request_id"),
    )
