"""A dossier as a list of what is to do, and one criterion of it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import nominations, targets
from services.nomination.pages import deadlines, quotas
from services.nomination.pages.desk import AtDesk, Desk, see_other, whereabouts
from services.nomination.queries import Dossier, rounds
from services.nomination.queries.working_days import get_calendar
from services.nomination.rules.targets import Quota
from shared import files
from shared.clock import local_date
from shared.files import Accepted, FileRefused
from shared.formats import time_of_day
from shared.identity.allowed import allowed
from shared.language import translate
from shared.looks import CATEGORIES
from shared.objects import StoreUnavailable

router = APIRouter()


@router.get("/ho-so/{code}", dependencies=[allowed("nomination.read")])
async def show(desk: AtDesk, code: str) -> Response:
    """A dossier as a list of what is to do."""
    at = desk.clock.now()

    async def of_round(session: AsyncSession, dossier: Dossier) -> tuple[rounds.Seen, list[Quota]]:
        agency, unit, chosen = desk.agency.id, dossier.unit.id, dossier.round.id
        calendar = await get_calendar(session, agency=agency)
        window = rounds.seen(dossier.round, dossier.plan, calendar, at)
        if dossier.nomination.handed_in_on is not None:
            return window, []  # it is counted already
        found = await targets.quotas(session, agency=agency, units=[unit], rounds=[chosen], today=local_date(at))
        return window, found.get((unit, chosen), [])

    dossier, (window, quota) = await desk.read_with(code, of_round)
    state = dossier.nomination.state
    return desk.pages.render(
        desk.request,
        "file.html",
        dossier=dossier,
        category=CATEGORIES[dossier.subject.category],
        window=window,
        deadline=deadlines.told(window),
        quota=quotas.lines(quota),
        full=quotas.full(quota),
        editable=state in rules.EDITABLE,
        may_trail=desk.rights.may("nomination.trail", dossier.nomination.unit_id),
        may_follow=state is rules.State.HONOURED and desk.rights.may("lead.nurture", dossier.nomination.unit_id),
        may_share=desk.rights.may("nomination.share_trail", dossier.nomination.unit_id),
        reason=dossier.reasons[0].reason if dossier.reasons and state is rules.State.RETURNED else None,
        **whereabouts(dossier, desk.short_name),
    )


@router.get("/ho-so/{code}/tieu-chi/{criterion}", dependencies=[allowed("nomination.read")])
async def claim(desk: AtDesk, code: str, criterion: str) -> Response:
    """One criterion: what is claimed and what stands behind it."""
    dossier = await desk.read(code)
    return _claim(desk, dossier, criterion)


def _claim(
    desk: Desk,
    dossier: Dossier,
    criterion: str,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    theirs: str | None = None,
) -> Response:
    answer = next((a for a in dossier.answers if a.criterion.code == criterion), None)
    if answer is None:
        raise HTTPException(404)
    version = answer.claim.version if answer.claim else 0
    return desk.pages.render(
        desk.request,
        "claim.html",
        status_code=(409 if theirs is not None else 422) if errors else 200,
        dossier=dossier,
        answer=answer,
        errors=errors or {},
        theirs=theirs,
        values=values or {"text": answer.claim.text if answer.claim else "", "proof": "", "version": str(version)},
        editable=dossier.nomination.state in rules.EDITABLE,
    )


@router.post("/ho-so/{code}/tieu-chi/{criterion}", dependencies=[allowed("nomination.write")])
async def write_claim(
    desk: AtDesk,
    code: str,
    criterion: str,
    text: Annotated[str, Form()] = "",
    proof: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
    then: Annotated[str, Form()] = "",
) -> Response:
    """Save the claim, with one more piece of evidence if there is one; `then` says where to go on.

    `next`: to the next criterion that nothing was written under; `photo`: to the field for files.
    """
    values = {"text": text, "proof": proof, "version": str(version)}
    dossier = await desk.read(code)
    by = desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    if criterion not in {a.criterion.code for a in dossier.answers}:
        raise HTTPException(404)
    if not text.strip():
        return _claim(
            desk, dossier, criterion, values, {"text": "Hãy viết thành tích: việc gì, con số nào, nguồn nào."}
        )
    try:
        async with desk.database.transaction() as session:
            saved = await nominations.write_claim(
                session,
                nomination_id=dossier.nomination.id,
                criterion=criterion,
                text=text,
                version=version,
                by=by,
            )
            if proof.strip():
                await nominations.add_evidence(session, claim_id=saved.id, text=proof, by=by)
    except rules.ChangedMeanwhile as refusal:
        current = {**values, "version": str(refusal.version)}
        return _claim(desk, dossier, criterion, current, {"text": str(refusal)}, theirs=refusal.theirs)
    except rules.TooMuch as refusal:
        return _claim(desk, dossier, criterion, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return _claim(desk, dossier, criterion, values, {"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}{_after(dossier, criterion, then)}")


def _after(dossier: Dossier, criterion: str, then: str) -> str:
    """Where somebody goes on who has saved under that criterion, below the dossier's path."""
    codes = [answer.criterion.code for answer in dossier.answers]
    following = codes.index(criterion) + 1
    if then == "photo":
        return f"/tieu-chi/{criterion}#f-file"
    if then == "next":
        empty = (answer.criterion.code for answer in dossier.answers[following:] if answer.claim is None)
        if (chosen := next(empty, None)) is not None:
            return f"/tieu-chi/{chosen}"
    return f"#{criterion}"


@router.post("/ho-so/{code}/tieu-chi/{criterion}/luu", dependencies=[allowed("nomination.write")])
async def keep_claim(
    desk: AtDesk,
    code: str,
    criterion: str,
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Keep the words of a claim while they are typed: `{version, at}`, or 409 when somebody else saved meanwhile.

    Nothing else is done: no evidence, no check that the words are enough.
    """
    dossier = await desk.read(code)
    by = desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    if criterion not in {a.criterion.code for a in dossier.answers}:
        raise HTTPException(404)
    if not text.strip():
        return Response(status_code=204)
    try:
        async with desk.database.transaction() as session:
            saved = await nominations.write_claim(
                session, nomination_id=dossier.nomination.id, criterion=criterion, text=text, version=version, by=by
            )
    except rules.ChangedMeanwhile:
        return JSONResponse({}, 409)
    except rules.Refusal as refusal:
        return JSONResponse({"detail": translate(str(refusal))}, 422)
    return JSONResponse({"version": saved.version, "at": time_of_day(desk.clock.real())})


@router.post("/ho-so/{code}/tieu-chi/{criterion}/tep", dependencies=[allowed("nomination.write")])
async def attach(
    desk: AtDesk,
    code: str,
    criterion: str,
    file: Annotated[UploadFile | None, File()] = None,
    caption: Annotated[str, Form()] = "",
) -> Response:
    """Tie a file to what is claimed. The words were saved before: a dropped line costs a photo, never a paragraph."""
    dossier = await desk.read(code)
    by = desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    claim = next((a.claim for a in dossier.answers if a.criterion.code == criterion and a.claim), None)
    if claim is None:
        return _claim(desk, dossier, criterion, errors={"text": "Hãy viết và lưu thành tích trước, rồi thêm tệp."})
    try:
        accepted = await _accept(desk, file)
        async with desk.database.transaction() as session:
            await nominations.add_evidence(session, claim_id=claim.id, text=caption, file=accepted, by=by)
    except FileRefused as refusal:
        return _claim(desk, dossier, criterion, errors={"file": refusal.text})
    except rules.TooMuch as refusal:
        return _claim(desk, dossier, criterion, errors={refusal.field: str(refusal)})
    except StoreUnavailable:
        return _claim(
            desk, dossier, criterion, errors={"file": "Kho tệp đang đầy hoặc không ghi được. Hãy thử lại sau."}
        )
    except rules.Refusal as refusal:
        return _claim(desk, dossier, criterion, errors={"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}/tieu-chi/{criterion}")


async def _accept(desk: Desk, file: UploadFile | None) -> Accepted:
    """Look at an uploaded file and put it into the store. Raises FileRefused, StoreUnavailable."""
    content = await file.read(files.MOST_BYTES + 1) if file else b""
    accepted = files.accept(file.filename or "" if file else "", content)
    await desk.runtime.objects.put(files.path_of("nomination", accepted.sha256), content)
    return accepted
