"""A dossier as a list of what is to do."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import origins, targets
from services.nomination.pages import deadlines, quotas
from services.nomination.pages.desk import AtDesk, Desk, whereabouts
from services.nomination.queries import Dossier, rounds
from services.nomination.queries.working_days import get_calendar
from services.nomination.rules.criteria import FORM_NAMES
from services.nomination.rules.targets import Quota
from services.nomination.rules.tasks import Task, done_of, next_of, tasks_of
from shared.clock import local_date
from shared.identity.allowed import allowed
from shared.language import translate
from shared.looks import CATEGORIES

router = APIRouter()

TASKS = {
    "who": "Giới thiệu ai",
    "claims": "Thành tích theo tiêu chí",
    "proofs": "Minh chứng",
    "opinions": "Ý kiến của mọi người",
    "contacts": "Người liên quan",
    "agreement": "Ý kiến người được giới thiệu",
    "confirmation": "Thủ trưởng xác nhận",
    "particulars": "Giấy tờ theo hình thức khen",
    "send": "Kiểm tra và gửi",
}
ACTS = {
    "agreement": "nominee.ask",
    "confirmation": "nomination.confirm",
    "particulars": "particulars.write",
    "send": "nomination.submit",
}
"""Whose rows these are; every other row is open to all who see the dossier."""


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
    proofs = sum(len(answer.evidence) for answer in dossier.answers)
    particulars = dossier.paperwork.particulars
    tasks = tasks_of(dossier.readiness, proofs=proofs, contacts=len(dossier.persons), particulars=particulars)
    return desk.pages.render(
        desk.request,
        "file.html",
        dossier=dossier,
        category=CATEGORIES[dossier.subject.category],
        form=FORM_NAMES[dossier.subject.form],
        window=window,
        deadline=deadlines.told(window),
        quota=quotas.lines(quota),
        full=quotas.full(quota),
        ready=dossier.readiness,
        tasks=_rows(desk, dossier, tasks),
        tasks_done=done_of(tasks),
        following=_following(desk, dossier, tasks),
        standings={one.criterion: one for one in dossier.readiness.criteria},
        reopened=[TASKS.get(name, name) for name in dossier.nomination.reopened],
        editable=state in rules.EDITABLE,
        may_write_particulars=desk.rights.may("particulars.write", dossier.nomination.unit_id),
        may_tell_origin=dossier.is_open(origins.PART)
        and desk.rights.may("nomination.write", dossier.nomination.unit_id),
        may_trail=desk.rights.may("nomination.trail", dossier.nomination.unit_id),
        may_follow=state is rules.State.HONOURED and desk.rights.may("lead.nurture", dossier.nomination.unit_id),
        may_share=desk.rights.may("nomination.share_trail", dossier.nomination.unit_id),
        reason=dossier.reasons[0].reason if dossier.reasons and state is rules.State.RETURNED else None,
        **whereabouts(dossier, desk.short_name),
    )


def _open_to(desk: Desk, dossier: Dossier, task: Task) -> bool:
    """Whether the person can do that row's part."""
    act, unit_id = ACTS.get(task.name, "nomination.write"), dossier.nomination.unit_id
    if not desk.rights.may(act, unit_id):
        return False
    heads_only = act == "nomination.confirm" and not dossier.nomination.left_to_agency
    return not heads_only or desk.rights.actor(act, unit_id).role == "head"


def _rows(desk: Desk, dossier: Dossier, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """The task list as its macro shows it: what is done stands plain, what is lacking says why and what cures it."""
    here = f"/de-cu/ho-so/{dossier.nomination.code}"
    rows = []
    for task in tasks:
        may_look = task.name not in ACTS or task.name == "send" or _open_to(desk, dossier, task)
        problem = task.problem
        rows.append(
            {
                "label": TASKS[task.name],
                "href": f"{here}{task.place}" if task.place and may_look else None,
                "open": not task.done,
                "word": "Xong" if task.done else "Chưa xong",
                "token": "wait" if problem or not task.done else "ok",
                "icon": "alert" if problem else "circle",
                "text": f"{translate(problem.reason)} {translate(problem.cure)}" if problem else "",
            }
        )
    return rows


def _following(desk: Desk, dossier: Dossier, tasks: Sequence[Task]) -> tuple[str, str] | None:
    """The one next step, as label and address, if it is the person's to take."""
    task = next_of(tasks)
    if task.name != "confirmation" and any(one.name == "confirmation" and not one.done for one in tasks):
        own = next(one for one in tasks if one.name == "confirmation")
        if _open_to(desk, dossier, own) and not _open_to(desk, dossier, task):
            task = own
    if not _open_to(desk, dossier, task):
        return None
    return TASKS[task.name], f"/de-cu/ho-so/{dossier.nomination.code}{task.place}"
