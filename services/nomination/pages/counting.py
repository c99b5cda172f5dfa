"""What reports count apart: whom a dossier is about, where a unit lies, and the picture that comes of it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import counting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.reporting import AREAS, GROUPS, SPLIT
from services.nomination.pages.reports import PATH
from services.nomination.pages.units import BAD_DAY, unit_of
from services.nomination.pages.units import PATH as UNITS
from services.nomination.queries import Dossier, figures
from services.nomination.rules.reports import FEWEST, Area, BadReport, Group
from shared.formats import read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.language import translate

router = APIRouter()


@router.get("/ho-so/{code}/nhom", dependencies=[allowed("nomination.write")])
async def ask_groups(desk: AtDesk, code: str) -> Response:
    """What of whom a dossier is about is counted apart."""
    return _groups(desk, await desk.read(code))


def _groups(desk: Desk, dossier: Dossier, errors: Mapping[str, str] | None = None) -> Response:
    return desk.pages.render(
        desk.request,
        "groups.html",
        status_code=422 if errors else 200,
        code=dossier.nomination.code,
        whom=dossier.subject.name,
        groups=[(group.value, label) for group, label in GROUPS.items()],
        chosen=dossier.subject.groups,
        editable=dossier.nomination.state in rules.EDITABLE,
        errors=errors or {},
    )


@router.post("/ho-so/{code}/nhom", dependencies=[allowed("nomination.write")])
async def tell_groups(
    desk: AtDesk, code: str, group: Annotated[list[str] | None, Form(max_length=9)] = None
) -> Response:
    """Keep it; it is told in numbers only."""
    found = await desk.read(code)
    by = desk.rights.actor("nomination.write", found.nomination.unit_id)
    chosen = [one for one in Group if one in (group or [])]
    try:
        async with desk.database.transaction() as session:
            await counting.tell_groups(session, nomination_id=found.nomination.id, groups=chosen, by=by)
    except rules.Refusal as refusal:
        return _groups(desk, found, {"group": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}")


@router.get("/quan-tri/don-vi/{unit_id}/vung", dependencies=[allowed("unit.change")])
async def ask_areas(desk: AtDesk, unit_id: UUID) -> Response:
    """Where a unit lies, from a day to a day."""
    return await _areas(desk, unit_id, {}, {})


async def _areas(desk: Desk, unit_id: UUID, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    unit = await unit_of(desk, unit_id)
    async with desk.database.reading() as session:
        known = await figures.list_areas(session, unit_id=unit_id)
    return desk.pages.render(
        desk.request,
        "areas.html",
        status_code=422 if errors else 200,
        unit=unit,
        known=[(one, AREAS[one.area]) for one in known],
        open=[(one.id, translate(AREAS[one.area])) for one in known if one.valid_to is None],
        areas=[(area.value, label) for area, label in AREAS.items()],
        place=f"{UNITS}/{unit_id}",
        values=dict.fromkeys(("area", "since", "paper", "entry", "until"), "") | dict(values),
        errors=errors,
        once=values.get("once") or uuid4(),
    )


@router.post("/quan-tri/don-vi/{unit_id}/vung", dependencies=[allowed("unit.change")])
async def tell_area(
    desk: AtDesk,
    unit_id: UUID,
    area: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    paper: Annotated[str, Form()] = "",
    once: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """From a day on the unit lies there."""
    values, by, day = {"area": area, "since": since, "paper": paper}, desk.rights.actor("unit.change"), read_day(since)
    unit = await unit_of(desk, unit_id)
    errors = {} if area in list(Area) else {"area": "Hãy chọn vùng."}
    if day is None:
        return await _areas(desk, unit_id, values, errors | {"since": BAD_DAY})
    if errors:
        return await _areas(desk, unit_id, values, errors)
    try:
        async with desk.database.transaction() as session:
            await counting.place_in(
                session, unit=unit, area=Area(area), since=day, paper=paper, id=form_id(once, values), by=by
            )
    except BadReport as refusal:
        return await _areas(desk, unit_id, values, {refusal.field: str(refusal)})
    return see_other(f"{UNITS}/{unit_id}/vung")


@router.post("/quan-tri/don-vi/{unit_id}/vung/thoi", dependencies=[allowed("unit.change")])
async def end_area(
    desk: AtDesk, unit_id: UUID, entry: Annotated[str, Form()] = "", until: Annotated[str, Form()] = ""
) -> Response:
    """The unit lies there no more from a day on."""
    values, by = {"entry": entry, "until": until}, desk.rights.actor("unit.change")
    day, entry_id = read_day(until), uuid_of(entry)
    await unit_of(desk, unit_id)
    if day is None or entry_id is None:
        return await _areas(desk, unit_id, values, {"until": BAD_DAY} if entry_id else {"entry": "Hãy chọn vùng."})
    try:
        async with desk.database.transaction() as session:
            await counting.take_out_of(session, unit_id=unit_id, entry_id=entry_id, until=day, by=by)
    except BadReport as refusal:
        return await _areas(desk, unit_id, values, {refusal.field: str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{UNITS}/{unit_id}/vung")


@router.get("/bao-cao/cong-bang", dependencies=[allowed("report.fairness")])
async def fairness(desk: AtDesk, nam: int = 0) -> Response:
    """Who was put forward and honoured in a year, by where and what they are; small numbers are not told."""
    today, units = desk.clock.today(), desk.rights.units("report.fairness")
    year = nam if 2000 <= nam <= today.year else today.year
    times = {"from_on": date(year, 1, 1), "until_on": min(today, date(year, 12, 31))}
    async with desk.database.reading() as session:
        found = await figures.count(session, agency=desk.agency.id, units=units, **times)
        nobody, count = await figures.list_without(session, agency=desk.agency.id, units=units, **times)
    split = [
        (
            title,
            [
                [translate(name), *(_told(found[by][key][what]) for what in ("handed_in", "honoured"))]
                for key, name in names.items()
                if key in found[by]
            ],
        )
        for by, (title, names) in SPLIT.items()
    ]
    return desk.pages.render(
        desk.request,
        "fairness.html",
        year=year,
        years=[
            (str(one), f"{PATH}/cong-bang?nam={one}", None, one == year)
            for one in range(today.year, today.year - 5, -1)
        ],
        split=split,
        units=found["units"],
        nobody=nobody,
        count=count,
        fewest=FEWEST,
    )


def _told(count: int) -> Any:
    """A number, or that it is small: of few people everybody knows who they are."""
    return translate("dưới {fewest}", fewest=FEWEST) if 0 < count < FEWEST else count
