"""Lists from files: the template, the preview row by row, writing it, and taking that back. Which lists there are, and
what their rows say, tells each `ListPages`.
"""

import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import Response
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import intakes as acting
from services.nomination.actions.intakes import Line, Way
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.sheets import Table, table_of
from services.nomination.queries import intakes
from services.nomination.rules.intakes import BadTable, Column, IntakeState, InUse, NotReady, Outcome
from services.nomination.tables import IntakeRow
from shared.files import FileRefused, clean_name
from shared.formats import moment
from shared.forms import form_id
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Column as Head
from shared.spreadsheets import Spreadsheet, as_file, taken

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


Upload = Annotated[UploadFile | None, File()]


@dataclass(frozen=True)
class ListPages:
    """The pages of one kind of list: where they lie below `/de-cu`, whose act they are, and how its rows are read."""

    way: Way
    path: str
    act: str
    columns: Sequence[Column]
    read: Callable[[Desk, Table], Awaitable[list[Line]]]
    understood: Callable[[str, IntakeRow], str]
    """How a cell of a column was understood, in words."""
    choices: Callable[[], Mapping[str, list[str]]]
    """What may be chosen in a column of the template."""
    title: str
    home: tuple[str, str]
    """What of the site the list belongs to: its label and address."""
    home_button: str
    used: str
    """How long it can be undone."""
    file: str

    @property
    def place(self) -> str:
        """The address of its first page."""
        return f"/de-cu{self.path}"


def add_pages(router: APIRouter, pages: ListPages) -> None:
    """Give a kind of list its pages."""
    mine, one = [allowed(pages.act)], pages.path + "/{intake_id}"

    @router.get(pages.path, dependencies=mine)
    async def ask(desk: AtDesk) -> Response:
        """Where a file is chosen; what was given in before."""
        return await _ask(desk, pages, {})

    @router.get(f"{pages.path}/mau.xlsx", dependencies=mine)
    async def template(desk: AtDesk) -> Response:
        """An empty list with its headings, one row as an example, and what may be chosen."""
        return _template(pages)

    @router.post(pages.path, dependencies=mine)
    async def enter(desk: AtDesk, file: Upload = None, once: Annotated[str, Form()] = "") -> Response:
        """Read a file and keep what it tells; nothing is written."""
        return await _enter(desk, pages, file, once)

    @router.get(one, dependencies=mine)
    async def show(desk: AtDesk, intake_id: UUID, loc: str = "", sau: int = 0) -> Response:
        """Each row: what stood there, what was understood, what becomes of it."""
        return await _show(desk, pages, intake_id, chosen=loc, after=sau)

    @router.get(f"{one}/loi.xlsx", dependencies=mine)
    async def wrong(desk: AtDesk, intake_id: UUID) -> Response:
        """The rows that cannot be written, as a file to mend and to send again: the last column says what is wrong."""
        return await _wrong(desk, pages, intake_id)

    @router.post(f"{one}/ghi", dependencies=mine)
    async def write(desk: AtDesk, intake_id: UUID) -> Response:
        """Write what is good of it."""
        return await _write(desk, pages, intake_id)

    @router.post(f"{one}/hoan-tac", dependencies=mine)
    async def undo(desk: AtDesk, intake_id: UUID) -> Response:
        """As if it had never been written."""
        return await _undo(desk, pages, intake_id)


async def _ask(desk: Desk, pages: ListPages, errors: Mapping[str, str]) -> Response:
    by = desk.rights.actor(pages.act)
    async with desk.database.reading() as session:
        known = await intakes.list_intakes(session, agency=desk.agency.id, kind=pages.way.kind, by=by.identity)
    return desk.pages.render(
        desk.request,
        "intakes.html",
        status_code=422 if errors else 200,
        pages=pages,
        known=known,
        states=STATES,
        once=str(uuid4()),
        errors=errors,
    )


def _template(pages: ListPages) -> Response:
    book = Workbook()
    sheet, names = book.worksheets[0], [column.name for column in pages.columns]
    sheet.title = translate(pages.home[0])
    sheet.append([column.label + (" *" if column.needed else "") for column in pages.columns])
    sheet.append([column.example for column in pages.columns])
    sheet.freeze_panes = "A2"
    lists = book.create_sheet(translate("Danh mục"))
    for letter, (name, words) in zip("AB", pages.choices().items(), strict=False):
        for number, word in enumerate(words, 1):
            lists[f"{letter}{number}"] = word
        at = "ABCDEFG"[names.index(name)]
        choice = DataValidation("list", f"='{lists.title}'!${letter}$1:${letter}${len(words)}", allow_blank=True)
        sheet.add_data_validation(choice)
        choice.add(f"{at}2:{at}{TOLD_AFTER}")
    for column, name in zip("ABCDEFG", names, strict=False):
        sheet.column_dimensions[column].width = 34 if name == "name" else 22  # names are long
        sheet[f"{column}1"].font = Font(bold=True)
        for row in range(2, TOLD_AFTER):
            sheet[f"{column}{row}"].number_format = "@"  # as it is typed: Excel turns days around otherwise
    content = io.BytesIO()
    book.save(content)
    return as_file(content.getvalue(), f"mau-{pages.file}")


async def _enter(desk: Desk, pages: ListPages, file: UploadFile | None, once: str) -> Response:
    by = desk.rights.actor(pages.act)
    if file is None or not file.filename:
        return await _ask(desk, pages, {"file": "Hãy chọn tệp."})
    try:
        content = await file.read()
        table = await table_of(file.filename, content, pages.columns)
        lines = await pages.read(desk, table)
    except FileRefused as refusal:
        return await _ask(desk, pages, {"file": refusal.text})
    except BadTable as refusal:
        return await _ask(desk, pages, {"file": str(refusal)})
    name, at = clean_name(file.filename), desk.clock.now()
    id = form_id(once, {"name": name, "sha256": hashlib.sha256(content).hexdigest()})
    async with desk.database.transaction() as session:
        await acting.keep(
            session,
            desk.agency,
            pages.way,
            id=id,
            file_name=name,
            lines=lines,
            unused=table.unused,
            at=at,
            by=by,
        )
    return see_other(f"{pages.place}/{id}")


async def _get(
    desk: Desk, pages: ListPages, session: AsyncSession, intake_id: UUID, outcome: Outcome | None = None, after: int = 0
) -> intakes.Seen:
    """The list; one that is not the agency's, or of another kind, does not exist (404)."""
    agency, kind = desk.agency.id, pages.way.kind
    seen = await intakes.get_intake(
        session, agency=agency, kind=kind, intake_id=intake_id, outcome=outcome, after=after
    )
    if seen is None:
        raise HTTPException(404)
    return seen


async def _show(
    desk: Desk, pages: ListPages, intake_id: UUID, *, chosen: str = "", after: int = 0, error: str = ""
) -> Response:
    outcome = Outcome(chosen) if chosen in set(Outcome) else None
    async with desk.database.reading() as session:
        seen = await _get(desk, pages, session, intake_id, outcome, min(max(after, 0), 10**6))
    return desk.pages.render(
        desk.request,
        "intake.html",
        status_code=422 if error else 200,
        pages=pages,
        seen=seen,
        outcomes=OUTCOMES,
        state=STATES[seen.intake.state],
        chosen=outcome,
        errors={"file": error} if error else {},
        place=f"{pages.place}/{intake_id}",
    )


async def _wrong(desk: Desk, pages: ListPages, intake_id: UUID) -> Response:
    async with desk.database.reading() as session:
        seen = await _get(desk, pages, session, intake_id)
        rows = await intakes.bad_rows(session, intake_id)
    labels = {column.name: translate(column.label) for column in pages.columns}
    heads = [Head(column.label) for column in pages.columns]
    told = taken(desk.rights.person.name, moment(desk.clock.now()))
    sheet = Spreadsheet("Dòng có lỗi", [Head("Dòng"), *heads, Head("Cần sửa")], [seen.intake.file_name, told])
    for row in rows:
        mend = "; ".join(f"{labels[name]}: {translate(error)}" for name, error in row.errors.items())
        sheet.add([[row.number, *(row.cells.get(column.name, "") for column in pages.columns), mend]])
    return as_file(sheet.finish(), "dong-loi")


async def _write(desk: Desk, pages: ListPages, intake_id: UUID) -> Response:
    by = desk.rights.actor(pages.act)
    await _ours(desk, pages, intake_id)
    try:
        async with desk.database.transaction() as session:
            await acting.write(session, desk.agency, pages.way, intake_id=intake_id, at=desk.clock.now(), by=by)
    except acting.Moved as refusal:
        async with desk.database.transaction() as session:
            await acting.judge_again(session, desk.agency, pages.way, intake_id=intake_id)
        return await _show(desk, pages, intake_id, error=str(refusal))
    except NotReady as refusal:
        return await _show(desk, pages, intake_id, error=str(refusal))
    return see_other(f"{pages.place}/{intake_id}")


async def _undo(desk: Desk, pages: ListPages, intake_id: UUID) -> Response:
    by = desk.rights.actor(pages.act)
    await _ours(desk, pages, intake_id)
    try:
        async with desk.database.transaction() as session:
            await acting.undo(session, pages.way, intake_id=intake_id, at=desk.clock.now(), by=by)
    except (InUse, NotReady) as refusal:
        return await _show(desk, pages, intake_id, error=str(refusal))
    return see_other(f"{pages.place}/{intake_id}")


async def _ours(desk: Desk, pages: ListPages, intake_id: UUID) -> None:
    """Raises HTTPException (404) for a list that is not the agency's."""
    async with desk.database.reading() as session:
        await _get(desk, pages, session, intake_id)
