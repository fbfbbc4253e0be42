"""What a signed-in person does on the pages: comment, edit, tick boxes, close, reopen and merge, and open issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import FormData

from bot.localhub.pages.boxes import toggled
from bot.localhub.pages.forms import FOLDER, IssueForm, read_form
from bot.localhub.problems import Refused
from bot.localhub.reading import RepositoryReading
from bot.localhub.values import Issue, StoredFile, User

if TYPE_CHECKING:
    from bot.localhub.hub import Hub


class Writing:
    """By one person, in one repository. Who may do what is the hub's to decide."""

    def __init__(self, hub: Hub, reading: RepositoryReading, person: User) -> None:
        self._hub = hub
        self._reading = reading
        self._name = reading.value.full_name
        self._login = person.login

    def act(self, number: int, form: FormData) -> None:
        """What the form of an issue's page says."""
        body, deed = _text(form, "body"), str(form.get("act", "comment"))
        with self._hub.db.transaction():
            if "box" in form:
                self._tick(number, str(form.get("comment", "")), str(form["box"]))
            elif deed == "edit":
                self._edit(number, str(form.get("comment", "")), body, title=_text(form, "title"))
            else:
                self._say(number, body, deed)

    def opens(self, form: FormData) -> Issue:
        """An issue with a title and a text, or with the answers to the questions of a form."""
        template = self.form(str(form.get("template", "")))
        labels = tuple(one.strip() for one in str(form.get("labels", "")).split(",") if one.strip())
        answers = {name: str(value) for name, value in form.items()}
        body = template.body(answers) if template else _text(form, "body")
        labels = template.labels if template else labels
        return self._hub.create_issue(self._name, self._login, _text(form, "title"), body, labels=labels)

    def forms(self) -> list[IssueForm]:
        """Those of the repository, by their file names."""
        try:
            found = self._hub.files.read(self._reading.value, FOLDER)
        except Refused:
            return []
        files = found if isinstance(found, list) else []
        read = (self._form_of(one) for one in files if one.name.endswith((".yml", ".yaml")))
        return [form for form in read if form is not None]

    def form(self, file: str) -> IssueForm | None:
        return next((one for one in self.forms() if one.file == file), None)

    def _form_of(self, file: StoredFile) -> IssueForm | None:
        return read_form(file.name, (file.content or b"").decode("utf-8", "replace"))

    def _say(self, number: int, body: str, deed: str) -> None:
        if body.strip() or deed == "comment":
            self._hub.comment(self._name, number, self._login, body)
        if deed in {"completed", "not_planned"}:
            self._hub.close_issue(self._name, number, self._login, deed)
        if deed == "reopen":
            self._hub.reopen_issue(self._name, number, self._login)
        if deed == "merge":
            self._hub.merge_pull(self._name, number, self._login)
        if deed == "ready":
            self._hub.set_draft(self._name, number, self._login, draft=False)

    def _tick(self, number: int, comment: str, box: str) -> None:
        text = self._comment(number, comment) if comment else self._reading.issue(number).body or ""
        self._edit(number, comment, toggled(text, int(box) if box.isdecimal() else -1))

    def _comment(self, number: int, comment: str) -> str:
        return next((one.body for one in self._reading.comments(number) if str(one.id) == comment), "")

    def _edit(self, number: int, comment: str, body: str, *, title: str = "") -> None:
        if comment.isdecimal():
            self._hub.edit_comment(self._name, int(comment), self._login, body)
            return
        changes = {"title": title, "body": body} if title else {"body": body}
        self._hub.edit_issue(self._name, number, self._login, **changes)  # type: ignore[arg-type]


def _text(form: FormData, name: str) -> str:
    """Browsers send CRLF, as GitHub's pages do."""
    return str(form.get(name, ""))
