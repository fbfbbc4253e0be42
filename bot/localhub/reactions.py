"""Reactions to issues and comments: one of each kind a person."""

from __future__ import annotations

from bot.localhub.database import Row, moment, stamp
from bot.localhub.ground import Ground
from bot.localhub.problems import forbidden, invalid
from bot.localhub.values import REACTIONS, Comment, Issue, Reaction, User


class Reactions:
    """Given, listed and taken back. They raise no webhook, on GitHub neither."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people

    def add(self, subject: Issue | Comment, actor: User, content: str) -> tuple[Reaction, bool]:
        """The reaction, and whether it is new; a second one of the same kind is the first."""
        if content not in REACTIONS:
            raise invalid("Reaction", "content", "invalid")
        with self._db.transaction():
            for reaction in self.all(subject):
                if (reaction.user, reaction.content) == (actor, content):
                    return reaction, False
            reaction_id = self._db.insert(
                "reactions",
                subject=_kind(subject),
                subject_id=subject.id,
                user_id=actor.id,
                content=content,
                created_at=stamp(self._clock()),
            )
            return self._read(self._db.one("SELECT * FROM reactions WHERE id = ?", reaction_id)), True

    def all(self, subject: Issue | Comment) -> list[Reaction]:
        sql = "SELECT * FROM reactions WHERE subject = ? AND subject_id = ? ORDER BY id"
        return [self._read(row) for row in self._db.rows(sql, _kind(subject), subject.id)]

    def remove(self, subject: Issue | Comment, actor: User, reaction_id: int) -> None:
        """Only one's own."""
        sql = "SELECT * FROM reactions WHERE id = ? AND subject = ? AND subject_id = ?"
        if self._db.one(sql, reaction_id, _kind(subject), subject.id)["user_id"] != actor.id:
            raise forbidden()
        self._db.run("DELETE FROM reactions WHERE id = ?", reaction_id)

    def _read(self, row: Row) -> Reaction:
        return Reaction(row["id"], self._people.get(row["user_id"]), row["content"], moment(row["created_at"]))


def _kind(subject: Issue | Comment) -> str:
    return "issue" if isinstance(subject, Issue) else "comment"
