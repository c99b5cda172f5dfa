"""What happens to leads. Each action locks the lead and never commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination.actions import claims, criteria, dossiers, movements, nominations
from services.nomination.actions.plans import Agency
from services.nomination.rules import RoundNotOpen, State
from services.nomination.rules.leads import (
    TO_DO,
    BadLead,
    LeadMoved,
    LeadState,
    NoteKind,
    Source,
    Track,
    check_ahead,
    check_fields,
    check_move,
)
from services.nomination.rules.titles import split_title
from services.nomination.tables import Lead, LeadNote, Nomination, Subject, Unit
from shared import audit
from shared.audit import Actor
from shared.clock import local_date
from shared.events import Category
from shared.names import lines, normal, sort_key

CONTACT_KEPT = timedelta(days=180)
"""How long somebody of the public can be asked more about whom they told of; the form says so."""
NEEDED = {
    "name": "Hãy ghi người hoặc tập thể bạn muốn giới thiệu.",
    "deed": "Hãy kể ngắn: đã làm điều gì hay, ở đâu, khi nào.",
}


@dataclass(frozen=True)
class Sighting:
    """What was seen: who, of which unit (none: not known), what they did, and through what it was noticed."""

    unit_id: UUID | None
    category: Category
    name: str
    deed: str
    position: str = ""
    movement_id: UUID | None = None
    task: str = ""
    found_through: str = ""
    contact: str = ""


async def spot(
    session: AsyncSession,
    agency: Agency,
    sighting: Sighting,
    *,
    source: Source,
    at: datetime,
    by: Actor,
    id: UUID | None = None,
) -> UUID:
    """Write a lead down; its id. What the public tells waits for its unit's triage. `id` is that of the form, so that
    one sent twice is one lead.

    Raises BadLead, BadMovement; LookupError when the unit is not the agency's.
    """
    if sighting.unit_id is not None:
        await _unit(session, agency.id, sighting.unit_id, at)
    await movements.check_known(session, agency.id, sighting.movement_id)
    fields = {
        "name": normal(sighting.name),
        "position": normal(sighting.position),
        "deed": lines(sighting.deed),
        "task": normal(sighting.task),
        "found_through": normal(sighting.found_through),
        "contact": normal(sighting.contact),
    }
    check_fields(fields, needed=NEEDED)
    public = source is Source.PUBLIC
    lead = Lead(
        id=id or uuid7(),
        agency=agency.id,
        unit_id=sighting.unit_id,
        category=sighting.category,
        source=source,
        taken_up=not public,
        spotted_by="" if public else by.identity,
        spotted_at=at,
        sort_key=sort_key(sighting.name),
        name=fields["name"],
        position=fields["position"],
        deed=fields["deed"],
        movement_id=sighting.movement_id,
        task=fields["task"],
        found_through=fields["found_through"],
        contact=fields["contact"],
    )
    number = lead.id
    try:
        async with session.begin_nested():
            session.add(lead)
    except IntegrityError as error:
        if "pk_leads" not in str(error.orig):
            raise
        return number  # said before; whoever fills in the public form may not read leads, so nothing is looked up
    await audit.record(session, by, "lead.spotted", number)
    return number


async def follow(session: AsyncSession, nomination: Nomination, *, at: datetime, by: Actor) -> Lead:
    """Make an honoured exemplar a lead again, on the track towards the whole country; once. Raises LeadMoved."""
    nomination = await dossiers.lock(session, nomination.id)
    if nomination.state is not State.HONOURED:
        raise LeadMoved("Chỉ theo dõi tiếp được người đã được khen.")
    before = await session.scalar(select(Lead).where(col(Lead.after_id) == nomination.id))
    if before is not None:
        return before
    subject = await session.get_one(Subject, nomination.subject_id)
    lead = Lead(
        agency=nomination.agency,
        unit_id=nomination.unit_id,
        category=subject.category,
        name=subject.name,
        position=subject.position,
        deed="",
        source=Source.HONOURED,
        track=Track.NATIONAL,
        spotted_by=by.identity,
        spotted_at=at,
        sort_key=subject.sort_key,
        after_id=nomination.id,
    )
    session.add(lead)
    await session.flush()
    await audit.record(session, by, "lead.followed", lead.id)
    return lead


async def take_up(
    session: AsyncSession, agency: Agency, *, lead_id: UUID, unit_id: UUID, at: datetime, by: Actor
) -> Lead:
    """Triage: the lead is that unit's from now on.

    Raises BadLead, LeadMoved once it was put forward; LookupError when the unit is not the agency's.
    """
    lead = await lock(session, lead_id)
    check_ahead(lead.state)
    await _unit(session, agency.id, unit_id, at)
    lead.unit_id, lead.taken_up = unit_id, True
    await audit.record(session, by, "lead.taken_up", lead.id)
    return lead


async def move(session: AsyncSession, *, lead_id: UUID, to: LeadState, reason: str, by: Actor) -> None:
    """Bring a lead on, or put it aside with a reason. Raises LeadMoved, BadLead."""
    lead = await lock(session, lead_id)
    reason = lines(reason)
    check_move(lead.state, to, reason)
    check_fields({"text": reason}, needed={})
    lead.state, lead.taken_up = to, True
    lead.aside_reason = reason if to is LeadState.ASIDE else ""
    await audit.record(session, by, f"lead.{to}", lead.id)


async def tell(
    session: AsyncSession, *, lead_id: UUID, fields: Mapping[str, str], movement_id: UUID | None, by: Actor
) -> None:
    """Write what the unit knows of it anew: position, deed, through what it was found, who helps.

    Raises LeadMoved once it was put forward, BadLead, BadMovement.
    """
    lead = await lock(session, lead_id)
    check_ahead(lead.state)
    await movements.check_known(session, lead.agency, movement_id)
    told = {name: lines(text) if name == "deed" else normal(text) for name, text in fields.items()}
    check_fields(told, needed={"deed": NEEDED["deed"]})
    for name, text in told.items():
        setattr(lead, name, text)
    lead.movement_id = movement_id
    await audit.record(session, by, "lead.told", lead.id)


async def note(
    session: AsyncSession, *, lead_id: UUID, kind: NoteKind, text: str, due_on: date | None, at: datetime, by: Actor
) -> LeadNote:
    """Add a line to the nurture plan. Raises BadLead, LeadMoved once the lead was put forward."""
    lead = await lock(session, lead_id)
    check_ahead(lead.state)
    text = lines(text)
    check_fields({"text": text}, needed={"text": "Hãy ghi nội dung."})
    line = LeadNote(
        agency=lead.agency, lead_id=lead_id, kind=kind, text=text, due_on=due_on if kind in TO_DO else None, at=at
    )
    session.add(line)
    await session.flush()
    await audit.record(session, by, "lead.noted", lead.id)
    return line


async def finish(session: AsyncSession, *, lead_id: UUID, note_id: UUID, today: date, by: Actor) -> None:
    """A measure or milestone is done; said twice it stays done as of the first time. Raises LookupError, LeadMoved."""
    check_ahead((await lock(session, lead_id)).state)
    line = await session.get(LeadNote, note_id)
    if line is None or line.lead_id != lead_id or line.kind not in TO_DO:
        raise LookupError("no such line of this lead")
    if line.done_on is None:
        line.done_on = today
        await audit.record(session, by, "lead.note_done", lead_id)


async def nominate(
    session: AsyncSession,
    agency: Agency,
    *,
    lead_id: UUID,
    round_id: UUID,
    at: datetime,
    today: date,
    by: Actor,
    writer: str = "",
) -> Nomination:
    """Put a lead forward: its draft begins with what is known, the deed under what is judged of a dossier as a whole.

    A second time the same draft is found.

    Raises LeadMoved, BadLead without a unit, and what `start_nomination` raises.
    """
    lead = await lock(session, lead_id)
    if lead.nomination_id is not None:
        return await session.get_one(Nomination, lead.nomination_id)
    check_move(lead.state, LeadState.NOMINATED, "")
    if lead.unit_id is None:
        raise BadLead("round", "Hãy nhận nhân tố này về một đơn vị trước khi đề cử.")
    pack = await criteria.pack_for(session, agency, unit_id=lead.unit_id, on=today, by=by)
    if pack is None:
        raise RoundNotOpen("Cơ quan chưa nhập bộ tiêu chí nên chưa nhận hồ sơ. Hãy hỏi cán bộ phụ trách.")
    nomination = await nominations.start_nomination(
        session,
        agency,
        unit_id=lead.unit_id,
        round_id=round_id,
        category=lead.category,
        name=lead.name if lead.category is Category.COLLECTIVE else split_title(lead.name)[1],
        position=lead.position,
        rule_set=pack,
        at=at,
        today=today,
        by=by,
        writer=writer,
        movement_id=lead.movement_id,
        task=lead.task,
    )
    whole = [one.code for one in await criteria.criteria_of(session, agency.id, pack) if one.asked.overall]
    if lead.deed and whole:
        await claims.write_claim(
            session, nomination_id=nomination.id, criterion=whole[0], text=lead.deed, version=0, by=by
        )
    lead.state, lead.nomination_id = LeadState.NOMINATED, nomination.id
    await audit.record(session, by, "lead.nominated", lead.id)
    return nomination


async def lock(session: AsyncSession, lead_id: UUID) -> Lead:
    """The lead, locked until the transaction ends."""
    found = await session.execute(select(Lead).where(col(Lead.id) == lead_id).with_for_update())
    return found.scalar_one()


async def _unit(session: AsyncSession, agency: str, unit_id: UUID, at: datetime) -> None:
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != agency:
        raise LookupError("not of this agency")
    if unit.valid_to is not None and unit.valid_to <= local_date(at):
        raise BadLead("unit", "Đơn vị này đã thôi hoạt động. Hãy chọn đơn vị hiện nay.")


async def forget_contacts(session: AsyncSession, before: datetime) -> int:
    """Forget how those can be asked who told of somebody before a moment; what they told stays. How many."""
    known = update(Lead).where(col(Lead.contact) != "", col(Lead.spotted_at) < before)
    return len((await session.execute(known.values(contact="").returning(col(Lead.id)))).all())
