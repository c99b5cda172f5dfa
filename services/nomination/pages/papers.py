"""What stands in a dossier beside its claims: opinions, the question to the nominee, the head's confirmation."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import papers
from services.nomination.pages.answering import AGREEMENT, PREFIX
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.subjects import WHYS
from services.nomination.queries import Dossier
from services.nomination.queries.subjects import FoundAgain, found_again
from services.nomination.rules.criteria import KIND_NAMES
from services.nomination.rules.papers import VOICES, AboutYourself, BadOpinion, Voice, check_confirmer
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.links import Links

router = APIRouter()
FILE = "/ho-so/{code}"
BLANK = {"voice": "", "who": "", "text": ""}
PRIVATE = {"Cache-Control": "private, no-store"}


@router.get(f"{FILE}/y-kien", dependencies=[allowed("nomination.read")])
async def opinions(desk: AtDesk, code: str) -> Response:
    """What others think of the nominee."""
    return _opinions(desk, await desk.read(code), BLANK, {})


def _opinions(desk: Desk, dossier: Dossier, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    return desk.pages.render(
        desk.request,
        "opinions.html",
        status_code=422 if errors else 200,
        dossier=dossier,
        voices=VOICES,
        values=values,
        errors=errors,
        editable=dossier.is_open("opinions"),
        writing=desk.rights.may("nomination.write", dossier.nomination.unit_id),
    )


@router.post(f"{FILE}/y-kien", dependencies=[allowed("nomination.write")])
async def write_opinion(
    desk: AtDesk,
    code: str,
    voice: Annotated[str, Form()] = "",
    who: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    remove: Annotated[str, Form()] = "",
) -> Response:
    """Write one opinion down; or take one out again, which `remove` names."""
    dossier = await desk.read(code)
    by = desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    values = {"voice": voice, "who": who, "text": text}
    removed = uuid_of(remove)
    if remove and removed is None:
        raise HTTPException(404)
    if not remove and voice not in list(Voice):
        return _opinions(desk, dossier, values, {"voice": "Hãy chọn đó là ai."})
    try:
        async with desk.database.transaction() as session:
            about = {"nomination_id": dossier.nomination.id}
            if removed:
                await papers.remove_opinion(session, opinion_id=removed, by=by, **about)
            else:
                await papers.add_opinion(session, voice=Voice(voice), who=who, text=text, by=by, **about)
    except LookupError:
        raise HTTPException(404) from None
    except BadOpinion as refusal:
        return _opinions(desk, dossier, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return _opinions(desk, dossier, values, {"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}/y-kien")


@router.get(f"{FILE}/dong-y", dependencies=[allowed("nominee.ask")])
async def before_asking(desk: AtDesk, code: str) -> Response:
    """What the nominee said, or what asking them means."""
    dossier = await desk.read(code)
    desk.rights.actor("nominee.ask", dossier.nomination.unit_id)
    return _asking(desk, dossier)


def _asking(desk: Desk, dossier: Dossier, link: str = "", error: str = "") -> Response:
    return desk.pages.render(
        desk.request,
        "agreement.html",
        status_code=422 if error else 200,
        headers=PRIVATE,
        dossier=dossier,
        asked=dossier.paperwork.asked,
        link=link,
        error=error,
        editable=dossier.nomination.state in rules.EDITABLE,
    )


@router.post(f"{FILE}/dong-y", dependencies=[allowed("nominee.ask")])
async def ask(desk: AtDesk, code: str) -> Response:
    """Make the nominee's own link; it is shown once and kept nowhere, and an earlier one is good no more."""
    dossier = await desk.read(code)
    by = desk.rights.actor("nominee.ask", dossier.nomination.unit_id)
    try:
        async with desk.database.transaction() as session:
            asked = await papers.ask_nominee(session, nomination_id=dossier.nomination.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return _asking(desk, dossier, error=str(refusal))
    links: Links = desk.request.app.state.links
    token = links.mint(AGREEMENT, asked.id, desk.clock.real() + papers.LIFE)
    fresh = await desk.read(code)
    return _asking(desk, fresh, f"{desk.runtime.settings.address}{PREFIX}/{token}")


@router.get(f"{FILE}/xac-nhan", dependencies=[allowed("nomination.confirm")])
async def before_confirming(desk: AtDesk, code: str) -> Response:
    """All that the head stands by."""
    dossier, again = await desk.read_with(code, partial(found_again, today=desk.clock.today()))
    desk.rights.actor("nomination.confirm", dossier.nomination.unit_id)
    return _confirming(desk, dossier, again)


def _confirming(desk: Desk, dossier: Dossier, again: FoundAgain, error: str = "") -> Response:
    role = desk.rights.actor("nomination.confirm", dossier.nomination.unit_id).role
    refused = _refused(desk, dossier, role)
    return desk.pages.render(
        desk.request,
        "confirm.html",
        status_code=409 if error else 200,
        dossier=dossier,
        confirmed=dossier.paperwork.confirmed,
        current=dossier.paperwork.confirmed is not None
        and dossier.paperwork.confirmed.edits == dossier.nomination.edits,
        ready=dossier.readiness,
        standings={one.criterion: one for one in dossier.readiness.criteria},
        kinds=KIND_NAMES,
        voices=VOICES,
        others=again.others,
        whys=WHYS,
        error=error,
        editable=dossier.nomination.state in rules.EDITABLE,
        refused=refused,
        leaving=isinstance(refused, AboutYourself) and role == "head",
    )


def _refused(desk: Desk, dossier: Dossier, role: str) -> rules.Refusal | None:
    """Why somebody else than this person confirms, if so."""
    about_yourself = dossier.subject.is_called(desk.person.name)
    try:
        check_confirmer(role, about_yourself=about_yourself, left=dossier.nomination.left_to_agency)
    except rules.Refusal as refusal:
        return refusal
    return None


@router.post(f"{FILE}/xac-nhan", dependencies=[allowed("nomination.confirm")])
async def confirm(
    desk: AtDesk, code: str, edits: Annotated[int, Form()] = -1, leave: Annotated[str, Form()] = ""
) -> Response:
    """The head stands by what they saw; whom it is about themselves may `leave` that to an officer of the agency."""
    dossier, again = await desk.read_with(code, partial(found_again, today=desk.clock.today()))
    by = desk.rights.actor("nomination.confirm", dossier.nomination.unit_id)
    try:
        async with desk.database.transaction() as session:
            about: dict[str, Any] = {"nomination_id": dossier.nomination.id, "at": desk.clock.now()}
            about |= {"by": by, "name": desk.person.name}
            if leave:
                await papers.leave_to_agency(session, **about)
            else:
                await papers.confirm(session, edits=edits, **about)
    except rules.ChangedMeanwhile:
        return _confirming(desk, dossier, again, "Hồ sơ vừa được sửa. Hãy xem lại rồi xác nhận.")
    except rules.Refusal as refusal:
        return _confirming(desk, dossier, again, str(refusal))
    return see_other(f"/de-cu/ho-so/{code}" + ("/xac-nhan" if leave else ""))
