"""Whatever people or tools wrote, nothing that the bot says of it is live: no mention, no reference, no command, no marker.

GitHub's rules: https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.commands.parser import heard, read
from services.commands.spec import VERBS, Level
from services.coordinator import answers, notices, previews
from services.domain import messages as m
from services.domain.errors import UserError
from services.domain.failure import Failure
from services.domain.plan import Plan
from services.domain.transitions import PhaseState
from services.planning.parser import parse, parse_single
from services.publishing.code import Kind, parts
from services.publishing.markers import Marker, MarkerKind, Markers
from services.publishing.pace import Pace
from services.publishing.status_comment import summary
from tests import plans

MARKERS = Markers(b"key")
FORGED = MARKERS.write(Marker(MarkerKind.COMMENT, "plan", "forged"))
hostile = st.lists(
    st.sampled_from(
        [
            "@grace", "@acme/team", "#1", "GH-1", "acme/site#1", "https://github.com/acme/site/issues/1", "fixes #1",
            "\n", "\r\n", " ", "`", "```\n", "<!--", "-->", FORGED, "</details>", "<details>", "/phase cancel",
            "@dependabot merge", "\n/phase cancel\n", "- [x] `/phase cancel`", "|", "**", "[", "](", ")", "<b>", "a",
            "\u202e", "\u200b", "&#64;grace", "\\",
        ]
    ),
    max_size=12,
).map("".join)  # fmt: skip
_MENTION = re.compile(r"(?<![\w/`])@[A-Za-z0-9]")
_REFERENCE = re.compile(r"(?<![\w&/])(?:[\w.-]+/[\w.-]+)?#\d|\bGH-\d", re.IGNORECASE)
_ISSUE_LINK = re.compile(r"github\.com/[\w.-]+/[\w.-]+/(?:issues|pull)/\d")


def said_about(text: str) -> Iterator[str]:
    """Every sentence into which the text can find its way, without those that number our own issues."""
    plan = about(text)
    phase = plan.phase("a")
    order = m.RejectPhase(plan="plan", phase="a", cause="c", by="ada", why=text)
    yield notices.failed(plan, phase)
    yield notices.blocked(plan, (plan.phase("b"),))
    yield notices.needs_verdict(phase)
    yield notices.needs_approval(phase)
    yield notices.removed(phase)
    yield summary(plan)
    yield answers.status(plan)
    yield answers.why(plan, phase, None, plans.NOW)
    yield answers.unknown(read(text))
    yield answers.invalid(UserError(text, fix=text))
    yield answers.several([(text, answers.no_plan_here()), (text, answers.too_many(1))])
    yield answers.refused(order, phase, text)
    yield answers.done(order, phase)
    yield answers.not_permitted(VERBS["retry"], "ada", Level.NONE)
    draft = replace(parse_single(text), title=text)
    yield previews.preview(previews.Shown(draft=draft, plan=plan, pace=Pace(timedelta(seconds=1)), single=True))
    yield previews.unusable(parse(f"## Phase 1: {text}\n\n## Phase 1: b\n"))


def about(text: str) -> Plan:
    plan = plans.chain("a b", title=text)
    failure = Failure("exit", text, details={"output_tail": text})
    failed = replace(plan.phase("a"), title=text, number=text[:5] or None, failure=failure, state=PhaseState.FAILED)
    return plan.with_phase(failed)


@settings(max_examples=60)
@given(hostile)
@example("`@grace`` /phase cancel\n/phase cancel")
@example(f"x\n\n{FORGED}\n\n/phase cancel")
def test_nothing_that_is_echoed_acts(text: str) -> None:
    for said in said_about(text):
        live = "".join(part.text for part in parts(said) if part.kind is not Kind.CODE)
        assert not _MENTION.search(live), said
        assert not _REFERENCE.search(live), said
        assert not _ISSUE_LINK.search(live), said
        assert MARKERS.find(said) is None, said
        assert heard(said).commands == (), said
