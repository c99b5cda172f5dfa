"""One person, team or model across lines and years: found again, made one, and everything that came of it."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import subjects as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other, title_of
from services.nomination.queries import subject_pairs, subjects
from services.nomination.queries.subject_pairs import Compared, Side
from services.nomination.queries.subjects import History, Line
from services.nomination.rules.criteria import FORM_NAMES
from services.nomination.rules.subjects import BadMerge, Verdict, Why
from services.nomination.tables import Subject, SubjectPair, Unit
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list
from shared.looks import CATEGORIES

router = APIRouter()
PATH = "/de-cu/doi-tuong"
ONE, BOTH = "/doi-tuong/{subject_id}", "/doi-tuong/{subject_id}/gop/{other_id}"
WHYS = {
    Why.MERGED: "đã gộp là một",
    Why.REFERENCE: "cùng mã ngành",
    Why.FILE: "cùng tệp minh chứng",
    Why.BORN: "cùng năm sinh",
    Why.NAME: "cùng tên",
    Why.UNIT: "cùng đơn vị",
    Why.MARKS: "tên chỉ khác dấu",
    Why.ORDER: "tên cùng các chữ, khác thứ tự",
}
COLUMNS = (
    Column("Đối tượng"),
    Column("Đơn vị"),
    Column("Có thể là một với"),
    Column("Đơn vị bên kia"),
    Column("Loại", minor=True),
    Column("Tình trạng"),
)


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await subject_pairs.page_of_pairs(session, agency=reader.agency, asked=asked)


def _cells(_reader: Reader, row: tuple[SubjectPair, Subject, Unit, Subject, Unit]) -> tuple[Cell, ...]:
    pair, one, unit, other, its_unit = row
    name = Link(one.name, f"{PATH}/{one.id}/gop/{other.id}")
    state = Tag("pair", pair.verdict)
    return name, unit.name, other.name, its_unit.name, Said(CATEGORIES[one.category]), state


PAIRS = ListKind(
    PATH,
    "subject.merge",
    "Đối tượng nghi trùng",
    "doi-tuong",
    subject_pairs.ORDERS,
    subject_pairs.FILTERS,
    COLUMNS,
    _find,
    _cells,
)


@router.get("/doi-tuong", dependencies=[allowed("subject.merge")])
async def list_pairs(desk: AtDesk) -> Response:
    """Two and two that may be one, those first of whom nobody has said."""
    return await show_list(desk.request, PAIRS, "subjects.html")


@router.get(ONE, dependencies=[allowed("subject.read")])
async def show(desk: AtDesk, subject_id: UUID) -> Response:
    """All that is known here of one person, team or model."""
    units = desk.rights.units("subject.read")
    async with desk.database.reading() as session:
        history = await subjects.get_history(session, agency=desk.agency.id, subject_id=subject_id, units=units)
    if history is None:
        raise HTTPException(404)
    return desk.pages.render(
        desk.request,
        "subject.html",
        history=history,
        subject=history.subject,
        category=CATEGORIES[history.subject.category],
        form=FORM_NAMES[history.subject.form],
        born=_born(history.subject),
        years=_by_year(desk, history),
        merged=history.paired(Verdict.MERGED),
        asked=history.paired(Verdict.ASKED),
        may_merge=desk.rights.opens("subject.merge"),
    )


Told = tuple[Line, list[tuple[str, str, str]]]


def _by_year(desk: Desk, history: History) -> dict[int, list[Told]]:
    """The dossiers by year, the newest first, each with how the steps of its honour read."""
    found: dict[int, list[Told]] = {}
    for line in history.lines:
        steps = [title_of(step, desk.short_name, desk.agency.id) for step in line.honours]
        found.setdefault(line.year, []).append((line, steps))
    return found


def _born(subject: Subject) -> str:
    return str(subject.birth_year or "")


@router.get(BOTH, dependencies=[allowed("subject.merge")])
async def compare(desk: AtDesk, subject_id: UUID, other_id: UUID) -> Response:
    """Two side by side."""
    return await _compare(desk, subject_id, other_id, {})


async def _compare(desk: Desk, one_id: UUID, other_id: UUID, errors: Mapping[str, str]) -> Response:
    async with desk.database.reading() as session:
        found = await subject_pairs.compare(session, agency=desk.agency.id, one_id=one_id, other_id=other_id)
    if found is None:
        raise HTTPException(404)
    elsewhere = found.elsewhere
    return desk.pages.render(
        desk.request,
        "subject_pair.html",
        status_code=422 if errors else 200,
        found=found,
        facts=_side_by_side(found),
        whys=WHYS,
        names=[(side.subject.id, f"{side.subject.name} ({side.unit.name})") for side in (found.one, found.other)],
        same=elsewhere is not None and elsewhere[0] == elsewhere[1],
        elsewhere=elsewhere,
        here=f"{PATH}/{one_id}/gop/{other_id}",
        errors=errors,
    )


def _side_by_side(found: Compared) -> list[tuple[str, list[str], list[str], bool]]:
    """What each of two is, by what is compared: its label, one, the other, whether they differ."""

    def told(side: Side) -> dict[str, list[str]]:
        subject = side.subject
        return {
            "Tên": [subject.name],
            "Loại": [CATEGORIES[subject.category]],
            "Chức vụ, tổ hoặc lớp": [subject.position],
            "Đơn vị": [side.unit.name],
            "Năm sinh": [_born(subject)],
            "Mã ngành": [subject.external_ref],
            "Hồ sơ": list(side.codes),
        }

    one, other = told(found.one), told(found.other)
    return [(label, one[label], other[label], label != "Hồ sơ" and one[label] != other[label]) for label in one]


@router.post(BOTH, dependencies=[allowed("subject.merge")])
async def merge(desk: AtDesk, subject_id: UUID, other_id: UUID, stands: Annotated[str, Form()] = "") -> Response:
    """They are one, under the name that the officer chose."""
    by, at = desk.rights.actor("subject.merge"), desk.clock.now()
    both = {"one_id": subject_id, "other_id": other_id}
    try:
        async with desk.database.transaction() as session:
            kept = await acting.merge(session, desk.agency, **both, stands_id=uuid_of(stands), at=at, by=by)
    except BadMerge as refusal:
        return await _compare(desk, subject_id, other_id, {refusal.field: str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{kept}")


@router.post(f"{BOTH}/khac", dependencies=[allowed("subject.merge")])
async def part(desk: AtDesk, subject_id: UUID, other_id: UUID) -> Response:
    """They are two, and nobody is asked again."""
    by, at = desk.rights.actor("subject.merge"), desk.clock.now()
    try:
        async with desk.database.transaction() as session:
            await acting.part(session, desk.agency, one_id=subject_id, other_id=other_id, at=at, by=by)
    except BadMerge as refusal:
        return await _compare(desk, subject_id, other_id, {refusal.field: str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(PATH)


@router.post(f"{BOTH}/hoan-tac", dependencies=[allowed("subject.merge")])
async def undo(desk: AtDesk, subject_id: UUID, other_id: UUID) -> Response:
    """As if nothing had been said of them."""
    by = desk.rights.actor("subject.merge")
    try:
        async with desk.database.transaction() as session:
            await acting.undo(session, desk.agency, one_id=subject_id, other_id=other_id, by=by)
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{subject_id}/gop/{other_id}")
