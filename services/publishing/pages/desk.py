"""The editor's desk: who may stand at it, and how a story is laid out on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from services.publishing import queries, rules
from services.publishing.actions import consents, elsewhere, standing
from services.publishing.pages.naming import name_of
from services.publishing.queries import Work
from services.publishing.rules import Said, State
from services.publishing.tables import OtherHonour
from shared.clock import Clock
from shared.database import Database
from shared.identity.allowed import Granted
from shared.identity.people import Person
from shared.looks import CATEGORIES
from shared.pages import Pages
from shared.policy import Rights
from shared.web import Db, Html, Now

RELATIONS = {"self": "Người trong bài", "guardian": "Cha, mẹ hoặc người giám hộ"}
NEXT = {
    State.AWAITED: "Nội dung đang được chuyển tới",
    State.DRAFT: "Biên tập rồi xin đồng ý",
    State.CONSENT: "Chờ mọi người trả lời; đủ đồng ý thì bài tự đăng",
    State.LIVE: "Bài đang trên cổng",
    State.HELD: "Khen thưởng đang tạm dừng; bài đăng lại khi khôi phục",
    State.DOUBTED: "Biên tập viên đọc thông báo dưới đây rồi quyết định",
    State.REFUSED: "Có người không đồng ý; bài không đăng",
    State.REVOKED: "Khen thưởng không còn hiệu lực; bài không đăng",
}
NEXT_ABOVE = NEXT | {
    State.DRAFT: "Biên tập rồi duyệt đăng",
    State.CONSENT: "Đã duyệt; đủ ý kiến cho trang cấp trên thì bài tự đăng",
}


@dataclass(frozen=True)
class OnDesk:
    """A story with all that decides whether it is shown: whose word is missing, who may be asked anew, other tiers."""

    work: Work
    wanted: Sequence[str]
    said: Mapping[str, Said]
    missing: Sequence[str]
    unasked: Sequence[str]
    doubts: Sequence[OtherHonour]


@dataclass(frozen=True)
class Desk:
    """What every page of the desk needs."""

    request: Request
    person: Person
    database: Database
    pages: Pages
    clock: Clock
    rights: Rights

    @property
    def agency(self) -> str:
        """The agency's id."""
        return self.database.speaker.agency

    async def find(self, code: str) -> OnDesk:
        """The story of that code (404 when there is none)."""
        async with self.database.reading() as session:
            work = await queries.get_work(session, agency=self.agency, code=code)
            if work is None:
                raise HTTPException(404)
            story = work.story
            wanted = await standing.wanted_on(session, story, self.clock.today())
            said = await standing.said_of(session, story)
            waiting = story.state is State.CONSENT or (story.state is State.DRAFT and story.from_below)
            asking = story.state is State.CONSENT and not story.from_below
            return OnDesk(
                work,
                wanted,
                said,
                rules.missing(wanted, said, standing.purpose_of(story)) if waiting else [],
                await consents.to_ask_again(session, story, at=self.clock.now()) if asking else [],
                [one for one in await standing.other_honours(session, story) if one.doubts],
            )

    def show(
        self,
        found: OnDesk,
        errors: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
        *,
        changed: bool = False,
    ) -> Response:
        """A story's page; `changed`: somebody else saved in between, both texts are shown."""
        story = found.work.story
        return self.pages.render(
            self.request,
            "work.html",
            status_code=(409 if changed else 422) if errors else 200,
            changed=changed,
            found=found,
            work=found.work,
            category=CATEGORIES[story.category],
            relations=RELATIONS,
            next_step=(NEXT_ABOVE if story.from_below else NEXT)[story.state],
            errors=errors or {},
            values=values or {"title": story.title, "text": story.text, "version": str(story.version)},
            may_edit=self.rights.may("story.edit"),
            may_check=self.rights.may("paper.check"),
            name_of=name_of(self.request),
            mark=elsewhere.mark,
        )


def path_of(code: str) -> str:
    """Where the story of that code lies."""
    return f"/lan-toa/bai/{code}"


def back(code: str) -> RedirectResponse:
    """After an act: to the story."""
    return RedirectResponse(path_of(code), 303)


async def _desk(request: Request, rights: Granted, database: Db, pages: Html, clock: Now) -> Desk:
    return Desk(request, rights.person, database, pages, clock, rights)


AtDesk = Annotated[Desk, Depends(_desk)]
