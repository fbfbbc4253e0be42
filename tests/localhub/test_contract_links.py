"""Sub-issues and dependencies through the real PyGithub client."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException, UnknownObjectException
from github.Issue import Issue
from github.Repository import Repository

from bot.localhub import Hub

from .conftest import REPO, Clients


def call(repo: Repository, verb: str, path: str, **body: object) -> Any:
    return repo.requester.requestJsonAndCheck(verb, f"{repo.url}{path}", input=body or None)[1]


def titles(repo: Repository, number: int = 1) -> list[str]:
    return [issue.title for issue in repo.get_issue(number).get_sub_issues()]


@pytest.fixture
def family(repo: Repository) -> list[Issue]:
    """A parent and three children, not yet related."""
    return [repo.create_issue(title) for title in ("parent", "a", "b", "c")]


def test_adding_a_sub_issue_answers_with_the_parent(repo: Repository, family: list[Issue]) -> None:
    parent, a, *_ = family
    answer = parent.add_sub_issue(a.id)

    assert answer.number == parent.number
    assert titles(repo) == ["a"]
    assert repo.get_issue(2).parent_issue_url == parent.url
    assert call(repo, "GET", "/issues/2/parent")["number"] == parent.number


def test_an_issue_is_created_below_its_parent(repo: Repository, family: list[Issue]) -> None:
    child = call(repo, "POST", "/issues", title="child", parent_issue_id=family[0].id)

    assert child["parent_issue_url"] == family[0].url
    assert titles(repo) == ["child"]


def test_an_older_server_ignores_the_parent_on_creation(repo: Repository, family: list[Issue], hub: Hub) -> None:
    hub.features.parent_issue_id = False
    child = call(repo, "POST", "/issues", title="child", parent_issue_id=family[0].id)
    assert "parent_issue_url" not in child


def test_a_parent_that_cannot_take_the_child_leaves_no_issue_behind(repo: Repository, hub: Hub) -> None:
    with pytest.raises(UnknownObjectException):
        call(repo, "POST", "/issues", title="child", parent_issue_id=12345)
    assert hub.repository(REPO).issues == ()


def test_the_summary_counts_closed_children_as_completed(repo: Repository, family: list[Issue]) -> None:
    parent, *children = family
    for child in children:
        parent.add_sub_issue(child)
    children[0].edit(state="closed")

    summary = repo.get_issue(1).sub_issues_summary
    assert (summary.total, summary.completed, summary.percent_completed) == (3, 1, 33)


def test_children_keep_the_order_they_are_given(repo: Repository, family: list[Issue]) -> None:
    parent, a, b, c = family
    for child in (a, b, c):
        parent.add_sub_issue(child)

    call(repo, "PATCH", "/issues/1/sub_issues/priority", sub_issue_id=c.id, before_id=a.id)
    assert titles(repo) == ["c", "a", "b"]
    assert parent.prioritize_sub_issue(c, b).number == parent.number
    assert titles(repo) == ["a", "b", "c"]


def test_a_removed_child_has_no_parent(repo: Repository, family: list[Issue]) -> None:
    parent, a, *_ = family
    parent.add_sub_issue(a)
    assert parent.remove_sub_issue(a).number == parent.number

    assert titles(repo) == []
    with pytest.raises(UnknownObjectException):
        call(repo, "GET", "/issues/2/parent")
    with pytest.raises(GithubException, match="The provided sub-issue does not exist"):
        parent.remove_sub_issue(a)


def test_a_child_has_one_parent_unless_it_is_replaced(repo: Repository, family: list[Issue]) -> None:
    parent, a, b, _ = family
    parent.add_sub_issue(b)

    with pytest.raises(GithubException) as refused:
        a.add_sub_issue(b)
    assert refused.value.status == 422
    assert "Sub issue may only have one parent" in refused.value.data["message"]

    call(repo, "POST", "/issues/2/sub_issues", sub_issue_id=b.id, replace_parent=True)
    assert (titles(repo, 1), titles(repo, 2)) == ([], ["b"])


def test_a_parent_takes_a_hundred_children_the_closed_ones_included(repo: Repository, hub: Hub) -> None:
    parent = hub.create_issue(REPO, "ada", "parent")
    for n in range(100):
        hub.create_issue(REPO, "ada", f"child {n}", parent_issue_id=parent.id)
    hub.close_issue(REPO, 2, "ada")
    late = repo.create_issue("one too many")

    with pytest.raises(GithubException) as refused:
        repo.get_issue(1).add_sub_issue(late)

    assert refused.value.status == 422
    assert "Parent cannot have more than 100 sub-issues" in refused.value.data["message"]


def test_a_family_is_eight_levels_deep_and_no_deeper(hub: Hub, repo: Repository) -> None:
    line = [hub.create_issue(REPO, "ada", "root")]
    for level in range(1, 9):
        line.append(hub.create_issue(REPO, "ada", f"level {level}", parent_issue_id=line[-1].id))
    loose = repo.create_issue("level 9")

    for child, parent in ((loose.id, 9), (line[0].id, 10)):
        with pytest.raises(GithubException) as refused:
            repo.get_issue(parent).add_sub_issue(child)
        assert refused.value.status == 422


def test_no_issue_is_its_own_ancestor(repo: Repository, family: list[Issue]) -> None:
    parent, a, *_ = family
    parent.add_sub_issue(a)
    for above, below in ((parent, parent), (a, parent)):
        with pytest.raises(GithubException) as refused:
            above.add_sub_issue(below)
        assert refused.value.status == 422


def test_links_go_by_database_id_not_by_number(repo: Repository, family: list[Issue]) -> None:
    with pytest.raises(UnknownObjectException):
        family[0].add_sub_issue(family[1].number)


def test_linking_needs_triage(clients: Clients, family: list[Issue]) -> None:
    parent, a, *_ = family
    with pytest.raises(GithubException) as refused:
        clients.github("bob").get_repo(REPO).get_issue(1).add_sub_issue(a.id)
    assert refused.value.status == 403

    clients.github("tia").get_repo(REPO).get_issue(1).add_sub_issue(a.id)
    assert parent.get_sub_issues()[0].id == a.id


def test_a_blocker_is_seen_from_both_sides(repo: Repository, family: list[Issue]) -> None:
    _, a, b, c = family
    c.add_blocked_by(a)
    answer = call(repo, "POST", f"/issues/{c.number}/dependencies/blocked_by", issue_id=b.id)

    assert answer["number"] == c.number
    assert [issue.title for issue in c.get_blocked_by()] == ["a", "b"]
    assert [issue.title for issue in a.get_blocking()] == ["c"]

    c.remove_blocked_by(b)
    assert [issue.title for issue in c.get_blocked_by()] == ["a"]
    with pytest.raises(UnknownObjectException):
        c.remove_blocked_by(b)


def test_the_dependency_summary_counts_open_issues_and_all(repo: Repository, family: list[Issue]) -> None:
    _, a, b, c = family
    c.add_blocked_by(a)
    c.add_blocked_by(b)
    a.edit(state="closed")

    blocked, blocker = (repo.get_issue(issue.number).issue_dependencies_summary for issue in (c, b))
    assert (blocked.blocked_by, blocked.total_blocked_by) == (1, 2)
    assert (blocker.blocking, blocker.total_blocking) == (1, 1)


def test_dependencies_that_make_no_sense_are_refused(family: list[Issue]) -> None:
    _, a, b, _ = family
    a.add_blocked_by(b)
    for blocked, blocker in ((a, a), (a, b), (b, a)):
        with pytest.raises(GithubException) as refused:
            blocked.add_blocked_by(blocker)
        assert refused.value.status == 422


def test_an_older_server_does_not_know_the_links(family: list[Issue], hub: Hub) -> None:
    hub.features.sub_issues = hub.features.dependencies = False
    with pytest.raises(UnknownObjectException):
        family[0].add_sub_issue(family[1])
    with pytest.raises(UnknownObjectException):
        family[0].add_blocked_by(family[1])


def test_a_deleted_issue_leaves_its_links(repo: Repository, family: list[Issue], hub: Hub) -> None:
    parent, a, b, _ = family
    parent.add_sub_issue(a)
    a.add_sub_issue(b)
    b.add_blocked_by(a)

    hub.delete_issue(REPO, a.number, "ada")

    assert titles(repo) == []
    assert hub.repository(REPO).issue(b.number).parent is None
    assert list(b.get_blocked_by()) == []
