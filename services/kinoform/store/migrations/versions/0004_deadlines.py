"""Deadlines of jobs, in microseconds since 1970."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Jobs that are there have none."""
    op.add_column("jobs", sa.Column("deadline", sa.BigInteger()))
