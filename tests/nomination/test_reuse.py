"""One achievement, one award: what was honoured once is told before it is sent again, and stopped where law says so."""

import tomllib
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select, text
from sqlmodel import col

from services.nomination.actions import reuse
from services.nomination.rules.reuse import (
    AchievementReused,
    Honoured,
    Resting,
    Reused,
    ReuseKind,
    Rule,
    check_reused,
    find_reused,
    proof_of,
)
from services.nomination.rules.rounds import Kind
from services.nomination.tables import Nomination, ReuseRule
from shared import files
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of
from tests.support.statements import MOST, counted

EVIDENCE, SUDDEN = ReuseKind.EVIDENCE, ReuseKind.SUDDEN
FILE, PAPER = ("file", "a" * 64), ("decision", "12/qđ-thcshm", "25/05/2024")
BEFORE, TODAY, DAY = UUID(int=1), date(2024, 10, 15), date(2022, 2, 28)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SHA256 = sha256(PDF).hexdigest()
LAW = "Nghị định thử, Điều 4"


def rule(kind: ReuseKind, *, confirmed: bool = True, blocks: bool = True, years: int | None = None) -> Rule:
    return Rule(kind, blocks, LAW, confirmed, years)


def honoured(*proofs: tuple[str, ...], round: Kind = Kind.WINDOW) -> Honoured:
    return Honoured(BEFORE, "TB-22-0001", DAY, Resting(proofs, (), round))


def resting(*proofs: tuple[str, ...], on: tuple[UUID, ...] = (), round: Kind = Kind.WINDOW) -> Resting:
    return Resting(proofs, on, round)


CASES: tuple[tuple[Rule, Resting, Honoured, bool], ...] = (
    (rule(EVIDENCE), resting(FILE, PAPER), honoured(FILE), True),
    (rule(EVIDENCE), resting(PAPER), honoured(PAPER), True),
    (rule(EVIDENCE), resting(PAPER), honoured(FILE), False),
    (rule(EVIDENCE), resting(on=(BEFORE,)), honoured(FILE), False),
    (rule(EVIDENCE, years=2), resting(FILE), honoured(FILE), False),
    (rule(EVIDENCE, years=3), resting(FILE), honoured(FILE), True),
    (rule(SUDDEN), resting(FILE), honoured(FILE), False),
    (rule(SUDDEN), resting(FILE), honoured(FILE, round=Kind.STANDING), True),
    (rule(SUDDEN), resting(on=(BEFORE,)), honoured(FILE, round=Kind.STANDING), True),
    (rule(SUDDEN), resting(on=(UUID(int=2),)), honoured(FILE, round=Kind.STANDING), False),
    (rule(SUDDEN), resting(FILE, round=Kind.STANDING), honoured(FILE, round=Kind.STANDING), False),
)


@pytest.mark.unit
@pytest.mark.parametrize(("rule", "own", "before", "meets"), CASES)
def test_a_rule_is_met_by_what_it_forbids_and_nothing_else(
    rule: Rule, own: Resting, before: Honoured, meets: bool
) -> None:
    assert find_reused([rule], own, [before], TODAY) == ([Reused(rule, "TB-22-0001")] if meets else [])


@pytest.mark.unit
def test_only_a_confirmed_rule_that_blocks_stops() -> None:
    soft = [rule(EVIDENCE, confirmed=False), rule(EVIDENCE, blocks=False)]
    check_reused(Reused(one, "TB-22-0001") for one in soft)
    with pytest.raises(AchievementReused, match="TB-22-0001"):
        check_reused([Reused(rule(SUDDEN), "TB-22-0001")])


@pytest.mark.unit
def test_evidence_is_known_again_by_what_cannot_be_said_otherwise() -> None:
    paper = {"number": "12/QĐ- THCSHM", "date": "25/05/2024", "issuer": "Trường"}
    assert proof_of("decision", None, paper) == PAPER
    assert proof_of("file", "a" * 64, {}) == FILE
    assert proof_of("words", None, {}) is None


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    return made


async def enter(site: Site, *rules: dict[str, Any]) -> int:
    async with site.database.transaction() as session:
        return await reuse.enter_reuse_rules(session, make.AGENCY, rules=rules, by=make.CLERK)


def told(kind: str = "same-evidence-honoured", **changed: Any) -> dict[str, Any]:
    own = {"kind": kind, "blocks": True, "confirmed": True, "basis": LAW, "valid_from": date(2024, 1, 1)}
    return own | changed


async def twice(site: Site, *, unit: UUID = make.SCHOOL, **changed: Any) -> list[Nomination]:
    """An honoured dossier of a sudden deed, and another of somebody of the same name with the same file."""
    plan = await make.plan(site.database)
    own: dict[str, Any] = {"category": Category.TEACHER, **changed}
    await site.runtime.objects.put(files.path_of("nomination", SHA256), PDF)
    made = [await make.draft(site.database, plan.open, unit_id=unit), await make.draft(site.database, plan.open, **own)]
    async with site.database.transaction() as session:
        await session.execute(text(f"update evidence set kind = 'file', sha256 = '{SHA256}', file_name = 'a.pdf'"))
        await session.execute(text(f"update evidence set media_type = 'application/pdf', size = {len(PDF)}"))
        await session.execute(text("update rounds set kind = 'standing', closes_on = null where name = 'đợt trước'"))
        first = "state = 'honoured', round_id = (select id from rounds where name = 'đợt trước')"
        await session.execute(text(f"update nominations set {first} where code = 'TB-24-0001'"))
    return made


async def send(site: Site, code: str) -> tuple[httpx2.Response, httpx2.Response]:
    """The page before sending, and what sending is answered."""
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        return await person.get(f"/de-cu/ho-so/{code}/gui"), await person.post(
            f"/de-cu/ho-so/{code}/gui", data=make.NO_KIN
        )


@pytest.mark.db
async def test_a_confirmed_rule_stops_what_was_honoured_already(site: Site) -> None:
    _, again = await twice(site)
    await enter(site, told(), told("sudden-deed-reused"))
    page, answer = await send(site, again.code)
    said = [
        "Minh chứng này đã được khen ở một hồ sơ khác của cùng đối tượng.",
        "Kết quả khen đột xuất không được dùng lại cho hồ sơ của đợt thường kỳ.",
    ]
    told_on_page = " ".join(f"{one} Căn cứ: {LAW} Xem hồ sơ TB-24-0001 đã được khen" for one in said)
    assert (told_on_page in text_of(page), "Khi bấm «Gửi hồ sơ»" in text_of(page)) == (True, False)
    assert answer.status_code == 422
    assert f"{said[0]} Hồ sơ đã được khen: TB-24-0001. Căn cứ: {LAW}." in text_of(answer)
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        key = {"idempotency-key": "một-lần".encode().hex()}
        place = f"/api/v1/nomination/nominations/{again.code}/submission"
        called = await person.post(place, headers=key)
    assert (called.status_code, called.json()["type"].rsplit("/", 1)[-1]) == (422, "achievement-reused")
    async with site.database.reading() as session:
        states = await session.scalars(select(col(Nomination.state)).order_by(col(Nomination.code)))
        assert list(states) == ["honoured", "draft"]


@pytest.mark.db
async def test_the_page_before_sending_asks_no_more_than_others_do(site: Site) -> None:
    _, again = await twice(site)
    await enter(site, told(), told("sudden-deed-reused"))
    async with site.database.transaction() as session:
        await session.execute(text("update nominations set state = 'returned', revision = 1 where state = 'draft'"))
    await site.database.engine.dispose()
    with counted(site.database) as asked:
        async with site.signed_in("nominator", unit=make.SCHOOL) as person:
            page = await person.get(f"/de-cu/ho-so/{again.code}/gui")
    assert ("Xem hồ sơ TB-24-0001" in text_of(page), len(asked) <= MOST) == (True, True), asked


SOFT: tuple[dict[str, Any], ...] = (told(confirmed=False), told(blocks=False))


@pytest.mark.db
@pytest.mark.parametrize("soft", SOFT)
async def test_a_rule_that_nobody_confirmed_only_warns(site: Site, soft: dict[str, Any]) -> None:
    _, again = await twice(site)
    await enter(site, soft)
    page, answer = await send(site, again.code)
    marked = "" if soft["confirmed"] else " Chưa xác nhận"
    assert f"Căn cứ: {LAW}{marked} Xem hồ sơ TB-24-0001 đã được khen" in text_of(page)
    assert "Khi bấm «Gửi hồ sơ»" in text_of(page)
    assert answer.status_code == 303


NOTHING: tuple[tuple[list[dict[str, Any]], dict[str, Any], str], ...] = (
    ([], {}, ""),
    ([told(valid_to=make.TODAY)], {}, ""),
    ([told(valid_from=date(2024, 10, 16))], {}, ""),
    ([told()], {"name": "Trần Văn Ba"}, ""),
    ([told()], {"unit": make.OTHER_SCHOOL}, ""),
    (
        [told()],
        {},
        "update evidence set sha256 = md5(evidence.id::text) from claims c join nominations n on n.id = c.nomination_id"
        " where c.id = claim_id and n.code = 'TB-24-0001'",
    ),
    ([told()], {}, "update nominations set state = 'declined' where code = 'TB-24-0001'"),
    (
        [told()],
        {},
        "insert into steps (agency, id, nomination_id, at, what, holder) select agency, gen_random_uuid(), id, now(),"
        " 'revoked', 'done' from nominations where code = 'TB-24-0001'",
    ),
)


@pytest.mark.db
@pytest.mark.parametrize(("rules", "changed", "change"), NOTHING)
async def test_nothing_is_said_where_no_rule_of_the_day_is_met(
    site: Site, rules: list[dict[str, Any]], changed: dict[str, Any], change: str
) -> None:
    _, again = await twice(site, **changed)
    await enter(site, *rules)
    if change:
        async with site.database.transaction() as session:
            await session.execute(text(change))
    page, answer = await send(site, again.code)
    assert ("Căn cứ:" in text_of(page), answer.status_code) == (False, 303)


@pytest.mark.db
async def test_what_is_merged_is_the_same_whatever_its_name(site: Site) -> None:
    first, again = await twice(site, name="Trần Văn Ba")
    await enter(site, told())
    async with site.database.transaction() as session:
        where = {"stands": first.subject_id, "id": again.subject_id}
        await session.execute(text("update subjects set same_as = :stands where id = :id"), where)
    page, answer = await send(site, again.code)
    assert ("Xem hồ sơ TB-24-0001 đã được khen" in text_of(page), answer.status_code) == (True, 422)


@pytest.mark.db
async def test_the_rules_that_are_shipped_are_entered_once_and_warn_until_somebody_confirms_them(site: Site) -> None:
    shipped = tomllib.loads(Path("deploy/rules/reuse.toml").read_text())["reuse_rule"]
    assert [await enter(site, *shipped), await enter(site, *shipped)] == [4, 0]
    assert await enter(site, shipped[1] | {"confirmed": True}) == 1
    async with site.database.reading() as session:
        rows = await session.scalars(select(ReuseRule).order_by(col(ReuseRule.kind), col(ReuseRule.valid_from)))
        assert [(one.kind, one.valid_from.year, one.blocks, one.confirmed) for one in rows] == [
            (EVIDENCE, 2024, True, False),
            (EVIDENCE, 2025, True, True),
            (SUDDEN, 2024, True, False),
            (SUDDEN, 2025, True, False),
        ]
