"""A case handed from tier to tier: taken over, held, ruled on; and the messages that cross."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from services.review import rules
from services.review.actions import honours, referrals
from services.review.rules import Choice
from tests.review.referring import (
    LOWER,
    UPPER,
    accept,
    arrive,
    conclude,
    concluded_and_referred,
    decided,
    honour,
    met,
    offered,
    refer,
    rows,
    stands,
    take_dossier,
    the_case,
)
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours

pytestmark = pytest.mark.db


@pytest.fixture
async def tiers(databases: Databases) -> Neighbours:
    return await met(databases)


async def test_a_case_climbs_to_the_ministry_and_every_ruling_comes_down(tiers: Neighbours) -> None:
    await offered(tiers)
    assert await stands(tiers, "tan-binh") == ("decided", True, [(*LOWER, "sent")])
    assert await stands(tiers, "hcm") == ("offered", False, [(*UPPER, "sent")])
    await accept(tiers, "hcm")
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("decided", True, [(*LOWER, "accepted")])
    await conclude(tiers, "hcm")
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("decided", False, [(*LOWER, "ruled")])
    await honour(tiers, "tan-binh")
    await arrive(tiers, "hcm", await refer(tiers, "hcm", "moet"))
    await tiers.carry()
    await take_dossier(tiers, "moet")
    await accept(tiers, "moet")
    await conclude(tiers, "moet")
    await honour(tiers, "moet", "9/QĐ")
    for _ in range(3):
        await tiers.carry()
    assert await stands(tiers, "hcm") == ("decided", False, [(*UPPER, "ruled"), ("moet", "lower", "ruled")])
    await honour(tiers, "hcm", "5/QĐ")
    for _ in range(3):
        await tiers.carry()
    known = "select by_agency, decision_number, standing, told_by from standings order by by_agency"
    assert await rows(tiers.databases["tan-binh"], known) == [
        ("hcm", "5/QĐ", "in_force", "hcm"),
        ("moet", "9/QĐ", "in_force", "hcm"),
    ]
    assert await rows(tiers.databases["hcm"], known) == [
        ("moet", "9/QĐ", "in_force", "moet"),
        ("tan-binh", "1/QĐ", "in_force", "tan-binh"),
    ]
    assert await rows(tiers.databases["moet"], known) == [
        ("hcm", "5/QĐ", "in_force", "hcm"),
        ("tan-binh", "1/QĐ", "in_force", "hcm"),
    ]
    told = """select convert_from(body, 'UTF8')::jsonb ->> 'move' from outbox
               where topic = 'hcm.review.to-tan-binh' and type like '%Move%' order by id"""
    assert await rows(tiers.databases["hcm"], told) == [("referred",), ("accepted",), ("honour",)]


async def test_a_hold_shows_at_every_tier_that_has_the_case_and_so_does_its_end(tiers: Neighbours) -> None:
    await offered(tiers)
    await accept(tiers, "hcm")
    await conclude(tiers, "hcm")
    await tiers.carry()
    await honour(tiers, "tan-binh")
    await tiers.carry()
    case_id = await the_case(tiers, "tan-binh")
    known = "select by_agency, standing from standings"
    later = make.AT
    acts: dict[str, Callable[..., Awaitable[object]]] = {
        "held": partial(honours.hold, ground="evidence"),
        "in_force": honours.resume,
        "revoked": partial(honours.revoke, ground="evidence"),
    }
    for expected, act in acts.items():
        later += timedelta(minutes=1)
        async with tiers.databases["tan-binh"].transaction() as session:
            await act(session, case_id=case_id, at=later, by=make.SIGNER)
        await tiers.carry()
        assert await rows(tiers.databases["hcm"], known) == [("tan-binh", expected)]
    # Why an honour was held or revoked leaves the agency in no event.
    grounds = "select count(*) from outbox where convert_from(body, 'UTF8') like '%evidence%'"
    assert await rows(tiers.databases["tan-binh"], grounds) == [(0,)]


async def test_a_frozen_case_is_neither_honoured_nor_referred_again(tiers: Neighbours) -> None:
    await offered(tiers)
    with pytest.raises(rules.Frozen, match="xin thu về"):
        await honour(tiers, "tan-binh")
    with pytest.raises(rules.AlreadyDone, match="đang được trình"):
        await refer(tiers, "tan-binh", "hcm")


async def test_a_door_that_refuses_sets_the_case_free_and_it_can_be_sent_again(tiers: Neighbours) -> None:
    await decided(tiers)
    row_id = await refer(tiers, "tan-binh", "hcm")
    database = tiers.databases["tan-binh"]
    async with database.transaction() as session:
        await referrals.give_up(session, row_id=row_id, reason="no-address", at=make.AT)
    assert await stands(tiers, "tan-binh") == ("decided", False, [(*LOWER, "failed")])
    assert await rows(database, "select trouble from referrals") == [("no-address",)]
    async with database.transaction() as session:
        await referrals.send_again(session, row_id=row_id, at=make.AT, by=make.SECRETARY)
    assert await stands(tiers, "tan-binh") == ("decided", True, [(*LOWER, "sending")])


async def test_nothing_is_taken_over_before_its_dossier_is_here(tiers: Neighbours) -> None:
    await decided(tiers)
    await arrive(tiers, "tan-binh", await refer(tiers, "tan-binh", "hcm"))
    await tiers.carry()
    with pytest.raises(rules.NotReady, match="chưa được chuyển tới"):
        await accept(tiers, "hcm")
    assert await rows(tiers.databases["hcm"], "select owner, purpose from awaited_parcels") == [
        ("review/door/tan-binh", "referral")
    ]


async def test_one_subject_is_honoured_twice_only_when_a_person_says_so(tiers: Neighbours) -> None:
    database = tiers.databases["tan-binh"]
    case = await decided(tiers)
    await honour(tiers, "tan-binh")
    other = await make.case(database, code="TB-24-0002")
    async with database.transaction() as session:
        await session.execute(
            text("update cases set subject_id = :subject, state = 'decided', outcome = 'honour' where id = :id"),
            {"subject": case.subject_id, "id": other.id},
        )
    about: dict[str, Any] = {"decision_number": "2/QĐ", "decision_date": make.TODAY, "form": "Giấy khen", "level": ""}
    for once_more in (False, True):
        async with database.transaction() as session:
            act = honours.honour(
                session, case_id=other.id, at=make.AT, today=make.TODAY, by=make.SIGNER, once_more=once_more, **about
            )
            if once_more:
                await act
            else:
                with pytest.raises(rules.HonouredBefore, match="TB-24-0001"):
                    await act
    assert await rows(database, "select decision_number from honours order by id") == [("1/QĐ",), ("2/QĐ",)]


async def test_the_union_line_has_its_own_route_and_each_line_decides_for_itself(tiers: Neighbours) -> None:
    await decided(tiers)
    for parent in ("hcm", "cdgd-hcm"):
        await arrive(tiers, "tan-binh", await refer(tiers, "tan-binh", parent))
    await tiers.carry()
    for agency, choice in (("hcm", Choice.AGREE), ("cdgd-hcm", Choice.DISAGREE)):
        await take_dossier(tiers, agency)
        await accept(tiers, agency)
        await conclude(tiers, agency, choice, choice, choice)
    assert await stands(tiers, "hcm") == ("decided", False, [(*UPPER, "ruled")])
    assert await stands(tiers, "cdgd-hcm") == ("declined", False, [(*UPPER, "ruled")])
    frozen = "select other, state from referrals order by other"
    await tiers.carry()
    assert await rows(tiers.databases["tan-binh"], frozen) == [("cdgd-hcm", "ruled"), ("hcm", "ruled")]
    await honour(tiers, "hcm", "5/QĐ")
    await tiers.carry()
    await tiers.carry()
    # What one line honours, the other learns from the district between them.
    known = "select by_agency, decision_number, told_by from standings"
    assert await rows(tiers.databases["cdgd-hcm"], known) == [("hcm", "5/QĐ", "tan-binh")]


async def test_a_case_that_comes_by_two_routes_is_decided_once_and_both_are_told(tiers: Neighbours) -> None:
    await offered(tiers)
    await accept(tiers, "hcm")
    await arrive(tiers, "tan-binh", await refer(tiers, "tan-binh", "cdgd-hcm"))
    await arrive(tiers, "hcm", await concluded_and_referred(tiers, "hcm", "moet"))
    await tiers.carry()
    await take_dossier(tiers, "cdgd-hcm")
    await accept(tiers, "cdgd-hcm")
    await arrive(tiers, "cdgd-hcm", await concluded_and_referred(tiers, "cdgd-hcm", "vneu"))
    await tiers.carry()
    await take_dossier(tiers, "vneu")
    await accept(tiers, "vneu")
    await arrive(tiers, "vneu", await concluded_and_referred(tiers, "vneu", "moet"))
    await take_dossier(tiers, "moet")
    await accept(tiers, "moet")
    await tiers.carry()
    assert await stands(tiers, "moet") == (
        "scoring",
        False,
        [("hcm", "upper", "accepted"), ("vneu", "upper", "accepted")],
    )
    await conclude(tiers, "moet")
    await tiers.carry()
    for agency in ("hcm", "vneu"):
        ruling = "select state, outcome from referrals where other = 'moet'"
        assert await rows(tiers.databases[agency], ruling) == [("ruled", "honour")]


async def test_news_of_a_referral_that_was_never_made_is_parked(tiers: Neighbours) -> None:
    await offered(tiers)
    async with tiers.databases["tan-binh"].transaction() as session:
        await session.execute(text("delete from referrals"))
    await accept(tiers, "hcm")
    assert await tiers.carry() == {"tan-binh": {"parked": 1}}


async def test_referring_is_refused_before_the_council_has_concluded_and_to_strangers(tiers: Neighbours) -> None:
    await make.case(tiers.databases["tan-binh"])
    with pytest.raises(rules.WrongState):
        await refer(tiers, "tan-binh", "hcm")
    async with tiers.databases["tan-binh"].transaction() as session:
        case_id = await the_case(tiers, "tan-binh")
        with pytest.raises(rules.BadInput, match="cơ quan cấp trên"):
            await referrals.refer(
                session, case_id=case_id, to_agency="moet", parents=["hcm"], at=make.AT, by=make.SECRETARY
            )
