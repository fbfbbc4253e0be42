"""Labels of a repository."""

from __future__ import annotations

import re
from dataclasses import asdict, replace

from bot.localhub import limits
from bot.localhub.database import Row
from bot.localhub.ground import Ground
from bot.localhub.problems import invalid
from bot.localhub.values import Label, LabelChanges, Repository, Role, User

COLOR = re.compile(r"[0-9a-fA-F]{6}")
IMPLICIT_COLOR = "ededed"
_SELECT = "SELECT l.*, r.full_name FROM labels l JOIN repositories r ON r.id = l.repository_id"


class Labels:
    """Names are unique in a repository whatever their case, and keep the case they were created with."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._repositories = ground.repositories
        self._news = ground.news

    def all(self, repository: Repository) -> list[Label]:
        return [_label(row) for row in self._db.rows(f"{_SELECT} WHERE r.id = ? ORDER BY l.name", repository.id)]

    def get(self, repository: Repository, name: str) -> Label:
        return _label(self._db.one(f"{_SELECT} WHERE r.id = ? AND l.name = ?", repository.id, name))

    def create(
        self,
        repository: Repository,
        actor: User,
        name: str,
        *,
        color: str | None = None,
        description: str | None = None,
    ) -> Label:
        self._repositories.demand(repository, actor, Role.WRITE)
        color = IMPLICIT_COLOR if color is None else color
        _check(name, color, description)
        with self._db.transaction():
            if self._find(repository, name):
                raise invalid("Label", "name", "already_exists")
            return self._insert(repository, actor, name, color=color, description=description)

    def _find(self, repository: Repository, name: str) -> Label | None:
        row = self._db.first(f"{_SELECT} WHERE r.id = ? AND l.name = ?", repository.id, name)
        return _label(row) if row else None

    def _insert(
        self, repository: Repository, actor: User, name: str, *, color: str, description: str | None = None
    ) -> Label:
        label_id = self._db.insert(
            "labels", repository_id=repository.id, name=name, color=color.lower(), description=description
        )
        label = Label(label_id, repository.full_name, name, color.lower(), description, default=False)
        self._tell("created", repository, label, actor)
        return label

    def named(self, repository: Repository, actor: User, names: tuple[str, ...]) -> list[Label]:
        """The labels of these names, in their order and once each; those nobody has made yet are created."""
        found: dict[int, Label] = {}
        for name in names:
            _check(name, IMPLICIT_COLOR, None)
            label = self._find(repository, name) or self._insert(repository, actor, name, color=IMPLICIT_COLOR)
            found[label.id] = label
        if len(found) > limits.LABELS_PER_ISSUE:
            raise invalid("Issue", "labels", "custom", f"Issues cannot have more than {limits.LABELS_PER_ISSUE} labels")
        return list(found.values())

    def edit(self, repository: Repository, actor: User, label: Label, changes: LabelChanges) -> Label:
        self._repositories.demand(repository, actor, Role.WRITE)
        edited = replace(label, **changes)
        _check(edited.name, edited.color, edited.description)
        with self._db.transaction():
            other = self._find(repository, edited.name)
            if other and other.id != label.id:
                raise invalid("Label", "name", "already_exists")
            self._db.update(
                "labels", label.id, name=edited.name, color=edited.color.lower(), description=edited.description
            )
            before, after = asdict(label), asdict(edited)
            changed = {key: {"from": before[key] or ""} for key in before if before[key] != after[key]}
            self._tell("edited", repository, edited, actor, changes=changed)
        return edited

    def delete(self, repository: Repository, actor: User, label: Label) -> None:
        self._repositories.demand(repository, actor, Role.WRITE)
        with self._db.transaction():
            self._db.run("DELETE FROM labels WHERE id = ?", label.id)
            self._tell("deleted", repository, label, actor)

    def _tell(self, action: str, repository: Repository, label: Label, actor: User, **extra: object) -> None:
        self._news.tell(
            repository.id, "label", actor, lambda: {"action": action, "label": self._news.shapes.label(label), **extra}
        )


def _check(name: str, color: str, description: str | None) -> None:
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > limits.LABEL_NAME:
        raise invalid("Label", "name", "invalid", f"name is too long (maximum is {limits.LABEL_NAME} characters)")
    if not COLOR.fullmatch(color):
        raise invalid("Label", "color", "invalid")
    if len(description or "") > limits.LABEL_DESCRIPTION:
        too_long = f"description is too long (maximum is {limits.LABEL_DESCRIPTION} characters)"
        raise invalid("Label", "description", "invalid", too_long)


def _label(row: Row) -> Label:
    return Label(
        id=row["id"],
        repository=row["full_name"],
        name=row["name"],
        color=row["color"],
        description=row["description"],
        default=bool(row["is_default"]),
    )
