"""The list of cases, one case, its files, and sending it back."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.review import queries, rules
from services.review.actions import cases, council, offers
from services.review.pages.desk import AtDesk, Desk, back_to, reopenable
from services.review.tables import Case, Unit
from shared import files, parcels, readings
from shared.events import Sealed
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list
from shared.looks import CATEGORIES
from shared.names import lines
from shared.parcels import Manifest

router = APIRouter()


COLUMNS = (
    Column("Mã", ("cu", "moi")),
    Column("Loại"),
    Column("Đơn vị"),
    Column("Nhận lúc", ("nhan-cu", "nhan-moi"), minor=True),
    Column("Tình trạng"),
)


def place_of(reader: Reader | Desk, case: Case, unit: Unit | None) -> Cell:
    """Where a case comes from: its unit; of another agency's, whose name may not be known here, that agency."""
    if unit:
        return unit.name
    if case.origin_agency == reader.agency:
        return Said("Đang cập nhật tên đơn vị")
    return reader.short_name(case.origin_agency)


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await queries.page_of_cases(session, agency=reader.agency, asked=asked)


def _cells(reader: Reader, row: tuple[Case, Unit | None]) -> tuple[Cell, ...]:
    case, unit = row
    code = Link(case.code, f"/xet-duyet/ho-so/{case.code}")
    return code, Said(CATEGORIES[case.category]), place_of(reader, case, unit), case.opened_at, Tag("case", case.state)


CASES = ListKind(
    "/xet-duyet/ho-so",
    "case.read",
    "Hồ sơ hội đồng đang giữ",
    "ho-so-xet",
    queries.CASE_ORDERS,
    queries.CASE_FILTERS,
    COLUMNS,
    _find,
    _cells,
)


@router.get("/ho-so", dependencies=[allowed("case.read")])
async def list_cases(desk: AtDesk) -> Response:
    """The agency's cases."""
    return await show_list(desk.request, CASES, "cases.html")


@router.get("/ho-so/{code}", dependencies=[allowed("case.read")])
async def show_case(desk: AtDesk, code: str) -> Response:
    """One case: the dossier beside the criteria, and what there is to do."""
    return await desk.show(code)


@router.get("/ho-so/{code}/tep/{sha256}", dependencies=[allowed("case.read")])
async def file(desk: AtDesk, code: str, sha256: str) -> Response:
    """A file of the dossier, always as an attachment."""
    async with desk.database.reading() as session:
        found = await queries.get_desk(session, agency=desk.agency, code=code, reader=desk.reader)
    kept = found.dossier.files if found and found.dossier else []
    known = next((one for one in kept if one["sha256"] == sha256), None)
    if found is None or known is None:
        raise HTTPException(404)
    await desk.note(readings.FILE, found.case)
    content = await desk.runtime.objects.get(files.path_of("review", sha256))
    name = f"minh-chung-{sha256[:8]}.{known['name'].rsplit('.', 1)[-1]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=known["type"], headers=headers)


@router.post("/ho-so/{code}/tra-lai", dependencies=[allowed("case.return")])
async def send_back(
    desk: AtDesk,
    code: str,
    reason: Annotated[str, Form()] = "",
    reopen: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Return the case to be corrected, or to the agencies that referred it; the reason travels in parcels.

    `reopen`: what may be changed, nothing: all.
    """
    by = desk.rights.actor("case.return")
    typed: dict[str, Any] = {"reason": reason, "reopen": reopen or []}
    async with desk.database.reading() as session:
        found = await queries.get_desk(session, agency=desk.agency, code=code, reader=desk.reader)
    if found is None:
        raise HTTPException(404)
    case, offered = found.case, [row.other for row in found.on(rules.Side.UPPER) if row.state in rules.FREEZING]
    try:
        async with desk.database.reading() as session:
            rules.check_reason(reason, await council.pinned_rules(session, case))
        rules.check_state(case.state, rules.State.SCORING, rules.State.OFFERED)
        if offered:
            reasons = {other: await _sealed(desk, case, reason, "review", other) for other in offered}
            async with desk.database.transaction() as session:
                await offers.give_back(session, case_id=case.id, reasons=reasons, at=desk.clock.now(), by=by)
        else:
            sealed = await _sealed(desk, case, reason, "nomination", desk.agency)
            async with desk.database.transaction() as session:
                await cases.return_case(
                    session,
                    case_id=case.id,
                    reasons=sealed,
                    at=desk.clock.now(),
                    by=by,
                    reopened=[name for name, _ in reopenable(found.dossier) if name in (reopen or ())],
                )
    except rules.BadInput as refusal:
        return await desk.show(code, {refusal.field: str(refusal)}, typed)
    except rules.Refusal as refusal:
        return await desk.show(code, {"reason": str(refusal)}, typed)
    return back_to(code)


async def _sealed(desk: Desk, case: Case, reason: str, reader: str, to_agency: str) -> Sealed:
    """Put a reason into a parcel for a service of that agency, before any transaction speaks of it."""
    runtime = desk.runtime
    return await parcels.store(
        runtime.objects,
        runtime.federation,
        agency=desk.agency,
        owner="review",
        reader=reader,
        to_agency=to_agency,
        manifest=Manifest(
            ids={"nomination_id": str(case.nomination_id), "case_id": str(case.id)},
            fields={"reason": lines(reason), "revision": case.revision},
        ),
        files={},
        on=desk.clock.today(),
    )
