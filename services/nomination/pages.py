"""The pages of nominating: a dossier from its first word to its way through review."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import actions, queries, rules
from services.nomination.queries import Dossier
from services.nomination.tables import Round
from shared.audit import Actor
from shared.clock import Clock
from shared.database import Database
from shared.events import Category
from shared.identity.guard import SignedIn
from shared.identity.people import Forbidden, Person
from shared.pages import Pages
from shared.web import Db, Html, Now

router = APIRouter(prefix="/de-cu", include_in_schema=False)

CATEGORIES = {
    Category.COLLECTIVE: "Tập thể",
    Category.MANAGER: "Cán bộ quản lý",
    Category.TEACHER: "Giáo viên",
    Category.STAFF: "Nhân viên",
    Category.PUPIL: "Học sinh",
}
STEPS = {
    "submitted": ("Đã gửi hồ sơ", "info", "send"),
    "case_opened": ("Hội đồng đã nhận hồ sơ", "run", "scale"),
}
HOLDERS = {"draft": "Người đề cử", "submitted": "Đang chuyển tới hội đồng", "reviewed": "Hội đồng xét duyệt"}
NEXT = {
    "draft": "Viết thành tích, kèm minh chứng, rồi gửi",
    "submitted": "Hội đồng nhận hồ sơ",
    "reviewed": "Hội đồng đọc, chấm và kết luận",
}
EVERYWHERE = ("officer", "supervisor")


@dataclass(frozen=True)
class Desk:
    """What every page of this service needs: who asks, when, on which database."""

    request: Request
    person: Person
    database: Database
    pages: Pages
    clock: Clock

    @property
    def agency(self) -> actions.Agency:
        """The agency, as actions need it."""
        own = self.request.app.state.runtime.agency
        return actions.Agency(own.id, own.mark)

    @property
    def units(self) -> frozenset[UUID] | None:
        """The units whose files the person may see; None: all of the agency."""
        today = self.clock.today()
        if any(self.person.everywhere(role, today) for role in EVERYWHERE):
            return None
        return self.person.units("nominator", today) | self.person.units("head", today)

    def may_see(self, unit_id: UUID) -> bool:
        """Whether a file of that unit is the person's to see."""
        return self.units is None or unit_id in self.units

    def nominator(self, unit_id: UUID) -> Actor:
        """The person as nominator of that unit. Raises Forbidden."""
        acting = self.person.acting_as("nominator", unit_id, on=self.clock.today())
        return Actor("|".join(self.person.identity), acting.role, unit_id)

    async def dossier(self, session: AsyncSession, code: str) -> Dossier:
        """The dossier of that code; foreign ones do not exist for the person (404)."""
        found = await queries.get_dossier(session, agency=self.agency.id, code=code)
        if found is None or not self.may_see(found.nomination.unit_id):
            raise HTTPException(404)
        return found


async def _desk(request: Request, person: SignedIn, database: Db, pages: Html, clock: Now) -> Desk:
    return Desk(request, person, database, pages, clock)


AtDesk = Annotated[Desk, Depends(_desk)]


def see_other(path: str) -> RedirectResponse:
    """After an act: look at what it led to."""
    return RedirectResponse(path, 303)


@router.get("/ho-so")
async def list_files(desk: AtDesk, truoc: str = "") -> Response:
    """The nominations of the person's units."""
    limit = 50
    async with desk.database.reading() as session:
        found = await queries.list_nominations(
            session, agency=desk.agency.id, units=desk.units, before=truoc, limit=limit
        )
    following = f"/de-cu/ho-so?truoc={found[-1].nomination.code}" if len(found) == limit else None
    return desk.pages.render(
        desk.request,
        "list.html",
        found=found,
        categories=CATEGORIES,
        following=following,
        may_start=bool(desk.person.units("nominator", desk.clock.today())),
    )


@router.get("/ho-so/moi")
async def new(desk: AtDesk) -> Response:
    """The first page of a nomination."""
    return await _new(desk, dict.fromkeys(("unit", "round", "category", "name", "position"), ""), {})


async def _new(desk: Desk, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    units = desk.person.units("nominator", desk.clock.today())
    if not units:
        raise Forbidden("nominator")
    today = desk.clock.today()
    async with desk.database.reading() as session:
        own = await queries.list_units(session, agency=desk.agency.id, units=units)
        rounds = [
            chosen
            for chosen, _plan in await queries.list_rounds(session, agency=desk.agency.id)
            if chosen.opens_on <= today and (chosen.closes_on is None or today <= chosen.closes_on)
        ]
    return desk.pages.render(
        desk.request,
        "new.html",
        status_code=422 if errors else 200,
        units=[(unit.id, unit.name) for unit in own],
        rounds=[(chosen.id, _told(chosen)) for chosen in rounds],
        categories=CATEGORIES,
        values=values,
        errors=errors,
    )


@router.post("/ho-so/moi")
async def start(
    desk: AtDesk,
    unit: Annotated[str, Form()] = "",
    round_id: Annotated[str, Form(alias="round")] = "",
    category: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    position: Annotated[str, Form()] = "",
) -> Response:
    """Begin a draft."""
    values = {"unit": unit, "round": round_id, "category": category, "name": name, "position": position}
    errors = {}
    if not _uuid(unit):
        errors["unit"] = "Hãy chọn đơn vị."
    if not _uuid(round_id):
        errors["round"] = "Hãy chọn đợt giới thiệu."
    if category not in list(Category):
        errors["category"] = "Hãy chọn loại đối tượng."
    if not 2 <= len(name.strip()) <= 200:
        errors["name"] = "Hãy ghi họ và tên, hoặc tên tập thể (từ 2 đến 200 chữ)."
    unit_id, chosen_id = _uuid(unit), _uuid(round_id)
    if errors or unit_id is None or chosen_id is None:
        return await _new(desk, values, errors)
    by = desk.nominator(unit_id)
    try:
        async with desk.database.transaction() as session:
            pack = await queries.newest_pack(session, agency=desk.agency.id)
            if pack is None:
                raise rules.RoundNotOpen("Cơ quan chưa nhập bộ tiêu chí nên chưa nhận hồ sơ. Hãy hỏi cán bộ phụ trách.")
            nomination = await actions.start_nomination(
                session,
                desk.agency,
                unit_id=unit_id,
                round_id=chosen_id,
                category=Category(category),
                name=name,
                position=position,
                rule_set=pack,
                at=desk.clock.now(),
                today=desk.clock.today(),
                by=by,
            )
    except rules.Refusal as refusal:
        return await _new(desk, values, {"round": str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"/de-cu/ho-so/{nomination.code}")


@router.get("/ho-so/{code}")
async def show(desk: AtDesk, code: str) -> Response:
    """A dossier as a list of what is to do."""
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
    return _show(desk, dossier)


def _show(desk: Desk, dossier: Dossier, errors: Mapping[str, str] | None = None) -> Response:
    state = dossier.nomination.state
    return desk.pages.render(
        desk.request,
        "file.html",
        status_code=422 if errors else 200,
        dossier=dossier,
        category=CATEGORIES[dossier.subject.category],
        errors=errors or {},
        editable=state is rules.State.DRAFT,
        holder=HOLDERS[state],
        since=dossier.steps[0].at if dossier.steps else dossier.nomination.started_at,
        next_step=NEXT[state],
    )


@router.get("/ho-so/{code}/tieu-chi/{criterion}")
async def claim(desk: AtDesk, code: str, criterion: str) -> Response:
    """One criterion: what is claimed and what stands behind it."""
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
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
        editable=dossier.nomination.state is rules.State.DRAFT,
    )


@router.post("/ho-so/{code}/tieu-chi/{criterion}")
async def write_claim(
    desk: AtDesk,
    code: str,
    criterion: str,
    text: Annotated[str, Form()] = "",
    proof: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Save the claim, with one more piece of evidence if there is one."""
    values = {"text": text, "proof": proof, "version": str(version)}
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
    by = desk.nominator(dossier.nomination.unit_id)
    if criterion not in {a.criterion.code for a in dossier.answers}:
        raise HTTPException(404)
    if not text.strip():
        return _claim(
            desk, dossier, criterion, values, {"text": "Hãy viết thành tích: việc gì, con số nào, nguồn nào."}
        )
    try:
        async with desk.database.transaction() as session:
            saved = await actions.write_claim(
                session,
                nomination_id=dossier.nomination.id,
                criterion=criterion,
                text=text,
                version=version,
                by=by,
            )
            if proof.strip():
                await actions.add_evidence(session, claim_id=saved.id, text=proof, by=by)
    except rules.ChangedMeanwhile as refusal:
        current = {**values, "version": str(_version(dossier, criterion))}
        return _claim(desk, dossier, criterion, current, {"text": str(refusal)}, theirs=refusal.theirs)
    except rules.Refusal as refusal:
        return _claim(desk, dossier, criterion, values, {"text": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}#{criterion}")


@router.get("/ho-so/{code}/gui")
async def check(desk: AtDesk, code: str) -> Response:
    """All answers once more, and what happens on handing in."""
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
    return _check(desk, dossier)


def _check(desk: Desk, dossier: Dossier, errors: Mapping[str, str] | None = None) -> Response:
    claims = [
        rules.Claimed(a.criterion.code, a.claim.text if a.claim else "", len(a.evidence)) for a in dossier.answers
    ]
    lacking = rules.missing([a.criterion.code for a in dossier.answers], claims)
    return desk.pages.render(
        desk.request,
        "submit.html",
        status_code=422 if errors else 200,
        dossier=dossier,
        lacking=lacking,
        errors=errors or {},
        editable=dossier.nomination.state is rules.State.DRAFT,
    )


@router.post("/ho-so/{code}/gui")
async def submit(desk: AtDesk, code: str) -> Response:
    """Hand the dossier in."""
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
    by = desk.nominator(dossier.nomination.unit_id)
    try:
        async with desk.database.transaction() as session:
            await actions.submit_nomination(
                session, nomination_id=dossier.nomination.id, at=desk.clock.now(), today=desk.clock.today(), by=by
            )
    except rules.NotComplete as refusal:
        return _check(desk, dossier, {code or "dossier": text for code, text in refusal.missing.items()})
    except rules.NotADraft:
        return see_other(f"/de-cu/ho-so/{code}/hanh-trinh")  # pressed twice: it is handed in, once
    except rules.Refusal as refusal:
        return _check(desk, dossier, {"dossier": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}/hanh-trinh")


@router.get("/ho-so/{code}/hanh-trinh")
async def journey(desk: AtDesk, code: str) -> Response:
    """Where the file is, who has it, since when, what follows; then what happened, newest first."""
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
    state = dossier.nomination.state
    items = [
        {"at": step.at, "title": title, "token": token, "icon": icon}
        for step in dossier.steps
        for title, token, icon in [STEPS[step.what]]
    ]
    items.append({"at": dossier.nomination.started_at, "title": "Bắt đầu soạn hồ sơ", "token": "off", "icon": "pencil"})
    return desk.pages.render(
        desk.request,
        "journey.html",
        dossier=dossier,
        items=items,
        holder=HOLDERS[state],
        since=dossier.steps[0].at if dossier.steps else dossier.nomination.started_at,
        next_step=NEXT[state],
    )


def _told(chosen: Round) -> str:
    until = f" (nhận đến hết ngày {chosen.closes_on:%d/%m/%Y})" if chosen.closes_on else ""
    return chosen.name + until


def _version(dossier: Dossier, criterion: str) -> int:
    return next((a.claim.version for a in dossier.answers if a.criterion.code == criterion and a.claim), 0)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
