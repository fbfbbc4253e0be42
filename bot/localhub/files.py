"""Files on the default branch: put by people, read through the contents API."""

from __future__ import annotations

import hashlib

from bot.localhub.database import Row, moment, stamp
from bot.localhub.git import GitFolders
from bot.localhub.ground import Ground
from bot.localhub.problems import invalid, not_found
from bot.localhub.shapes import Json
from bot.localhub.values import Repository, Role, StoredCommit, StoredFile, User


class Files:
    """Every put or removal is a commit of its own and raises a push."""

    def __init__(self, ground: Ground, folders: GitFolders) -> None:
        self._db = ground.db
        self._clock = ground.clock
        self._people = ground.people
        self._repositories = ground.repositories
        self._news = ground.news
        self._folders = folders

    def put(self, repository: Repository, actor: User, path: str, content: bytes, message: str = "") -> StoredFile:
        self._repositories.demand(repository, actor, Role.WRITE)
        if not path or path != path.strip("/") or {"", ".", ".."} & set(path.split("/")):
            raise invalid("Commit", "path", "invalid", "path contains a malformed path component")
        stored = StoredFile(path, content, blob_sha(content))
        with self._db.transaction():
            known = self.find(repository, path)
            self._db.run(
                "INSERT OR REPLACE INTO files (repository_id, path, content, sha) VALUES (?, ?, ?, ?)",
                repository.id,
                path,
                content,
                stored.sha,
            )
            self._commit(repository, actor, "modified" if known else "added", stored, message)
        return stored

    def remove(self, repository: Repository, actor: User, path: str) -> None:
        self._repositories.demand(repository, actor, Role.WRITE)
        with self._db.transaction():
            if not self._db.run("DELETE FROM files WHERE repository_id = ? AND path = ?", repository.id, path):
                raise not_found()
            self._commit(repository, actor, "removed", StoredFile(path, None, ""))

    def _commit(self, repository: Repository, actor: User, what: str, changed: StoredFile, message: str = "") -> None:
        now, path = stamp(self._clock()), changed.path
        message = message or f"{what.capitalize()} {path}"
        after = hashlib.sha1(f"{repository.head} {now} {what} {path}".encode(), usedforsecurity=False).hexdigest()
        id = self._db.insert("commits", repository_id=repository.id, sha=after, path=path, content=changed.content)
        self._db.insert("commit_notes", commit_id=id, user_id=actor.id, message=message, created_at=now)
        self._db.update("repositories", repository.id, head=after, pushed_at=now, updated_at=now)
        changes = {what: [path]}
        self._news.tell(
            repository.id, "push", actor, lambda: self._push(repository, actor, after, message=message, changed=changes)
        )

    def _push(
        self, repository: Repository, actor: User, after: str, *, message: str, changed: dict[str, list[str]]
    ) -> Json:
        page = f"{self._news.shapes.html}/{repository.full_name}"
        hand = {"name": actor.name or actor.login, "email": actor.email}
        author = {**hand, "username": actor.login}
        commit = {
            "id": after,
            "tree_id": after,
            "distinct": True,
            "message": message,
            "timestamp": stamp(self._clock()),
            "url": f"{page}/commit/{after}",
            "author": author,
            "committer": author,
            "added": [],
            "removed": [],
            "modified": [],
            **changed,
        }
        return {
            "ref": f"refs/heads/{repository.default_branch}",
            "before": repository.head,
            "after": after,
            "pusher": hand,
            **dict.fromkeys(("created", "deleted", "forced"), False),
            "base_ref": None,
            "compare": f"{page}/compare/{repository.head[:12]}...{after[:12]}",
            "commits": [commit],
            "head_commit": commit,
        }

    def read(self, repository: Repository, path: str) -> StoredFile | list[StoredFile]:
        """The file of that path, or what is in the folder; 404 if there is neither."""
        found = self.find(repository, path)
        if found:
            return found
        entries = self._folder(repository, path)
        if not entries:
            raise not_found("Not Found" if path else "This repository is empty.")
        return entries

    def at(self, repository: Repository, sha: str, path: str) -> StoredFile | None:
        """The file as it was at an earlier commit; 404 for a commit that is not known."""
        missing = f"No commit found for the ref {sha}"
        rows = self._db.rows("SELECT id FROM commits WHERE repository_id = ? AND sha = ?", repository.id, sha)
        if not rows:
            raise not_found(missing)
        sql = "SELECT content FROM commits WHERE repository_id = ? AND path = ? AND id <= ? ORDER BY id DESC LIMIT 1"
        row = self._db.first(sql, repository.id, path, rows[0]["id"])
        content = row["content"] if row else None
        return None if content is None else StoredFile(path, content, blob_sha(content))

    def commits(self, repository: Repository, ref: str, path: str) -> list[StoredCommit]:
        """The newest first, as of a commit or (`ref` empty) of the branch; with `path` those that changed this file."""
        sql = (
            "SELECT sha, path, content IS NULL AS is_removal, user_id, message, created_at FROM commits"
            " LEFT JOIN commit_notes ON commit_id = commits.id WHERE repository_id = ? ORDER BY commits.id DESC"
        )
        rows = self._db.rows(sql, repository.id)
        known = [row["sha"] for row in rows]
        if ref and ref not in known:
            raise not_found(f"No commit found for SHA: {ref}")
        before = rows[known.index(ref) :] if ref else rows
        parents = [*(row["sha"] for row in before), ""][1:]
        return [
            self._stored(repository, row, parent)
            for row, parent in zip(before, parents, strict=False)
            if path in ("", row["path"])
        ]

    def has_commit(self, repository: Repository, sha: str) -> bool:
        """One of ours, or one that was pushed."""
        sql = "SELECT 1 FROM commits WHERE repository_id = ? AND sha = ?"
        is_ours = self._db.first(sql, repository.id, sha) is not None
        return is_ours or self._folders.of(repository.id, repository.default_branch).has(sha)

    def _stored(self, repository: Repository, row: Row, parent: str) -> StoredCommit:
        """What an older version has not noted is said in general."""
        return StoredCommit(
            sha=row["sha"],
            path=row["path"],
            is_removal=bool(row["is_removal"]),
            parent=parent,
            author=None if row["user_id"] is None else self._people.get(row["user_id"]),
            message=row["message"] or f"{'Remove' if row['is_removal'] else 'Write'} {row['path']}",
            created_at=moment(row["created_at"]) if row["created_at"] else repository.created_at,
        )

    def find(self, repository: Repository, path: str) -> StoredFile | None:
        row = self._db.first("SELECT * FROM files WHERE repository_id = ? AND path = ?", repository.id, path)
        return StoredFile(row["path"], row["content"], row["sha"]) if row else None

    def _folder(self, repository: Repository, path: str) -> list[StoredFile]:
        prefix = f"{path}/" if path else ""
        sql = "SELECT * FROM files WHERE repository_id = ? AND substr(path, 1, ?) = ? ORDER BY path"
        entries: dict[str, StoredFile] = {}
        for row in self._db.rows(sql, repository.id, len(prefix), prefix):
            name, slash, _ = row["path"][len(prefix) :].partition("/")
            if slash:
                folder = prefix + name
                entries[folder] = StoredFile(folder, None, blob_sha(folder.encode()))
            else:
                entries[row["path"]] = StoredFile(row["path"], row["content"], row["sha"])
        return list(entries.values())


def blob_sha(content: bytes) -> str:
    """The id git gives this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
