"""The rules of `lint`: every code a finding about a plan can have, with its severity and the way to mend it.

Codes are stable: once published they keep their meaning. The documentation is generated from this table.
"""

from __future__ import annotations

from typing import NamedTuple

from services.domain.findings import Finding, Severity


class Rule(NamedTuple):
    """One thing that can be said about a plan. `message` and `fix` are format strings over the particulars."""

    code: str
    severity: Severity
    summary: str
    message: str
    fix: str

    def at(self, line: int, column: int = 1, **particulars: str | int) -> Finding:
        """The rule applied to a place."""
        message, fix = self.message.format(**particulars), self.fix.format(**particulars)
        return Finding(self.code, self.severity, line, message, fix, column)


RULES: tuple[Rule, ...] = (
    Rule(
        "no_phases",
        Severity.NOTE,
        "The document has no phases.",
        "no phases were found in this document",
        "Give each phase a heading such as `## Phase 1: Title`, or take the whole document as one with --single.",
    ),
    Rule(
        "explanation",
        Severity.NOTE,
        "The phases of the document are those of something it explains.",
        "its phases read like an explanation and not like work to be done",
        "Say `plan` or `roadmap` in the title, or give each phase tasks, a goal or an estimate.",
    ),
    Rule(
        "template",
        Severity.NOTE,
        "The document is a template whose placeholders are not filled in.",
        "this is a template: its phases still hold placeholders",
        "Replace the texts in brackets by your own.",
    ),
    Rule(
        "too_many_headings",
        Severity.ERROR,
        "The document has more headings than any plan.",
        "the document has more than {limit} headings",
        "Split it into several plans.",
    ),
    Rule(
        "unreadable_graph",
        Severity.ERROR,
        "A `phasebot` block or the front matter lists phases, but cannot be read.",
        "the list of phases cannot be read",
        "It needs YAML with `phases:`, each with a `title` or an `id`.",
    ),
    Rule(
        "low_confidence",
        Severity.NOTE,
        "The document could be read in another way.",
        "taken for phases: {kinds}, with a confidence of {confidence}",
        "Check the preview; headings such as `## Phase 1: Title` leave no doubt.",
    ),
    Rule(
        "too_many_phases",
        Severity.ERROR,
        "The plan has more phases than are allowed.",
        "{count} phases, where {limit} are allowed",
        "Split the plan, or raise the limit.",
    ),
    Rule(
        "cycle",
        Severity.ERROR,
        "Phases wait for one another in a circle.",
        "these phases wait for one another: {phases}",
        "Take one of these dependencies out.",
    ),
    Rule(
        "unknown_reference",
        Severity.ERROR,
        "A dependency names a phase that the plan does not have.",
        "there is no phase {number} in this plan",
        "Correct the number; behind a phase of another plan that is done, write `(done)`.",
    ),
    Rule(
        "earlier_reference",
        Severity.WARNING,
        "A dependency names a phase of an earlier plan: its number is lower than any here, or the document says it is done.",
        "phase {number} belongs to an earlier plan; nothing here waits for it",
        "See that it is done before this plan starts, or correct the number.",
    ),
    Rule(
        "later_dependency",
        Severity.NOTE,
        "A phase depends on one that comes later in the document.",
        "{phase} depends on {needed}, which comes later in the document",
        "Nothing, if that is meant: dependencies go before document order.",
    ),
    Rule(
        "duplicate_number",
        Severity.WARNING,
        "Two phases have the same number.",
        "the number {number} was already used on line {first}",
        "Number the phases anew, so that references to them are clear.",
    ),
    Rule(
        "number_gap",
        Severity.NOTE,
        "A number is missing between two phases.",
        "{before} is followed by {after}",
        "Nothing, if a phase was left out on purpose.",
    ),
    Rule(
        "empty_phase",
        Severity.WARNING,
        "A phase has neither tasks nor text.",
        "{phase} has neither tasks nor text",
        "Say what is to be done, or remove the phase.",
    ),
    Rule(
        "done_but_open",
        Severity.WARNING,
        "A phase is marked as done, but has open tasks.",
        "{phase} is marked as done and has {count} open tasks",
        "Tick the tasks, or take the mark away.",
    ),
    Rule(
        "duplicate_task",
        Severity.WARNING,
        "Two tasks have the same id.",
        "the task id {id} was already used on line {first}",
        "Give each task its own id.",
    ),
    Rule(
        "long_title",
        Severity.WARNING,
        "The title of a phase is too long for an issue.",
        "the title has {count} characters; an issue title may have {limit}",
        "Shorten the heading and move the rest below it.",
    ),
    Rule(
        "oversize_phase",
        Severity.WARNING,
        "The text of a phase is too long for an issue.",
        "{phase} has {count} characters; an issue may have {limit}",
        "Split the phase, or move its details to a document of their own.",
    ),
    Rule(
        "path_refused",
        Severity.WARNING,
        "A document outside the repository is referred to.",
        "`{path}` lies outside the repository and is not linked",
        "Name documents by their path inside the repository.",
    ),
)

BY_CODE = {rule.code: rule for rule in RULES}


def as_markdown() -> str:
    """The table of all rules, for the documentation."""
    rows = [f"| `{rule.code}` | {rule.severity.value} | {rule.summary} | {rule.fix} |" for rule in RULES]
    return "\n".join(["| code | severity | what it says | what to do |", "|---|---|---|---|", *rows]) + "\n"
