"""Issues, comments, labels and reactions through the real PyGithub client."""

from __future__ import annotations

import pytest
from github import GithubException, UnknownObjectException
from github.Repository import Repository

from bot.localhub import Hub

from .conftest import REPO, Clients, MovedClock


def test_an_issue_is_created_with_its_labels_and_assignees(repo: Repository, hub: Hub) -> None:
    issue = repo.create_issue("Build it", body="All of *it*", labels=["phase-1", "bug"], assignees=["wes"])

    assert (issue.number, issue.title, issue.body, issue.state) == (1, "Build it", "All of *it*", "open")
    assert [(label.name, label.color) for label in issue.labels] == [("phase-1", "ededed"), ("bug", "d73a4a")]
    assert [user.login for user in issue.assignees] == ["wes"]
    assert issue.id != issue.number
    assert hub.repository(REPO).issue(1).user.login == "ada"


def test_an_issue_is_closed_with_a_reason_and_reopened(repo: Repository, clock: MovedClock) -> None:
    issue = repo.create_issue("Build it")
    clock.advance(hours=1)

    issue.edit(state="closed", state_reason="not_planned")
    assert (issue.state, issue.state_reason, issue.closed_at) == ("closed", "not_planned", clock.now)
    assert issue.closed_by
    assert issue.closed_by.login == "ada"

    issue.edit(state="open")
    assert (issue.state, issue.state_reason) == ("open", "reopened")
    assert not issue.closed_at


def test_closing_without_a_reason_means_completed(repo: Repository) -> None:
    issue = repo.create_issue("Build it")
    issue.edit(state="closed")
    assert issue.state_reason == "completed"


def test_a_reason_changes_nothing_unless_the_state_changes(repo: Repository) -> None:
    issue = repo.create_issue("Build it")
    issue.edit(state="closed")
    issue.edit(state="closed", state_reason="not_planned")
    assert issue.state_reason == "completed"


def test_what_a_patch_does_not_name_stays(repo: Repository) -> None:
    issue = repo.create_issue("Build it", body="Body", labels=["bug"])
    issue.edit(title="Build it well")
    assert (issue.title, issue.body, [label.name for label in issue.labels]) == ("Build it well", "Body", ["bug"])


def test_labels_in_a_patch_replace_those_before(repo: Repository) -> None:
    issue = repo.create_issue("Build it", labels=["bug", "question"])
    issue.edit(labels=["question", "new"])
    assert [label.name for label in issue.labels] == ["question", "new"]


def test_a_strangers_labels_and_assignees_are_dropped_without_a_word(clients: Clients) -> None:
    repo = clients.github("bob").get_repo(REPO)
    issue = repo.create_issue("Please", labels=["bug"], assignees=["wes"])
    assert (issue.labels, issue.assignees) == ([], [])


def test_a_stranger_may_close_only_what_is_theirs(clients: Clients, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Hers")
    repo = clients.github("bob").get_repo(REPO)
    mine = repo.create_issue("Mine")

    mine.edit(state="closed")
    with pytest.raises(GithubException) as refused:
        repo.get_issue(1).edit(state="closed")

    assert mine.state == "closed"
    assert refused.value.status == 403
    assert hub.repository(REPO).issue(1).is_open


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": "t", "body": "x" * 65_537}, "body is too long (maximum is 65536 characters)"),
        ({"title": "t" * 257}, "title is too long (maximum is 256 characters)"),
        ({"title": "t", "labels": ["l" * 51]}, "name is too long (maximum is 50 characters)"),
        ({"title": "t", "labels": [f"l{n}" for n in range(101)]}, "Issues cannot have more than 100 labels"),
    ],
)
def test_what_is_too_long_is_refused_and_nothing_is_kept(
    fields: dict[str, object], message: str, repo: Repository, hub: Hub
) -> None:
    with pytest.raises(GithubException) as refused:
        repo.requester.requestJsonAndCheck("POST", f"{repo.url}/issues", input=fields)

    assert refused.value.status == 422
    assert refused.value.data["errors"][0]["message"] == message
    assert hub.repository(REPO).issues == ()
    assert len(hub.repository(REPO).labels) == 9


def test_the_longest_body_there_may_be_is_kept_whole(repo: Repository) -> None:
    body = "ü" * 65_536
    assert repo.get_issue(repo.create_issue("Long", body=body).number).body == body


def test_an_issue_that_never_was_is_a_404(repo: Repository) -> None:
    with pytest.raises(UnknownObjectException):
        repo.get_issue(7)


def test_a_deleted_issue_is_a_410_and_its_number_is_not_used_again(repo: Repository, hub: Hub) -> None:
    repo.create_issue("Gone soon")
    hub.delete_issue(REPO, 1, "ada")

    with pytest.raises(GithubException) as refused:
        repo.get_issue(1)

    assert refused.value.status == 410
    assert repo.create_issue("Next").number == 2
    assert [issue.number for issue in repo.get_issues(state="all")] == [2]


def test_disabled_issues_are_a_410(repo: Repository, hub: Hub) -> None:
    hub.repositories.disable_issues(REPO)
    with pytest.raises(GithubException) as refused:
        repo.create_issue("No")
    assert refused.value.status == 410


def test_issues_are_listed_by_state_label_and_creator(repo: Repository, hub: Hub, clients: Clients) -> None:
    hub.create_issue(REPO, "bob", "one")
    hub.create_issue(REPO, "ada", "two", labels=("bug", "phase-1"))
    hub.create_issue(REPO, "ada", "three", labels=("bug",))
    hub.close_issue(REPO, 3, "ada")

    assert [issue.number for issue in repo.get_issues()] == [2, 1]
    assert [issue.number for issue in repo.get_issues(state="closed")] == [3]
    assert [issue.number for issue in repo.get_issues(state="all", labels=["bug"])] == [3, 2]
    assert [issue.number for issue in repo.get_issues(state="all", labels=["bug", "phase-1"])] == [2]
    assert [issue.number for issue in repo.get_issues(creator=clients.github("ada").get_user("bob"))] == [1]


def test_people_are_assigned_unassigned_and_looked_for(repo: Repository) -> None:
    issue = repo.create_issue("Whose?")
    repo.create_issue("Nobody's")
    issue.add_to_assignees("wes", "tia", "wes")
    issue.remove_from_assignees("WES")

    assert [user.login for user in issue.assignees] == ["tia"]
    for assignee, numbers in (("tia", [1]), ("wes", []), ("*", [1]), ("none", [2])):
        assert [found.number for found in repo.get_issues(assignee=assignee)] == numbers


def test_issues_are_listed_since_a_time_and_in_the_order_asked_for(
    repo: Repository, hub: Hub, clock: MovedClock
) -> None:
    for title in ("one", "two", "three"):
        hub.create_issue(REPO, "ada", title)
        clock.advance(minutes=1)
    since = clock.now
    hub.comment(REPO, 1, "bob", "Up")

    assert [issue.number for issue in repo.get_issues(since=since)] == [1]
    assert [issue.number for issue in repo.get_issues(sort="updated")] == [1, 3, 2]
    assert [issue.number for issue in repo.get_issues(sort="created", direction="asc")] == [1, 2, 3]
    assert [issue.number for issue in repo.get_issues(sort="comments")] == [1, 3, 2]


def test_a_comment_is_made_edited_and_deleted(repo: Repository, hub: Hub, clock: MovedClock) -> None:
    issue = repo.create_issue("Talk")
    comment = issue.create_comment("First")
    clock.advance(minutes=1)

    comment.edit("Second")
    assert (issue.get_comment(comment.id).body, comment.updated_at) == ("Second", clock.now)
    assert repo.get_issue(1).comments == 1

    comment.delete()
    assert hub.repository(REPO).comments(1) == ()
    with pytest.raises(UnknownObjectException):
        issue.get_comment(comment.id)


def test_comments_are_listed_of_an_issue_and_of_the_repository(repo: Repository, hub: Hub, clock: MovedClock) -> None:
    for number, title in enumerate(("one", "two"), start=1):
        repo.create_issue(title)
        hub.comment(REPO, number, "bob", f"on {title}")
    clock.advance(minutes=1)
    late = repo.get_issue(1).create_comment("late")

    assert [comment.body for comment in repo.get_issue(1).get_comments()] == ["on one", "late"]
    assert [comment.id for comment in repo.get_issue(1).get_comments(since=clock.now)] == [late.id]
    assert [comment.body for comment in repo.get_issues_comments()] == ["on one", "on two", "late"]
    assert [comment.body for comment in repo.get_issues_comments(since=clock.now)] == ["late"]


def test_a_comment_too_long_or_blank_is_refused(repo: Repository) -> None:
    issue = repo.create_issue("Talk")
    for body in ("x" * 65_537, "  "):
        with pytest.raises(GithubException) as refused:
            issue.create_comment(body)
        assert refused.value.status == 422


def test_somebody_elses_comment_is_edited_only_by_those_who_write(clients: Clients, hub: Hub) -> None:
    hub.create_issue(REPO, "ada", "Talk")
    comment = hub.comment(REPO, 1, "ada", "Mine")

    with pytest.raises(GithubException) as refused:
        clients.github("bob").get_repo(REPO).get_issue(1).get_comment(comment.id).edit("Bob's")
    clients.github("wes").get_repo(REPO).get_issue(1).get_comment(comment.id).edit("Wes's")

    assert refused.value.status == 403
    assert hub.repository(REPO).comments(1)[0].body == "Wes's"


def test_labels_are_created_edited_and_deleted(repo: Repository) -> None:
    label = repo.create_label("multi-phase", "0e8a16", "A plan")
    label.edit("plan", "123456", "Still a plan")
    assert (repo.get_label("PLAN").color, repo.get_label("plan").description) == ("123456", "Still a plan")

    label.delete()
    with pytest.raises(UnknownObjectException):
        repo.get_label("plan")
    assert len(list(repo.get_labels())) == 9


def test_a_label_that_exists_in_any_case_is_refused(repo: Repository) -> None:
    with pytest.raises(GithubException) as refused:
        repo.create_label("BUG", "0e8a16")
    assert refused.value.status == 422
    assert refused.value.data["errors"] == [{"resource": "Label", "field": "name", "code": "already_exists"}]


def test_labels_of_an_issue_are_added_set_and_removed(repo: Repository) -> None:
    issue = repo.create_issue("Labelled", labels=["bug"])
    issue.add_to_labels("one", "two")
    issue.remove_from_labels("bug")
    assert [label.name for label in issue.get_labels()] == ["one", "two"]

    issue.set_labels("three")
    assert [label.name for label in issue.get_labels()] == ["three"]
    issue.delete_labels()
    assert list(issue.get_labels()) == []
    with pytest.raises(GithubException, match="Label does not exist"):
        issue.remove_from_labels("three")


def test_a_reaction_is_given_once_and_taken_back(repo: Repository, hub: Hub) -> None:
    issue = repo.create_issue("React")
    comment = issue.create_comment("to this")
    first, second = comment.create_reaction("eyes"), comment.create_reaction("eyes")
    issue.create_reaction("+1")

    assert first.id == second.id
    assert [reaction.content for reaction in comment.get_reactions()] == ["eyes"]
    assert (issue.get_comment(comment.id).reactions["eyes"], repo.get_issue(1).reactions["+1"]) == (1, 1)
    assert comment.delete_reaction(first.id)
    assert hub.repository(REPO).comment_reactions(comment.id) == ()
