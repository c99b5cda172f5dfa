"""Sessions and the roles given here: who sees and ends which, and that a role taken back is gone everywhere at once."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from services.notification import queries
from services.notification.actions import accounts, messages, units
from services.notification.app import Book
from services.notification.consumers import on_unit_ended
from shared import outbox
from shared.audit import Actor
from shared.database import Database
from shared.events import Event, SessionEnded, UnitEnded
from shared.identity.people import Person, Role
from shared.identity.sessions import COOKIE
from shared.identity.sign_in import Visit
from tests.support import factories as make
from tests.support.site import ISSUER, Site, Sites, text_of

pytestmark = pytest.mark.db

CHIEF = Actor(f"{ISSUER}|quan-tri", "administrator")
HOURS = timedelta(hours=8)


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("notification")
    return made


async def rows(database: Database, sql: str) -> Sequence[tuple[Any, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


def book(site: Site) -> Book:
    return Book(site.runtime)


async def visit(site: Site, subject: str, *roles: Role, instead_of: str | None = None, browser: str = "") -> Visit:
    """Somebody signs in; the session with today's roles."""
    real = site.runtime.clock.real()
    made = Visit(str(uuid7()), ISSUER, subject, f"Người {subject}", "", roles, real + HOURS, browser)
    return await book(site).open(made, instead_of=instead_of)


def as_(site: Site, one: Visit) -> httpx2.AsyncClient:
    """The browser that holds that session."""
    token = site.minter.session(
        issuer=one.issuer,
        subject=one.subject,
        name=one.name,
        roles=one.roles,
        session_id=one.session_id,
        ends=one.ends,
    )
    return site.client({"cookie": f"{COOKIE}={token}"})


def person(one: Visit) -> Person:
    return Person(one.issuer, one.subject, one.name, "tan-binh", one.roles, one.session_id)


async def give(site: Site, subject: str, role: str, unit_id: UUID | None = None, **dates: date) -> UUID:
    async with site.database.transaction() as session:
        return await accounts.grant(
            session,
            agency="tan-binh",
            actor=CHIEF,
            identity=f"{ISSUER}|{subject}",
            role=role,
            unit_id=unit_id,
            since=dates.get("since"),
            until=dates.get("until"),
            at=make.AT,
        )


async def take_back(site: Site, grant_id: UUID) -> list[Event]:
    """The events that taking a role back says."""
    async with site.database.transaction() as session:
        assert await accounts.revoke(session, agency="tan-binh", actor=CHIEF, grant_id=grant_id, at=make.AT)
        return list(outbox.recorded(session))


async def test_a_role_given_here_stands_beside_the_provider_s(site: Site) -> None:
    await give(site, "tam", "officer", since=date(2024, 1, 1), until=date(2025, 1, 1))
    officer = Role("officer", None, date(2024, 1, 1), date(2025, 1, 1))
    assert (await visit(site, "tam", Role("member"))).roles == (Role("member"), officer)
    assert (await visit(site, "viet")).roles == ()


async def test_a_role_given_while_signed_in_comes_with_the_next_token(site: Site) -> None:
    tam = await visit(site, "tam", Role("member"))
    await give(site, "tam", "officer")
    seen = await book(site).see(person(tam))
    assert seen == replace(tam, roles=(Role("member"), Role("officer")))


async def test_roles_at_a_unit_that_ends_are_held_at_its_successor(site: Site) -> None:
    day, later = make.TODAY, make.TODAY + timedelta(days=30)
    await give(site, "tam", "officer", make.SCHOOL, until=day)  # over by then
    await give(site, "tam", "nominator", make.SCHOOL, since=date(2024, 1, 1), until=later)
    await give(site, "tam", "head", make.SCHOOL, since=later)
    await give(site, "tam", "member")
    await take_back(site, await give(site, "tam", "editor", make.SCHOOL))
    ended = UnitEnded(unit_id=make.SCHOOL, successor_id=make.OTHER_SCHOOL, valid_to=day, occurred_at=make.AT)
    async with site.database.transaction() as session:
        names = {make.SCHOOL: "Trường Hoa Mai", make.OTHER_SCHOOL: "Trường Bình Minh"}
        for unit_id, name in names.items():
            about = {"agency": "tan-binh", "unit_id": unit_id, "name": name, "valid_from": date(2020, 1, 1)}
            await units.note_unit(session, **about)  # type: ignore[arg-type]
    for event in (ended, ended.model_copy(update={"successor_id": None})):
        async with site.database.transaction() as session:
            await on_unit_ended(session, event)
    async with site.database.reading() as session:
        for on, there in ((None, list(names)), (day - timedelta(days=1), list(names)), (day, [make.OTHER_SCHOOL])):
            assert sorted(await queries.list_units(session, agency="tan-binh", on=on)) == sorted(there)
    found = "select role, unit_id, since, until from grants where revoked_at is null order by role, unit_id, since"
    assert await rows(site.database, found) == [
        ("head", make.OTHER_SCHOOL, later, None),
        ("member", None, None, None),
        ("nominator", make.SCHOOL, date(2024, 1, 1), day),
        ("nominator", make.OTHER_SCHOOL, day, later),
        ("officer", make.SCHOOL, None, day),
    ]


async def test_a_role_taken_back_ends_every_session_and_tells_all_services(site: Site) -> None:
    grant_id = await give(site, "tam", "officer")
    tams = [await visit(site, "tam") for _ in range(2)]
    viet = await visit(site, "viet", Role("member"))
    said = await take_back(site, grant_id)
    ended = sorted(one.session_id for one in tams)
    assert said == [SessionEnded(session_id=each, occurred_at=make.AT) for each in ended]
    for one in tams:
        async with as_(site, one) as browser:
            assert (await browser.get("/viec")).headers["location"] == "/vao?ve=/viec"
            assert (await browser.get("/vao/tiep?ve=/viec")).headers["location"] == "/vao?ve=/viec"
        assert await book(site).see(person(one)) is None
    async with as_(site, viet) as browser:
        assert (await browser.get("/viec")).status_code == 200
    assert (await visit(site, "tam")).roles == ()
    async with site.database.transaction() as session:
        assert not await accounts.revoke(session, agency="tan-binh", actor=CHIEF, grant_id=grant_id, at=make.AT)
    audited = await rows(site.database, "select actor, verb from audit where actor like '%quan-tri' order by id")
    who = CHIEF.identity
    assert audited == [(who, "role.granted"), (who, "role.revoked"), (who, "sessions.ended")]


async def test_another_agency_s_grant_is_not_taken_back(site: Site) -> None:
    grant_id = await give(site, "tam", "officer")
    async with site.database.transaction() as session:
        assert not await accounts.revoke(session, agency="hcm", actor=CHIEF, grant_id=grant_id, at=make.AT)


async def test_nobody_gives_themselves_a_role(site: Site) -> None:
    with pytest.raises(accounts.OwnRole):
        await give(site, "quan-tri", "signer")


async def test_who_has_a_role_by_grant_alone_is_told_what_is_new(site: Site) -> None:
    await visit(site, "tam")
    await give(site, "tam", "officer")
    async with site.database.transaction() as session:
        told: dict[str, Any] = {"agency": "tan-binh", "nomination_id": uuid7()}
        await messages.note_file(session, **told, code="TB-24-0001", unit_id=make.SCHOOL)
        assert await messages.announce(session, **told, event_id=uuid7(), notice="arrived", at=make.AT) == 1
    assert await rows(site.database, "select recipient from messages") == [(f"{ISSUER}|tam",)]


async def test_a_session_that_took_another_s_place_ends_it(site: Site) -> None:
    first = await visit(site, "tam")
    second = await visit(site, "tam", instead_of=first.session_id)
    assert await rows(site.database, "select id from sessions") == [(second.session_id,)]
    assert await rows(site.database, "select id from ended_sessions") == [(first.session_id,)]


async def test_sessions_past_their_end_are_forgotten_and_not_renewed(site: Site) -> None:
    real = site.runtime.clock.real()
    old = await book(site).open(Visit("old", ISSUER, "tam", "Tâm", "", (), real), instead_of=None)
    assert await book(site).see(person(old)) is None
    await visit(site, "tam")
    assert await rows(site.database, "select count(*) from sessions where id = 'old'") == [(0,)]


async def test_a_session_of_somebody_else_is_not_renewed(site: Site) -> None:
    tam = await visit(site, "tam")
    await visit(site, "viet")
    assert await book(site).see(replace(person(tam), subject="viet")) is None


async def test_everybody_sees_and_ends_ones_own_sessions_only(site: Site) -> None:
    here = await visit(site, "tam", Role("member"), browser="Firefox, Linux")
    there = await visit(site, "tam", Role("member"), browser="Chrome, Android")
    third = await visit(site, "tam", Role("member"))
    viet = await visit(site, "viet", Role("member"), browser="Edge, Windows")
    async with as_(site, here) as browser:
        page = text_of(await browser.get("/phien"))
        assert [word in page for word in ("Firefox, Linux phiên này", "Chrome, Android", "không rõ", "Edge")] == [
            True,
            True,
            True,
            False,
        ]
        assert (await browser.post("/phien", data={"phien": viet.session_id})).status_code == 303
        assert (await browser.post("/phien", data={"phien": there.session_id})).status_code == 303
        left = "select id from sessions order by id"
        assert await rows(site.database, left) == [(i,) for i in sorted(o.session_id for o in (here, third, viet))]
        assert (await browser.post("/phien")).status_code == 303
        assert await rows(site.database, left) == [(i,) for i in sorted(o.session_id for o in (here, viet))]
        assert (await browser.get("/phien")).status_code == 200
    async with as_(site, there) as browser:
        assert (await browser.get("/phien")).headers["location"] == "/vao?ve=/phien"


async def test_only_an_administrator_sees_and_changes_roles(site: Site) -> None:
    here = "/viec/quan-tri/nguoi"
    grant_id = await give(site, "tam", "officer")
    async with as_(site, await visit(site, "viet", Role("officer"), Role("chair"))) as browser:
        answers = [
            await browser.get(here),
            await browser.post(here, data={"identity": f"{ISSUER}|viet", "role": "administrator"}),
            await browser.post(f"{here}/thu-hoi/{grant_id}"),
            await browser.post(f"{here}/ket-thuc-phien", data={"identity": f"{ISSUER}|tam"}),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    assert await rows(site.database, "select identity, revoked_at from grants") == [(f"{ISSUER}|tam", None)]


async def test_people_stand_in_the_order_of_their_given_names(site: Site) -> None:
    names = ("Bùi Xuân Phúc", "Đỗ Thị Ánh", "Vũ Ngọc Ân", "Lê An", "Cao Bích Đào")
    async with site.database.transaction() as session:
        for name in names:
            about: dict[str, Any] = {"name": name, "email": "", "roles": [], "at": make.AT}
            await accounts.note_account(session, agency="tan-binh", identity=f"https://id|{name}", **about)
    async with site.signed_in("administrator") as administrator:
        page = text_of(await administrator.get("/viec/quan-tri/nguoi"))
    assert sorted(names, key=page.index) == ["Lê An", "Đỗ Thị Ánh", "Vũ Ngọc Ân", "Cao Bích Đào", "Bùi Xuân Phúc"]


async def hear_of(site: Site, unit_id: UUID, name: str) -> None:
    """A unit was opened."""
    async with site.database.transaction() as session:
        await units.note_unit(session, agency="tan-binh", unit_id=unit_id, name=name, valid_from=make.TODAY)


async def test_an_administrator_gives_a_role_and_takes_it_back(site: Site) -> None:
    here = "/viec/quan-tri/nguoi"
    tam = await visit(site, "tam", Role("member"))
    await hear_of(site, make.SCHOOL, "Trường THCS Hoa Mai")
    async with as_(site, await visit(site, "quan-tri", Role("administrator"))) as chief:
        asked = {
            "identity": f"{ISSUER}|tam",
            "role": "officer",
            "unit": str(make.SCHOOL),
            "since": "01/01/2024",
            "until": "01/01/2025",
        }
        assert (await chief.post(here, data=asked)).headers["location"] == here
        page = text_of(await chief.get(here))
        assert "Cán bộ phụ trách · Trường THCS Hoa Mai · từ 01/01/2024 · đến trước 01/01/2025 · cấp tại đây" in page
        assert "Ủy viên hội đồng · do nơi cấp tài khoản nêu" in page
        ((grant_id,),) = await rows(site.database, "select id from grants")
        assert (await chief.post(f"{here}/thu-hoi/{grant_id}")).headers["location"] == here
        assert (await chief.post(f"{here}/thu-hoi/{grant_id}")).status_code == 404
        assert await book(site).see(person(tam)) is None
        other = await visit(site, "tam", Role("member"))
        assert (await chief.post(f"{here}/ket-thuc-phien", data={"identity": f"{ISSUER}|tam"})).status_code == 303
        assert await book(site).see(person(other)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "king"}, "Hãy chọn một vai trò."),
        ({"unit": ""}, "Hãy chọn một đơn vị, hoặc cả cơ quan."),
        ({"unit": str(make.OTHER_SCHOOL)}, "Hãy chọn một đơn vị, hoặc cả cơ quan."),
        ({"since": "31/02/2024"}, "Ngày viết như 20/11/2026."),
        ({"until": "2024"}, "Ngày viết như 20/11/2026."),
        ({"since": "02/01/2024", "until": "01/01/2024"}, "Ngày hết hạn phải sau ngày bắt đầu."),
        ({"identity": f"{ISSUER}|ai-do"}, "Hãy chọn một người đã từng vào hệ thống."),
        ({"identity": f"{ISSUER}|quan-tri"}, "Không ai tự cấp vai trò cho mình"),
    ],
)
async def test_a_role_that_cannot_be_given_is_told_where_it_is_wrong(
    site: Site, change: dict[str, str], words: str
) -> None:
    await visit(site, "tam")
    async with as_(site, await visit(site, "quan-tri", Role("administrator"))) as chief:
        asked = {"identity": f"{ISSUER}|tam", "role": "officer", "unit": "ca-co-quan"} | change
        answer = await chief.post("/viec/quan-tri/nguoi", data=asked)
    assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert await rows(site.database, "select count(*) from grants") == [(0,)]


async def command(site: Site, *words: str) -> tuple[int, str]:
    """`python -m services.notification …` with the site's settings: exit code and what it said."""
    settings = site.runtime.settings.model_dump(mode="json", exclude_none=True, exclude={"identity_providers"})
    environ = os.environ | {f"GUONGSANG_{name.upper()}": str(value) for name, value in settings.items()}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.notification", *words), env=environ, stdout=-1, stderr=-2
    )
    said, _ = await running.communicate()
    return running.returncode or 0, said.decode()


async def test_the_operator_gives_the_first_role(site: Site) -> None:
    code, said = await command(site, "grant", "tam", "administrator", "--since", "2024-01-01")
    granted = await rows(site.database, "select id, identity, role, since, granted_by from grants")
    identity = "http://id.localhost:9|tam"
    assert [row[1:] for row in granted] == [(identity, "administrator", date(2024, 1, 1), "system:operator")]
    assert (code, said) == (0, f"{identity} is given administrator: {granted[0][0]}\n")
    wrong = [("grant", "tam", "king"), ("grant", "tam", "chair", "--since", "2024-01-02", "--until", "2024-01-02")]
    assert [(await command(site, *words))[0] for words in wrong] == [2, 2]
