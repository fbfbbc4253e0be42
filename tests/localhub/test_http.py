"""The HTTP face itself: paging, ETags, limits, versions, errors, faults, and surviving a killed process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import requests
from github import GithubException
from github.Repository import Repository

from bot.localhub import Fault, Hub, HubServer

from .conftest import REPO, Clients, MovedClock, populate

ISSUES = f"/repos/{REPO}/issues"


@pytest.fixture
def http(clients: Clients) -> httpx.Client:
    return clients.http("ada")


@pytest.fixture
def many(hub: Hub) -> None:
    for n in range(7):
        hub.create_issue(REPO, "ada", f"issue {n}")


def relations(response: httpx.Response) -> dict[str | None, str]:
    return {rel: str(httpx.URL(link["url"]).params["page"]) for rel, link in response.links.items()}


@pytest.mark.parametrize(
    ("page", "numbers", "links"),
    [
        (1, [7, 6, 5], {"next": "2", "last": "3"}),
        (2, [4, 3, 2], {"prev": "1", "next": "3", "last": "3", "first": "1"}),
        (3, [1], {"prev": "2", "first": "1"}),
        (9, [], {"prev": "3", "first": "1"}),
    ],
)
def test_a_page_says_where_the_others_are(
    page: int, numbers: list[int], links: dict[str, str], http: httpx.Client, many: None
) -> None:
    response = http.get(ISSUES, params={"state": "open", "per_page": 3, "page": page})

    assert [issue["number"] for issue in response.json()] == numbers
    assert relations(response) == links
    assert all(httpx.URL(link["url"]).params["state"] == "open" for link in response.links.values())


def test_a_list_that_fits_has_no_links(http: httpx.Client, many: None) -> None:
    assert "link" not in http.get(ISSUES).headers


def test_a_page_holds_a_hundred_at_most(http: httpx.Client, hub: Hub) -> None:
    for n in range(101):
        hub.create_issue(REPO, "ada", f"issue {n}")
    assert len(http.get(ISSUES, params={"per_page": 1000}).json()) == 100
    assert len(http.get(ISSUES, params={"per_page": "many"}).json()) == 30


def test_the_real_client_follows_the_pages(repo: Repository, many: None) -> None:
    repo.requester.per_page = 2
    assert [issue.number for issue in repo.get_issues()] == [7, 6, 5, 4, 3, 2, 1]
    assert repo.get_issues().totalCount == 7


def test_what_has_not_changed_is_not_sent_again_and_costs_nothing(http: httpx.Client, hub: Hub, many: None) -> None:
    first = http.get(f"{ISSUES}/1")
    again = http.get(f"{ISSUES}/1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]

    hub.close_issue(REPO, 1, "ada")
    assert http.get(f"{ISSUES}/1", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_every_answer_carries_the_headers_clients_look_at(http: httpx.Client, many: None) -> None:
    headers = http.get(f"{ISSUES}/1").headers
    assert headers["x-accepted-github-permissions"] == "issues=read"
    assert headers["x-github-api-version-selected"] == "2022-11-28"
    assert headers["x-ratelimit-resource"] == "core"
    assert headers["x-oauth-scopes"]
    assert headers["x-github-request-id"] != http.get(f"{ISSUES}/1").headers["x-github-request-id"]


def test_the_primary_limit_is_counted_down_refused_and_renewed(http: httpx.Client, hub: Hub, clock: MovedClock) -> None:
    hub.allowances.per_hour = 2
    assert [http.get("/user").headers["x-ratelimit-remaining"] for _ in range(2)] == ["1", "0"]

    refused = http.get("/user")
    assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert refused.json()["message"].startswith("API rate limit exceeded")
    assert int(refused.headers["x-ratelimit-reset"]) == int(clock.now.timestamp()) + 3600
    assert http.get("/rate_limit").json()["resources"]["core"]["remaining"] == 0

    clock.advance(hours=1)
    assert http.get("/user").status_code == 200


def test_content_creation_has_a_limit_of_its_own(http: httpx.Client, hub: Hub, clock: MovedClock) -> None:
    hub.allowances.content_per_minute = 2
    answers = [http.post(ISSUES, json={"title": "t"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 403]
    assert answers[2].headers["retry-after"] == "60"
    assert "secondary rate limit" in answers[2].json()["message"]

    clock.advance(minutes=1)
    assert http.post(ISSUES, json={"title": "t"}).status_code == 201


def test_the_newer_version_has_dropped_what_github_dropped(http: httpx.Client, many: None) -> None:
    old = http.get(f"{ISSUES}/1").json()
    new = http.get(f"{ISSUES}/1", headers={"X-GitHub-Api-Version": "2026-03-10"}).json()
    assert ("assignee" in old, "assignee" in new) == (True, False)
    assert http.get("/user", headers={"X-GitHub-Api-Version": "2019-01-01"}).status_code == 400


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"{", 400, "Problems parsing JSON"),
        (b'"text"', 400, "Body should be a JSON object"),
        (b"{}", 422, 'Invalid request.\n\n"title" wasn\'t supplied.'),
        (b'{"title": "t", "body": []}', 422, "Invalid request.\n\nFor 'properties/body', [] is not a string."),
        (
            b'{"title": "t", "labels": "bug"}',
            422,
            "Invalid request.\n\nFor 'properties/labels', \"bug\" is not an array.",
        ),
    ],
)
def test_a_malformed_body_is_refused_in_githubs_words(
    content: bytes, status: int, message: str, http: httpx.Client
) -> None:
    response = http.post(ISSUES, content=content)
    assert (response.status_code, response.json()["message"]) == (status, message)


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", f"/repos/{REPO}"), ("PUT", "/user/starred/a/b"), ("GET", "/orgs/acme")]
)
def test_what_the_tracker_does_not_have_is_a_404_and_in_the_log(
    prefix: str, method: str, path: str, http: httpx.Client, hub: Hub
) -> None:
    response = http.request(method, prefix + path, json={})
    assert (response.status_code, response.json()["message"]) == (404, "Not Found")
    assert [record.status for record in hub.requests.of(method, path)] == [404]


def test_strangers_read_what_is_public_and_write_nothing(clients: Clients, many: None) -> None:
    anonymous = clients.http()
    assert anonymous.get(f"{ISSUES}/1").status_code == 200
    refused = anonymous.post(ISSUES, json={"title": "t"})
    assert (refused.status_code, refused.json()["message"]) == (401, "Requires authentication")
    wrong = anonymous.get("/user", headers={"Authorization": "token ghp_none"})
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Bad credentials")


def test_a_page_that_reaches_the_port_under_another_name_is_turned_away(http: httpx.Client) -> None:
    assert http.get("/user", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        (Fault.LOST_REPLY, True),
        (Fault.CLOSED, False),
        (Fault.ERROR_500, False),
        (Fault.ERROR_502, False),
        (Fault.ERROR_502_AFTER, True),
        (Fault.FORBIDDEN, False),
        (Fault.TOO_MANY_RETRY_AFTER, False),
    ],
)
def test_a_fault_strikes_before_or_after_the_deed_and_only_once(
    fault: Fault, happened: bool, repo: Repository, hub: Hub
) -> None:
    hub.faults.add("POST", "/issues$", fault)

    with pytest.raises((requests.ConnectionError, GithubException)) as broken:
        repo.create_issue("Unlucky")

    assert isinstance(broken.value, requests.ConnectionError) == fault.cuts_connection
    assert len(hub.repository(REPO).issues) == happened
    assert hub.faults.are_spent
    assert repo.create_issue("Lucky").title == "Lucky"


def test_a_limit_may_or_may_not_say_when_to_come_back(http: httpx.Client, hub: Hub) -> None:
    hub.faults.add("*", ".", Fault.TOO_MANY_RETRY_AFTER, retry_after=7)
    hub.faults.add("*", ".", Fault.TOO_MANY)
    answers = [http.get("/user") for _ in range(2)]
    assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [(429, "7"), (429, None)]


def test_every_request_is_logged_the_lost_ones_too(http: httpx.Client, hub: Hub) -> None:
    hub.faults.add("GET", "/user", Fault.LOST_REPLY)
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/user")
    http.post(ISSUES, json={"title": "t"})
    assert [(record.method, record.path, record.status, record.user) for record in hub.requests] == [
        ("GET", "/user", 0, "ada"),
        ("POST", ISSUES, 201, "ada"),
    ]
    assert len(hub.requests.of("POST", "/issues")) == 1


def test_a_client_that_dies_in_the_middle_of_a_request_is_nobodys_error(
    server: HubServer, hub: Hub, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection((server.host, server.port)) as dying:
        dying.sendall(f"POST {ISSUES} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{{".encode())
        assert http.get(ISSUES).is_success  # the other one has begun by then

    server.stop()

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert [one.method for one in hub.requests] == ["GET"]


def test_many_clients_at_once_lose_and_double_nothing(clients: Clients, hub: Hub) -> None:
    opened = [clients.http("ada") for _ in range(8)]

    def create(n: int) -> int:
        number: int = opened[n % 8].post(ISSUES, json={"title": f"t{n}", "labels": ["same"]}).json()["number"]
        return number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(create, range(80)))

    assert sorted(numbers) == list(range(1, 81))
    assert {issue.title for issue in hub.repository(REPO).issues} == {f"t{n}" for n in range(80)}


def test_a_server_comes_back_on_the_same_port(hub: Hub, clients: Clients, server: HubServer) -> None:
    http = clients.http("ada")
    url = server.url
    http.post(ISSUES, json={"title": "before"})
    server.stop()
    with pytest.raises(httpx.TransportError):
        http.get("/user")

    server.start()

    assert server.url == url
    assert http.get(f"{ISSUES}/1").json()["title"] == "before"


def test_only_loopback_is_served(hub: Hub) -> None:
    with pytest.raises(ValueError, match="loopback"):
        HubServer(hub, host="0.0.0.0")


SERVE = """
import sys, time
from pathlib import Path
from bot.localhub import Hub, HubServer
hub = Hub(Path(sys.argv[1]))
hub.create_user("ada")
hub.create_repository("acme/site")
hub.add_collaborator("acme/site", "ada", "admin")
server = HubServer(hub)
server.start()
print(server.url, hub.create_token("ada"), flush=True)
time.sleep(600)
"""


def test_a_killed_server_loses_nothing_it_has_answered(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url, token = process.stdout.readline().split()
    with process.stdout, httpx.Client(base_url=url, headers={"Authorization": f"token {token}"}) as http:
        for n in range(20):
            assert http.post(ISSUES, json={"title": f"t{n}", "labels": ["kept"]}).status_code == 201
        process.send_signal(signal.SIGKILL)
        process.wait()

    hub = Hub(path)
    assert [issue.title for issue in hub.repository(REPO).issues] == [f"t{n}" for n in range(20)]
    assert hub.people.of_token(token).login == "ada"
    hub.close()


def test_a_file_is_opened_by_one_process_at_a_time(tmp_path: Path) -> None:
    first = populate(Hub(tmp_path / "hub.db"))
    code = "import sys; from pathlib import Path; from bot.localhub import Hub; Hub(Path(sys.argv[1]))"
    second = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "hub.db")], capture_output=True, text=True, check=False
    )
    assert second.returncode != 0
    assert "another process has this tracker open" in second.stderr
    first.close()
