"""The public form: anybody tells of somebody who did something good. It waits for the unit's triage."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from services.nomination import queries
from services.nomination.actions import leads, plans
from services.nomination.actions.leads import Sighting
from services.nomination.rules.leads import BadLead, Source
from shared.audit import Actor
from shared.events import Category
from shared.fence import public
from shared.forms import form_id, uuid_of
from shared.looks import CATEGORIES
from shared.runtime import Runtime
from shared.web import Db, Html, Now

router = APIRouter()
PUBLIC = Actor("system:public-form", "public")
FIELDS = ("unit", "category", "name", "deed", "contact", "once")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
"""Addresses of other sites: taken out, so that nobody at the desk is led away by a stranger."""


@router.get("/gioi-thieu", dependencies=[public()])
async def form(request: Request, database: Db, pages: Html) -> Response:
    """The empty form."""
    return await _form(request, database, pages, dict.fromkeys(FIELDS, "") | {"once": str(uuid4())}, {})


async def _form(
    request: Request, database: Db, pages: Html, values: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    async with database.reading() as session:
        units = await queries.list_units(session, agency=_agency(request).id, units=None, on=_today(request))
    return pages.render(
        request,
        "suggest.html",
        status_code=422 if errors else 200,
        units=[(unit.id, unit.name) for unit in units],
        categories=CATEGORIES,
        values=values,
        errors=errors,
    )


@router.post("/gioi-thieu", dependencies=[public()])
async def suggest(
    request: Request,
    database: Db,
    pages: Html,
    clock: Now,
    unit: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    deed: Annotated[str, Form()] = "",
    contact: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Take it, and say what follows."""
    values = dict(zip(FIELDS, (unit, category, name, deed, contact, once), strict=True))
    if category not in list(Category):
        return await _form(request, database, pages, values, {"category": "Hãy chọn loại đối tượng."})
    cut, told = (_ADDRESS.sub("", text) for text in (name, deed))
    sighting = Sighting(uuid_of(unit), Category(category), cut, told, contact=contact)
    agency, at = _agency(request), clock.now()
    try:
        async with database.transaction() as session:
            await leads.spot(
                session, agency, sighting, source=Source.PUBLIC, at=at, by=PUBLIC, id=form_id(once, values)
            )
    except BadLead as refusal:
        return await _form(request, database, pages, values, {refusal.field: str(refusal)})
    except LookupError:
        return await _form(request, database, pages, values, {"unit": "Hãy chọn đơn vị trong danh sách."})
    return pages.render(request, "suggested.html", status_code=201)


def _today(request: Request) -> date:
    runtime: Runtime = request.app.state.runtime
    return runtime.clock.today()


def _agency(request: Request) -> plans.Agency:
    runtime: Runtime = request.app.state.runtime
    return plans.Agency(runtime.agency.id, runtime.agency.mark)
