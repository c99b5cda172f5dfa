"""Who sits at a nomination page, what they may see, and how states read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, HTTPException, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import plans
from services.nomination.queries import Dossier
from services.nomination.rules import WITHDRAWABLE, State
from services.nomination.tables import Nomination, Step
from shared import readings
from shared.clock import Clock
from shared.database import Database
from shared.identity.allowed import Granted
from shared.identity.people import Person
from shared.pages import Pages
from shared.policy import Rights
from shared.runtime import Runtime
from shared.web import Db, Html, Now

STEPS = {
    "submitted": ("Đã gửi hồ sơ", "info", "send"),
    "case_opened": ("Hội đồng đã nhận hồ sơ", "run", "scale"),
    "returned": ("Hội đồng trả lại để bổ sung", "wait", "arrow-back"),
    "revised": ("Đã bổ sung và gửi lại", "info", "send"),
    "moved": ("Đơn vị khác nhận tiếp hồ sơ", "info", "next"),
    "reopened": ("Hội đồng đã nhận hồ sơ bổ sung", "run", "scale"),
    "completed": ("Hội đồng đã kết luận: đề nghị khen", "ok", "circle-check"),
    "declined": ("Hội đồng đã kết luận: chưa khen lần này", "off", "circle-minus"),
    "honoured": ("Đã có quyết định khen", "gold", "award"),
    "published": ("Bài gương đã đăng", "ok", "world"),
    "retracted": ("Bài gương đã gỡ", "off", "eye-off"),
    "held": ("Khen thưởng tạm dừng", "stop", "pause"),
    "resumed": ("Khen thưởng có hiệu lực trở lại", "gold", "award"),
    "revoked": ("Khen thưởng không còn hiệu lực", "off", "ban"),
    "withdrawn": ("Đã rút hồ sơ", "off", "x"),
    "referred": ("{by} đã trình hồ sơ lên {to}", "info", "arrow-up"),
    "recall_asked": ("{by} đã xin thu hồ sơ về từ {to}", "wait", "arrow-back"),
    "accepted": ("{by} đã tiếp nhận hồ sơ", "run", "scale"),
    "given_back": ("{by} đã trả lại hồ sơ cho cơ quan trình", "wait", "arrow-back"),
    "recalled": ("{by} đã cho thu hồ sơ về", "info", "arrow-back"),
    "honour_above": ("{by} đã kết luận: đề nghị khen", "ok", "circle-check"),
    "decline_above": ("{by} đã kết luận: chưa khen lần này", "off", "circle-minus"),
    "honoured_above": ("{by} đã có quyết định khen", "gold", "award"),
    "held_above": ("Khen thưởng của {by} tạm dừng", "stop", "pause"),
    "revoked_above": ("Khen thưởng của {by} không còn hiệu lực", "off", "ban"),
}
ELSEWHERE = {
    "published": ("Bài gương đã đăng trên trang của {by}", "ok", "world"),
    "retracted": ("Bài gương đã gỡ khỏi trang của {by}", "off", "eye-off"),
}
"""How steps read that other agencies take too."""
ABOVE = {
    "referred": "Chờ tiếp nhận",
    "recall_asked": "Chờ trả lời việc xin thu về",
    "accepted": "Hội đồng đọc, chấm và kết luận",
}
"""While the newest step of a referral is one of these, the file is at an agency above; and what follows there."""
BACK = ("given_back", "recalled", "honour_above", "decline_above")
"""Steps that end a referral."""
HOLDERS = {
    State.DRAFT: "Người đề cử",
    State.SUBMITTED: "Đang chuyển tới hội đồng",
    State.REVIEWED: "Hội đồng xét duyệt",
    State.RETURNED: "Người đề cử",
    State.HONOURED: "Bộ phận lan tỏa",
    State.DECLINED: "Hồ sơ đã có kết luận",
    State.WITHDRAWN: "Hồ sơ đã rút",
}
NEXT = {
    State.DRAFT: "Viết thành tích, kèm minh chứng, rồi gửi",
    State.SUBMITTED: "Hội đồng nhận hồ sơ",
    State.REVIEWED: "Hội đồng đọc, chấm và kết luận",
    State.RETURNED: "Bổ sung theo lời hội đồng, rồi gửi lại",
    State.HONOURED: "Bài gương được viết, xin đồng ý rồi đăng",
    State.DECLINED: "Có thể giới thiệu lại ở đợt sau",
    State.WITHDRAWN: "Có thể giới thiệu lại ở đợt sau",
}
AFTER_HONOUR = {
    "held": ("Hội đồng xét duyệt", "Chờ cơ quan cho biết tiếp; bài gương tạm không hiện"),
    "revoked": ("Hồ sơ đã đóng", "Không còn bước nào"),
    "published": ("Cổng thông tin", "Bài gương đang được đăng; không phải làm gì thêm"),
}


def whereabouts(dossier: Dossier, name_of: Callable[[str], str]) -> dict[str, Any]:
    """Who has the file, since when, and what follows.

    Review and publishing speak on topics of their own, whose order nobody promises: of an honour the last word of
    either counts, review's first.
    """
    state = dossier.nomination.state
    steps = [step.what for step in dossier.steps if step.by_agency is None]  # our own, newest first
    holder, following = HOLDERS[state], NEXT[state]
    if state is State.HONOURED:
        honour = next((what for what in steps if what in ("honoured", "held", "resumed", "revoked")), "honoured")
        story = next((what for what in steps if what in ("published", "retracted")), "")
        last = honour if honour in AFTER_HONOUR else story
        holder, following = AFTER_HONOUR.get(last, (holder, following))
    referral = next((step for step in dossier.steps if step.what in (*ABOVE, *BACK)), None)
    if referral is not None and referral.what in ABOVE:
        place = referral.by_agency if referral.what == "accepted" else referral.with_agency
        holder, following = name_of(place or ""), ABOVE[referral.what]
    since = dossier.steps[0].at if dossier.steps else dossier.nomination.started_at
    return {"holder": holder, "since": since, "next_step": following}


def title_of(step: Step, name_of: Callable[[str], str], own: str) -> tuple[str, str, str]:
    """How a step of the timeline reads, its colour and its sign; `name_of` gives an agency's short name."""
    told = ELSEWHERE if step.by_agency and step.what in ELSEWHERE else STEPS
    title, token, icon = told[step.what]
    by = name_of(step.by_agency or own)
    return title.format(by=by, to=name_of(step.with_agency) if step.with_agency else ""), token, icon


More = TypeVar("More")


async def _nothing_more(_session: AsyncSession, _dossier: Dossier) -> None:
    """A page that shows the dossier only."""


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
    def agency(self) -> plans.Agency:
        """The agency, as actions need it."""
        own = self.runtime.agency
        return plans.Agency(own.id, own.mark)

    def short_name(self, agency: str) -> str:
        """An agency's short name; its id when the federation file knows it no more."""
        return self.runtime.short_name(agency)

    @property
    def agency_names(self) -> dict[str, str]:
        """The agencies' full names, by id."""
        return {one.id: one.name for one in self.runtime.federation.agency_list}

    @property
    def units(self) -> frozenset[UUID] | None:
        """The units whose files the person may see; None: all of the agency."""
        return self.rights.units("nomination.read")

    @property
    def nominating(self) -> frozenset[UUID] | None:
        """The units for which the person may put somebody forward; None: for all of the agency."""
        return self.rights.units("nomination.start")

    def may_withdraw(self, nomination: Nomination) -> bool:
        """Whether the person may take this dossier back as it is now."""
        return self.rights.may("nomination.withdraw", nomination.unit_id) and nomination.state in WITHDRAWABLE

    async def dossier(self, session: AsyncSession, code: str) -> Dossier:
        """The dossier of that code; foreign ones do not exist for the person (404)."""
        found = await queries.get_dossier(session, agency=self.agency.id, code=code, units=self.units)
        if found is None:
            raise HTTPException(404)
        return found

    async def read(self, code: str, verb: str = readings.DOSSIER) -> Dossier:
        """The dossier of that code, to be shown: that it is read is written down first."""
        found, _ = await self.read_with(code, _nothing_more, verb)
        return found

    async def read_with(
        self, code: str, more: Callable[[AsyncSession, Dossier], Awaitable[More]], verb: str = readings.DOSSIER
    ) -> tuple[Dossier, More]:
        """The same with what else its page shows, read in the same transaction."""
        async with self.database.reading() as session:
            found = await self.dossier(session, code)
            beside = await more(session, found)
        by = self.rights.actor("nomination.read", found.nomination.unit_id)
        await readings.leave(self.database, by, verb, found.nomination.id)
        return found, beside


async def _desk(request: Request, rights: Granted, database: Db, pages: Html, clock: Now) -> Desk:
    return Desk(request, rights.person, database, pages, clock, rights)


AtDesk = Annotated[Desk, Depends(_desk)]


def see_other(path: str) -> RedirectResponse:
    """After an act: look at what it led to."""
    return RedirectResponse(path, 303)
