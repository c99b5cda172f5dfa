"""People and teams from a file."""

import asyncio
import re
from collections.abc import Mapping

from fastapi import APIRouter

from services.nomination.actions.intakes import Line, Read
from services.nomination.actions.people_intakes import PEOPLE, told_of
from services.nomination.pages.desk import Desk
from services.nomination.pages.intakes import TOO_LONG, ListPages, add_pages
from services.nomination.pages.sheets import Table
from services.nomination.pages.subjects import PATH
from services.nomination.rules.criteria import Form
from services.nomination.rules.people import OLDEST, PEOPLE_COLUMNS, PersonRow
from services.nomination.rules.subjects import same_key
from services.nomination.rules.titles import split_title
from services.nomination.tables import IntakeRow
from shared.events import Category
from shared.language import translate
from shared.looks import CATEGORIES
from shared.names import folded

router = APIRouter()
LONGEST = {"name": 200, "position": 200, "external_ref": 60}
_YEAR = re.compile(r"[12]\d{3}")


async def _read(desk: Desk, table: Table) -> list[Line]:
    return await asyncio.to_thread(read_people, table, desk.clock.today().year)


def read_people(table: Table, year: int) -> list[Line]:
    """What each row tells, in that year."""
    words = {translate(label).lower(): one for one, label in CATEGORIES.items()}
    words |= {label.lower(): one for one, label in CATEGORIES.items()}
    return [Line(number, cells, _read_person(cells, words, year)) for number, cells in table.rows]


def _read_person(cells: Mapping[str, str], words: Mapping[str, Category], year: int) -> Read:
    told = {column.name: cells.get(column.name, "") for column in PEOPLE_COLUMNS}
    category, errors = words.get(told["category"].lower()), {}
    name = told["name"] if category is Category.COLLECTIVE else split_title(told["name"])[1]
    if len(name) < 2:
        errors["name"] = "Hãy ghi họ và tên, hoặc tên tập thể."
    if category is None:
        errors["category"] = "Không có loại đối tượng này. Hãy chọn trong danh sách của tệp mẫu."
    if not told["unit"]:
        errors["unit"] = "Hãy ghi mã đơn vị."
    born = int(told["born"]) if _YEAR.fullmatch(told["born"]) else None
    if told["born"] and (born is None or not year - OLDEST <= born <= year):
        errors["born"], born = "Năm sinh chưa đúng. Ví dụ: 1985.", None
    errors |= {field: TOO_LONG for field, most in LONGEST.items() if len(told[field]) > most}
    row = PersonRow(
        name=name,
        category=category or "",
        unit=told["unit"].lower(),
        key=same_key(category or "", Form.EXEMPLAR, folded(name)),
        born=born,
        external_ref=told["external_ref"],
        errors=errors,
    )
    return told_of(row, told["position"])


def _understood(column: str, row: IntakeRow) -> str:
    """How a cell was understood, in words."""
    value = row.found.get(column)
    if value and column == "category":
        return translate(CATEGORIES[Category(value)])
    return str(value or "")


add_pages(
    router,
    ListPages(
        way=PEOPLE,
        path="/doi-tuong/nhap",
        act="subject.enter",
        columns=PEOPLE_COLUMNS,
        read=_read,
        understood=_understood,
        choices=lambda: {"category": list(CATEGORIES.values())},
        title="Nhập người và tập thể từ tệp",
        home=("Đối tượng", PATH),
        home_button="Mở danh sách đối tượng",
        used="Xem xong, bấm ghi. Trong 30 ngày, khi chưa ai trong danh sách có hồ sơ, vẫn hoàn tác được.",
        file="doi-tuong",
    ),
)
