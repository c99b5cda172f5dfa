"""What happens to movements. Each action locks the movement and never commits."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules.movements import (
    NO_MOVEMENT,
    BadMovement,
    Standing,
    Taker,
    check_begun,
    check_fields,
    check_held,
    check_open,
    check_span,
    last_day_anew,
)
from services.nomination.tables import Movement, MovementActivity, MovementRegistration, Unit, below
from shared import audit
from shared.audit import Actor
from shared.clock import local_date
from shared.names import folded, lines, normal, sort_key, title_key

NOT_FOR = "Phong trào này không dành cho đơn vị đó. Hãy chọn đơn vị trong danh sách."


@dataclass(frozen=True)
class Launch:
    """What is said of a movement as it is launched, or changed."""

    name: str
    starts_on: date
    ends_on: date | None = None
    issuer: str = ""
    task: str = ""
    paper: str = ""


@dataclass(frozen=True)
class Joining:
    """Who is to take part. `name` and `who` as in `tables.MovementRegistration`."""

    taker: Taker
    unit_id: UUID
    name: str = ""
    who: str = ""


def _fields(launch: Launch) -> dict[str, str]:
    """What is one line of text, as it is kept. Raises BadMovement."""
    check_span(launch.starts_on, launch.ends_on)
    told = {name: normal(getattr(launch, name)) for name in ("name", "issuer", "task", "paper")}
    check_fields(told, needed={"name": "Hãy ghi tên phong trào hoặc cuộc vận động."})
    return told | {"search_text": folded(told["name"]), "sort_key": title_key(told["name"])}


async def launch(
    session: AsyncSession, agency: Agency, launch: Launch, *, unit_id: UUID | None, at: datetime, by: Actor, id: UUID
) -> None:
    """Launch a movement in a unit (None: in the agency); the same form, known by its `id`, sent twice launches one.

    Raises BadMovement.
    """
    told = _fields(launch)
    if unit_id is not None:
        unit = await session.get(Unit, unit_id)
        if unit is None or unit.agency != agency.id or (unit.valid_to and unit.valid_to <= local_date(at)):
            raise BadMovement("unit", "Hãy chọn đơn vị phát động.")
    movement = Movement(
        id=id,
        agency=agency.id,
        unit_id=unit_id,
        starts_on=launch.starts_on,
        ends_on=launch.ends_on,
        launched_by=by.identity,
        launched_at=at,
        name=told["name"],
        issuer=told["issuer"],
        task=told["task"],
        paper=told["paper"],
        search_text=told["search_text"],
        sort_key=told["sort_key"],
    )
    new = insert(Movement).values(**movement.model_dump()).on_conflict_do_nothing().returning(col(Movement.id))
    if (await session.execute(new)).all():
        await audit.record(session, by, "movement.launched", id)


async def change(session: AsyncSession, launch: Launch, *, movement_id: UUID, by: Actor) -> None:
    """Say anew what a movement is. Raises BadMovement."""
    told = _fields(launch)
    movement = await lock(session, movement_id)
    first = select(col(MovementActivity.held_on)).where(col(MovementActivity.movement_id) == movement_id)
    earliest = await session.scalar(first.order_by(col(MovementActivity.held_on)).limit(1))
    if earliest is not None and earliest < launch.starts_on:
        raise BadMovement("starts_on", "Đã có hoạt động ghi trước ngày này.")
    movement.starts_on, movement.ends_on = launch.starts_on, launch.ends_on
    for name, text in told.items():
        setattr(movement, name, text)
    await audit.record(session, by, "movement.changed", movement_id)


async def end(session: AsyncSession, *, movement_id: UUID, today: date, by: Actor) -> None:
    """End a movement from today on; one that is over stays as it was."""
    movement = await lock(session, movement_id)
    if movement.ended_on is None:
        movement.ended_on = today
        await audit.record(session, by, "movement.ended", movement_id)


async def reopen(session: AsyncSession, *, movement_id: UUID, until: date | None, today: date, by: Actor) -> None:
    """Let a movement that is over go on, until a new last day or the one it had; one that goes on stays as it is.

    Raises BadMovement.
    """
    movement = await lock(session, movement_id)
    if movement.standing(today) is not Standing.OVER:
        return
    unit = await session.get(Unit, movement.unit_id) if movement.unit_id else None
    if unit is not None and unit.valid_to is not None and unit.valid_to <= today:
        raise BadMovement(
            "until", "Đơn vị phát động đã thôi hoạt động. Hãy phát động phong trào mới ở đơn vị hiện nay."
        )
    movement.ends_on = last_day_anew(movement.starts_on, movement.ends_on, until, today)
    movement.ended_on = None
    await audit.record(session, by, "movement.reopened", movement_id)


async def conclude(
    session: AsyncSession, *, movement_id: UUID, result: str, count: int | None, today: date, by: Actor
) -> None:
    """Say what came of the whole. Raises BadMovement before it began."""
    movement = await lock(session, movement_id)
    check_begun(movement.standing(today))
    movement.result, movement.result_count = _result(result), count
    await audit.record(session, by, "movement.concluded", movement_id)


async def hold(
    session: AsyncSession,
    *,
    movement_id: UUID,
    unit_id: UUID | None,
    held_on: date,
    what: str,
    manner: str,
    people: int | None,
    today: date,
    by: Actor,
    id: UUID,
) -> None:
    """Write down what was done in a movement by a unit (None: by the agency); sent twice it is one.

    Raises BadMovement.
    """
    movement = await lock(session, movement_id)
    told = {"what": normal(what), "manner": normal(manner)}
    check_fields(told, needed={"what": "Hãy ghi đã làm việc gì."})
    check_held(held_on, movement.starts_on, today)
    await _check_for(session, movement, unit_id, today)
    if await session.get(MovementActivity, id) is not None:
        return
    session.add(
        MovementActivity(
            id=id,
            agency=movement.agency,
            movement_id=movement_id,
            unit_id=unit_id,
            held_on=held_on,
            people=people,
            what=told["what"],
            manner=told["manner"],
        )
    )
    await session.flush()
    await audit.record(session, by, "movement.activity_held", id)


async def join(
    session: AsyncSession, joining: Joining, *, movement_id: UUID, at: datetime, today: date, by: Actor, id: UUID
) -> None:
    """Register somebody; the same form sent twice registers once. Raises BadMovement, MovementOver."""
    movement = await lock(session, movement_id)
    if await session.get(MovementRegistration, id) is not None:
        return
    check_open(movement.standing(today))
    unit = await _check_for(session, movement, joining.unit_id, today)
    name = normal(joining.name) or (unit.name if unit and joining.taker is Taker.UNIT else "")
    who = folded(name) if joining.taker is Taker.TEAM else joining.who
    if joining.taker is Taker.TEAM:
        check_fields({"team": name}, needed={"team": "Hãy ghi tên tổ, lớp hoặc nhóm."})
    mine = MovementRegistration
    before = select(mine).where(col(mine.movement_id) == movement_id, col(mine.taker) == joining.taker)
    before = before.where(col(mine.who) == who)
    if joining.taker is not Taker.PERSON:
        before = before.where(col(mine.unit_id) == joining.unit_id)
    if (await session.scalars(before)).first() is not None:
        raise BadMovement("team" if joining.taker is Taker.TEAM else "taker", TWICE[joining.taker])
    session.add(
        mine(
            id=id,
            agency=movement.agency,
            movement_id=movement_id,
            unit_id=joining.unit_id,
            taker=joining.taker,
            name=name,
            who=who,
            sort_key=sort_key(name) if joining.taker is Taker.PERSON else title_key(name),
            at=at,
        )
    )
    movement.registered += 1
    await session.flush()
    await audit.record(session, by, "movement.joined", id)


TWICE = {
    Taker.PERSON: "Bạn đã đăng ký tham gia phong trào này rồi.",
    Taker.UNIT: "Đơn vị này đã đăng ký tham gia rồi.",
    Taker.TEAM: "Tổ, lớp hoặc nhóm này đã đăng ký tham gia rồi.",
}


async def leave(session: AsyncSession, *, movement_id: UUID, registration_id: UUID, today: date, by: Actor) -> None:
    """Take a registration back. Raises MovementOver."""
    movement = await lock(session, movement_id)
    check_open(movement.standing(today))
    found = await session.get(MovementRegistration, registration_id)
    if found is None:
        return
    await session.delete(found)
    movement.registered -= 1
    await audit.record(session, by, "movement.left", registration_id)


async def achieve(
    session: AsyncSession,
    *,
    movement_id: UUID,
    registration_id: UUID,
    result: str,
    count: int | None,
    today: date,
    by: Actor,
) -> None:
    """Say what came of a registration. Raises BadMovement before the movement began."""
    movement = await lock(session, movement_id)
    check_begun(movement.standing(today))
    found = await session.get_one(MovementRegistration, registration_id)
    found.result, found.result_count = _result(result), count
    await audit.record(session, by, "movement.achieved", registration_id)


async def lock(session: AsyncSession, movement_id: UUID) -> Movement:
    """The movement, locked until the transaction ends."""
    found = await session.execute(select(Movement).where(col(Movement.id) == movement_id).with_for_update())
    return found.scalar_one()


async def check_known(session: AsyncSession, agency: str, movement_id: UUID | None) -> None:
    """Raises BadMovement when something was found through a movement that the agency does not have."""
    if movement_id is None:
        return
    found = await session.get(Movement, movement_id)
    if found is None or found.agency != agency:
        raise BadMovement("movement", NO_MOVEMENT)


def _result(text: str) -> str:
    told = {"result": lines(text)}
    check_fields(told, needed={"result": "Hãy ghi kết quả bằng lời."})
    return told["result"]


async def _check_for(session: AsyncSession, movement: Movement, unit_id: UUID | None, today: date) -> Unit | None:
    """The unit, when the movement is for it. Raises BadMovement."""
    if unit_id is None:
        if movement.unit_id is not None:
            raise BadMovement("unit", NOT_FOR)
        return None
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != movement.agency or (unit.valid_to and unit.valid_to <= today):
        raise BadMovement("unit", NOT_FOR)
    if movement.unit_id not in (None, unit_id):
        under = await session.execute(below(movement.agency, [movement.unit_id], today))
        if unit_id not in {one for _, one in under}:
            raise BadMovement("unit", NOT_FOR)
    return unit
