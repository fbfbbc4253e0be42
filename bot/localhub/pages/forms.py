"""Issue forms: the fields that a repository asks for, and the body that their answers make.

https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FOLDER = ".github/ISSUE_TEMPLATE"
NO_ANSWER = "_No response_"


@dataclass(frozen=True, slots=True)
class FormField:
    """One question. `kind` as GitHub calls it: textarea, input, dropdown, checkboxes; markdown only explains."""

    kind: str
    name: str
    label: str
    description: str = ""
    value: str = ""
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class IssueForm:
    """A form with its fields, and what an issue made from it gets."""

    file: str
    name: str
    description: str
    title: str
    labels: tuple[str, ...]
    fields: tuple[FormField, ...]

    def body(self, answers: Mapping[str, str]) -> str:
        """As GitHub renders it: `### label`, a blank line, the answer."""
        parts = [f"### {field.label}\n\n{_answer(field, answers)}" for field in self.fields if field.kind != "markdown"]
        return "\n\n".join(parts)


def read_form(file: str, text: str) -> IssueForm | None:
    """None for what is no form, of which GitHub says nothing either."""
    from ruamel.yaml import YAML  # not before somebody has a form
    from ruamel.yaml.error import YAMLError

    try:
        given: Any = YAML(typ="safe").load(text)
    except YAMLError:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("body"), list):
        return None
    labels = given.get("labels") or ()
    return IssueForm(
        file=file,
        name=str(given.get("name", file)),
        description=str(given.get("description", "")),
        title=str(given.get("title", "")),
        labels=tuple(labels.split(",") if isinstance(labels, str) else map(str, labels)),
        fields=tuple(_field(index, one) for index, one in enumerate(given["body"]) if isinstance(one, dict)),
    )


def _field(index: int, given: dict[str, Any]) -> FormField:
    about = given.get("attributes") or {}
    options = [one["label"] if isinstance(one, dict) else one for one in about.get("options") or ()]
    return FormField(
        kind=str(given.get("type", "input")),
        name=f"field-{given.get('id', index)}",
        label=str(about.get("label", "")),
        description=str(about.get("description", "")),
        value=str(about.get("value", about.get("placeholder", "") if given.get("type") == "markdown" else "")),
        options=tuple(map(str, options)),
        required=bool((given.get("validations") or {}).get("required")),
    )


def _answer(field: FormField, answers: Mapping[str, str]) -> str:
    if field.kind == "checkboxes":
        ticked = [f"{field.name}-{number}" in answers for number in range(len(field.options))]
        return "\n".join(f"- [{'X' if on else ' '}] {one}" for one, on in zip(field.options, ticked, strict=True))
    return answers.get(field.name, "").replace("\r\n", "\n").strip() or NO_ANSWER
