"""The JSON side of nominating: one call has one effect, lists are read by cursor, mistakes point at their place."""

import asyncio
from typing import Any

import httpx2
import pytest
from dirty_equals import IsStr
from sqlalchemy import text

from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, problem_of

pytestmark = pytest.mark.db

ALL = "/api/v1/nomination/nominations"
CLAIM = {"criterion": "GV1", "text": "Dạy giỏi.", "evidence": ["Sáng kiến số 12"]}


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


def nominator(site: Site, subject: str = "phan-mem") -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject=subject)


def draft(plan: Plan, **changes: Any) -> dict[str, Any]:
    subject = {"name": "Lê Thị Ánh", "position": "giáo viên"}
    about = {"unit_id": str(make.SCHOOL), "round_id": str(plan.open), "category": "teacher", "subject": subject}
    return about | {"claims": [CLAIM]} | changes


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_a_nomination_by_software_from_draft_to_hand_in(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        made = await by.post(ALL, json=draft(plan), headers={"idempotency-key": "a-1"})
        assert (made.status_code, made.headers["location"]) == (201, f"{ALL}/TB-24-0001")
        sent = await by.post(f"{ALL}/TB-24-0001/submission", headers={"idempotency-key": "a-2"})
        got = await by.get(f"{ALL}/TB-24-0001")
        same = await by.get(f"{ALL}/TB-24-0001", headers={"if-none-match": got.headers["etag"]})
    assert made.json() == {
        "code": "TB-24-0001",
        "id": IsStr(regex="[0-9a-f-]{36}"),
        "state": "draft",
        "version": 3,
        "revision": 0,
        "late": False,
        "unit_id": str(make.SCHOOL),
        "round_id": str(plan.open),
        "category": "teacher",
        "form": "exemplar",
        "subject": {"name": "Lê Thị Ánh", "position": "giáo viên"},
        "on_behalf": "",
        "kin": None,
        "opinions": [],
        "claims": [
            {
                "criterion": "GV1",
                "text": "Dạy giỏi.",
                "options": [],
                "level": None,
                "state": "unverified",
                "evidence": [{"kind": "words", "text": "Sáng kiến số 12", "fields": {}, "file": None}],
            }
        ],
        "readiness": [
            {"criterion": "GV1", "status": "fulfilled", "problems": [], "hints": []},
            {"criterion": "GV4", "status": "not_needed", "problems": [], "hints": []},
        ],
        "lacking": {},
        "started_at": make.AT.isoformat(),
        "submitted_at": None,
    }
    changed = {"state": "submitted", "version": 4, "revision": 1, "submitted_at": make.AT.isoformat()}
    assert (sent.status_code, sent.json()) == (200, made.json() | changed)
    assert (got.json(), got.headers["etag"], same.status_code) == (sent.json(), '"4"', 304)
    assert await rows(site, "select count(*) from outbox where type like '%NominationSubmitted%'") == [(1,)]


async def test_twice_with_one_key_is_one_nomination_and_one_answer(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        answers = [await by.post(ALL, json=draft(plan), headers={"idempotency-key": "a-1"}) for _ in range(3)]
        path = f"{ALL}/TB-24-0001/submission"
        sent = [await by.post(path, headers={"idempotency-key": "b-1"}) for _ in range(3)]
        other = await by.post(path, headers={"idempotency-key": "b-2"})
    for same in (answers, sent):
        assert len({(one.status_code, one.content, one.headers["location"]) for one in same}) == 1
    assert (other.status_code, problem_of(other)["type"]) == (409, "/problems/not-a-draft")
    assert await rows(site, "select count(*) from nominations") == [(1,)]
    assert await rows(site, "select count(*) from outbox where type like '%NominationSubmitted%'") == [(1,)]


async def test_calls_with_one_key_at_once_are_one_call(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:

        async def twice(path: str, key: str, **body: Any) -> list[httpx2.Response]:
            return await asyncio.gather(*(by.post(path, headers={"idempotency-key": key}, **body) for _ in range(5)))

        made = await twice(ALL, "a-1", json=draft(plan))
        sent = await twice(f"{ALL}/TB-24-0001/submission", "b-1")
    assert [{one.status_code for one in same} for same in (made, sent)] == [{201}, {200}]
    assert [len({one.content for one in same}) for same in (made, sent)] == [1, 1]
    assert await rows(site, "select count(*), max(revision) from nominations") == [(1, 1)]


async def test_a_key_belongs_to_its_body_its_person_and_its_time(site: Site, plan: Plan) -> None:
    key = {"idempotency-key": "a-1"}
    async with nominator(site) as by, nominator(site, "phan-mem-khac") as other:
        assert (await by.post(ALL, json=draft(plan), headers=key)).status_code == 201
        reused = await by.post(ALL, json=draft(plan, claims=[]), headers=key)
        assert (reused.status_code, problem_of(reused)["type"]) == (422, "/problems/idempotency-key-reused")
        assert (await other.post(ALL, json=draft(plan), headers=key)).json()["code"] == "TB-24-0002"
        async with site.database.transaction() as session:
            await session.execute(text("update idempotency_keys set at = at - interval '48 hours'"))
        assert (await by.post(ALL, json=draft(plan, claims=[]), headers=key)).json()["code"] == "TB-24-0003"
    assert await rows(site, "select count(*) from idempotency_keys") == [(1,)]


async def test_a_refused_call_leaves_its_key_free(site: Site, plan: Plan) -> None:
    key = {"idempotency-key": "a-1"}
    async with nominator(site) as by:
        over = await by.post(ALL, json=draft(plan, round_id=str(plan.over)), headers=key)
        assert (over.status_code, problem_of(over)["type"]) == (422, "/problems/round-not-open")
        assert (await by.post(ALL, json=draft(plan), headers=key)).status_code == 201


def wrong(status: int, slug: str, *pointers: str) -> tuple[int, str, list[str]]:
    return status, f"/problems/{slug}", list(pointers)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"unit_id": str(make.OTHER_SCHOOL)}, wrong(422, "unit-not-own", "/unit_id")),
        ({"unit_id": "x"}, wrong(422, "invalid", "/unit_id")),
        ({"round_id": str(make.SCHOOL)}, wrong(422, "unknown-round", "/round_id")),
        ({"category": "king"}, wrong(422, "invalid", "/category")),
        ({"subject": {"name": "a"}}, wrong(422, "invalid", "/subject/name")),
        ({"surprise": 1}, wrong(422, "invalid", "/surprise")),
        ({"claims": [CLAIM, CLAIM | {"criterion": "XX"}]}, wrong(422, "unknown-criterion", "/claims/1/criterion")),
        ({"claims": [CLAIM | {"text": ""}]}, wrong(422, "invalid", "/claims/0/text")),
        ({"contacts": {"email": "a@b"}}, wrong(422, "bad-contact", "/email-self")),
    ],
)
async def test_a_mistake_points_at_its_place_and_writes_nothing(
    site: Site, plan: Plan, change: dict[str, Any], expected: tuple[int, str, list[str]]
) -> None:
    async with nominator(site) as by:
        answer = await by.post(ALL, json=draft(plan, **change), headers={"idempotency-key": "a-1"})
    told = problem_of(answer)
    assert (answer.status_code, told["type"], [one["pointer"] for one in told["errors"]]) == expected
    assert await rows(site, "select 1 from nominations union select 1 from idempotency_keys") == []


async def test_an_incomplete_dossier_is_not_handed_in_and_says_what_is_missing(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        bare = draft(plan, claims=[CLAIM | {"evidence": []}])
        await by.post(ALL, json=bare, headers={"idempotency-key": "a-1"})
        answer = await by.post(f"{ALL}/TB-24-0001/submission", headers={"idempotency-key": "b-1"})
    assert (answer.status_code, problem_of(answer)) == (
        422,
        {
            "type": "/problems/not-complete",
            "title": "Chưa làm được việc này",
            "status": 422,
            "detail": "Hồ sơ chưa đủ để gửi.",
            "errors": [{"pointer": "/claims/GV1", "detail": "Có lời nhưng chưa có minh chứng."}],
        },
    )
    assert list((site.folder / "objects").rglob("*.age")) == []


@pytest.mark.parametrize("key", [None, "", "x" * 201, "a\tb"])
async def test_what_changes_something_needs_a_key(site: Site, plan: Plan, key: str | None) -> None:
    headers = {} if key is None else {"idempotency-key": key}
    async with nominator(site) as by:
        answer = await by.post(ALL, json=draft(plan), headers=headers)
    assert (answer.status_code, problem_of(answer)["type"]) == (400, "/problems/idempotency-key-missing")


async def test_a_list_is_read_by_cursor(site: Site, plan: Plan) -> None:
    for number in range(5):
        await make.draft(site.database, plan.open, unit_id=make.OTHER_SCHOOL if number == 2 else make.SCHOOL)
    codes: list[list[str]] = []
    cursor: str | None = ""
    async with nominator(site) as by:
        while cursor is not None:
            page = (await by.get(ALL, params={"cursor": cursor, "limit": 3})).json()
            codes.append([one["code"] for one in page["items"]])
            cursor = page["next"]
        limits = [(await by.get(ALL, params={"limit": n})).status_code for n in (0, 1, 100, 101)]
        bad = [(await by.get(ALL, params={"cursor": c})).status_code for c in ("é", "!!!!!", "_w==")]
    assert codes == [["TB-24-0005", "TB-24-0004", "TB-24-0002"], ["TB-24-0001"]]
    assert (limits, bad) == ([422, 200, 200, 422], [400] * 3)
    async with site.signed_in("officer") as officer:
        assert len((await officer.get(ALL)).json()["items"]) == 5


async def test_who_may_not_is_told_in_problems(site: Site, plan: Plan) -> None:
    foreign = await make.draft(site.database, plan.open, unit_id=make.OTHER_SCHOOL)
    own = await make.draft(site.database, plan.open)
    key = {"idempotency-key": "a-1"}
    async with site.anybody() as anybody, nominator(site) as by, site.signed_in("officer") as officer:
        answers = {
            "not signed in": await anybody.get(ALL),
            "foreign": await by.get(f"{ALL}/{foreign.code}"),
            "foreign hand-in": await by.post(f"{ALL}/{foreign.code}/submission", headers=key),
            "unknown": await by.get(f"{ALL}/TB-24-9999"),
            "reader": await officer.post(f"{ALL}/{own.code}/submission", headers=key),
            "no role": await site.signed_in("editor").get(ALL),
        }
    assert {name: (one.status_code, problem_of(one)["type"]) for name, one in answers.items()} == {
        "not signed in": (401, "/problems/not-signed-in"),
        "foreign": (404, "/problems/not-found"),
        "foreign hand-in": (404, "/problems/not-found"),
        "unknown": (404, "/problems/not-found"),
        "reader": (403, "/problems/role-missing"),
        "no role": (403, "/problems/role-missing"),
    }
    assert await rows(site, "select distinct state from nominations") == [("draft",)]
