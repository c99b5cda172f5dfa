"""Decisions that honour, the book of honours, holds and revocations."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.review import queries, rules
from services.review.actions import honours
from services.review.pages.desk import AtDesk, Desk, back_to
from services.review.tables import Case, Honour, Unit
from shared import readings
from shared.formats import read_day
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list
from shared.looks import CATEGORIES

router = APIRouter()

GROUNDS = {
    "objection": "Có phản ánh đang được xác minh",
    "evidence": "Minh chứng chưa đúng",
    "discipline": "Đang xem xét kỷ luật",
    "mistake": "Sai sót của cơ quan",
}


@router.post("/ho-so/{code}/khen", dependencies=[allowed("honour.sign")])
async def honour(
    desk: AtDesk,
    code: str,
    number: Annotated[str, Form()] = "",
    day: Annotated[str, Form(alias="date")] = "",
    form: Annotated[str, Form()] = "",
    level: Annotated[str, Form()] = "",
    once_more: Annotated[str, Form()] = "",
) -> Response:
    """Honour by a decision with number and date."""
    by = desk.rights.actor("honour.sign")
    case = await desk.find(code)
    typed = {"number": number, "date": day, "form": form, "level": level}
    decided = read_day(day)
    if decided is None:
        return await desk.show(code, {"date": "Hãy ghi ngày quyết định, ví dụ 20/11/2024."}, typed)
    try:
        async with desk.database.transaction() as session:
            await honours.honour(
                session,
                case_id=case.id,
                decision_number=number,
                decision_date=decided,
                form=form,
                level=level,
                at=desk.clock.now(),
                today=desk.clock.today(),
                by=by,
                once_more=bool(once_more),
            )
    except rules.BadInput as refusal:
        return await desk.show(code, {refusal.field: str(refusal)}, typed)
    except rules.HonouredBefore as refusal:
        return await desk.show(code, {"once_more": str(refusal)}, typed)
    except rules.Refusal as refusal:
        return await desk.show(code, {"number": str(refusal)}, typed)
    return back_to(code)


COLUMNS = (
    Column("Mã"),
    Column("Số quyết định"),
    Column("Ngày", ("cu", "moi")),
    Column("Loại", minor=True),
    Column("Đơn vị"),
    Column("Hình thức"),
    Column("Hiệu lực"),
)


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await queries.page_of_honours(session, agency=reader.agency, asked=asked)


def _cells(_reader: Reader, row: tuple[Case, Unit | None, Honour]) -> tuple[Cell, ...]:
    case, unit, honour = row
    return (
        Link(case.code, f"/xet-duyet/so-khen/{case.code}"),
        honour.decision_number,
        honour.decision_date,
        Said(CATEGORIES[case.category]),
        unit.name if unit else Said("Đang cập nhật tên đơn vị"),
        honour.form,
        Tag("honour", honour.state),
    )


BOOK = ListKind(
    "/xet-duyet/so-khen",
    "honour.read",
    "Sổ khen thưởng",
    "so-khen-thuong",
    queries.HONOUR_ORDERS,
    queries.HONOUR_FILTERS,
    COLUMNS,
    _find,
    _cells,
)


@router.get("/so-khen", dependencies=[allowed("honour.read")])
async def book(desk: AtDesk) -> Response:
    """The book of honours."""
    return await show_list(desk.request, BOOK, "honours.html")


@router.get("/so-khen/{code}", dependencies=[allowed("honour.read")])
async def entry(desk: AtDesk, code: str) -> Response:
    """One honour, and what may be done with it."""
    return await _entry(desk, code)


async def _entry(desk: Desk, code: str, errors: dict[str, str] | None = None) -> Response:
    async with desk.database.reading() as session:
        found = await queries.get_desk(session, agency=desk.agency, code=code, reader=desk.reader)
    if found is None or found.honour is None:
        raise HTTPException(404)
    if found.dossier is not None:
        await desk.note(readings.DOSSIER, found.case)
    return desk.pages.render(
        desk.request,
        "honour.html",
        status_code=422 if errors else 200,
        desk=found,
        grounds=list(GROUNDS.items()),
        may_move=desk.rights.may("honour.move"),
        errors=errors or {},
    )


async def _ground(desk: Desk, code: str, ground: str) -> tuple[Case, Response | None]:
    case = await desk.find(code)
    if ground in GROUNDS:
        return case, None
    return case, await _entry(desk, code, {"ground": "Hãy chọn căn cứ. Căn cứ chỉ lưu ở hội đồng, không báo ra ngoài."})


@router.post("/so-khen/{code}/tam-dung", dependencies=[allowed("honour.move")])
async def hold(desk: AtDesk, code: str, ground: Annotated[str, Form()] = "") -> Response:
    """Hold the honour: what was published is taken away until it is resumed."""
    by = desk.rights.actor("honour.move")
    case, refused = await _ground(desk, code, ground)
    if refused:
        return refused
    try:
        async with desk.database.transaction() as session:
            await honours.hold(session, case_id=case.id, ground=ground, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await _entry(desk, code, {"ground": str(refusal)})
    return RedirectResponse(f"/xet-duyet/so-khen/{code}", 303)


@router.post("/so-khen/{code}/khoi-phuc", dependencies=[allowed("honour.move")])
async def resume(desk: AtDesk, code: str) -> Response:
    """Let a held honour count again."""
    by = desk.rights.actor("honour.move")
    case = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await honours.resume(session, case_id=case.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await _entry(desk, code, {"ground": str(refusal)})
    return RedirectResponse(f"/xet-duyet/so-khen/{code}", 303)


@router.post("/so-khen/{code}/thu-hoi", dependencies=[allowed("honour.move")])
async def revoke(desk: AtDesk, code: str, ground: Annotated[str, Form()] = "") -> Response:
    """Take the honour back for good."""
    by = desk.rights.actor("honour.move")
    case, refused = await _ground(desk, code, ground)
    if refused:
        return refused
    try:
        async with desk.database.transaction() as session:
            await honours.revoke(session, case_id=case.id, ground=ground, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await _entry(desk, code, {"ground": str(refusal)})
    return RedirectResponse(f"/xet-duyet/so-khen/{code}", 303)
