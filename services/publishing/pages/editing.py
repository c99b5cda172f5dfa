"""The editor's desk: stories, their words, who agreed, where they were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from services.publishing import queries, rules
from services.publishing.actions import consents, stories
from services.publishing.queries import Work
from shared.audit import Actor
from shared.clock import Clock
from shared.database import Database
from shared.identity.guard import SignedIn
from shared.identity.people import Forbidden, Person
from shared.looks import CATEGORIES
from shared.pages import Pages
from shared.web import Db, Html, Now

router = APIRouter(prefix="/lan-toa")

READERS = ("editor", "signer", "supervisor")
RELATIONS = {"self": "Người trong bài", "guardian": "Cha, mẹ hoặc người giám hộ"}
NEXT = {
    rules.State.AWAITED: "Nội dung đang được chuyển tới",
    rules.State.DRAFT: "Biên tập rồi xin đồng ý",
    rules.State.CONSENT: "Chờ mọi người trả lời; đủ đồng ý thì bài tự đăng",
    rules.State.LIVE: "Bài đang trên cổng",
    rules.State.HELD: "Khen thưởng đang tạm dừng; bài đăng lại khi khôi phục",
    rules.State.REFUSED: "Có người không đồng ý; bài không đăng",
    rules.State.REVOKED: "Khen thưởng không còn hiệu lực; bài không đăng",
}


@dataclass(frozen=True)
class Desk:
    """What every page of the desk needs."""

    request: Request
    person: Person
    database: Database
    pages: Pages
    clock: Clock

    @property
    def agency(self) -> str:
        """The agency's id."""
        return self.database.speaker.agency

    def editor(self) -> Actor:
        """The person as editor. Raises Forbidden."""
        acting = self.person.acting_as("editor", on=self.clock.today())
        return Actor("|".join(self.person.identity), acting.role)

    async def find(self, code: str) -> Work:
        """The story of that code (404 when there is none)."""
        async with self.database.reading() as session:
            found = await queries.get_work(session, agency=self.agency, code=code)
        if found is None:
            raise HTTPException(404)
        return found

    def show(
        self,
        work: Work,
        errors: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
        *,
        changed: bool = False,
    ) -> Response:
        """A story's page; `changed`: somebody else saved in between, both texts are shown."""
        story = work.story
        return self.pages.render(
            self.request,
            "work.html",
            status_code=(409 if changed else 422) if errors else 200,
            changed=changed,
            work=work,
            category=CATEGORIES[story.category],
            relations=RELATIONS,
            next_step=NEXT[story.state],
            errors=errors or {},
            values=values or {"title": story.title, "text": story.text, "version": str(story.version)},
            may_edit=self.person.everywhere("editor", self.clock.today()),
        )


async def _desk(request: Request, person: SignedIn, database: Db, pages: Html, clock: Now) -> Desk:
    if not any(person.everywhere(role, clock.today()) for role in READERS):
        raise Forbidden("editor")
    return Desk(request, person, database, pages, clock)


AtDesk = Annotated[Desk, Depends(_desk)]


@router.get("/bai")
async def list_work(desk: AtDesk, truoc: str = "") -> Response:
    """All stories."""
    limit = 50
    async with desk.database.reading() as session:
        found = await queries.list_work(session, agency=desk.agency, before=truoc, limit=limit)
    following = f"/lan-toa/bai?truoc={found[-1].code}" if len(found) == limit else None
    return desk.pages.render(desk.request, "works.html", found=found, categories=CATEGORIES, following=following)


@router.get("/bai/{code}")
async def show_work(desk: AtDesk, code: str) -> Response:
    """One story."""
    return desk.show(await desk.find(code))


@router.post("/bai/{code}")
async def write(
    desk: AtDesk,
    code: str,
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Save the words."""
    by = desk.editor()
    work = await desk.find(code)
    values = {"title": title, "text": text, "version": str(version)}
    try:
        async with desk.database.transaction() as session:
            await stories.write(session, story_id=work.story.id, title=title, text=text, version=version, by=by)
    except rules.BadText as refusal:
        return desk.show(work, {refusal.field: str(refusal)}, values)
    except rules.ChangedMeanwhile as refusal:
        theirs = await desk.find(code)
        current = {**values, "version": str(theirs.story.version)}
        return desk.show(theirs, {"text": str(refusal)}, current, changed=True)
    except rules.Refusal as refusal:
        return desk.show(work, {"text": str(refusal)}, values)
    return RedirectResponse(f"/lan-toa/bai/{code}", 303)


@router.post("/bai/{code}/xin-dong-y")
async def ask(desk: AtDesk, code: str) -> Response:
    """Ask everybody whose word is needed."""
    by = desk.editor()
    work = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await consents.ask(session, story_id=work.story.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(work, {"ask": str(refusal)})
    return RedirectResponse(f"/lan-toa/bai/{code}", 303)


@router.get("/luot-gui")
async def list_deliveries(desk: AtDesk) -> Response:
    """Which channel was told what, and how it answered."""
    async with desk.database.reading() as session:
        found = await queries.list_deliveries(session, agency=desk.agency)
    return desk.pages.render(desk.request, "deliveries.html", found=found)
