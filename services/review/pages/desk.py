"""Who sits at a review page, and in which role an act is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from services.review import queries, rules
from services.review.actions import council
from services.review.tables import Case, Dossier
from shared import readings
from shared.clock import Clock
from shared.database import Database
from shared.identity.allowed import Granted
from shared.identity.people import Person
from shared.looks import CATEGORIES
from shared.pages import Pages
from shared.policy import Rights
from shared.runtime import Runtime
from shared.web import Db, Html, Now

NEXT = {
    rules.State.OFFERED: "Tiếp nhận để xét, hoặc trả lại kèm lý do",
    rules.State.WITHDRAWN: "Hồ sơ đã được rút; không còn việc gì",
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
    rights: Rights

    @property
    def runtime(self) -> Runtime:
        """The service's parts."""
        found: Runtime = self.request.app.state.runtime
        return found

    @property
    def agency(self) -> str:
        """The agency's id."""
        return self.runtime.settings.agency

    def short_name(self, agency: str) -> str:
        """An agency's short name; its id when the federation file knows it no more."""
        return self.runtime.short_name(agency)

    @property
    def parents(self) -> list[str]:
        """The agencies above this one today."""
        return [one.id for one in self.runtime.federation.parents(self.agency, self.clock.today())]

    @property
    def reader(self) -> str:
        """The person's identity as rows keep it."""
        return "|".join(self.person.identity)

    async def find(self, code: str) -> Case:
        """The case of that code (404 when there is none)."""
        async with self.database.reading() as session:
            found = await queries.find_case(session, agency=self.agency, code=code)
        if found is None:
            raise HTTPException(404)
        return found

    async def note(self, verb: str, case: Case) -> None:
        """Write down that the person is about to read of the case."""
        await readings.leave(self.database, self.rights.actor("case.read"), verb, case.id)

    async def show(
        self, code: str, errors: Mapping[str, str] | None = None, values: Mapping[str, Any] | None = None
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
        if found.dossier is not None:
            await self.note(readings.DOSSIER, found.case)
        return self.pages.render(
            self.request,
            "case.html",
            status_code=422 if errors else 200,
            desk=found,
            category=CATEGORIES[found.case.category],
            next_step=_next_step(found),
            above=referable(found, self.parents),
            name_of=self.short_name,
            names_of=lambda rows: ", ".join(dict.fromkeys(self.short_name(row.other) for row in rows)),
            options_of=lambda ids: [(one, self.short_name(one)) for one in ids],
            rule_set=rule_set,
            letter=_letter(found.dossier),
            reopenable=reopenable(found.dossier),
            can=self.rights.may,
            errors=errors or {},
            values=values or {},
        )


def _letter(dossier: Dossier | None) -> dict[str, Any] | None:
    """The letter under which a case came from below, as its parcel says."""
    told = dossier.content.get("letter") if dossier else None
    if not isinstance(told, dict):
        return None
    return {**told, "dated": date.fromisoformat(told["dated"])}


PAPERS = (("opinions", "Ý kiến của mọi người"), ("contacts", "Người liên quan"))


def reopenable(dossier: Dossier | None) -> list[tuple[str, str]]:
    """What a return can open again: the criteria of the dossier by their codes, and its papers; with their names."""
    claims = dossier.content["claims"] if dossier else []
    return [*((claim["criterion"], claim["criterion"]) for claim in claims), *PAPERS]


def _next_step(found: queries.Desk) -> str:
    if found.case.state is rules.State.RETURNED and found.on(rules.Side.UPPER):
        return "Cơ quan trình xem lại; có thể trình lần nữa"
    return NEXT[found.case.state]


def referable(found: queries.Desk, parents: Sequence[str]) -> list[str]:
    """The agencies above to which a case may be referred now."""
    above = []
    for parent in parents:
        try:
            earlier = [row.state for row in found.on(rules.Side.LOWER) if row.other == parent]
            rules.check_referable(found.case.state, earlier)
        except rules.Refusal:
            continue
        above.append(parent)
    return above


async def _desk(request: Request, rights: Granted, database: Db, pages: Html, clock: Now) -> Desk:
    return Desk(request, rights.person, database, pages, clock, rights)


AtDesk = Annotated[Desk, Depends(_desk)]


def back_to(code: str) -> RedirectResponse:
    """After an act: the case as it is now."""
    return RedirectResponse(f"/xet-duyet/ho-so/{code}", 303)
