"""Lines of the audit trail about jobs, and the jobs that are under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_OF_A_JOB = sa.text("job IS NOT NULL")
_LIVE = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.add_column("events", sa.Column("job", sa.Text()))
    op.add_column("events", sa.Column("project", sa.Text()))
    op.create_index("ix_events_job", "events", ["job"], sqlite_where=_OF_A_JOB, postgresql_where=_OF_A_JOB)
    op.create_index("ix_jobs_live", "jobs", ["seq"], sqlite_where=_LIVE, postgresql_where=_LIVE)


def downgrade() -> None:
    op.drop_index("ix_jobs_live", "jobs")
    op.drop_index("ix_events_job", "events")
    op.drop_column("events", "project")
    op.drop_column("events", "job")
