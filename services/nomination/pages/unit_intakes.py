"""Units from a file."""

import asyncio
from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter

from services.nomination.actions.intakes import Line
from services.nomination.actions.unit_intakes import UNITS, told_of
from services.nomination.pages.desk import Desk
from services.nomination.pages.intakes import TOO_LONG, ListPages, add_pages
from services.nomination.pages.sheets import Table
from services.nomination.pages.unit_kinds import NAMES, kind_name
from services.nomination.pages.units import BAD_DAY, LINES, PATH
from services.nomination.queries.units import kinds_of
from services.nomination.rules.intakes import UNIT_COLUMNS, UnitRow
from services.nomination.rules.units import LONGEST, unit_faults
from services.nomination.tables import IntakeRow
from shared.formats import day, read_day
from shared.language import translate
from shared.wording import Said

router = APIRouter()


async def _read(desk: Desk, table: Table) -> list[Line]:
    # Reading somebody's file may take a while: others are answered meanwhile.
    return await asyncio.to_thread(read_units, table, await _kinds(desk))


def read_units(table: Table, kinds: Mapping[str, str]) -> list[Line]:
    """What each row tells; `kinds`: codes by how they read, in small letters."""
    lines = {label.lower(): code for code, label in LINES.items()}
    return [Line(number, cells, told_of(_read_unit(cells, kinds, lines))) for number, cells in table.rows]


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


add_pages(
    router,
    ListPages(
        way=UNITS,
        path="/quan-tri/don-vi/nhap",
        act="unit.change",
        columns=UNIT_COLUMNS,
        read=_read,
        understood=_understood,
        choices=lambda: {"kind": [kind_name(kind) for kind in NAMES], "line": list(LINES.values())},
        title="Nhập đơn vị từ tệp",
        home=("Đơn vị", PATH),
        home_button="Mở danh sách đơn vị",
        used="Xem xong, bấm ghi. Trong 30 ngày, khi chưa ai dùng các đơn vị ấy, vẫn hoàn tác được.",
        file="don-vi",
    ),
)
