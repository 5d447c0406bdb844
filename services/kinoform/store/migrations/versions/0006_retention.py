"""How long projects' things are kept, in microseconds, and the indices by which what is due is found."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing that is there expires."""
    op.create_table(
        "retention",
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("files", sa.BigInteger()),
        sa.Column("jobs", sa.BigInteger()),
        sa.PrimaryKeyConstraint("project", name="pk_retention"),
    )
    op.create_index("ix_jobs_ended_at_name", "jobs", ["ended_at", "name"])
    op.create_index("ix_assets_created_at_name", "assets", ["created_at", "name"])
