"""Repositories, and who may do what in them."""

from __future__ import annotations

import hashlib
import re

from bot.localhub.clock import Clock
from bot.localhub.database import Database, Row, moment, stamp
from bot.localhub.people import People
from bot.localhub.problems import Refused, forbidden, gone, invalid, not_found
from bot.localhub.values import Repository, Role, User

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
DEFAULT_LABELS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("good first issue", "7057ff", "Good for newcomers"),
    ("help wanted", "008672", "Extra attention is needed"),
    ("invalid", "e4e669", "This doesn't seem right"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
)
_SELECT = """
SELECT r.*, (SELECT count(*) FROM issues i
             WHERE i.repository_id = r.id AND i.state = 'open' AND i.deleted_at IS NULL) AS open_issues,
       EXISTS (SELECT 1 FROM archived_repositories a WHERE a.repository_id = r.id) AS archived
FROM repositories r"""
_IS_INSTALLED = """
SELECT 1 FROM installation_repositories p
JOIN installations i ON i.id = p.installation_id JOIN apps a ON a.id = i.app_id
WHERE p.repository_id = ? AND a.bot_id = ?"""


class Repositories:
    """Every repository, its collaborators and their roles."""

    def __init__(self, db: Database, clock: Clock, people: People) -> None:
        self._db = db
        self._clock = clock
        self._people = people

    def create(self, full_name: str, *, private: bool = False, description: str | None = None) -> Repository:
        """A new repository with GitHub's nine labels, or the one of that name if there is one.

        An owner nobody knows becomes an organization.
        """
        owner_login, _, name = full_name.partition("/")
        if not NAME.fullmatch(name) or name in {".", ".."}:
            raise invalid("Repository", "name", "invalid")
        with self._db.transaction():
            owner = self._people.create(owner_login, kind="Organization")
            if self.exists(full_name):
                return self.named(full_name)
            return self.get(self._insert(owner, name, private, description))

    def _insert(self, owner: User, name: str, private: bool, description: str | None) -> int:
        now = stamp(self._clock())
        full_name = f"{owner.login}/{name}"
        repository_id = self._db.insert(
            "repositories",
            owner_id=owner.id,
            full_name=full_name,
            private=private,
            description=description,
            head=hashlib.sha1(full_name.encode(), usedforsecurity=False).hexdigest(),
            created_at=now,
            updated_at=now,
            pushed_at=now,
        )
        for label, color, what in DEFAULT_LABELS:
            self._db.insert(
                "labels", repository_id=repository_id, name=label, color=color, description=what, is_default=True
            )
        return repository_id

    def exists(self, full_name: str) -> bool:
        return self._db.first("SELECT 1 FROM repositories WHERE full_name = ?", full_name) is not None

    def get(self, repository_id: int) -> Repository:
        return self._read(self._db.one(f"{_SELECT} WHERE r.id = ?", repository_id))

    def all(self) -> list[Repository]:
        return [self._read(row) for row in self._db.rows(f"{_SELECT} ORDER BY r.full_name")]

    def named(self, full_name: str) -> Repository:
        """By its name, or by one that it had before nobody else took it: GitHub redirects those."""
        row = self._db.first(f"{_SELECT} WHERE r.full_name = ?", full_name)
        if row is None:
            former = self._db.one("SELECT repository_id FROM former_names WHERE full_name = ?", full_name)
            return self.get(former["repository_id"])
        return self._read(row)

    def rename(self, repository: Repository, owner: User, name: str) -> Repository:
        """Under another name, or another owner."""
        full_name = f"{owner.login}/{name}"
        if not NAME.fullmatch(name) or self.exists(full_name):
            raise invalid("Repository", "name", "invalid")
        with self._db.transaction():
            self._db.run("INSERT OR REPLACE INTO former_names VALUES (?, ?)", repository.full_name, repository.id)
            self._db.update("repositories", repository.id, full_name=full_name, owner_id=owner.id)
            return self.get(repository.id)

    def archive(self, repository: Repository) -> Repository:
        self._db.run("INSERT OR IGNORE INTO archived_repositories VALUES (?)", repository.id)
        return self.get(repository.id)

    def unarchive(self, repository: Repository) -> Repository:
        self._db.run("DELETE FROM archived_repositories WHERE repository_id = ?", repository.id)
        return self.get(repository.id)

    def seen_by(self, full_name: str, viewer: User | None) -> Repository:
        """The repository, if the viewer may know of it; private ones do not exist for strangers."""
        repository = self.named(full_name)
        if not self.role(repository, viewer).includes(Role.READ):
            raise not_found()
        return repository

    def with_issues(self, full_name: str, viewer: User | None) -> Repository:
        repository = self.seen_by(full_name, viewer)
        if not repository.has_issues:
            raise gone("Issues has been disabled in this repository.")
        return repository

    def disable_issues(self, full_name: str) -> None:
        self._db.update("repositories", self.named(full_name).id, has_issues=False)

    def add_collaborator(self, full_name: str, login: str, role: str) -> None:
        repository, user = self.named(full_name), self._people.named(login)
        self._db.run(
            "INSERT OR REPLACE INTO collaborators (repository_id, user_id, role) VALUES (?, ?, ?)",
            repository.id,
            user.id,
            Role(role).value,
        )

    def remove_collaborator(self, full_name: str, login: str) -> None:
        repository, user = self.named(full_name), self._people.named(login)
        self._db.run("DELETE FROM collaborators WHERE repository_id = ? AND user_id = ?", repository.id, user.id)

    def collaborators(self, repository: Repository) -> list[User]:
        """Everybody with a role of their own, the owner first."""
        rows = self._db.rows("SELECT user_id FROM collaborators WHERE repository_id = ? ORDER BY rowid", repository.id)
        others = [self._people.get(row["user_id"]) for row in rows if row["user_id"] != repository.owner.id]
        return others if repository.owner.type == "Organization" else [repository.owner, *others]

    def role(self, repository: Repository, user: User | None) -> Role:
        """An owner administers, a collaborator has the role given, everybody else reads what is public."""
        if user and user.id == repository.owner.id:
            return Role.ADMIN
        sql = "SELECT role FROM collaborators WHERE repository_id = ? AND user_id = ?"
        row = self._db.first(sql, repository.id, user.id) if user else None
        if row:
            return Role(row["role"])
        if user and user.type == "Bot" and self._db.first(_IS_INSTALLED, repository.id, user.id):
            return Role.WRITE
        return Role.NONE if repository.private else Role.READ

    def allows(self, repository: Repository, user: User, role: Role) -> bool:
        return self.role(repository, user).includes(role)

    def demand(self, repository: Repository, user: User, role: Role, *, refusal: Refused | None = None) -> None:
        """403, unless the user has at least this role."""
        if not self.allows(repository, user, role):
            raise refusal or forbidden()

    def association(self, repository_id: int, user: User) -> str:
        """`author_association`, computed without a viewer as webhooks have it."""
        row = self._db.one("SELECT owner_id FROM repositories WHERE id = ?", repository_id)
        if row["owner_id"] == user.id:
            return "OWNER"
        sql = "SELECT 1 FROM collaborators WHERE repository_id = ? AND user_id = ?"
        return "COLLABORATOR" if self._db.first(sql, repository_id, user.id) else "NONE"

    def _read(self, row: Row) -> Repository:
        return Repository(
            id=row["id"],
            owner=self._people.get(row["owner_id"]),
            name=row["full_name"].partition("/")[2],
            private=bool(row["private"]),
            description=row["description"],
            default_branch=row["default_branch"],
            has_issues=bool(row["has_issues"]),
            archived=bool(row["archived"]),
            head=row["head"],
            open_issues=row["open_issues"],
            created_at=moment(row["created_at"]),
            updated_at=moment(row["updated_at"]),
            pushed_at=moment(row["pushed_at"]),
        )
