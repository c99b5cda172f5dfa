"""Writing a plan, a new one or the next version of one: saved part by part, seen by nobody else, thrown away."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions import cascade, documents
from services.nomination.rules import PlanState, plan_checks, tightening
from services.nomination.rules.plan_checks import Known, Trouble
from services.nomination.rules.plan_content import ENTRIES, content
from services.nomination.tables import Criterion, Plan, PlanFromAbove, Unit
from services.nomination.tables.plan_content import of_rows
from shared import audit
from shared.audit import Actor
from shared.wording import say

ROWS = ("rounds", "targets", *ENTRIES)
"""The parts of a plan that are written entry by entry."""
MOST_ROWS = 100


async def begin_amendment(session: AsyncSession, *, plan_id: UUID, by: Actor) -> Plan:
    """Begin to write the next version of a plan, from what it says now; what is being written already goes on.

    Raises PlanNotInForce.
    """
    plan = await cascade.lock(session, plan_id)
    rules.check_in_force(plan.state)
    if plan.draft is None:
        plan.draft = of_rows(plan, *await documents.rows_of(session, plan))
        plan.draft_version += 1
        await audit.record(session, by, "plan.amendment_begun", plan_id)
    return plan


async def save_words(session: AsyncSession, *, plan_id: UUID, seen: int, changes: Mapping[str, Any], by: Actor) -> Plan:
    """Save parts of a plan's own (`rules.plan_content`) in its draft. Raises NoDraft, PlanChanged, ValueError."""
    plan = await lock_draft(session, plan_id, seen)
    drafted = plan.draft or {}
    return await _save(session, plan, {**drafted, "plan": {**drafted["plan"], **changes}}, by)


async def put_row(
    session: AsyncSession, *, plan_id: UUID, seen: int, part: str, place: int | None, row: Mapping[str, Any], by: Actor
) -> Plan:
    """Save an entry of one of `ROWS`, in place of the one at `place` or as a new one.

    Raises NoDraft, PlanChanged, TooMuch, ValueError.
    """
    plan = await lock_draft(session, plan_id, seen)
    rows = _rows(plan, part)
    if place is not None and place < len(rows):
        rows[place] = _anew(part, rows[place], row)
    elif len(rows) < MOST_ROWS:
        rows.append(dict(row))
    else:
        raise rules.TooMuch(part, say("Đã có {most} dòng, không thêm được nữa.", most=MOST_ROWS))
    return await _save(session, plan, _with(plan, part, rows), by)


async def drop_row(session: AsyncSession, *, plan_id: UUID, seen: int, part: str, place: int, by: Actor) -> Plan:
    """Take an entry of one of `ROWS` away; one that is gone already stays gone. Raises NoDraft, PlanChanged."""
    plan = await lock_draft(session, plan_id, seen)
    rows = _rows(plan, part)
    return await _save(session, plan, _with(plan, part, [*rows[:place], *rows[place + 1 :]]), by)


async def take_over(session: AsyncSession, *, plan_id: UUID, seen: int, above: PlanFromAbove, by: Actor) -> Plan:
    """Let a plan rest on one from above: cite it, and take over what it says. Raises NoDraft, PlanChanged."""
    plan = await lock_draft(session, plan_id, seen)
    return await _save(session, plan, resting_on(plan.draft or {}, above), by)


def resting_on(drafted: Mapping[str, Any], above: PlanFromAbove) -> dict[str, Any]:
    """A plan's content that cites a plan from above, once, and says what that one says where it said nothing."""
    told, cited = above.content, drafted["plan"]["grounds"]
    ground = ENTRIES["grounds"] | {
        "number": told.get("number") or "",
        "date": told.get("issued_on") or "",
        "issuer": told["issuer"],
        "title": told["title"],
        "confirmed": True,
        "agency": above.issuer_agency,
        "plan_id": str(above.plan_id),
    }
    places = [place for place, one in enumerate(cited) if _is_it(one, above)]
    if places:  # what somebody wrote to it stays, in its place
        ground |= {name: cited[places[0]][name] for name in ("line", "note")}
    first = places[0] if places else len(cited)
    others = [one for place, one in enumerate(cited) if place not in places]
    taken = tightening.inherited(drafted, tightening.as_content(told))
    return {**taken, "plan": {**taken["plan"], "grounds": [*others[:first], ground, *others[first:]]}}


def _is_it(ground: Mapping[str, Any], above: PlanFromAbove) -> bool:
    """Whether a ground is that plan from above, or cites its number and names no plan yet."""
    id = str(above.plan_id)
    return ground["plan_id"] in ("", id) and tightening.is_cited([ground], id, above.number)


async def find_child(session: AsyncSession, agency: str, above: UUID) -> Plan | None:
    """The plan that is being written on the ground of that one from above."""
    drafts = select(Plan).where(col(Plan.agency) == agency, col(Plan.state) == PlanState.DRAFT)
    found = await session.scalars(drafts.order_by(col(Plan.id)))
    cited = ((one, {ground["plan_id"] for ground in one.grounds}) for one in found)
    return next((one for one, grounds in cited if str(above) in grounds), None)


async def discard(session: AsyncSession, *, plan_id: UUID, seen: int, by: Actor) -> PlanState:
    """Throw away what is being written; of a plan that was never issued nothing is left.

    Returns the state that the plan was in. Raises NoDraft, PlanChanged.
    """
    plan = await lock_draft(session, plan_id, seen)
    state = plan.state
    if state is PlanState.DRAFT:
        await session.execute(delete(Plan).where(col(Plan.id) == plan_id))
    else:
        plan.draft = None
    await audit.record(session, by, "plan.draft_discarded", plan_id)
    return state


async def lock_draft(session: AsyncSession, plan_id: UUID, seen: int) -> Plan:
    """A plan that is being written, locked. Raises NoResultFound, NoDraft, PlanNotInForce, PlanChanged."""
    plan = await cascade.lock(session, plan_id)
    if plan.draft is None:
        raise rules.NoDraft("Bản nháp này đã được ban hành hoặc đã bỏ.")
    if plan.state is not PlanState.DRAFT:
        rules.check_in_force(plan.state)
    rules.check_draft(plan.draft_version, seen)
    return plan


async def troubles(session: AsyncSession, plan: Plan, above: Sequence[PlanFromAbove]) -> list[Trouble]:
    """What keeps a draft from being issued, by itself and by the plans from above that it rests on."""
    drafted = plan.draft or {}
    kinds = set(await session.scalars(select(col(Unit.kind)).where(col(Unit.agency) == plan.agency).distinct()))
    of_agency = select(col(Criterion.pack)).where(col(Criterion.agency) == plan.agency)
    packs = set(await session.scalars(of_agency.distinct()))
    found = plan_checks.troubles(drafted, Known(kinds, await _grounds_by_number(session, plan), packs))
    for one in above:
        upper = tightening.Above(one.content["issuer"], tightening.as_content(one.content))
        found += tightening.loosened(drafted, upper)
    return found


async def _grounds_by_number(session: AsyncSession, plan: Plan) -> dict[str, list[str]]:
    """What the other plans known here rest on, by their numbers: the agency's own, and those from above."""
    own = await session.execute(
        select(col(Plan.number), col(Plan.grounds)).where(
            col(Plan.agency) == plan.agency, col(Plan.id) != plan.id, col(Plan.number).is_not(None)
        )
    )
    heard = await session.scalars(
        select(PlanFromAbove).where(col(PlanFromAbove.agency) == plan.agency, col(PlanFromAbove.number).is_not(None))
    )
    found = {number: [one["number"] for one in grounds] for number, grounds in own}
    return found | {one.number or "": [ground["number"] for ground in one.content["grounds"]] for one in heard}


def _anew(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as it was typed over; a ground that is a plan from above stays that plan while its number stays."""
    if part != "grounds" or old["number"] not in ("", new["number"]):
        return dict(new)
    return {**new, "agency": old["agency"], "plan_id": old["plan_id"]}


def _rows(plan: Plan, part: str) -> list[Any]:
    drafted = plan.draft or {}
    return list(drafted["plan"][part] if part in ENTRIES else drafted[part])


def _with(plan: Plan, part: str, rows: Sequence[Any]) -> dict[str, Any]:
    drafted = plan.draft or {}
    if part in ENTRIES:
        return {**drafted, "plan": {**drafted["plan"], part: list(rows)}}
    return {**drafted, part: list(rows)}


async def _save(session: AsyncSession, plan: Plan, told: Mapping[str, Any], by: Actor) -> Plan:
    plan.draft = content(told["plan"], told["rounds"], told["targets"])
    plan.draft_version += 1
    if plan.state is PlanState.DRAFT:
        documents.fill(plan, told["plan"])  # so that lists name it as it is called by now
    await audit.record(session, by, "plan.draft_saved", plan.id)
    return plan
