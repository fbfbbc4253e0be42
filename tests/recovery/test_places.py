"""What becomes of the repository itself: it is renamed, archived, or lost from sight, and comes back."""

from __future__ import annotations

from bot.intake import Submission
from bot.store.records import ProjectRow
from services.coordinator.reason_words import in_words
from services.planning.parser import parse
from tests.recovery.conftest import BOT, PLAN, REPO
from tests.recovery.test_polling import Watch, watch

__all__ = ["watch"]


def project(watch: Watch) -> ProjectRow:
    (found,) = watch.bot.store.records.projects()
    return found


def looked_at(watch: Watch, paused_for: str) -> None:
    watch.an_hour_later()
    watch.reconciler.tick()
    watch.until(lambda: project(watch).paused_for == paused_for)


def test_nothing_starts_in_an_archived_repository_until_it_is_none_any_more(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    watch.away.hub.archive_repository(REPO)
    looked_at(watch, "archived")
    watch.bot.order(watch.completed("Schema"))

    watch.until(lambda: watch.statuses()["API"] == "ready")
    plan = watch.of(watch.plan.id)
    api = next(one for one in plan if one.title == "API")
    reason = watch.bot.answers.why(plan, api)
    assert reason is not None
    assert in_words(plan, reason, watch.bot.clock.now()).endswith("is paused, because its repository is archived")

    watch.away.hub.unarchive_repository(REPO)
    looked_at(watch, "")
    watch.until(lambda: watch.statuses()["API"] == "running")


def test_a_person_s_pause_outlasts_what_happened_to_the_repository(watch: Watch) -> None:
    with watch.bot.store.open_work() as work:
        work.projects.pause(REPO)
    watch.away.hub.archive_repository(REPO)
    looked_at(watch, "archived")
    watch.away.hub.unarchive_repository(REPO)
    looked_at(watch, "")
    assert project(watch).is_paused


def test_a_project_follows_its_repository_to_another_name_and_another_owner(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    for new in ("ada/store", "acme/store"):
        watch.away.hub.rename_repository(project(watch).id, new)
        watch.an_hour_later()
        watch.reconciler.tick()
        watch.until(lambda new=new: project(watch).id == new)  # type: ignore[misc]
        assert watch.of(watch.plan.id).project == new

    watch.away.hub.close_issue("acme/store", 2, "ada")
    watch.sees(Schema="completed", API="running", Pages="queued")


def test_another_repository_under_the_old_name_is_another_project(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    looked_at(watch, "")
    watch.until(lambda: watch.bot.store.lookups.known_as(0, REPO)[0][1] is not None)
    watch.away.hub.rename_repository(REPO, "ada/store")
    watch.away.hub.create_repository(REPO)
    watch.away.hub.add_collaborator(REPO, BOT, "write")

    looked_at(watch, "")
    watch.until(lambda: watch.of(watch.plan.id).project == "ada/store")
    other = watch.bot.intake.submit(Submission(draft=parse(PLAN), source="plan.md", project=REPO)).plan

    assert other.id != watch.plan.id, "the same document in another repository is another plan"
    watch.until(lambda: len(watch.away.hub.repository(REPO).issues) == 4)
    watch.away.hub.close_issue("ada/store", 2, "ada")
    watch.sees(Schema="completed", API="running", Pages="queued")


def test_one_whose_name_was_taken_and_that_cannot_be_found_rests_under_its_number(watch: Watch) -> None:
    watch.sees(Schema="running", API="queued", Pages="queued")
    looked_at(watch, "")
    watch.until(lambda: watch.bot.store.lookups.known_as(0, REPO)[0][1] is not None)
    ((_, number),) = watch.bot.store.lookups.known_as(0, REPO)
    hub = watch.away.hub
    hub.rename_repository(REPO, "eve/store")
    hub.db.update("repositories", number or 0, private=True)
    hub.remove_collaborator("eve/store", BOT)
    hub.create_repository(REPO)

    looked_at(watch, "gone")
    assert watch.of(watch.plan.id).project == f"{REPO}@{number}"

    hub.add_collaborator("eve/store", BOT, "write")
    looked_at(watch, "")
    assert watch.of(watch.plan.id).project == "eve/store"
