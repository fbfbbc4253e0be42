"""Tables: the columns of everything that is kept, the same on SQLite and PostgreSQL.

Three choices hold for all of them:

- A moment is an integer: microseconds since 1970 in UTC. Both databases store, compare and index it the same way, nothing
  is rounded, and no driver guesses a time zone; converting one costs a third of a microsecond, a timestamp text ten times that.
- JSON is text. It is read and written whole, by the codecs of the domain; what SQL must ask for has a column of its own.
- What SQL must ask about a phase (`status`, `startable`, `stops_plan`, `holds_slot`) is written beside the facts, by the
  domain's own functions, on every save.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Moment = BigInteger
# only a column declared INTEGER is SQLite's own row number
_RowNumber = BigInteger().with_variant(Integer, "sqlite")


def word(value: str) -> ColumnElement[str]:
    """A fixed word inside a statement: written out, because an index over some rows only is found by literal words."""
    return literal_column(f"'{value}'")


def yes(column: ColumnElement[bool]) -> ColumnElement[bool]:
    """A yes, written bare: written as `column = 1`, SQLite would not find it in an index over the yeses only."""
    return literal_column(str(column))


def _partial(name: str, *columns: Column[object], where: ColumnElement[bool]) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),  # owner/name
    Column("created_at", _Moment, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("paused_for", Text, nullable=False, server_default=""),  # why, where it was not a person's wish
    Column("repository", BigInteger),  # its number on GitHub, which it keeps whatever it is called; none: not known yet
)
Index("ix_projects_repository", projects.c.repository, unique=True)

policies = Table(
    "policies",
    metadata,
    Column("project", Text, primary_key=True),  # owner/name, served or not
    Column("sha", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("read_at", Text, nullable=False, server_default=""),  # the commit that made it so
)

plans = Table(
    "plans",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, ForeignKey("projects.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fences", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("tracked", Boolean, nullable=False),
    Column("issue_number", Integer),
    Column("issue_id", BigInteger),
    Column("selected", Text),  # JSON list of phase keys
    Column("created_at", _Moment),
    Column("updated_at", _Moment, nullable=False),
    Column("wake_at", _Moment),
    Column("revision", Integer, nullable=False, server_default="0"),  # how often its shape was amended
    Column("retracted_at", _Moment),
    Column("made_by", Text, nullable=False, server_default=""),
    Column("policy", Text, nullable=False, server_default=""),  # a commit, or `handed_in`
    Column("pull", Text),  # JSON
    Column("branch", Text),  # what waits to be merged; none once that is settled
)
_partial("ix_plans_branch", plans.c.project, plans.c.branch, where=plans.c.branch.is_not(None))
Index("ix_plans_source", plans.c.project, plans.c.source)
Index("ix_plans_issue_number", plans.c.issue_number)
Index("ix_plans_issue_id", plans.c.issue_id)
_partial("ix_plans_wake_at", plans.c.wake_at, where=plans.c.wake_at.is_not(None))

phases = Table(
    "phases",
    metadata,
    Column("id", Text, primary_key=True),  # plan.serial, public as queue_id
    Column("plan_id", Text, ForeignKey("plans.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("number", Text),
    Column("rules", Text, nullable=False),
    Column("executor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("startable", Boolean, nullable=False),
    Column("stops_plan", Boolean, nullable=False),
    Column("holds_slot", Boolean, nullable=False),
    Column("priority", Integer),  # none: that of the plan
    Column("attempt", Integer),  # the number of the newest one
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("not_before", _Moment),
    Column("approved_by", Text, nullable=False),
    Column("failure", Text),
    Column("issue_number", Integer),
    Column("issue_id", BigInteger),
    Column("linked", Boolean, nullable=False),
    Column("started_at", _Moment),
    Column("finished_at", _Moment),
    Column("updated_at", _Moment, nullable=False),
    Column("leaving", Boolean, nullable=False, server_default=false()),
    Column("removed_at", _Moment),
    Column("ticked", Boolean, nullable=False, server_default=false()),
    Column("expires_at", _Moment),  # when a wait for a person has lasted too long
    Column("admitted", Boolean, nullable=False, server_default=false()),
    Column("paths", Text, nullable=False, server_default="[]"),  # JSON list of the files that its tasks name
)
Index("ix_phases_ordinal", phases.c.plan_id, phases.c.ordinal)
Index("ix_phases_issue_id", phases.c.issue_id)
_partial("ix_phases_startable", phases.c.plan_id, phases.c.priority, where=phases.c.startable)
_partial("ix_phases_stops_plan", phases.c.plan_id, where=phases.c.stops_plan)
_partial("ix_phases_holds_slot", phases.c.plan_id, phases.c.executor, where=phases.c.holds_slot)

dependencies = Table(
    "dependencies",
    metadata,
    Column("phase_id", Text, ForeignKey("phases.id"), primary_key=True),
    Column("needs_id", Text, ForeignKey("phases.id"), primary_key=True),
    sqlite_with_rowid=False,
)

plan_texts = Table(
    "plan_texts",
    metadata,
    Column("plan_id", Text, ForeignKey("plans.id"), primary_key=True),
    Column("overview", Text, nullable=False),
)

phase_texts = Table(
    "phase_texts",
    metadata,
    Column("phase_id", Text, ForeignKey("phases.id"), primary_key=True),
    Column("content", Text, nullable=False),
    Column("tasks", Text, nullable=False),  # JSON list of [done, text]
    Column("documents", Text, nullable=False),  # JSON list of paths
)

attempts = Table(
    "attempts",
    metadata,
    Column("phase_id", Text, ForeignKey("phases.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("executor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("claimed_at", _Moment, nullable=False),
    Column("lease_until", _Moment),
    Column("deadline", _Moment),
    Column("finished_at", _Moment),
    Column("failure", Text),
    Column("kind", Text, nullable=False, server_default="work"),  # work qa
    Column("ref", Text, nullable=False, server_default=""),  # what its executor calls it
    Column("url", Text, nullable=False, server_default=""),
    Column("rerun_of", Text, nullable=False, server_default=""),
    Column("held", Text),  # queue approval
    Column("result", Text),
    Column("tokens", BigInteger, nullable=False, server_default="0"),  # of the result, to be summed
    Column("cost", Float, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
Index("ix_attempts_executor", attempts.c.executor, attempts.c.finished_at)
_partial("ix_attempts_ref", attempts.c.ref, where=attempts.c.ref != word(""))

inbox = Table(
    "inbox",
    metadata,
    Column("seq", _RowNumber, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("messages", Text),
    Column("state", Text, nullable=False),  # received resolved applied failed dead
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("retry_at", _Moment),
    Column("received_at", _Moment, nullable=False),
)
inbox_open = inbox.c.state.in_([word("received"), word("resolved"), word("failed")])
_partial("ix_inbox_open", inbox.c.seq, where=inbox_open)
inbox_tried = inbox.c.state.in_([word("resolved"), word("failed")])
_partial("ix_inbox_tried", inbox.c.seq, where=inbox_tried)

causes = Table(
    "causes",
    metadata,
    Column("cause", Text, primary_key=True),
    Column("applied_at", _Moment, nullable=False),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _RowNumber, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("plan_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending done dead
    Column("holder", Text, nullable=False),  # "" while nobody has claimed it
    Column("tries", Integer, nullable=False),
    Column("retry_at", _Moment),
    Column("error", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
)
outbox_pending = outbox.c.state == word("pending")
_partial("ix_outbox_pending", outbox.c.id, where=outbox_pending)

holders = Table(
    "holders",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("seen_at", _Moment, nullable=False),
)

# How far each list on a tracker has been read, by its name.
cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", _Moment, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("seq", _RowNumber, primary_key=True),
    Column("plan_id", Text, nullable=False),
    Column("phase", Text),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("at", _Moment, nullable=False),
    Column("job", Text),  # of a line about a job; its plan_id is empty
    Column("project", Text),  # where no plan tells it
)
Index("ix_events_plan_id", events.c.plan_id, events.c.seq)
_partial("ix_events_job", events.c.job, where=events.c.job.is_not(None))

# What was written to GitHub in the last hour, by whose allowance; and until when nothing is to be sent with it.
allowances = Table(
    "allowances",
    metadata,
    Column("account", Text, primary_key=True),
    Column("held_until", _Moment),
    Column("limits", Integer, nullable=False),  # since a request last went well
    Column("of_writes", Boolean, nullable=False),
    Column("allowed", Integer),  # by GitHub, until resets_at, as it said at told_at
    Column("remaining", Integer),
    Column("resets_at", _Moment),
    Column("told_at", _Moment),
)
writes = Table(
    "writes",
    metadata,
    Column("id", _RowNumber, primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", _Moment, nullable=False),
)
Index("ix_writes_account", writes.c.account, writes.c.at)

# One row. Locking it is the turn to allocate slots, to apply deliveries in order and to number effects.
coordination = Table(
    "coordination",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sendings", BigInteger, nullable=False),
)
