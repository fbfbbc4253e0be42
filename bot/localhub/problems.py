"""Refusals in GitHub's words: a status, a message, and for 422 the field errors."""

from __future__ import annotations

from collections.abc import Mapping

DOCS = "https://docs.github.com/rest"


class Refused(Exception):
    """The tracker will not do it. Raised by the rules, answered by the HTTP face in GitHub's error shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: tuple[Mapping[str, str], ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {message}" + "".join(f"; {error}" for error in errors))
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, object]:
        shape: dict[str, object] = {"message": self.message}
        if self.errors:
            shape["errors"] = [dict(error) for error in self.errors]
        return shape | {"documentation_url": DOCS, "status": str(self.status)}


def not_found(message: str = "Not Found") -> Refused:
    return Refused(404, message)


def archived() -> Refused:
    return Refused(403, "Repository was archived so is read-only.")


def gone(message: str) -> Refused:
    return Refused(410, message)


def forbidden(message: str = "Must have admin rights to Repository.") -> Refused:
    return Refused(403, message)


def bad_credentials() -> Refused:
    return Refused(401, "Bad credentials")


def needs_authentication() -> Refused:
    return Refused(401, "Requires authentication")


def unprocessable(message: str) -> Refused:
    """A 422 that GitHub words as one sentence, without field errors."""
    return Refused(422, message)


def invalid(resource: str, field: str, code: str, message: str = "") -> Refused:
    """A 422 "Validation Failed". `code` is missing, missing_field, invalid, already_exists, unprocessable or custom."""
    error = {"resource": resource, "field": field, "code": code}
    return Refused(422, "Validation Failed", errors=({**error, "message": message} if message else error,))
