"""Who sits at a review page, and in which role an act is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from services.review import queries, rules
from services.review.actions import council
from services.review.tables import Case
from shared.audit import Actor
from shared.clock import Clock
from shared.database import Database
from shared.identity.guard import SignedIn
from shared.identity.people import Forbidden, Person
from shared.looks import CATEGORIES
from shared.pages import Pages
from shared.runtime import Runtime
from shared.web import Db, Html, Now

READERS = ("officer", "signer", "supervisor", "member", "secretary", "chair")
VOTERS = ("member", "chair")
NEXT = {
    rules.State.NEW: "Hồ sơ đang được chuyển tới",
    rules.State.SCORING: "Ủy viên đọc hồ sơ và nộp phiếu chấm; đủ phiếu chấm thì thư ký mở phiếu bầu",
    rules.State.VOTING: "Ủy viên bỏ phiếu; đủ người thì thư ký đóng phiếu",
    rules.State.VOTED: "Chủ tịch hội đồng kết luận",
    rules.State.RETURNED: "Đơn vị bổ sung rồi gửi lại",
    rules.State.DECIDED: "Người ký ghi số và ngày quyết định",
    rules.State.DECLINED: "Hồ sơ đã có kết luận",
    rules.State.HONOURED: "Bài gương được viết và xin đồng ý",
}


@dataclass(frozen=True)
class Desk:
    """What every page of this service needs: who asks, when, on which database."""

    request: Request
    person: Person
    database: Database
    pages: Pages
    clock: Clock

    @property
    def runtime(self) -> Runtime:
        """The service's parts."""
        found: Runtime = self.request.app.state.runtime
        return found

    @property
    def agency(self) -> str:
        """The agency's id."""
        return self.runtime.settings.agency

    @property
    def reader(self) -> str:
        """The person's identity as rows keep it."""
        return "|".join(self.person.identity)

    def holds(self, *roles: str) -> bool:
        """Whether the person has one of these roles for the whole agency today."""
        today = self.clock.today()
        return any(self.person.everywhere(role, today) for role in roles)

    def acting(self, *roles: str) -> Actor:
        """The person in the first of these roles that they hold. Raises Forbidden naming the first."""
        today = self.clock.today()
        for role in roles:
            if self.person.everywhere(role, today):
                return Actor(self.reader, role)
        raise Forbidden(roles[0])

    async def find(self, code: str) -> Case:
        """The case of that code (404 when there is none)."""
        async with self.database.reading() as session:
            found = await queries.find_case(session, agency=self.agency, code=code)
        if found is None:
            raise HTTPException(404)
        return found

    async def show(
        self, code: str, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
    ) -> Response:
        """The case's page, with what went wrong and what was typed."""
        async with self.database.reading() as session:
            found = await queries.get_desk(session, agency=self.agency, code=code, reader=self.reader)
            if found is None:
                raise HTTPException(404)
            try:
                rule_set = await council.pinned_rules(session, found.case)
            except council.NoRuleSet:
                rule_set = None
        return self.pages.render(
            self.request,
            "case.html",
            status_code=422 if errors else 200,
            desk=found,
            category=CATEGORIES[found.case.category],
            next_step=NEXT[found.case.state],
            rule_set=rule_set,
            may={role: self.holds(role) for role in READERS},
            votes=self.holds(*VOTERS),
            errors=errors or {},
            values=values or {},
        )


async def _desk(request: Request, person: SignedIn, database: Db, pages: Html, clock: Now) -> Desk:
    desk = Desk(request, person, database, pages, clock)
    if not desk.holds(*READERS):
        raise Forbidden("member")
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]


def back_to(code: str) -> RedirectResponse:
    """After an act: the case as it is now."""
    return RedirectResponse(f"/xet-duyet/ho-so/{code}", 303)
