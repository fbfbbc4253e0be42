"""The numbers by which GitHub knows the repositories of projects, whatever they are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("projects", sa.Column("repository", sa.BigInteger()))
    op.create_index("ix_projects_repository", "projects", ["repository"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_projects_repository", "projects")
    op.drop_column("projects", "repository")
