"""Lists that come in as a file: what becomes of each row, judged before anything is written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.nomination.rules import Refusal

MOST_ROWS = 20_000
_OTHER_CODE = "Mã này đã đổi hoặc sắp đổi. Hãy ghi mã hiện nay của đơn vị, xem ở trang đơn vị."


class IntakeKind(StrEnum):
    """Of what a list is."""

    UNITS = "units"
    PEOPLE = "people"


class IntakeState(StrEnum):
    """Where an intake is."""

    READY = "ready"
    """Read and judged; nothing of it is written."""
    WRITTEN = "written"
    UNDONE = "undone"


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    """What it says is known: it is left out."""
    BAD = "bad"


class BadTable(Refusal):
    """A file holds no such list."""

    problem = "bad-table"


class NotReady(Refusal):
    """An intake was written already, or is no longer as it was seen."""

    problem = "intake-not-ready"


class InUse(Refusal):
    """What came in is used by now: it stays."""

    problem = "intake-in-use"


@dataclass(frozen=True)
class Column:
    """A column of a list: by which name rows know it, its heading, and what stands in it, for the template."""

    name: str
    label: str
    example: str
    needed: bool = False


UNIT_COLUMNS = (
    Column("code", "Mã đơn vị", "thcs-hoa-mai", needed=True),
    Column("name", "Tên đơn vị", "Trường THCS Hoa Mai", needed=True),
    Column("kind", "Loại đơn vị", "trường trung học cơ sở", needed=True),
    Column("since", "Từ ngày", "01/09/2024", needed=True),
    Column("parent", "Thuộc đơn vị (mã)", ""),
    Column("line", "Theo hệ", "quản lý"),
    Column("external_ref", "Mã ngành", ""),
)


@dataclass(frozen=True)
class UnitRow:
    """A unit as a row tells it; `errors` by column: what could not be understood."""

    code: str
    name: str
    kind: str
    since: date | None
    parent: str = ""
    line: str = ""
    external_ref: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownUnit:
    """A unit that is there already."""

    name: str
    kind: str
    external_ref: str
    ended: bool
    parents: frozenset[str] = frozenset()
    """Codes of the units that it stands under, in any line."""


@dataclass(frozen=True)
class Judged:
    """What becomes of a row, and why it is bad, by column."""

    outcome: Outcome
    errors: Mapping[str, str]


def find_columns(heads: Sequence[str], columns: Sequence[Column], say: Callable[[str], str] = str) -> dict[str, int]:
    """At which place each column stands in a row of headings, as they are called here or, by `say`, by the reader.

    Raises BadTable when a needed one is missing or one stands there twice.
    """
    asked = {label.lower(): column.name for column in columns for label in (column.label, say(column.label))}
    found: dict[str, int] = {}
    for place, head in enumerate(heads):
        name = asked.get(head.rstrip(" *").lower())
        if name in found:
            raise BadTable("Một cột có mặt hai lần. Hãy giữ lại một cột.")
        if name is not None:
            found[name] = place
    if any(column.needed and column.name not in found for column in columns):
        raise BadTable("Không thấy đủ các cột cần có ở dòng tiêu đề. Hãy tải tệp mẫu rồi chép danh sách vào.")
    return found


def judge_units(
    rows: Sequence[UnitRow], known: Mapping[str, KnownUnit], other_codes: Collection[str] = ()
) -> list[Judged]:
    """What becomes of each row, given the units that are there, by the code that they have now.

    `other_codes`: those that they had before or will have. A unit is not known by these: whoever writes one may mean
    the unit of then, or a new one.
    """
    errors = [dict(row.errors) for row in rows]
    _find_repeats(rows, errors, known)
    own = {row.code: row for row in rows}
    for row, wrong in zip(rows, errors, strict=True):
        if there := known.get(row.code):
            if (there.name, there.kind) != (row.name, row.kind) and not wrong:
                wrong["code"] = "Mã này đang là của một đơn vị có tên hoặc loại khác."
            elif row.parent and row.parent not in there.parents:
                wrong["parent"] = "Đơn vị đã có, nhưng không thuộc đơn vị này. Hãy đổi nơi trực thuộc ở trang đơn vị."
        else:
            if row.code in other_codes:
                wrong.setdefault("code", _OTHER_CODE)
            if row.parent and (fault := _parent_fault(row, own, known, other_codes)):
                wrong.setdefault("parent", fault)
    _pass_down(rows, errors, known)
    return [_judged(row, wrong, known.get(row.code)) for row, wrong in zip(rows, errors, strict=True)]


def _parent_fault(
    row: UnitRow, own: Mapping[str, UnitRow], known: Mapping[str, KnownUnit], other_codes: Collection[str]
) -> str:
    """Why a new unit cannot stand where its row says; nothing when it can."""
    if row.parent in other_codes:
        return _OTHER_CODE
    if row.parent not in own and row.parent not in known:
        return "Không có đơn vị nào mang mã này."
    if row.parent in known and known[row.parent].ended:
        return "Đơn vị này đã thôi hoạt động. Hãy chọn đơn vị hiện nay."
    return "Các đơn vị này thuộc lẫn nhau thành vòng." if _comes_round(row, own) else ""


def _judged(row: UnitRow, errors: Mapping[str, str], there: KnownUnit | None) -> Judged:
    if errors:
        return Judged(Outcome.BAD, errors)
    if there is None:
        return Judged(Outcome.NEW, {})
    return Judged(Outcome.CHANGED if row.external_ref not in ("", there.external_ref) else Outcome.SAME, {})


def _find_repeats(rows: Sequence[UnitRow], errors: Sequence[dict[str, str]], known: Mapping[str, KnownUnit]) -> None:
    """A code stands once in a file; a reference to the sector's data is of one unit."""
    codes: set[str] = set()
    references = {one.external_ref: code for code, one in known.items() if one.external_ref}
    for row, wrong in zip(rows, errors, strict=True):
        if row.code and row.code in codes:
            wrong["code"] = "Mã này đã có ở một dòng trên."
        codes.add(row.code)
        if row.external_ref and references.setdefault(row.external_ref, row.code) != row.code:
            wrong["external_ref"] = "Mã ngành này đã là của một đơn vị khác."


def _comes_round(row: UnitRow, own: Mapping[str, UnitRow]) -> bool:
    """Whether a row stands above itself, by the rows of the same file."""
    seen, above = {row.code}, own.get(row.parent)
    while above is not None and above.code not in seen:
        seen.add(above.code)
        above = own.get(above.parent)
    return above is not None and above.code == row.code


def _pass_down(rows: Sequence[UnitRow], errors: Sequence[dict[str, str]], known: Mapping[str, KnownUnit]) -> None:
    """What stands below a bad row of the file cannot be written either."""
    bad = {row.code for row, wrong in zip(rows, errors, strict=True) if wrong and row.code not in known}
    below: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        below.setdefault(row.parent, []).append(number)
    waiting = list(bad)
    while waiting:
        for number in below.get(waiting.pop(), ()):
            if not errors[number] and rows[number].code not in known:
                errors[number]["parent"] = "Dòng của đơn vị này có lỗi. Hãy sửa dòng ấy trước."
                waiting.append(rows[number].code)
