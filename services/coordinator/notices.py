"""Every sentence the bot says in a notice. A notice is a new comment: it tells of a moment, and of the way out.

State on the first line, then why, what hangs on it, what can be done, and the end of the output folded away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from services.domain.approvers import names
from services.domain.attempts import Hold
from services.domain.budgets import DAY, Excess, in_figures
from services.domain.failure import Failure
from services.domain.phase import OnError, Phase, QueueStatus
from services.domain.plan import Plan
from services.domain.pull import Pull
from services.domain.retraction import Left, Why
from services.publishing.text import code, fenced, inline
from services.publishing.words import listed

_PLAIN = re.compile(r"[\w.-]{1,20}")
_MOST_CAUSES = 10
"""Causes for which the notice offers boxes; the others have notices of their own."""


def failed(plan: Plan, phase: Phase) -> str:
    """On the child of a phase that failed for good."""
    return _paragraphs(
        f"**{_name(phase)}** failed{_on_attempt(phase)}{_last_of(phase)}.",
        _why(phase.failure) + _seen(phase),
        _hangs_on_it(phase, _blocked_by(plan, phase)),
        _ways_out(
            _box("retry", "runs it again, once the cause is mended"),
            _box("complete", "if you have done the work yourself; closing this issue as **completed** says the same"),
            _box("skip", "goes on without it; closing this issue as **not planned** says the same"),
        ),
        _output(phase.failure),
    )


def failed_alike(plan: Plan, phases: Sequence[Phase]) -> str:
    """On the parent, once for phases that have failed for one reason; written over when another joins them."""
    newest = phases[-1]
    return _paragraphs(
        f"**{len(phases)} phases failed for one reason.**",
        _why(newest.failure),
        "\n".join(f"- **{_name(one)}**{_issue(one)}{_on_attempt(one)}.{_blocks(plan, one)}" for one in phases),
        _ways_out(*(box for one in phases[:_MOST_CAUSES] for box in _boxes_for(one))),
        _output(newest.failure),
    )


def _blocks(plan: Plan, phase: Phase) -> str:
    found = _blocked_by(plan, phase)
    return f" Blocked by it: {_names(found)}." if found else ""


def _blocked_by(plan: Plan, phase: Phase) -> list[Phase]:
    behind = set(plan.graph.downstream(phase.key))
    return [one for one in plan if one.key in behind and one.status is QueueStatus.BLOCKED]


def blocked(plan: Plan, phases: Sequence[Phase]) -> str:
    """On the parent, once for all the phases that one cause has blocked."""
    found = causes(plan, phases)
    what = "1 phase is" if len(phases) == 1 else f"{len(phases)} phases are"
    return _paragraphs(
        f"**{what} blocked**: {listed(_cause(one) for one in found)}.",
        "\n".join(f"- {_name(phase)}{_issue(phase)} needs {_names(plan.needs(phase))}" for phase in phases),
        "They start by themselves as soon as what they need is completed or skipped.",
        _ways_out(*(box for cause in found[:_MOST_CAUSES] for box in _boxes_for(cause))),
    )


def needs_verdict(phase: Phase) -> str:
    """On the child of a phase whose work is done and whose quality check is a person's."""
    return _paragraphs(
        f"**{_name(phase)}** is done and waits for a verdict{_on_attempt(phase)}.",
        _ways_out(
            _box("approve", "accepts it"), _box("reject", "refuses it"), _box("skip", "goes on without it"), phase=phase
        ),
    )


def needs_approval(phase: Phase) -> str:
    """On the child of a phase that could start if somebody approved it."""
    return _paragraphs(
        f"**{_name(phase)}** could start now and waits for approval{_by_whom(phase)}, as the policy asks.",
        _ways_out(_box("approve", "lets it start"), _box("reject", "gives it up"), phase=phase),
    )


def still_waits(phase: Phase) -> str:
    """On the child of a phase for whose approval or verdict a person has been waited for too long."""
    if phase.status is QueueStatus.FAILED:
        return _still_failed(phase)
    what = "approval" if phase.is_at_gate else "a verdict"
    after, told = phase.rules.escalation.after, " ".join(f"@{one}" for one in phase.rules.escalation.to.people)
    since = f" for {spoken(after)} already" if after else ""
    return _paragraphs(
        f"**{_name(phase)}** still waits for {what}{since}.",
        told,
        f"It can be given{_by_whom(phase) or ' by whoever may write here'}. Until then nothing passes by itself.",
    )


def _still_failed(phase: Phase) -> str:
    """It holds up the plan, and nobody has decided what becomes of it."""
    after, told = phase.rules.escalation.after, " ".join(f"@{one}" for one in phase.rules.escalation.to.people)
    return _paragraphs(
        f"**{_name(phase)}** failed{f' {spoken(after)} ago' if after else ''}, and still holds up the plan.",
        told,
        _ways_out(_box("retry", "runs it again"), _box("skip", "goes on without it")),
    )


def held(phase: Phase) -> str:
    """On the child of a phase whose run has not begun long after it was asked for, or whose agent wants its work merged."""
    attempt = phase.attempt
    if attempt and attempt.held is Hold.MERGE:
        return _paragraphs(
            f"**{_name(phase)}** waits for a review: [the pull request of its agent]({attempt.url}) is ready.",
            "Its merge completes the phase. Closed without one, the phase fails.",
        )
    where = f" ([the run]({attempt.url}))" if attempt and attempt.url else ""
    if attempt and attempt.held is Hold.APPROVAL:
        return _paragraphs(
            f"**{_name(phase)}** waits for the approval of its environment on GitHub{where}.",
            "Somebody who may review deployments there has to approve the run, or to reject it.",
        )
    return _paragraphs(
        f"**{_name(phase)}** has been queued for long and has not begun{where}.",
        "No runner has taken it: look whether there is one with the labels its jobs ask for, and whether it is free.",
    )


def _by_whom(phase: Phase) -> str:
    found = " or ".join(inline(one) for one in names(phase.rules.approvers))
    return f" by {found}" if found else ""


def not_called_for(phase: Phase, condition: str) -> str:
    """On the child of a phase that its own conditions leave out."""
    return _paragraphs(
        f"**{_name(phase)}** is skipped: the policy does not call for it.",
        fenced(condition),
        "What needs it goes on. Reopen this issue to have it carried out all the same.",
    )


def removed(phase: Phase) -> str:
    """On the child of a phase that a new version of the document no longer has."""
    return _paragraphs(
        f"**{_name(phase)}** was removed from the plan: the document no longer has this phase.",
        "What needed it no longer waits for it. Nothing that was written here is lost.",
    )


def both_kept() -> str:
    """On the child whose text was edited by hand where the plan has changed it, too."""
    return (
        "The plan has changed where this issue was edited by hand. **Both are kept**: your text stays as it is, and what the "
        "plan says now stands below it, under *Changed in the plan*. Take over what you need and delete the rest."
    )


def labels_dropped(labels: Sequence[str]) -> str:
    """On the parent, if GitHub has left its labels out."""
    names = listed(f"`{inline(label)}`" for label in labels)
    return _paragraphs(
        f"GitHub has left out the label {names}: whoever I act for may not set labels here. The plan goes on without them.",
        _ways_out("give the account, or the App, write access to issues in this repository"),
    )


def not_merged(pull: Pull) -> str:
    """On the parent, when the pull request was closed without a merge, or could not be opened."""
    if pull.why:
        return _paragraphs(
            f"All phases are decided, but **the pull request for {code(pull.branch)} could not be opened**.",
            fenced(pull.why),
            _ways_out(
                _box("retry", "opens it, once the cause is mended"),
                _box("complete", "takes the plan as completed without it"),
                _box("cancel", "gives the plan up"),
            ),
        )
    return _paragraphs(
        f"**The pull request #{pull.number} was closed without a merge.** The plan waits; its results are on the branch "
        f"{code(pull.branch)}.",
        _ways_out(
            _box("reopen", f"opens #{pull.number} again; reopening it on its page says the same"),
            _box("retry", "opens another one for the same branch"),
            _box("complete", "takes the plan as completed without a merge"),
            _box("cancel", "gives the plan up"),
        ),
    )


def retracted(closed: Sequence[int], left: Sequence[Left]) -> str:
    """On the parent of a plan that was retracted."""
    count = "1 issue" if len(closed) == 1 else f"{len(closed)} issues"
    return _paragraphs(
        "**This plan was retracted.**",
        f"Closed as not planned: {count} that I had created for it." if closed else "There was nothing to close.",
        "\n".join(f"- #{one.issue} {_LEFT[one.why]}" for one in left),
    )


_LEFT: Mapping[Why, str] = {
    Why.COMPLETED: "stays closed as completed: its work is done.",
    Why.NOT_OURS: "stays as it is: somebody else wrote it. What I had put into it is taken out.",
    Why.GONE: "is gone: it was deleted, or moved to another repository.",
}


# ---------------------------------------------------------------- parts of sentences


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _name(phase: Phase) -> str:
    return inline(f"Phase {phase.name}" if phase.number else phase.title)


def _names(phases: Iterable[Phase]) -> str:
    return ", ".join(f"**{_name(phase)}**" for phase in phases)


def _cause(phase: Phase) -> str:
    """A phase that did not finish, and the code of the reason."""
    reason = f" (`{phase.failure.type}`)" if phase.failure else ""
    ended = "was cancelled" if phase.status is QueueStatus.CANCELLED else "failed"
    return f"**{_name(phase)}**{_issue(phase)} {ended}{reason}"


def _issue(phase: Phase) -> str:
    return f" (#{phase.issue.number})" if phase.issue else ""


def _on_attempt(phase: Phase) -> str:
    attempt = phase.attempt
    if attempt is None:
        return ""
    took = f" after {spoken(attempt.finished_at - attempt.claimed_at)}" if attempt.finished_at else ""
    return f" on attempt {attempt.number}{took}"


def spoken(duration: timedelta) -> str:
    """A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`."""
    seconds = duration.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _why(failure: Failure | None) -> str:
    if failure is None:
        return ""
    tool = f" in `{failure.tool}`" if failure.tool else ""
    return f"`{failure.type}`{tool}: {inline(failure.message)}"


def _seen(phase: Phase) -> str:
    """Where the attempt can be seen, if it ran elsewhere."""
    url = phase.attempt.url if phase.attempt else ""
    return f" See [the run]({url})." if url else ""


def _hangs_on_it(phase: Phase, blocked: Sequence[Phase]) -> str:
    match phase.rules.on_error:
        case OnError.CONTINUE:
            return "The plan goes on without it. This issue stays open for whoever mends it."
        case OnError.FAIL:
            return "The plan stops here, as the policy asks: what runs may finish, nothing new starts."
    return f"Blocked by this: {_names(blocked)}." if blocked else "Nothing else waits for it."


def _ways_out(*ways: str, phase: Phase | None = None) -> str:
    """Boxes to tick, each with the command that does the same, for those the rules of the phase name, or for who may write."""
    who = _by_whom(phase).removeprefix(" by ") if phase else ""
    can = f"What {who} can do" if who else "What you can do, with write access"
    return f"{can} (tick a box, or say it in a comment):\n" + "\n".join(ways)


def _box(command: str, what: str) -> str:
    return f"- [ ] `/phase {command}` {what}"


def _boxes_for(cause: Phase) -> tuple[str, str]:
    """On the parent a phase has to be named."""
    called = _called(cause)
    return (
        _box(f"retry {called}", f"runs **{_name(cause)}** again, once the cause is mended"),
        _box(f"skip {called}", "goes on without it"),
    )


def budget_used_up(excess: Excess, *, holds_up: bool) -> str:
    """On the parent, once for each budget that is used up."""
    used, limit = in_figures(excess.measure, excess.used), in_figures(excess.measure, excess.limit)
    meaning = (
        "Nothing more starts until it is raised in `.github/phasebot.yml`"
        + (" or the day ends" * (excess.scope == DAY))
        if holds_up
        else "The policy only wants it to be said: everything goes on"
    )
    return f"The {excess.measure} budget of the {excess.scope} is **used up**: {used} of {limit}.\n\n{meaning}."


def _called(phase: Phase) -> str:
    """As a command names it, to stand within code."""
    if phase.number and _PLAIN.fullmatch(phase.number):
        return phase.number
    return f"#{phase.issue.number}" if phase.issue else code(phase.title).strip("`")


def _last_of(phase: Phase) -> str:
    """No automatic retry follows, where there were any."""
    return ", and no automatic retry is left" if phase.failures and phase.failures >= phase.rules.retries else ""


def _output(failure: Failure | None) -> str:
    tail = str(failure.details.get("output_tail", "")) if failure else ""
    if not tail.strip():
        return ""
    return f"<details><summary>The end of the output</summary>\n\n{fenced(tail)}\n\n</details>"


def causes(plan: Plan, phases: Sequence[Phase]) -> list[Phase]:
    """The phases that did not finish and that everything blocked here goes back to, in plan order."""
    ahead, found = [phase.key for phase in phases], set()
    while ahead:
        for need in plan.needs(plan.phase(ahead.pop())):
            if need.status is QueueStatus.BLOCKED:
                ahead.append(need.key)
            elif need.status in (QueueStatus.FAILED, QueueStatus.CANCELLED) and not need.is_satisfied:
                found.add(need.key)
    return [phase for phase in plan if phase.key in found]
