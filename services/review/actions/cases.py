"""Cases: opened by a nomination, filled by its parcel, returned, opened again by the corrected one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.actions import awaiting
from services.review.actions.awaiting import about
from services.review.rules import State
from services.review.tables import Case, Dossier, RuleSetRow, Unit
from shared import audit, outbox, search_words
from shared.audit import Actor
from shared.events import CaseOpened, CaseReopened, CaseReturned, Category, Sealed

SYSTEM = Actor("system:inbox", "system")


async def open_case(
    session: AsyncSession,
    *,
    agency: str,
    nomination_id: UUID,
    origin_agency: str,
    unit_id: UUID,
    subject_id: UUID,
    code: str,
    category: Category,
    criteria: str,
    revision: int,
    at: datetime,
    today: date,
) -> Case:
    """Take a nomination in under the rule set of this day, and say so."""
    found = await rule_set_on(session, agency=agency, on=today)
    case = Case(
        agency=agency,
        nomination_id=nomination_id,
        origin_agency=origin_agency,
        unit_id=unit_id,
        subject_id=subject_id,
        code=code,
        category=category,
        criteria=criteria,
        rules=found.code if found else None,
        revision=revision,
        opened_at=at,
        moved_at=at,
    )
    session.add(case)
    await session.flush()
    await search_words.enter(session, case.id, case.code)
    outbox.record(
        session,
        CaseOpened(**about(case, at)),
    )
    await audit.record(session, SYSTEM, "case.opened", case.id)
    return case


async def take_dossier(
    session: AsyncSession, *, case_id: UUID, revision: int, content: dict[str, Any], files: list[dict[str, Any]]
) -> None:
    """The parcel of a case has arrived: the council can begin. One that a newer revision overtook is dropped."""
    case = await lock(session, case_id)
    if revision != case.revision:
        return
    session.add(Dossier(agency=case.agency, case_id=case_id, revision=revision, content=content, files=files))
    name = rules.name_to_find(content.get("subject_name", ""), child=case.category is Category.PUPIL)
    await search_words.enter_anew(session, case_id, case.code, content.get("unit"), name)
    if case.state is State.NEW:
        case.state = State.SCORING
        case.version += 1
        await awaiting.tell(session, case)
    await audit.record(session, Actor("system:parcels", "system"), "dossier.taken", case_id)


async def return_case(
    session: AsyncSession, *, case_id: UUID, reasons: Sealed, at: datetime, by: Actor, reopened: Sequence[str] = ()
) -> Case:
    """Send a case back to be corrected; the reasons lie in a parcel already.

    `reopened`: the criteria and papers that may be changed, none: all. Raises WrongState, Frozen.
    """
    case = await lock(session, case_id)
    rules.check_free(case.frozen)
    rules.check_state(case.state, State.SCORING)
    case.state, case.moved_at, case.version = State.RETURNED, at, case.version + 1
    outbox.record(
        session,
        CaseReturned(
            **about(case, at),
            revision=case.revision,
            reasons=reasons,
            reopened=sorted(reopened),
        ),
    )
    await awaiting.tell(session, case)
    await audit.record(session, by, "case.returned", case_id)
    return case


async def reopen_case(
    session: AsyncSession, *, agency: str, origin_agency: str, nomination_id: UUID, revision: int, at: datetime
) -> Case:
    """The corrected nomination has come: its new dossier is on the way. Raises WrongState."""
    case = await find(session, agency=agency, origin_agency=origin_agency, nomination_id=nomination_id)
    if case is None:
        raise LookupError(f"no case of nomination {nomination_id}")
    rules.check_state(case.state, State.RETURNED)
    case.state, case.revision, case.moved_at, case.version = State.NEW, revision, at, case.version + 1
    outbox.record(
        session,
        CaseReopened(
            **about(case, at),
            revision=revision,
        ),
    )
    await audit.record(session, SYSTEM, "case.reopened", case.id)
    return case


async def move(session: AsyncSession, *, agency: str, nomination_id: UUID, unit_id: UUID) -> None:
    """A case that goes on is another unit's from now on; one that has ended stays of its own."""
    going_on = (
        col(Case.agency) == agency,
        col(Case.nomination_id) == nomination_id,
        col(Case.state).in_((*rules.OPEN, State.RETURNED)),
    )
    await session.execute(update(Case).where(*going_on).values(unit_id=unit_id))


async def note_unit(
    session: AsyncSession, *, agency: str, unit_id: UUID, name: str, kind: str, valid_from: date
) -> None:
    """Remember a unit's name; a case may have come before it."""
    unit = insert(Unit).values(id=unit_id, agency=agency, name=name, kind=kind, valid_from=valid_from)
    told = {"name": name, "kind": kind, "valid_from": valid_from}
    await session.execute(unit.on_conflict_do_update(index_elements=["id"], set_=told))


async def enter_rule_set(
    session: AsyncSession,
    *,
    agency: str,
    code: str,
    valid_from: date,
    values: dict[str, Any],
    source: str = "",
    confirmed: bool = False,
    by: Actor,
) -> None:
    """Enter a rule set as its source says it; one of that code that was entered before is left as it is."""
    known = await session.scalar(
        select(RuleSetRow).where(col(RuleSetRow.agency) == agency, col(RuleSetRow.code) == code)
    )
    if known is None:
        session.add(
            RuleSetRow(
                agency=agency, code=code, valid_from=valid_from, values=values, source=source, confirmed=confirmed
            )
        )
        await audit.record(session, by, "rule_set.entered", code)


async def rule_set_on(session: AsyncSession, *, agency: str, on: date) -> RuleSetRow | None:
    """The rule set in force on a day, the newest first."""
    return await session.scalar(
        select(RuleSetRow)
        .where(
            col(RuleSetRow.agency) == agency,
            col(RuleSetRow.valid_from) <= on,
            (col(RuleSetRow.valid_to).is_(None)) | (col(RuleSetRow.valid_to) > on),
        )
        .order_by(col(RuleSetRow.valid_from).desc())
        .limit(1)
    )


async def find(session: AsyncSession, *, agency: str, origin_agency: str, nomination_id: UUID) -> Case | None:
    """The agency's case of a nomination, locked, if there is one."""
    own = select(Case).where(
        col(Case.agency) == agency,
        col(Case.origin_agency) == origin_agency,
        col(Case.nomination_id) == nomination_id,
    )
    found = await session.execute(own.with_for_update(), execution_options={"populate_existing": True})
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, case_id: UUID) -> Case:
    """The case as it is now, locked until the transaction ends. Raises NoResultFound."""
    locked = select(Case).where(col(Case.id) == case_id).with_for_update()
    return (await session.execute(locked, execution_options={"populate_existing": True})).scalar_one()
