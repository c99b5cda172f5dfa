"""Units from a file: the template, the preview row by row, writing it, and taking that back."""

import asyncio
import hashlib
import io
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import Response
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from services.nomination.actions import intakes as acting
from services.nomination.actions.intakes import Line
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.sheets import Table, table_of
from services.nomination.pages.unit_kinds import NAMES, kind_name
from services.nomination.pages.units import BAD_DAY, LINES, PATH
from services.nomination.queries import intakes
from services.nomination.queries.units import kinds_of
from services.nomination.rules.intakes import UNIT_COLUMNS, BadTable, IntakeState, InUse, NotReady, Outcome, UnitRow
from services.nomination.rules.units import LONGEST, unit_faults
from services.nomination.tables import IntakeRow
from shared.files import FileRefused, clean_name
from shared.formats import day, moment, read_day
from shared.forms import form_id
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Column as Head
from shared.spreadsheets import Spreadsheet, as_file, taken
from shared.wording import Said

router = APIRouter()
PLACE = f"{PATH}/nhap"
OUTCOMES = {
    Outcome.NEW: ("Mới", "ok", "plus"),
    Outcome.CHANGED: ("Cập nhật", "info", "pencil"),
    Outcome.SAME: ("Đã có, bỏ qua", "off", "circle-minus"),
    Outcome.BAD: ("Có lỗi, không ghi", "stop", "alert"),
}
STATES = {
    IntakeState.READY: ("Chưa ghi", "wait", "clock"),
    IntakeState.WRITTEN: ("Đã ghi", "ok", "circle-check"),
    IntakeState.UNDONE: ("Đã hoàn tác", "off", "arrow-back"),
}
TOO_LONG = "Dài quá. Hãy viết gọn lại."
TOLD_AFTER = 200
"""Beside so many rows of the template its lists are offered."""


def read_units(table: Table, kinds: Mapping[str, str]) -> list[Line]:
    """What each row tells; `kinds`: codes by how they read, in small letters."""
    lines = {label.lower(): code for code, label in LINES.items()}
    return [Line(number, cells, _read_unit(cells, kinds, lines)) for number, cells in table.rows]


def _read_unit(cells: Mapping[str, str], kinds: Mapping[str, str], lines: Mapping[str, str]) -> UnitRow:
    told = {column.name: cells.get(column.name, "") for column in UNIT_COLUMNS}
    kind, line = kinds.get(told["kind"].lower(), ""), lines.get(told["line"].lower(), "")
    since, parent = read_day(told["since"]), told["parent"].lower()
    faults = unit_faults(told["code"].lower(), told["name"], told["kind"])
    # What is kept is translated when it is shown: words without values.
    errors = {name: TOO_LONG if isinstance(fault, Said) else fault for name, fault in faults.items()}
    if not kind:
        errors.setdefault("kind", "Không có loại đơn vị này. Hãy chọn trong danh sách của tệp mẫu.")
    if since is None:
        errors["since"] = BAD_DAY
    if told["line"] and not line:
        errors["line"] = "Không có hệ này. Hãy chọn trong danh sách của tệp mẫu."
    if len(told["external_ref"]) > LONGEST["external_ref"]:
        errors["external_ref"] = TOO_LONG
    return UnitRow(
        code=told["code"].lower(),
        name=told["name"],
        kind=kind,
        since=since,
        parent=parent,
        line=(line or next(iter(LINES))) if parent else "",
        external_ref=told["external_ref"],
        errors=errors,
    )


async def _kinds(desk: Desk) -> dict[str, str]:
    """The kinds that units here may have, by how they read: those that have a name, and those that units have."""
    async with desk.database.reading() as session:
        used = await kinds_of(session, agency=desk.agency.id)
    return {kind_name(kind).lower(): kind for kind in (*NAMES, *used)} | {kind.lower(): kind for kind in used}


@router.get("/quan-tri/don-vi/nhap", dependencies=[allowed("unit.change")])
async def ask(desk: AtDesk) -> Response:
    """Where a file is chosen; what was given in before."""
    return await _ask(desk, {})


async def _ask(desk: Desk, errors: Mapping[str, str]) -> Response:
    by = desk.rights.actor("unit.change")
    async with desk.database.reading() as session:
        known = await intakes.list_intakes(session, agency=desk.agency.id, by=by.identity)
    return desk.pages.render(
        desk.request,
        "intakes.html",
        status_code=422 if errors else 200,
        known=known,
        states=STATES,
        once=str(uuid4()),
        errors=errors,
    )


@router.get("/quan-tri/don-vi/nhap/mau.xlsx", dependencies=[allowed("unit.change")])
async def template(desk: AtDesk) -> Response:
    """An empty list with its headings, one row as an example, and what may be chosen."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = translate("Đơn vị")
    sheet.append([column.label + (" *" if column.needed else "") for column in UNIT_COLUMNS])
    sheet.append([column.example for column in UNIT_COLUMNS])
    sheet.freeze_panes = "A2"
    lists = book.create_sheet(translate("Danh mục"))
    kinds = [kind_name(kind) for kind in NAMES]
    for place, (name, words) in enumerate((("kind", kinds), ("line", list(LINES.values()))), 1):
        letter = "AB"[place - 1]
        for number, word in enumerate(words, 1):
            lists[f"{letter}{number}"] = word
        at = "ABCDEFG"[[column.name for column in UNIT_COLUMNS].index(name)]
        choice = DataValidation("list", f"='{lists.title}'!${letter}$1:${letter}${len(words)}", allow_blank=True)
        sheet.add_data_validation(choice)
        choice.add(f"{at}2:{at}{TOLD_AFTER}")
    for number, column in enumerate("ABCDEFG", 1):
        sheet.column_dimensions[column].width = 34 if number == 2 else 22  # names are long
        sheet[f"{column}1"].font = Font(bold=True)
        for row in range(2, TOLD_AFTER):
            sheet[f"{column}{row}"].number_format = "@"  # as it is typed: Excel turns days around otherwise
    content = io.BytesIO()
    book.save(content)
    return as_file(content.getvalue(), "mau-don-vi")


@router.post("/quan-tri/don-vi/nhap", dependencies=[allowed("unit.change")])
async def enter(
    desk: AtDesk, file: Annotated[UploadFile | None, File()] = None, once: Annotated[str, Form()] = ""
) -> Response:
    """Read a file and keep what it tells; nothing is written."""
    by = desk.rights.actor("unit.change")
    if file is None or not file.filename:
        return await _ask(desk, {"file": "Hãy chọn tệp."})
    kinds = await _kinds(desk)
    try:
        # Reading somebody's file may take a while: others are answered meanwhile.
        content = await file.read()
        table = await table_of(file.filename, content, UNIT_COLUMNS)
        lines = await asyncio.to_thread(read_units, table, kinds)
    except FileRefused as refusal:
        return await _ask(desk, {"file": refusal.text})
    except BadTable as refusal:
        return await _ask(desk, {"file": str(refusal)})
    name, at = clean_name(file.filename), desk.clock.now()
    id = form_id(once, {"name": name, "sha256": hashlib.sha256(content).hexdigest()})
    async with desk.database.transaction() as session:
        await acting.keep(session, desk.agency, id=id, file_name=name, lines=lines, unused=table.unused, at=at, by=by)
    return see_other(f"{PLACE}/{id}")


@router.get("/quan-tri/don-vi/nhap/{intake_id}", dependencies=[allowed("unit.change")])
async def show(desk: AtDesk, intake_id: UUID, loc: str = "", sau: int = 0) -> Response:
    """Each row: what stood there, what was understood, what becomes of it."""
    return await _show(desk, intake_id, loc, sau, "")


async def _show(desk: Desk, intake_id: UUID, chosen: str, after: int, error: str) -> Response:
    outcome = Outcome(chosen) if chosen in set(Outcome) else None
    async with desk.database.reading() as session:
        seen = await intakes.get_intake(
            session,
            agency=desk.agency.id,
            intake_id=intake_id,
            outcome=outcome,
            after=min(max(after, 0), 10**6),
        )
    if seen is None:
        raise HTTPException(404)
    return desk.pages.render(
        desk.request,
        "intake.html",
        status_code=422 if error else 200,
        seen=seen,
        columns=UNIT_COLUMNS,
        outcomes=OUTCOMES,
        state=STATES[seen.intake.state],
        chosen=outcome,
        understood=_understood,
        errors={"file": error} if error else {},
        place=f"{PLACE}/{intake_id}",
    )


def _understood(column: str, row: IntakeRow) -> str:
    """How a cell was understood, in words."""
    value = row.found.get(column) or ""
    if not value:
        return ""
    match column:
        case "kind":
            return kind_name(value)
        case "line":
            return translate(LINES.get(value, value))
        case "since":
            return day(date.fromisoformat(value))
    return str(value)


@router.get("/quan-tri/don-vi/nhap/{intake_id}/loi.xlsx", dependencies=[allowed("unit.change")])
async def wrong(desk: AtDesk, intake_id: UUID) -> Response:
    """The rows that cannot be written, as a file to mend and to send again: the last column says what is wrong."""
    async with desk.database.reading() as session:
        seen = await intakes.get_intake(session, agency=desk.agency.id, intake_id=intake_id)
        if seen is None:
            raise HTTPException(404)
        rows = await intakes.bad_rows(session, intake_id)
    labels = {column.name: translate(column.label) for column in UNIT_COLUMNS}
    heads = [Head(column.label) for column in UNIT_COLUMNS]
    told = taken(desk.rights.person.name, moment(desk.clock.now()))
    sheet = Spreadsheet("Dòng có lỗi", [Head("Dòng"), *heads, Head("Cần sửa")], [seen.intake.file_name, told])
    for row in rows:
        mend = "; ".join(f"{labels[name]}: {translate(error)}" for name, error in row.errors.items())
        sheet.add([[row.number, *(row.cells.get(column.name, "") for column in UNIT_COLUMNS), mend]])
    return as_file(sheet.finish(), "dong-loi")


@router.post("/quan-tri/don-vi/nhap/{intake_id}/ghi", dependencies=[allowed("unit.change")])
async def write(desk: AtDesk, intake_id: UUID) -> Response:
    """Write what is good of it."""
    by = desk.rights.actor("unit.change")
    await _ours(desk, intake_id)
    try:
        async with desk.database.transaction() as session:
            await acting.write(session, desk.agency, intake_id=intake_id, at=desk.clock.now(), by=by)
    except acting.Moved as refusal:
        async with desk.database.transaction() as session:
            await acting.judge_again(session, desk.agency, intake_id=intake_id)
        return await _show(desk, intake_id, "", 0, str(refusal))
    except NotReady as refusal:
        return await _show(desk, intake_id, "", 0, str(refusal))
    return see_other(f"{PLACE}/{intake_id}")


@router.post("/quan-tri/don-vi/nhap/{intake_id}/hoan-tac", dependencies=[allowed("unit.change")])
async def undo(desk: AtDesk, intake_id: UUID) -> Response:
    """As if it had never been written."""
    by = desk.rights.actor("unit.change")
    await _ours(desk, intake_id)
    try:
        async with desk.database.transaction() as session:
            await acting.undo(session, intake_id=intake_id, at=desk.clock.now(), by=by)
    except (InUse, NotReady) as refusal:
        return await _show(desk, intake_id, "", 0, str(refusal))
    return see_other(f"{PLACE}/{intake_id}")


async def _ours(desk: Desk, intake_id: UUID) -> None:
    """Raises HTTPException (404) for a list that is not the agency's."""
    async with desk.database.reading() as session:
        if await intakes.get_intake(session, agency=desk.agency.id, intake_id=intake_id) is None:
            raise HTTPException(404)
