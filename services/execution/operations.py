"""Operations: the steps of a phase, one after the other, each through ToolRunner."""

from __future__ import annotations

from collections.abc import Mapping

from services.domain.attempts import Outcome
from services.domain.failure import Failure
from services.domain.phase import Operation
from services.execution.cancellation import Cancellation, Stop, Stopped
from services.execution.envelope import envelope
from services.execution.tool import Context, Output, ProcessWatch
from services.execution.tool_runner import ToolRunner
from services.ports import Assignment


def run_operations(assignment: Assignment, runner: ToolRunner, context: Context) -> Failure | None:
    """Run the operations in order, up to the first that fails; None if all passed.

    Whether the work is still wanted is asked before each of them, and after the last: a pass that comes too late is none.
    """
    if assignment.is_check and not assignment.operations:
        return Failure("no_verdict", "The policy names nothing that could give a verdict.")
    for operation in assignment.operations:
        if context.cancellation.reason is not None:
            break
        result = runner.run(operation.tool, operation.arguments, context)
        if isinstance(result, Failure):
            return result
    reason = context.cancellation.reason
    return None if reason is None else envelope(Stopped(reason))


def outcome_of(failure: Failure | None) -> Outcome:
    """How the attempt ended. An interruption is no fault of the phase: the attempt counts as lost, not as failed."""
    return Outcome.PASSED if failure is None else _OUTCOMES.get(failure.type, Outcome.BROKE)


_OUTCOMES = {
    Stop.CANCELLED.value: Outcome.CANCELLED,
    Stop.TIMED_OUT.value: Outcome.TIMED_OUT,
    Stop.INTERRUPTED.value: Outcome.LOST,
}


def context_for(
    assignment: Assignment,
    *,
    workspace: str,
    cancellation: Cancellation,
    output: Output,
    processes: ProcessWatch,
    holder: str,
) -> Context:
    """The context in which every operation of the attempt runs. `holder` names the process that runs it."""
    values = _values(assignment)
    return Context(
        workspace=workspace,
        cancellation=cancellation,
        output=output,
        processes=processes,
        placeholders=values,
        environment={**_environment(assignment, values), "PHASEBOT_HOLDER": holder},
    )


def describe(operation: Operation) -> str:
    """The operation in one line, for people: its name or what it runs."""
    said = operation.arguments.get("name") or operation.arguments.get("run", "")
    return (
        f"{operation.tool}: {said if isinstance(said, str) else ' '.join(map(str, said))}" if said else operation.tool
    )


def _values(assignment: Assignment) -> Mapping[str, str]:
    phase = assignment.phase
    return {
        "phase": phase.key,
        "number": phase.number or str(phase.ordinal),
        "title": phase.title,
        "plan": assignment.plan_title,
        "attempt": str(phase.attempt.number if phase.attempt else phase.attempts),
    }


def _environment(assignment: Assignment, values: Mapping[str, str]) -> Mapping[str, str]:
    return {
        "PHASEBOT_PLAN": assignment.plan,
        "PHASEBOT_PLAN_TITLE": values["plan"],
        "PHASEBOT_PHASE": values["phase"],
        "PHASEBOT_NUMBER": values["number"],
        "PHASEBOT_TITLE": values["title"],
        "PHASEBOT_ATTEMPT": values["attempt"],
        "PHASEBOT_FENCE": str(assignment.fence),
    }
