"""What reports count apart, written down: of a subject, of a unit."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions import dossiers
from services.nomination.actions.units import lock
from services.nomination.rules.reports import Area, BadReport, Group
from services.nomination.rules.units import LONGEST
from services.nomination.tables import Subject, Unit, UnitArea
from shared import audit
from shared.audit import Actor
from shared.names import normal
from shared.wording import say


async def tell_groups(session: AsyncSession, *, nomination_id: UUID, groups: Sequence[Group], by: Actor) -> None:
    """Of which groups whom an open dossier is about is. Raises NotADraft."""
    nomination = await dossiers.lock(session, nomination_id)
    rules.check_editable(nomination.state)
    subject = update(Subject).where(col(Subject.id) == nomination.subject_id)
    await session.execute(subject.values(groups=[one.value for one in groups]))
    await audit.record(session, by, "subject.groups_told", nomination.subject_id)


async def place_in(
    session: AsyncSession, *, unit: Unit, area: Area, since: date, paper: str, id: UUID, by: Actor
) -> None:
    """From a day on a unit lies in such an area; `id` is the form's: once is once. Raises BadReport."""
    if since < unit.valid_from:
        raise BadReport("since", say("Đơn vị có từ {day:%d/%m/%Y}. Hãy chọn ngày từ đó.", day=unit.valid_from))
    if len(paper) > LONGEST["paper"]:
        raise BadReport("paper", say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST["paper"]))
    await lock(session, unit.id)
    if await session.get(UnitArea, id) is not None:
        return
    there = select(UnitArea).where(col(UnitArea.unit_id) == unit.id, col(UnitArea.area) == area)
    for one in await session.scalars(there):
        if one.valid_to is None or one.valid_to > since:
            raise BadReport("area", "Đơn vị đã được ghi ở vùng này. Hãy ghi ngày thôi của lần trước đã.")
    session.add(UnitArea(agency=unit.agency, id=id, unit_id=unit.id, area=area, valid_from=since, paper=normal(paper)))
    await audit.record(session, by, "unit.placed", unit.id)


async def take_out_of(session: AsyncSession, *, unit_id: UUID, entry_id: UUID, until: date, by: Actor) -> None:
    """A unit lies in an area no more from a day on. Raises BadReport; LookupError for no such entry."""
    await lock(session, unit_id)
    entry = await session.get(UnitArea, entry_id)
    if entry is None or entry.unit_id != unit_id:
        raise LookupError("no such area of this unit")
    if until <= entry.valid_from:
        raise BadReport("until", say("Hãy chọn một ngày sau {day:%d/%m/%Y}.", day=entry.valid_from))
    entry.valid_to = until
    await audit.record(session, by, "unit.placed", unit_id)
