"""Criteria packs: what is asked, where it comes from, versions side by side, and what a unit adds."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from pydantic import BeforeValidator

from services.nomination import queries, rules
from services.nomination.actions import criteria as packs
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import criteria
from services.nomination.queries.criteria import Kept
from services.nomination.rules.criteria import KIND_NAMES, EvidenceKind, side_by_side
from services.nomination.tables import Criterion
from shared.events import Category
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Column, Said
from shared.lists import spreadsheet, wants_file
from shared.looks import CATEGORIES

router = APIRouter()

GENERAL = "Chung cho mọi đối tượng"
EVERYBODY, WHOLE_AGENCY = "chung", "co-quan"
"""What a form says for criteria of every category, and of no unit alone."""
SHORTEST = 20
BLANK: Mapping[str, object] = dict.fromkeys(("unit", "category", "text", "hint"), "") | {"kinds": [], "compulsory": ""}
CRITERIA = (
    Column("Mã"),
    Column("Đối tượng"),
    Column("Nội dung"),
    Column("Bắt buộc"),
    Column("Kế hoạch ghi thêm"),
    Column("Minh chứng gợi ý"),
    Column("Loại minh chứng cần có"),
    Column("Nguồn"),
)


@router.get("/tieu-chi", dependencies=[allowed("criteria.read")])
async def show(desk: AtDesk, bo: str = "", voi: str = "") -> Response:
    """A pack by category, the agency's newest unless `bo` names one; `voi` names one to stand beside it."""
    async with desk.database.reading() as session:
        kept = await criteria.list_packs(session, agency=desk.agency.id)
        chosen = _named(kept, bo) or next((one for one in kept if one.unit is None), None)
        beside = _named(kept, voi) if voi else None
        pack = chosen.pack.code if chosen else ""
        found = await criteria.criteria_of(session, agency=desk.agency.id, pack=pack)
        others = await criteria.criteria_of(session, agency=desk.agency.id, pack=beside.pack.code) if beside else []
    if wants_file(desk.request):
        rows = [_row(one) for one in found]
        return spreadsheet(desk.request, "Bộ tiêu chí", CRITERIA, rows, file="tieu-chi", more=[pack])
    return desk.pages.render(
        desk.request,
        "criteria.html",
        groups=[(name, list(members)) for name, members in groupby(found, key=_whose)],
        chosen=chosen,
        beside=beside,
        pairs=side_by_side([one.asked for one in found], [one.asked for one in others]) if beside else [],
        packs=kept,
        kinds=KIND_NAMES,
        adding=desk.rights.opens("criteria.add"),
    )


def _named(kept: Sequence[Kept], code: str) -> Kept | None:
    return next((one for one in kept if one.pack.code == code), None)


def _row(one: Criterion) -> tuple[str | Said, ...]:
    asked = one.asked
    kinds = "; ".join(translate(name) for kind, name in KIND_NAMES.items() if kind in asked.kinds)
    return (
        one.code,
        Said(_whose(one)),
        one.text,
        Said("Có" if asked.compulsory else "Không"),
        "; ".join(one.variants),
        one.evidence,
        kinds,
        "; ".join(one.sources),
    )


def _whose(one: Criterion) -> str:
    return CATEGORIES[one.category] if one.category else GENERAL


@router.get("/tieu-chi/them", dependencies=[allowed("criteria.add")])
async def ask(desk: AtDesk) -> Response:
    """What a unit adds, and what adding means."""
    return await _adding(desk, BLANK, {})


async def _adding(desk: Desk, values: Mapping[str, object], errors: Mapping[str, str]) -> Response:
    reached = desk.rights.units("criteria.add")
    async with desk.database.reading() as session:
        units = await queries.list_units(session, agency=desk.agency.id, units=reached, on=desk.clock.today())
    whole = [(WHOLE_AGENCY, "Cả cơ quan")] if reached is None else []
    return desk.pages.render(
        desk.request,
        "criterion_new.html",
        status_code=422 if errors else 200,
        units=whole + [(str(unit.id), unit.name) for unit in units],
        categories=[(EVERYBODY, GENERAL), *((str(one), name) for one, name in CATEGORIES.items())],
        kinds=[(str(kind), name) for kind, name in KIND_NAMES.items()],
        values=values,
        errors=errors,
    )


def _some(kinds: list[str]) -> list[str]:
    return [one for one in kinds if one in list(EvidenceKind)]


@router.post("/tieu-chi/them", dependencies=[allowed("criteria.add")])
async def add(
    desk: AtDesk,
    unit: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    hint: Annotated[str, Form()] = "",
    kinds: Annotated[list[str], Form(), BeforeValidator(list)] = [],  # noqa: B006  # FastAPI copies it
    compulsory: Annotated[str, Form()] = "",
) -> Response:
    """A new version of the pack with one more criterion, for dossiers begun from now on."""
    values: dict[str, object] = {"unit": unit, "category": category, "text": text, "hint": hint}
    values |= {"kinds": _some(kinds), "compulsory": compulsory == "1"}
    errors, unit_id = {}, uuid_of(unit)
    if unit_id is None and unit != WHOLE_AGENCY:
        errors["unit"] = "Hãy chọn đơn vị."
    if category != EVERYBODY and category not in list(Category):
        errors["category"] = "Hãy chọn loại đối tượng."
    if len(text.strip()) < SHORTEST:
        errors["text"] = "Hãy ghi rõ nội dung tiêu chí (từ 20 chữ trở lên)."
    if errors:
        return await _adding(desk, values, errors)
    by = desk.rights.actor("criteria.add", unit_id)
    try:
        async with desk.database.transaction() as session:
            made = await packs.add_criterion(
                session,
                desk.agency,
                unit_id=unit_id,
                text=text,
                category=None if category == EVERYBODY else Category(category),
                compulsory=compulsory == "1",
                kinds=[EvidenceKind(one) for one in _some(kinds)],
                hint=hint,
                since=desk.clock.today(),
                by=by,
            )
    except LookupError:
        raise HTTPException(404) from None
    except rules.Refusal as refusal:
        return await _adding(desk, values, {"text": str(refusal)})
    return see_other(f"/de-cu/tieu-chi?bo={made.pack.replace('+', '%2B')}#{made.code}")
