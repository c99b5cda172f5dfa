"""A case that comes back: returned by the tier above, recalled by its own, withdrawn by its unit."""

import pytest

from tests.review.referring import (
    LOWER,
    UPPER,
    accept,
    arrive,
    decided,
    give_back,
    honour,
    met,
    offered,
    recall,
    refer,
    rows,
    stands,
    withdraw,
)
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours

pytestmark = pytest.mark.db


@pytest.fixture
async def tiers(databases: Databases) -> Neighbours:
    return await met(databases)


async def test_the_city_gives_back_with_a_reason_and_the_district_honours(tiers: Neighbours) -> None:
    row_id = await offered(tiers)
    await give_back(tiers, "hcm", "tan-binh")
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("decided", False, [(*LOWER, "returned")])
    assert await stands(tiers, "hcm") == ("returned", False, [(*UPPER, "returned")])
    awaited = "select owner, purpose, about ->> 'row_id', lies_at from awaited_parcels"
    assert await rows(tiers.databases["tan-binh"], awaited) == [("review", "referral-reasons", str(row_id), "hcm")]
    await honour(tiers, "tan-binh")
    again = await refer(tiers, "tan-binh", "hcm")
    await arrive(tiers, "tan-binh", again)
    await tiers.carry()
    assert await stands(tiers, "hcm") == ("offered", False, [(*UPPER, "returned"), (*UPPER, "sent")])
    assert await rows(tiers.databases["hcm"], "select revision from cases") == [(2,)]


async def test_a_recall_before_the_parcel_left_needs_no_parent(tiers: Neighbours) -> None:
    await decided(tiers)
    row_id = await refer(tiers, "tan-binh", "hcm")
    await recall(tiers, "tan-binh", row_id)
    await arrive(tiers, "tan-binh", row_id)  # the transfer that was under way ends now
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("decided", False, [(*LOWER, "recalled")])
    assert await rows(tiers.databases["hcm"], "select * from cases") == []


async def test_a_recall_is_granted_until_acceptance(tiers: Neighbours) -> None:
    row_id = await offered(tiers)
    await recall(tiers, "tan-binh", row_id)
    assert await stands(tiers, "tan-binh") == ("decided", True, [(*LOWER, "recalling")])
    await tiers.carry()
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("decided", False, [(*LOWER, "recalled")])
    assert await stands(tiers, "hcm") == ("withdrawn", False, [(*UPPER, "recalled")])


async def test_acceptance_wins_over_a_recall_that_crosses_it(tiers: Neighbours) -> None:
    row_id = await offered(tiers)
    await recall(tiers, "tan-binh", row_id)
    await accept(tiers, "hcm")
    await tiers.carry()
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("decided", True, [(*LOWER, "accepted")])
    assert await stands(tiers, "hcm") == ("scoring", False, [(*UPPER, "accepted")])
    assert await rows(tiers.databases["hcm"], "select recall_asked from referrals") == [(True,)]


async def test_a_return_that_crosses_a_withdrawal_ends_the_case(tiers: Neighbours) -> None:
    await offered(tiers)
    await withdraw(tiers)
    await give_back(tiers, "hcm", "tan-binh")
    assert await stands(tiers, "tan-binh") == ("decided", True, [(*LOWER, "recalling")])
    await tiers.carry()
    await tiers.carry()
    assert await stands(tiers, "tan-binh") == ("withdrawn", False, [(*LOWER, "returned")])
    assert await stands(tiers, "hcm") == ("returned", False, [(*UPPER, "returned")])


async def test_a_withdrawn_nomination_ends_at_once_where_no_parent_has_it(tiers: Neighbours) -> None:
    await decided(tiers)
    await withdraw(tiers)
    assert await stands(tiers, "tan-binh") == ("withdrawn", False, [])
