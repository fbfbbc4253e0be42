"""The client: one PyGithub a thread, nothing retried behind our back, every failure in our own words."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.github.client import Draft, GitHub
from bot.github.errors import AmbiguousWrite, Rejected
from bot.github.session import Access
from bot.localhub import Hub, HubServer
from services.domain.errors import NotAllowed, NotFound, RemoteUnavailable, TransientError
from tests.localhub.conftest import REPO, MovedClock

from .conftest import BOT, Moment

DRAFT = Draft(title="T", body="b")


@pytest.mark.parametrize("fault", ["500", "502", "closed", "lost_reply", "502_after", "403", "429", "429_retry_after"])
def test_a_failed_write_is_sent_exactly_once(github: GitHub, hub: Hub, fault: str) -> None:
    hub.faults.add("POST", "/issues$", fault)
    with pytest.raises(TransientError):
        github.create_issue(REPO, DRAFT)
    assert len(hub.requests.of("POST")) == 1


@pytest.mark.parametrize("fault", ["500", "502", "lost_reply", "502_after", "closed"])
def test_a_write_without_a_proper_answer_may_have_happened(github: GitHub, hub: Hub, fault: str) -> None:
    hub.faults.add("POST", "/issues$", fault)
    with pytest.raises(AmbiguousWrite):
        github.create_issue(REPO, DRAFT)


@pytest.mark.parametrize("fault", ["500", "502", "closed"])
def test_a_failed_read_has_changed_nothing(github: GitHub, hub: Hub, fault: str) -> None:
    hub.faults.add("GET", "/issues/", fault)
    with pytest.raises(TransientError) as failed:
        github.issue(REPO, 1)
    assert not isinstance(failed.value, AmbiguousWrite)


def test_a_server_that_is_not_there_cannot_be_reached(clock: MovedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    github = GitHub(Access(f"http://127.0.0.1:{port}", "token"), Moment(clock))
    with pytest.raises(RemoteUnavailable, match="cannot be reached"):
        github.create_issue(REPO, DRAFT)
    github.close()


def test_a_name_that_nobody_knows_cannot_be_reached(clock: MovedClock) -> None:
    github = GitHub(Access("http://nowhere.invalid", "token"), Moment(clock))
    with pytest.raises(RemoteUnavailable):
        github.create_issue(REPO, DRAFT)
    github.close()


def test_a_token_that_is_not_valid_is_refused(server: HubServer, clock: MovedClock) -> None:
    github = GitHub(Access(server.url, "made up"), Moment(clock))
    with pytest.raises(NotAllowed, match="refuses the token"):
        github.create_issue(REPO, DRAFT)
    github.close()


def test_a_missing_permission_is_no_limit(server: HubServer, hub: Hub, clock: MovedClock) -> None:
    hub.create_issue(REPO, "ada", "hers")
    github = GitHub(Access(server.url, hub.create_token("bob")), Moment(clock))
    with pytest.raises(NotAllowed, match="may not do this"):
        github.set_state(REPO, 1, "closed", "completed")
    github.close()


def test_what_is_not_there_is_not_found(github: GitHub) -> None:
    with pytest.raises(NotFound):
        github.issue(REPO, 99)
    with pytest.raises(NotFound):
        github.issue("acme/nothing", 1)


def test_what_github_will_not_do_is_rejected_with_its_words(github: GitHub) -> None:
    with pytest.raises(Rejected, match="too long"):
        github.create_issue(REPO, Draft(title="T", body="x" * 70_000))


@pytest.mark.parametrize("answer", [b'{"id": 1, "numb', b"<html>", b"[]", b'{"id": 1}'])
def test_an_answer_to_a_write_that_cannot_be_read_may_mean_that_it_happened(clock: MovedClock, answer: bytes) -> None:
    with Babbler(b"201 Created", answer) as babbler:
        github = GitHub(Access(babbler.url, "token"), Moment(clock))
        with pytest.raises(AmbiguousWrite, match="cannot be read"):
            github.create_issue(REPO, DRAFT)
        github.close()


def test_a_gateway_that_answers_in_html_may_have_let_the_write_through(clock: MovedClock) -> None:
    with Babbler(b"502 Bad Gateway", b"<html>Unicorn!</html>") as babbler:
        github = GitHub(Access(babbler.url, "token"), Moment(clock))
        with pytest.raises(AmbiguousWrite):
            github.create_issue(REPO, DRAFT)
        github.close()


def test_an_address_that_leads_elsewhere_is_a_setting_to_be_mended(clock: MovedClock) -> None:
    with Babbler(b"301 Moved\r\nLocation: https://elsewhere.invalid/", b"") as babbler:
        github = GitHub(Access(babbler.url, "token"), Moment(clock))
        with pytest.raises(RemoteUnavailable, match="redirected"):
            github.create_issue(REPO, DRAFT)
        github.close()


def test_lists_are_read_to_their_end(github: GitHub, hub: Hub) -> None:
    for number in range(205):
        hub.create_issue(REPO, BOT, f"issue {number}")
    found = [issue.title for issue in github.own_issues(REPO, None)]
    assert found == [f"issue {number}" for number in range(205)]


def test_threads_do_not_share_a_connection(github: GitHub, hub: Hub) -> None:
    for number in range(1, 9):
        hub.create_issue(REPO, "ada", f"issue {number}")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: (n, github.issue(REPO, n).number), [1 + n % 8 for n in range(200)]))
    assert all(asked == answered for asked, answered in found)


@pytest.mark.parametrize(("login", "role"), [("ada", "admin"), ("wes", "write"), ("tia", "triage"), ("bob", "read")])
def test_the_role_of_a_person_is_asked_for(github: GitHub, login: str, role: str) -> None:
    assert github.level(REPO, login) == role


def test_a_person_nobody_knows_has_no_role(github: GitHub) -> None:
    assert github.level(REPO, "no/body") == "none"


def test_an_enterprise_address_works_as_well(server: HubServer, hub: Hub, clock: MovedClock) -> None:
    github = GitHub(Access(f"{server.url}/api/v3/", hub.create_token(BOT)), Moment(clock))
    assert github.login == BOT
    assert github.create_issue(REPO, DRAFT).author == BOT
    github.close()


class Babbler:
    """A server that gives its first guest one answer, whatever the question."""

    def __init__(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self._answer = head + body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> Babbler:
        self._answered = self._pool.submit(self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        self._answered.result(timeout=10)
        self._pool.shutdown()
        self._listener.close()

    def _receive(self) -> None:
        connection, _ = self._listener.accept()
        asked = b""
        with connection, connection.makefile("rb") as stream:
            while (line := stream.readline()).strip():
                asked = line if line.lower().startswith(b"content-length") else asked
            stream.read(int(asked.split(b":")[1]))
            connection.sendall(self._answer)


def test_a_default_branch_is_asked_for_once_a_minute(github: GitHub, hub: Hub, clock: MovedClock) -> None:
    hub.put_file(REPO, ".github/workflows/phase.yml", "on: {workflow_dispatch: {}}\njobs: {build: {}}\n")

    def asked_by(runs: int) -> int:
        hub.requests.clear()
        for _ in range(runs):
            github.actions.start(REPO, "phase.yml", "", {})
        return len([one for one in hub.requests if (one.method, one.path) == ("GET", f"/repos/{REPO}")])

    assert asked_by(runs=3) == 1
    clock.advance(seconds=60)
    assert asked_by(runs=2) == 1
    assert len(hub.repository(REPO).runs) == 5
