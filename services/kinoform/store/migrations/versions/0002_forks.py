"""Kept states, pauses, and where a forked job began."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of kept states, and the columns of a job's pauses."""
    op.create_table(
        "kept_states",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.name"], name="fk_kept_states_job", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "step", name="pk_kept_states"),
    )
    op.create_index("ix_kept_states_sha256", "kept_states", ["sha256"])
    op.add_column("jobs", sa.Column("pause_requested", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("pause_at", sa.Integer()))
    op.add_column("jobs", sa.Column("previewed", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("jobs", sa.Column("origin_step", sa.Integer()))
