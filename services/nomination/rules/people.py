"""Lists of people and teams that come in as a file: what becomes of each row, judged before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.nomination.rules.intakes import Column, Judged, Outcome

PEOPLE_COLUMNS = (
    Column("name", "Họ và tên", "Lê Thị Ánh", needed=True),
    Column("category", "Đối tượng", "giáo viên", needed=True),
    Column("unit", "Đơn vị (mã)", "thcs-hoa-mai", needed=True),
    Column("position", "Chức vụ", "tổ trưởng tổ Ngữ văn"),
    Column("born", "Năm sinh", "1985"),
    Column("external_ref", "Mã ngành", ""),
)
OLDEST = 120
"""So many years ago nobody was born who is put forward."""


@dataclass(frozen=True)
class PersonRow:
    """Somebody, or a team, as a row tells it; `errors` by column: what could not be understood."""

    name: str
    category: str
    unit: str
    key: str
    """By which those are found who may be one: `rules.subjects.same_key`."""
    born: int | None = None
    external_ref: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownPerson:
    """Somebody who is there already, with the code of the unit."""

    name: str
    unit: str
    key: str
    born: int | None
    external_ref: str


def judge_people(rows: Sequence[PersonRow], units: Mapping[str, bool], known: Sequence[KnownPerson]) -> list[Judged]:
    """What becomes of each row; `units`: whether each has ended, by code; `known`: whoever has a row's name or code."""
    there: dict[tuple[str, str], list[KnownPerson]] = {}
    for one in known:
        there.setdefault((one.unit, one.key), []).append(one)
    references = {one.external_ref: one.key for one in known if one.external_ref}
    told: dict[tuple[str, str, int | None, str], int] = {}
    found = []
    for number, row in enumerate(rows):
        errors = dict(row.errors)
        if "unit" not in errors and units.get(row.unit) is not False:
            ended = row.unit in units
            errors["unit"] = "Đơn vị này đã thôi hoạt động." if ended else "Không có đơn vị nào mang mã này."
        if told.setdefault((row.unit, row.key, row.born, row.external_ref), number) != number:
            errors["name"] = "Người hoặc tập thể này đã có ở một dòng trên."
        elif row.external_ref and references.setdefault(row.external_ref, row.key) != row.key:
            errors["external_ref"] = "Mã ngành này đã là của một người hoặc tập thể khác."
        if errors:
            found.append(Judged(Outcome.BAD, errors))
        else:
            same = any(_is(row, one) for one in there.get((row.unit, row.key), ()))
            found.append(Judged(Outcome.SAME if same else Outcome.NEW, {}))
    return found


def _is(row: PersonRow, known: KnownPerson) -> bool:
    """Whether a row tells of that one of the same unit who is there already."""
    others = (row.born, known.born), (row.external_ref, known.external_ref)
    return known.name == row.name and all(not one or not other or one == other for one, other in others)
