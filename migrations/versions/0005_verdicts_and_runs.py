"""Verdicts and runs: attempts that check, what their executors call them, and waits for people that expire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXTS = {"kind": "work", "ref": "", "url": "", "rerun_of": ""}


def upgrade() -> None:
    for name, default in _TEXTS.items():
        op.add_column("attempts", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    op.add_column("attempts", sa.Column("held", sa.Text(), nullable=True))
    has_ref = sa.text("ref != ''")
    op.create_index("ix_attempts_ref", "attempts", ["ref"], sqlite_where=has_ref, postgresql_where=has_ref)
    op.add_column("phases", sa.Column("expires_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    # a check is nothing that older versions know: what it found out shows in its phase
    op.execute(
        "UPDATE phases SET attempt = (SELECT max(a.number) FROM attempts a"
        " WHERE a.phase_id = phases.id AND a.kind = 'work')"
        " WHERE attempt IN (SELECT a.number FROM attempts a WHERE a.phase_id = phases.id AND a.kind = 'qa')"
    )
    op.execute("DELETE FROM attempts WHERE kind = 'qa'")
    op.drop_column("phases", "expires_at")
    op.drop_index("ix_attempts_ref", "attempts")
    for name in ("held", *reversed(_TEXTS)):
        op.drop_column("attempts", name)
