"""Drafts of requests: with a title of their own, or with phases that were handed in one by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("drafts", sa.Column("title", sa.Text(), nullable=False, server_default=""))
    op.add_column("drafts", sa.Column("phases", sa.Text()))


def downgrade() -> None:
    op.drop_column("drafts", "phases")
    op.drop_column("drafts", "title")
