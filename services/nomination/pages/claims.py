"""One criterion of a dossier: its words, what is chosen, how ready it is, its evidence and who looked into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import claims
from services.nomination.actions.claims import Chosen
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import Answer, Dossier
from services.nomination.queries.claims import list_checks, list_supports
from services.nomination.rules.criteria import KIND_NAMES
from services.nomination.rules.evidence import FIELDS
from services.nomination.rules.papers import BadCheck
from services.nomination.rules.readiness import Claimed, Linked, Readiness, Standing, Status
from services.nomination.rules.superlatives import find
from services.nomination.tables import ClaimCheck, Nomination, Subject
from shared.events import Category
from shared.formats import time_of_day
from shared.identity.allowed import allowed
from shared.identity.people import ROLE_NAMES
from shared.language import translate

router = APIRouter()
HOW = {Status.FULFILLED: "Đạt", Status.LACKING: "Còn thiếu", Status.NOT_NEEDED: "Không bắt buộc"}
PATH = "/ho-so/{code}/tieu-chi/{criterion}"

Supports = Sequence[tuple[Nomination, Subject]]


@dataclass
class Typed:
    """The form of a claim as it was sent, whole or while it is typed."""

    text: Annotated[str, Form()] = ""
    options: Annotated[list[str] | None, Form()] = None
    level: Annotated[str, Form()] = ""
    rests_on: Annotated[str, Form()] = ""
    version: Annotated[int, Form()] = 0

    def chosen(self, answer: Answer, supports: Supports) -> Chosen:
        """What was chosen, as far as the criterion offers it."""
        asked = answer.criterion.asked
        rests_on = next((one.id for one, _ in supports if one.code == self.rests_on), None)
        ticked = tuple(mark for mark in asked.marks if mark in (self.options or ()))
        return Chosen(ticked, self.level if self.level in asked.levels else None, rests_on)

    def claimed(self, dossier: Dossier, answer: Answer, chosen: Chosen) -> Claimed:
        """The claim as it would stand if it were saved like this."""
        kinds = tuple(proof.kind for proof in answer.evidence)
        linked = dossier.links.get(chosen.rests_on) if chosen.rests_on else None
        if linked is None and chosen.rests_on:
            linked = Linked(self.rests_on, qualifies=True)  # how it stands is known once it is saved
        boasts = find(self.text, dossier.paperwork.boasts)
        return Claimed(answer.criterion.code, self.text, kinds, tuple(chosen.options), chosen.level, linked, boasts)


TypedClaim = Annotated[Typed, Depends()]


@dataclass(frozen=True)
class Open:
    """One criterion of a dossier with what its page shows beside it."""

    dossier: Dossier
    answer: Answer
    supports: Supports
    checks: Sequence[ClaimCheck]


async def opened(desk: Desk, code: str, criterion: str) -> Open:
    """The criterion, to be shown; 404 when it is not asked of this dossier."""

    async def beside(session: AsyncSession, dossier: Dossier) -> tuple[Supports, Sequence[ClaimCheck]]:
        answer = dossier.answer(criterion)
        supports: Supports = []
        if answer and (wanted := answer.criterion.asked.derived_from):
            supports = await list_supports(
                session, agency=desk.agency.id, category=Category(wanted), unit_id=dossier.unit.id
            )
        claim = answer.claim if answer else None
        return supports, await list_checks(session, claim_id=claim.id) if claim else []

    dossier, (supports, checks) = await desk.read_with(code, beside)
    answer = dossier.answer(criterion)
    if answer is None:
        raise HTTPException(404)
    return Open(dossier, answer, supports, checks)


@router.get(PATH, dependencies=[allowed("nomination.read")])
async def show(desk: AtDesk, code: str, criterion: str) -> Response:
    """One criterion: what is claimed and what stands behind it."""
    return show_claim(desk, await opened(desk, code, criterion))


def show_claim(
    desk: Desk,
    found: Open,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    theirs: str | None = None,
) -> Response:
    """The page of one criterion; `theirs`: what somebody else has saved meanwhile."""
    dossier, answer = found.dossier, found.answer
    asked, unit = answer.criterion.asked, dossier.nomination.unit_id
    own = dossier.nomination.nominator == "|".join(desk.person.identity)
    return desk.pages.render(
        desk.request,
        "claim.html",
        status_code=(409 if theirs is not None else 422) if errors else 200,
        dossier=dossier,
        answer=answer,
        asked=asked,
        words=dossier.words_of(answer.criterion),
        standing=dossier.readiness.of(answer.criterion.code),
        options=list(zip(asked.marks, asked.options, strict=False)),
        levels=[(level, level) for level in asked.levels],
        supports=[(one.code, f"{one.code} · {subject.name}") for one, subject in found.supports],
        kinds=KIND_NAMES,
        typed_kinds=sorted(FIELDS, key=lambda kind: (kind not in asked.kinds, list(KIND_NAMES).index(kind))),
        checks=found.checks,
        roles=ROLE_NAMES,
        checking=answer.claim is not None and desk.rights.may("claim.check", unit) and not own,
        errors=errors or {},
        theirs=theirs,
        values=_values(found) | dict(values or {}),
        editable=dossier.is_open(answer.criterion.code),
        writing=desk.rights.may("nomination.write", unit),
    )


def _values(found: Open) -> dict[str, Any]:
    """What stands in the fields as it was saved."""
    claim = found.answer.claim
    rests_on = next((one.code for one, _ in found.supports if claim and one.id == claim.rests_on), "")
    blank = {"proof": "", "caption": "", "how": "", "found": "", "rests_on": rests_on}
    if claim is None:
        return blank | {"text": "", "options": [], "level": "", "version": "0"}
    return blank | {
        "text": claim.text,
        "options": claim.options,
        "level": claim.level or "",
        "version": str(claim.version),
    }


@router.post(PATH, dependencies=[allowed("nomination.write")])
async def write(
    desk: AtDesk,
    code: str,
    criterion: str,
    typed: TypedClaim,
    proof: Annotated[str, Form()] = "",
    then: Annotated[str, Form()] = "",
) -> Response:
    """Save the claim, with one more piece of evidence if there is one; `then` says where to go on.

    `next`: to the next criterion that nothing was written under; `photo`: to the field for files.
    """
    found = await opened(desk, code, criterion)
    by = desk.rights.actor("nomination.write", found.dossier.nomination.unit_id)
    chosen = typed.chosen(found.answer, found.supports)
    values = {"text": typed.text, "proof": proof, "version": str(typed.version), "options": chosen.options}
    values |= {"level": chosen.level or "", "rests_on": typed.rests_on if chosen.rests_on else ""}
    if not typed.text.strip() and chosen.rests_on is None:
        problem = "Hãy viết thành tích: việc gì, con số nào, nguồn nào."
        if found.answer.criterion.asked.derived_from:
            return show_claim(desk, found, values, {"rests_on": "Hãy chọn hồ sơ của tập thể."})
        return show_claim(desk, found, values, {"text": problem})
    try:
        async with desk.database.transaction() as session:
            saved = await claims.write_claim(
                session,
                nomination_id=found.dossier.nomination.id,
                criterion=criterion,
                text=typed.text,
                version=typed.version,
                chosen=chosen,
                by=by,
            )
            if proof.strip():
                await claims.add_evidence(session, claim_id=saved.id, text=proof, by=by)
    except rules.ChangedMeanwhile as refusal:
        current = {**values, "version": str(refusal.version)}
        return show_claim(desk, found, current, {"text": str(refusal)}, theirs=refusal.theirs)
    except rules.TooMuch as refusal:
        return show_claim(desk, found, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return show_claim(desk, found, values, {"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}{_after(found.dossier, criterion, then)}")


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


@router.post(f"{PATH}/luu", dependencies=[allowed("nomination.write")])
async def keep(desk: AtDesk, code: str, criterion: str, typed: TypedClaim) -> Response:
    """Keep a claim while it is typed: `{version, at}`, or 409 when somebody else saved meanwhile.

    Nothing else is done: no evidence, no check that the words are enough.
    """
    found = await opened(desk, code, criterion)
    by = desk.rights.actor("nomination.write", found.dossier.nomination.unit_id)
    if not typed.text.strip():
        return Response(status_code=204)
    try:
        async with desk.database.transaction() as session:
            saved = await claims.write_claim(
                session,
                nomination_id=found.dossier.nomination.id,
                criterion=criterion,
                text=typed.text,
                version=typed.version,
                chosen=typed.chosen(found.answer, found.supports),
                by=by,
            )
    except rules.ChangedMeanwhile:
        return JSONResponse({}, 409)
    except rules.Refusal as refusal:
        return JSONResponse({"detail": translate(str(refusal))}, 422)
    return JSONResponse({"version": saved.version, "at": time_of_day(desk.clock.real())})


@router.post(f"{PATH}/du", dependencies=[allowed("nomination.write")])
async def ready(desk: AtDesk, code: str, criterion: str, typed: TypedClaim) -> Response:
    """How the dossier would stand with what is being typed: nothing is kept.

    `{lines}`: how it stands and how many criteria are fulfilled, then what is wrong with its cure, then hints.
    """
    found = await opened(desk, code, criterion)
    desk.rights.actor("nomination.write", found.dossier.nomination.unit_id)
    chosen = typed.chosen(found.answer, found.supports)
    standing = found.dossier.readiness_with(typed.claimed(found.dossier, found.answer, chosen))
    return JSONResponse(_told(standing, standing.of(criterion)))


def _told(whole: Readiness, one: Standing) -> dict[str, list[str]]:
    wrong = [f"{translate(each.reason)} {translate(each.cure)}" for each in one.problems]
    how = f"{translate(HOW[one.status])} · {whole.done}/{len(whole.criteria)}"
    return {"lines": [how, *wrong, *map(translate, one.hints)]}


@router.post(f"{PATH}/xac-minh", dependencies=[allowed("claim.check")])
async def check(
    desk: AtDesk,
    code: str,
    criterion: str,
    outcome: Annotated[str, Form(alias="found")] = "",
    how: Annotated[str, Form()] = "",
) -> Response:
    """Somebody who did not write the dossier says what they found of a claim, and how."""
    found = await opened(desk, code, criterion)
    by = desk.rights.actor("claim.check", found.dossier.nomination.unit_id)
    state = rules.ClaimState(outcome) if outcome in list(rules.ClaimState) else rules.ClaimState.UNVERIFIED
    values = {"found": outcome, "how": how}
    try:
        async with desk.database.transaction() as session:
            await claims.check_claim(
                session,
                nomination_id=found.dossier.nomination.id,
                criterion=criterion,
                state=state,
                how=how,
                at=desk.clock.now(),
                by=by,
            )
    except BadCheck as refusal:
        return show_claim(desk, found, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return show_claim(desk, found, values, {"how": str(refusal)})
    except LookupError:
        return show_claim(desk, found, values, {"how": "Tiêu chí này chưa có thành tích để xác minh."})
    return see_other(f"/de-cu/ho-so/{code}/tieu-chi/{criterion}#xac-minh")
