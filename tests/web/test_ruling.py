"""Which policy counts: the same one whichever way a plan comes in, and for a plan the one that it was made under."""

from __future__ import annotations

from typing import Any

from .conftest import Place, error_of, ok

PATH = ".github/phasebot.yml"
PLAN = "# Site\n\n## Phase 1: Setup\n\nLay the ground.\n\n## Phase 2: Pages\n\nWrite them.\n"
POLICY = """version: 1
publish: {labels: {child: step}}
phases:
  - {match: Setup, approval: maintainers}
"""


def has_gate(place: Place, plan: Any) -> list[bool]:
    """Of each phase: the policy wants an approval."""
    return [place.bot.get(f"/api/phases/{one['queue_id']}")["approval"] for one in plan["phases"]]


def uploaded(place: Place, plan: str = PLAN, **query: Any) -> Any:
    return ok(place.bot.http.post("/api/plans", content=plan, params={"project": place.project, **query}))


def test_an_upload_heeds_the_policy_of_the_repository_and_says_which(place: Place) -> None:
    place.pushes(PATH, POLICY)
    place.pushes("README.md", "not about the policy")

    plan = uploaded(place)["plan"]

    assert has_gate(place, plan) == [True, False]
    assert plan["policy"] == {"origin": "repository", "commit": place.commit(PATH)}
    assert plan["by"] == "operator"
    (made,) = place.bot.get("/api/events", kind="plan_made")["events"]
    assert (made["by"], made["facts"]["policy"]) == ("operator", place.commit(PATH))
    number = place.until_published(plan["id"])
    assert "It was handed in by `operator`." in place.hears(number, "0 of 2 phases done")


def test_a_request_heeds_it_too(place: Place) -> None:
    place.pushes(PATH, POLICY)
    phases = [{"number": 1, "title": "Setup", "content": "x"}, {"number": 2, "title": "Pages", "content": "y"}]

    made = place.bot.post("/api/request", json={"phases": phases, "project": place.project})

    assert has_gate(place, place.bot.get(f"/api/plans/{made['plan_id']}")) == [True, False]


def test_who_confirms_may_name_the_policy_that_was_looked_at(place: Place) -> None:
    place.pushes(PATH, POLICY)
    looked_at = place.commit(PATH)
    found = ok(place.bot.http.post("/api/preview", content=PLAN, params={"project": place.project}))["previews"][0]
    assert found["policy"] == {"origin": "repository", "commit": looked_at}

    place.pushes(PATH, POLICY.replace("maintainers", "admins"))
    place.bot.phasebot.policies.ruling(place.project, anew=True)
    path = f"/api/confirm/{found['id']}"

    assert error_of(place.bot.http.post(path, params={"policy": looked_at}), 409)["type"] == "policy_moved"
    confirmed = ok(place.bot.http.post(path, params={"policy": (now := place.commit(PATH))}))
    assert confirmed["policy"] == {"origin": "repository", "commit": now}


def test_a_policy_that_is_handed_in_takes_its_place(place: Place) -> None:
    place.pushes(PATH, POLICY)
    files = {"plan": ("plan.md", PLAN), "policy": ("p.yml", "version: 1\n")}

    plan = ok(place.bot.http.post("/api/plans", files=files, params={"project": place.project}))["plan"]

    assert has_gate(place, plan) == [False, False]
    assert plan["policy"] == {"origin": "handed_in", "commit": None}


def test_a_broken_one_is_told_and_the_last_right_one_counts(place: Place) -> None:
    place.pushes(PATH, POLICY)
    right = place.commit(PATH)
    assert uploaded(place)["policy_findings"] == []
    place.pushes(PATH, POLICY + "planz: []\n")
    place.until(lambda: place.bot.phasebot.policies.ruling(place.project).problem is not None)

    found = uploaded(place, again=True)

    assert [(one["severity"], one["line"]) for one in found["policy_findings"]] == [("error", 5)]
    assert has_gate(place, found["plan"]) == [True, False]
    assert found["plan"]["policy"]["commit"] == right


def test_a_plan_keeps_the_policy_that_it_was_made_under(place: Place) -> None:
    place.pushes(PATH, POLICY)
    plan = uploaded(place, start=False)["plan"]
    place.pushes(PATH, "version: 1\npublish: {labels: {child: other}}\n")
    place.until(lambda: place.bot.phasebot.policies.ruling(place.project).policy.labels.child == "other")

    place.bot.post(f"/api/plans/{plan['id']}/start")

    number = place.until_published(plan["id"])
    assert has_gate(place, place.bot.get(f"/api/plans/{plan['id']}")) == [True, False]
    assert place.labels(number + 1) == {"phase-1", "step"}


def test_what_amends_a_plan_brings_the_policy_of_its_time(place: Place) -> None:
    plans = 'plans: ["plans/*.md"]\n'
    place.pushes(PATH, POLICY + plans)
    place.pushes("plans/site.md", PLAN)
    place.until(lambda: len(place.plans()) == 1)
    first = place.commit(PATH)
    place.pushes(PATH, POLICY.replace("Setup", "Pages") + plans)
    place.pushes("plans/site.md", PLAN + "\n## Phase 3: Release\n\nPut it online.\n")

    place.until(lambda: place.plans()[0]["policy"]["commit"] == place.commit(PATH))
    (changed,) = place.bot.get("/api/events", kind="policy_changed")["events"]
    assert changed["facts"] == {"from": first, "to": place.commit(PATH)}


def test_a_push_that_comes_late_turns_nothing_back(place: Place) -> None:
    place.pushes(PATH, 'version: 1\nplans: ["plans/*.md"]\n')
    place.pushes("plans/site.md", PLAN)
    place.until(lambda: len(place.plans()) == 1)
    old = place.commit("plans/site.md")
    place.pushes("plans/site.md", PLAN + "\n## Phase 3: Release\n\nPut it online.\n")
    id = place.plans()[0]["id"]
    place.until(lambda: len(place.bot.get(f"/api/plans/{id}")["phases"]) == 3)

    place.hears_of_push(old, "plans/site.md")

    assert len(place.bot.get(f"/api/plans/{id}")["phases"]) == 3
