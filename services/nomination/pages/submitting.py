"""Checking, handing in, and where the file is since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import nominations, papers
from services.nomination.actions.withdrawing import withdraw_nomination
from services.nomination.pages.desk import AtDesk, Desk, see_other, title_of, whereabouts
from services.nomination.pages.subjects import WHYS
from services.nomination.queries import Dossier, packing
from services.nomination.queries.revisions import last_revision
from services.nomination.queries.subjects import FoundAgain, found_again
from services.nomination.rules.criteria import KIND_NAMES
from services.nomination.rules.papers import VOICES, AboutYourself, BadKin, kin_told
from services.nomination.rules.reuse import REUSED, check_reused
from services.nomination.rules.revisions import changes
from services.nomination.tables import Nomination, Revision
from shared.audit import Actor
from shared.identity.allowed import allowed
from shared.names import normal
from shared.objects import StoreUnavailable

router = APIRouter()


@router.get("/ho-so/{code}/gui", dependencies=[allowed("nomination.read")])
async def check(desk: AtDesk, code: str) -> Response:
    """All answers once more, and what happens on handing in."""
    dossier, beside = await desk.read_with(code, partial(_beside, today=desk.clock.today()))
    return _check(desk, dossier, beside)


@dataclass(frozen=True)
class _Beside:
    """What the page shows beside the dossier: what the council has of one that came back, and what is known
    elsewhere of its subject."""

    before: Revision | None
    again: FoundAgain


async def _beside(session: AsyncSession, dossier: Dossier, today: date) -> _Beside:
    came_back = bool(dossier.nomination.revision)
    before = await last_revision(session, nomination_id=dossier.nomination.id) if came_back else None
    return _Beside(before, await found_again(session, dossier, today))


def _check(
    desk: Desk,
    dossier: Dossier,
    beside: _Beside,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    before, editable = beside.before, dossier.nomination.state in rules.EDITABLE
    return desk.pages.render(
        desk.request,
        "submit.html",
        status_code=422 if errors else 200,
        dossier=dossier,
        ready=dossier.readiness,
        kinds=KIND_NAMES,
        voices=VOICES,
        standings={one.criterion: one for one in dossier.readiness.criteria},
        before=before,
        changes=changes(before.content, packing.content_of(dossier)) if before else [],
        others=beside.again.others,
        whys=WHYS,
        reused=beside.again.reused if editable else [],
        said=REUSED,
        errors=errors or {},
        values=typed or _said(desk, dossier.nomination),
        own_hand=editable and _is_own_hand(desk, dossier),
        editable=editable,
    )


def _said(desk: Desk, nomination: Nomination) -> dict[str, str]:
    """What this person answered before, if it was asked; another's answer is not theirs."""
    if nomination.kin is None or nomination.kin_said_by != "|".join(desk.person.identity):
        return {"related": "", "kin": ""}
    return {"related": "yes" if nomination.kin else "no", "kin": nomination.kin}


def _is_own_hand(desk: Desk, dossier: Dossier) -> bool:
    """Whether the person is whom the dossier is about, and nobody else stands by it."""
    try:
        dossier.check_sender(desk.person.name, "|".join(desk.person.identity))
    except AboutYourself:
        return True
    return False


@router.post("/ho-so/{code}/gui", dependencies=[allowed("nomination.submit")])
async def submit(
    desk: AtDesk,
    code: str,
    related: Annotated[str, Form()] = "",
    kin: Annotated[str, Form()] = "",
    keep: Annotated[str, Form()] = "",
) -> Response:
    """Keep what the sender says of themselves; hand the dossier in, unless they only `keep` it."""
    typed = {"related": related, "kin": kin}
    dossier, beside = await desk.read_with(code, partial(_beside, today=desk.clock.today()))
    by = desk.rights.actor("nomination.submit", dossier.nomination.unit_id)
    try:
        if dossier.asks_kin:
            dossier = await _say_kin(desk, dossier, typed, by)
        if keep:
            return see_other(f"/de-cu/ho-so/{code}/gui")
        check_reused(beside.again.reused)
        dossier.check_sender(desk.person.name, by.identity)
        await _hand_in(desk, dossier, beside.before, by)
    except BadKin as refusal:
        return _check(desk, dossier, beside, {refusal.field: str(refusal)}, typed)
    except rules.NotComplete as refusal:
        return _check(desk, dossier, beside, {place or "dossier": text for place, text in refusal.missing.items()})
    except rules.NotADraft:
        return see_other(f"/de-cu/ho-so/{code}/hanh-trinh")  # pressed twice: it is handed in, once
    except rules.ChangedMeanwhile:
        return _check(desk, dossier, beside, {"dossier": "Hồ sơ vừa được sửa. Hãy tải lại trang, xem lại rồi gửi."})
    except rules.Refusal as refusal:
        return _check(desk, dossier, beside, {"dossier": str(refusal)})
    except StoreUnavailable:
        return _check(
            desk,
            dossier,
            beside,
            {"dossier": "Kho tệp đang đầy hoặc không ghi được. Bản nháp còn nguyên; hãy thử lại."},
        )
    return see_other(f"/de-cu/ho-so/{code}/hanh-trinh")


async def _say_kin(desk: Desk, dossier: Dossier, typed: Mapping[str, str], by: Actor) -> Dossier:
    """Keep the sender's answer, even if the dossier cannot be handed in yet; the dossier with it."""
    kin = kin_told(typed["related"], normal(typed["kin"]))
    async with desk.database.transaction() as session:
        await papers.say_kin(session, nomination_id=dossier.nomination.id, kin=kin, by=by)
        return await desk.dossier(session, dossier.nomination.code)


async def _hand_in(desk: Desk, dossier: Dossier, before: Revision | None, by: Actor) -> None:
    """Pack the dossier for the council, store the parcel, then announce it: no event points at a missing file."""
    at = desk.clock.now()  # once: who asks in the last second is not late because packing takes another
    async with desk.database.transaction() as session:
        await nominations.check_submittable(
            session, nomination_id=dossier.nomination.id, ready=dossier.readiness, at=at
        )
    sealed = await packing.seal(desk.runtime, packing.dossier_of(dossier, before.content if before else None), "review")
    async with desk.database.transaction() as session:
        await nominations.submit_nomination(
            session,
            nomination_id=dossier.nomination.id,
            version=dossier.nomination.version,
            ready=dossier.readiness,
            content=packing.content_of(dossier),
            dossier=sealed,
            at=at,
            by=by,
        )


@router.get("/ho-so/{code}/rut", dependencies=[allowed("nomination.withdraw")])
async def ask_withdrawal(desk: AtDesk, code: str) -> Response:
    """What taking a dossier back means."""
    dossier = await desk.read(code)
    desk.rights.actor("nomination.withdraw", dossier.nomination.unit_id)
    return _withdrawing(desk, dossier)


def _withdrawing(desk: Desk, dossier: Dossier, error: str | None = None) -> Response:
    return desk.pages.render(
        desk.request,
        "withdraw.html",
        status_code=409 if error else 200,
        dossier=dossier,
        error=error,
        withdrawable=desk.may_withdraw(dossier.nomination),
    )


@router.post("/ho-so/{code}/rut", dependencies=[allowed("nomination.withdraw")])
async def withdraw(desk: AtDesk, code: str, version: Annotated[int, Form()] = 0) -> Response:
    """Take the dossier back."""
    dossier = await desk.read(code)
    by = desk.rights.actor("nomination.withdraw", dossier.nomination.unit_id)
    try:
        async with desk.database.transaction() as session:
            await withdraw_nomination(
                session, nomination_id=dossier.nomination.id, version=version, at=desk.clock.now(), by=by
            )
    except rules.ChangedMeanwhile:
        return _withdrawing(desk, dossier, "Hồ sơ vừa sang bước khác. Hãy xem lại hành trình rồi quyết định.")
    except rules.Refusal as refusal:
        return _withdrawing(desk, dossier, str(refusal))
    return see_other(f"/de-cu/ho-so/{code}/hanh-trinh")


@router.get("/ho-so/{code}/hanh-trinh", dependencies=[allowed("nomination.read")])
async def journey(desk: AtDesk, code: str) -> Response:
    """Where the file is, who has it, since when, what follows; then what happened, newest first."""
    dossier = await desk.read(code)
    items = [
        {"at": step.at, "title": title, "token": token, "icon": icon}
        for step in dossier.steps
        for title, token, icon in [title_of(step, desk.short_name, desk.agency.id)]
    ]
    items.append({"at": dossier.nomination.started_at, "title": "Bắt đầu soạn hồ sơ", "token": "off", "icon": "pencil"})
    return desk.pages.render(
        desk.request,
        "journey.html",
        dossier=dossier,
        items=items,
        withdrawable=desk.may_withdraw(dossier.nomination),
        **whereabouts(dossier, desk.short_name),
    )
