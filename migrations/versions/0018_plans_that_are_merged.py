"""Plans that wait for their pull request to be merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_IS_WAITED_FOR = sa.text("branch IS NOT NULL")


def upgrade() -> None:
    op.add_column("plans", sa.Column("pull", sa.Text()))
    op.add_column("plans", sa.Column("branch", sa.Text()))
    op.create_index(
        "ix_plans_branch",
        "plans",
        ["project", "branch"],
        sqlite_where=_IS_WAITED_FOR,
        postgresql_where=_IS_WAITED_FOR,
    )


def downgrade() -> None:
    op.drop_index("ix_plans_branch", "plans")
    op.drop_column("plans", "branch")
    op.drop_column("plans", "pull")
