"""Operations: the steps of a phase, one after the other, each through ToolRunner; undone in reverse if the phase fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel

from services.domain.attempts import Batch, Outcome, Result
from services.domain.failure import Failure
from services.domain.phase import Operation
from services.domain.rules import Budget, OnError
from services.execution import batch as batches
from services.execution.batch import Fate, Manner, run_batch
from services.execution.cancellation import Cancellation, Stop, Stopped
from services.execution.envelope import envelope
from services.execution.tool import Context, Files, Output, ProcessWatch
from services.execution.tool_runner import ToolRunner
from services.ports import Assignment

NO_LIMIT = Budget()
ROLLBACK_SECONDS = 20.0
"""How long undoing may take in all: a process that is told to end waits for it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the operations of an attempt ended; `failure` None: all passed."""

    failure: Failure | None
    result: Result | None


def run_operations(assignment: Assignment, runner: ToolRunner, context: Context) -> Ending:
    """Run the operations of the phase in order, up to the first that fails and may not be skipped.

    Whether the work is still wanted is asked before each of them, and after the last: a pass that comes too late is none.
    After a failure, the steps that were done are undone, the last first; the one that failed is expected to leave nothing.
    """
    if assignment.is_check and not assignment.operations:
        return Ending(Failure("no_verdict", "The policy names nothing that could give a verdict."), None)
    return carry_out(assignment.operations, runner, context, ceiling=assignment.phase.rules.ceiling)


def carry_out(
    operations: Sequence[Operation], runner: ToolRunner, context: Context, *, ceiling: Budget = NO_LIMIT
) -> Ending:
    """These operations, as if they were the phase's. `ceiling` is what they may use: past it, no further one begins."""
    done: list[Operation] = []
    failure, result = None, Result(modified=False)
    for operation in operations:
        if context.cancellation.reason is not None:
            break
        context.cancellation.heard()
        failure, brought = _step(operation, runner, context)
        result += brought
        if failure is not None and operation.on_error is OnError.SKIP and not _is_a_stop(failure):
            context.output.write(f"{describe(operation)}: skipped after {failure.type}: {failure.message}\n".encode())
            failure = None
        elif failure is None:
            done.append(operation)
        failure = failure or _over(ceiling, result)
        if failure is not None:
            break
    if failure is None and (reason := context.cancellation.reason) is not None:
        failure = envelope(Stopped(reason))
    if failure is not None:
        failure = _rolled_back(failure, done, runner, context)
    return Ending(failure, None if result == Result() else result)


def _over(ceiling: Budget, used: Result) -> Failure | None:
    """The attempt has used more than it may; to try again would only use more."""
    over = [
        (what, limit, spent)
        for what, limit, spent in (("tokens", ceiling.tokens, used.tokens), ("cost", ceiling.cost, used.cost))
        if limit is not None and spent > limit
    ]
    if not over:
        return None
    what, limit, spent = over[0]
    return Failure(
        "budget_exhausted",
        f"The attempt used {what} {spent:,} of at most {limit:,}.",
        details={"measure": what, "limit": limit, "used": spent},
    )


BETWEEN_FILES = "between_files"
"""Among the details of a batch that was wound down without a failure: what it has done is done, and no file is half done."""


def _is_a_stop(failure: Failure) -> bool:
    return failure.type in (Stop.CANCELLED.value, Stop.INTERRUPTED.value)


# ---------------------------------------------------------------- one step


def _step(operation: Operation, runner: ToolRunner, context: Context) -> tuple[Failure | None, Result]:
    if operation.foreach is None:
        output = _tried(operation, runner, context)
        return (output, Result()) if isinstance(output, Failure) else (None, _brought(output))
    return _for_each(operation, runner, context)


def _tried(operation: Operation, runner: ToolRunner, context: Context) -> BaseModel | Failure:
    """The output of the first try that passes, or the failure of the last."""
    for _ in range(operation.retries + 1):
        within = context if operation.timeout is None else context.within(operation.timeout.total_seconds())
        output = runner.run(operation.tool, operation.arguments, within)
        if not isinstance(output, Failure) or not output.retryable or context.cancellation.reason is not None:
            break
    return output


def _brought(output: BaseModel) -> Result:
    """What a tool's output says of itself, in the fields that have these names."""
    told = {name: getattr(output, name, None) for name in ("modified", "tokens", "cost", "model")}
    return Result(told["modified"], told["tokens"] or 0, told["cost"] or 0.0, told["model"] or "")


def _for_each(operation: Operation, runner: ToolRunner, context: Context) -> tuple[Failure | None, Result]:
    assert operation.foreach is not None
    files = context.files.matching(operation.foreach.glob)
    workers, warning = context.files.workers(operation.foreach.workers)
    if warning:
        context.output.write(f"warning: {warning}\n".encode())

    def work(file: str) -> batches.Outcome[BaseModel | Failure]:
        context.cancellation.heard()
        output = _tried(operation, runner, for_file(context, file))
        if isinstance(output, Failure):
            context.output.write(f"{file}: {output.type}: {output.message}\n".encode())
            return batches.Outcome(Fate.FAILED, output)
        return batches.Outcome(Fate.SKIPPED if getattr(output, "skipped", False) else Fate.DONE, output)

    manner = Manner(
        workers=workers,
        stop_on_failure=operation.on_error is OnError.FAIL,
        is_wanted=lambda: context.cancellation.reason is None and not context.cancellation.is_winding_down,
        told=context.files.told,
    )
    outcomes, summary = run_batch(files, work, manner)
    context.output.write(f"{describe(operation)}: {in_words(summary)}\n".encode())
    return _batch_failure(operation, files, outcomes, context), _batch_result(outcomes, summary)


def _batch_failure(
    operation: Operation,
    files: Sequence[str],
    outcomes: Sequence[batches.Outcome[BaseModel | Failure]],
    context: Context,
) -> Failure | None:
    """That of the first file that failed, in the order of the files. Under `skip` only a stop is one."""
    failures = [
        (file, one.answer) for file, one in zip(files, outcomes, strict=True) if isinstance(one.answer, Failure)
    ]
    if (reason := context.cancellation.reason) is not None:
        return envelope(Stopped(reason))
    if context.cancellation.is_winding_down and any(one.fate is Fate.CANCELLED for one in outcomes):
        return replace(envelope(Stopped(Stop.INTERRUPTED)), details={} if failures else {BETWEEN_FILES: True})
    if not failures or operation.on_error is not OnError.FAIL:
        return None
    file, first = failures[0]
    details = {**first.details, "file": file, "failed_files": [name for name, _ in failures][:20]}
    return replace(first, message=f"{file}: {first.message}", details=details)


def _batch_result(outcomes: Sequence[batches.Outcome[BaseModel | Failure]], summary: Batch) -> Result:
    total = Result(modified=False)
    for one in outcomes:
        if isinstance(one.answer, BaseModel):
            total += _brought(one.answer)
        elif one.fate is Fate.FAILED:
            total += Result()
    return replace(total, batch=summary)


def for_file(context: Context, file: str) -> Context:
    """The context of one file of a batch: its parts are placeholders, and variables."""
    folder, _, name = file.rpartition("/")
    stem = name.rpartition(".")[0] or name
    values = {
        "file": f"./{file}" if file.startswith("-") else file,
        "folder": folder or ".",
        "filename": name,
        "stem": stem,
    }
    return replace(
        context,
        placeholders={**context.placeholders, **values},
        environment={**context.environment, **{f"PHASEBOT_{key.upper()}": value for key, value in values.items()}},
    )


def in_words(batch: Batch) -> str:
    """The summary of a batch, for people."""
    told = [(batch.done, "done"), (batch.failed, "failed"), (batch.skipped, "skipped"), (batch.cancelled, "cancelled")]
    counts = ", ".join(f"{count} {word}" for count, word in told if count) or "no files"
    return f"{counts} in {batch.seconds:.1f} s{', stopped early' if batch.stopped_early else ''}"


# ---------------------------------------------------------------- undoing


def _rolled_back(failure: Failure, done: Sequence[Operation], runner: ToolRunner, context: Context) -> Failure:
    """The failure, with what became of undoing. It has a time limit of its own: the attempt's may have passed."""
    undoing = [undo for operation in reversed(done) for undo in operation.rollback]
    if not undoing:
        return failure
    afresh = replace(context, cancellation=Cancellation.lasting(ROLLBACK_SECONDS))
    context.output.write(b"rolling back\n")
    troubles = list(_undone(undoing, runner, afresh))
    return replace(failure, details={**failure.details, "rolled_back": not troubles, "rollback_failures": troubles})


def _undone(operations: Sequence[Operation], runner: ToolRunner, context: Context) -> Iterator[str]:
    """What went wrong. One that fails does not keep the others from being tried."""
    for operation in operations:
        failure, _ = _step(operation, runner, context)
        if failure is not None:
            yield f"{describe(operation)}: {failure.message}"


# ---------------------------------------------------------------- around them


def outcome_of(failure: Failure | None) -> Outcome:
    """How the attempt ended. An interruption is no fault of the phase: the attempt counts as lost, not as failed."""
    return Outcome.PASSED if failure is None else _OUTCOMES.get(failure.type, Outcome.BROKE)


_OUTCOMES = {
    Stop.CANCELLED.value: Outcome.CANCELLED,
    Stop.TIMED_OUT.value: Outcome.TIMED_OUT,
    Stop.INTERRUPTED.value: Outcome.LOST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where an attempt runs. `holder` names the process that runs it; `secrets` are those that its rules name."""

    workspace: str
    holder: str
    files: Files
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Heard:
    """Output that counts as a sign of life."""

    kept: Output
    cancellation: Cancellation

    @property
    def location(self) -> str:
        return self.kept.location

    def write(self, chunk: bytes) -> None:
        self.cancellation.heard()
        self.kept.write(chunk)

    def tail(self) -> str:
        return self.kept.tail()


def context_for(
    assignment: Assignment,
    surroundings: Surroundings,
    *,
    cancellation: Cancellation,
    output: Output,
    processes: ProcessWatch,
) -> Context:
    """The context in which every operation of the attempt runs."""
    values, rules = _values(assignment), assignment.phase.rules
    ours = {**_environment(assignment, values), "PHASEBOT_HOLDER": surroundings.holder}
    return Context(
        workspace=surroundings.workspace,
        cancellation=cancellation,
        output=_Heard(output, cancellation),
        processes=processes,
        placeholders=values,
        environment={**rules.environment, **surroundings.secrets, **ours},
        files=surroundings.files,
        agent=rules.agent,
        model=rules.model,
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
