"""Rounds and their ends: all of them, one with what came in it, and how its end is moved."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import rounds as acting
from services.nomination.pages import deadlines
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import round_lists, rounds
from services.nomination.queries.round_lists import Counted
from services.nomination.rules.rounds import BadExtension, Kind
from services.nomination.tables import Round
from shared.formats import read_day
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, Listing, Tag
from shared.lists import show

router = APIRouter()

KINDS = {
    Kind.WINDOW: "Từ ngày đến ngày",
    Kind.STANDING: "Mở thường xuyên, cho việc đột xuất",
    Kind.SEMESTER: "Mỗi học kỳ",
}
COLUMNS = (
    Column("Đợt", ("ten", "ten-nguoc")),
    Column("Kế hoạch", minor=True),
    Column("Tình trạng"),
    Column("Mở", ("cu", "moi")),
    Column("Đóng"),
    Column("Còn lại"),
    Column("Đã gửi", number=True),
    Column("Gửi muộn", number=True),
)


def cells(one: Counted) -> tuple[Cell, ...]:
    """A round in the list. The counts are those of the units whose dossiers one may see."""
    seen = one.seen
    name = Link(seen.round.name, f"/de-cu/dot/{seen.round.id}")
    last, left = seen.round.last_day, deadlines.left(seen)
    return name, seen.plan.title, Tag("round", seen.look), seen.round.opens_on, last, left, one.handed_in, one.late


@router.get("/dot", dependencies=[allowed("round.read")])
async def list_rounds(desk: AtDesk) -> Response:
    """The rounds of the plans in force."""
    asked = Asked.of(desk.request, round_lists.ORDERS, ())
    async with desk.database.reading() as session:
        rows = await round_lists.page_of_rounds(
            session, agency=desk.agency.id, units=desk.units, asked=asked, at=desk.clock.now()
        )
    listing = Listing("Đợt và hạn", asked, round_lists.ORDERS, (), COLUMNS, rows, cells)
    unconfirmed = any(one.seen.unconfirmed for one in rows.found)
    return show(desk.request, listing, "rounds.html", file="dot-va-han", unconfirmed=unconfirmed)


@router.get("/dot/{round_id}", dependencies=[allowed("round.read")])
async def show_round(desk: AtDesk, round_id: UUID) -> Response:
    """One round: until when, what came in it, what came late, how its end was moved."""
    return await _round(desk, round_id)


async def _round(
    desk: Desk, round_id: UUID, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    place: dict[str, Any] = {"agency": desk.agency.id, "round_id": round_id, "units": desk.units}
    async with desk.database.reading() as session:
        found = await rounds.get_seen(session, agency=desk.agency.id, round_id=round_id, at=desk.clock.now())
        if found is None:
            raise HTTPException(404)
        counts = await round_lists.count_by_state(session, **place)
        late = await round_lists.list_late(session, **place)
        extensions = await rounds.list_extensions(session, round_id=round_id)
        overlapping = await rounds.list_overlapping(session, chosen=found.round)
    in_force = found.plan.state is rules.PlanState.IN_FORCE
    return desk.pages.render(
        desk.request,
        "round.html",
        status_code=422 if errors else 200,
        seen=found,
        kind=KINDS[found.round.kind],
        until=deadlines.until(found),
        left=deadlines.left(found),
        counts=counts,
        counting=desk.rights.opens("nomination.read"),
        late=late,
        extensions=extensions,
        overlapping=overlapping,
        extending=in_force and found.round.last_day is not None and desk.rights.may("round.extend"),
        errors=errors or {},
        values=values or {"until": "", "reason": ""},
    )


@router.post("/dot/{round_id}/gia-han", dependencies=[allowed("round.extend")])
async def extend(
    desk: AtDesk, round_id: UUID, until: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Move a round's end; units read until when and why."""
    by = desk.rights.actor("round.extend")
    try:
        async with desk.database.transaction() as session:
            await _own(session, desk, round_id)
            await acting.extend(
                session, round_id=round_id, until=read_day(until), reason=reason, at=desk.clock.now(), by=by
            )
    except BadExtension as refusal:
        return await _round(desk, round_id, {refusal.field: str(refusal)}, {"until": until, "reason": reason})
    except rules.Refusal as refusal:
        return await _round(desk, round_id, {"until": str(refusal)}, {"until": until, "reason": reason})
    return see_other(f"/de-cu/dot/{round_id}")


async def _own(session: AsyncSession, desk: Desk, round_id: UUID) -> None:
    """Raises HTTPException (404) for a round that is not the agency's."""
    found = await session.get(Round, round_id)
    if found is None or found.agency != desk.agency.id:
        raise HTTPException(404)
