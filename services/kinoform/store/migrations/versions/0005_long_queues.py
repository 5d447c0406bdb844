"""Indices by which long queues and many ended jobs cost no more than short ones."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make what queues and filtered listings are read from."""
    op.drop_index("ix_jobs_state_priority_created_at_name", "jobs")
    columns = ["state", "priority", "created_at", "deadline", "kind", "name"]
    op.create_index("ix_jobs_state_priority_created_at_deadline_kind_name", "jobs", columns)
    op.create_index("ix_jobs_project_state_created_at_name", "jobs", ["project", "state", "created_at", "name"])
    op.create_index("ix_jobs_project_kind_created_at_name", "jobs", ["project", "kind", "created_at", "name"])
    op.drop_index("ix_jobs_project_state", "jobs")
