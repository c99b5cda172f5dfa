"""How a unit ends, step by step: from when and to whom; what moves, piece by piece; then yes or no."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import queries
from services.nomination.actions import unit_ends
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.units import BAD_DAY, PATH, unit_of
from services.nomination.queries import units
from services.nomination.rules.units import BadEnd
from services.nomination.tables import Unit, UnitEnd
from shared.formats import read_day
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.language import translate
from shared.looks import CATEGORIES

router = APIRouter()
FIELDS = ("successor", "day", "paper")
OTHER = "Hãy chọn một đơn vị khác của cơ quan."
PAGE = 100
"""How many things that move stand on one page."""
MOST = 10_000
KINDS = {
    "file": "Hồ sơ",
    "lead": "Nhân tố",
    "finding": "Điều kiểm tra nêu ra",
    "report": "Báo cáo",
    "movement": "Phong trào",
    "unit": "Đơn vị ở dưới",
}


@router.get("/quan-tri/don-vi/{unit_id}/thoi", dependencies=[allowed("unit.change")])
async def ask(desk: AtDesk, unit_id: UUID) -> Response:
    """From when the unit is no more, and who takes what is open; as it was prepared, if it was."""
    async with desk.database.reading() as session:
        end = await session.get(UnitEnd, unit_id)
    values = dict.fromkeys(FIELDS, "")
    if end is not None:
        values = {"successor": str(end.successor_id or ""), "day": f"{end.day:%d/%m/%Y}", "paper": end.paper}
    return await _ask(desk, unit_id, values, {})


async def _ask(desk: Desk, unit_id: UUID, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    unit = await unit_of(desk, unit_id)
    async with desk.database.reading() as session:
        moving = await units.count_moving(session, unit_id, desk.clock.today())
    return desk.pages.render(
        desk.request,
        "unit_end.html",
        status_code=422 if errors else 200,
        unit=unit,
        others=await _others(desk, unit_id),
        moving=moving,
        values=values,
        errors=errors,
    )


@router.post("/quan-tri/don-vi/{unit_id}/thoi", dependencies=[allowed("unit.change")])
async def prepare(
    desk: AtDesk,
    unit_id: UUID,
    successor: Annotated[str, Form()] = "",
    day: Annotated[str, Form()] = "",
    paper: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep it; nothing happens before what moves was seen and confirmed."""
    values = dict(zip(FIELDS, (successor, day, paper), strict=True))
    by, until, successor_id = desk.rights.actor("unit.change"), read_day(day), uuid_of(successor)
    if until is None:
        return await _ask(desk, unit_id, values, {"day": BAD_DAY})
    if successor and successor_id is None:
        return await _ask(desk, unit_id, values, {"successor": OTHER})
    await unit_of(desk, unit_id)
    try:
        async with desk.database.transaction() as session:
            await unit_ends.prepare_end(
                session, unit_id=unit_id, successor_id=successor_id, day=until, paper=paper, by=by
            )
    except BadEnd as refusal:
        return await _ask(desk, unit_id, values, {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{unit_id}/thoi/chuyen")


@router.get("/quan-tri/don-vi/{unit_id}/thoi/chuyen", dependencies=[allowed("unit.change")])
async def preview(desk: AtDesk, unit_id: UUID, tu: int = 0) -> Response:
    """What follows, and where each thing goes on."""
    return await _preview(desk, unit_id, tu, {})


async def _preview(desk: Desk, unit_id: UUID, begin: int, errors: Mapping[str, str], chosen: str = "") -> Response:
    unit, begin = await unit_of(desk, unit_id), min(max(begin, 0), MOST)
    async with desk.database.reading() as session:
        end = await session.get(UnitEnd, unit_id)
        if end is None or end.done:
            raise HTTPException(404)
        taking = await session.get(Unit, end.successor_id) if end.successor_id else None
        moving = await units.count_moving(session, unit_id, end.day)
        things = await units.list_moving(session, end, begin=begin, limit=PAGE + 1)
    return desk.pages.render(
        desk.request,
        "unit_ending.html",
        status_code=422 if errors else 200,
        unit=unit,
        end=end,
        effects=_effects(unit, end, taking, moving),
        things=things[:PAGE],
        begin=begin,
        following=begin + PAGE if len(things) > PAGE else None,
        kinds=KINDS,
        categories=CATEGORIES,
        others=await _others(desk, unit_id) if taking else [],
        values={"successor": chosen},
        errors=errors,
    )


def _effects(unit: Unit, end: UnitEnd, taking: Unit | None, moving: units.Moving) -> list[str]:
    """What follows, in sentences."""
    day = f"{end.day:%d/%m/%Y}"
    effects = [translate("Từ ngày {day}, «{unit}» không nhận hồ sơ, nhân tố và vai trò mới.", day=day, unit=unit.name)]
    if taking is not None:
        told = asdict(moving) | {"unit": taking.name}
        effects += [
            translate("{files} hồ sơ và {leads} nhân tố đang làm chuyển sang đơn vị nhận, theo bảng dưới đây.", **told),
            translate(
                "{findings} điều kiểm tra chưa đóng, {reports} báo cáo chưa gửi, {movements} phong trào chưa kết thúc"
                " và {joined} lượt đăng ký phong trào chuyển sang đơn vị nhận.",
                **told,
            ),
            translate("{below} đơn vị đang ở dưới chuyển về dưới đơn vị nhận.", **told),
            translate("Vai trò đã cấp tại đây chuyển sang «{unit}».", **told),
            translate("Vai trò do nơi đăng nhập cấp phải đổi ở đó."),
        ]
    return [*effects, translate("Hồ sơ đã khép lại giữ tên đơn vị cũ.")]


@router.post("/quan-tri/don-vi/{unit_id}/thoi/chuyen", dependencies=[allowed("unit.change")])
async def share(
    desk: AtDesk,
    unit_id: UUID,
    thing: Annotated[list[str] | None, Form(max_length=PAGE)] = None,
    successor: Annotated[str, Form()] = "",
    tu: Annotated[int, Form()] = 0,
) -> Response:
    """The chosen things go on at another unit than the rest."""
    by, successor_id = desk.rights.actor("unit.change"), uuid_of(successor)
    things = {found for one in thing or [] if (found := uuid_of(one))}
    await unit_of(desk, unit_id)
    if not things:
        return await _preview(desk, unit_id, tu, {"thing": "Hãy chọn ít nhất một dòng."}, successor)
    if successor_id is None:
        return await _preview(desk, unit_id, tu, {"successor": OTHER})
    try:
        async with desk.database.transaction() as session:
            await unit_ends.share(session, unit_id=unit_id, things=things, successor_id=successor_id, by=by)
    except BadEnd as refusal:
        return await _preview(desk, unit_id, tu, {refusal.field: str(refusal)}, successor)
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{unit_id}/thoi/chuyen" + (f"?tu={tu}" if tu else ""))


@router.post("/quan-tri/don-vi/{unit_id}/thoi/xac-nhan", dependencies=[allowed("unit.change")])
async def confirm(desk: AtDesk, unit_id: UUID) -> Response:
    """The unit ends on its day."""
    by = desk.rights.actor("unit.change")
    await unit_of(desk, unit_id)
    try:
        async with desk.database.transaction() as session:
            await unit_ends.confirm_end(session, unit_id=unit_id, at=desk.clock.now(), today=desk.clock.today(), by=by)
    except BadEnd as refusal:
        return await _preview(desk, unit_id, 0, {refusal.field: str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{unit_id}")


@router.post("/quan-tri/don-vi/{unit_id}/thoi/bo", dependencies=[allowed("unit.change")])
async def take_back(desk: AtDesk, unit_id: UUID) -> Response:
    """It goes on after all."""
    by = desk.rights.actor("unit.change")
    await unit_of(desk, unit_id)
    try:
        async with desk.database.transaction() as session:
            await unit_ends.take_back_end(session, unit_id=unit_id, by=by)
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{unit_id}")


async def _others(desk: Desk, unit_id: UUID) -> list[tuple[UUID, str]]:
    """The agency's other units of today, to choose from."""
    async with desk.database.reading() as session:
        found = await queries.list_units(session, agency=desk.agency.id, units=None, on=desk.clock.today())
    return [(one.id, one.name) for one in found if one.id != unit_id]
