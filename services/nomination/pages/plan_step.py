"""The steps in which a plan is written, and how one of them is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from fastapi.responses import Response

from services.nomination.pages import plan_rows
from services.nomination.pages.desk import Desk
from services.nomination.pages.plan_forms import Help, Matter, Paper, month_day_shown
from services.nomination.pages.plan_lines import DUTIES, LINES, PURPOSES, day_shown, parts_of
from services.nomination.pages.rounds import KINDS
from services.nomination.pages.unit_kinds import kind_name
from services.nomination.queries import plans as reading
from services.nomination.rules.plan_content import DAYS, Content
from services.nomination.rules.targets import Bound, Counted, Per
from services.nomination.rules.tightening import is_cited
from services.nomination.tables import Plan, PlanFromAbove

BOUNDS = {Bound.AT_LEAST: "Ít nhất", Bound.AT_MOST: "Nhiều nhất"}
COUNTED = {
    Counted.NOMINATIONS: "Hồ sơ của từng đơn vị",
    Counted.UNITS: "Số đơn vị có hồ sơ",
    Counted.REFERRED: "Hồ sơ cơ quan trình cấp trên",
    Counted.REPLICATED: "Điển hình được nhân rộng của từng đơn vị",
}
PERIODS = {Per.ROUND: "Mỗi đợt", Per.YEAR: "Mỗi năm"}


@dataclass(frozen=True)
class Step:
    """One step: its name, its form, the field that stands first in it, and the entries it writes, if it does."""

    title: str
    form: Any
    first: str
    part: str = ""


STEPS = {
    "van-ban": Step("Văn bản", Paper, "title"),
    "can-cu": Step("Căn cứ", plan_rows.Ground, "number", "grounds"),
    "noi-dung": Step("Phong trào, đối tượng, kênh", Matter, "movements"),
    "dot": Step("Đợt", plan_rows.Window, "name", "rounds"),
    "chi-tieu": Step("Chỉ tiêu", plan_rows.Asked, "bound", "targets"),
    "han": Step("Hạn", plan_rows.Deadline, "what", "deadlines"),
    "noi-nhan": Step("Nơi nhận", plan_rows.Recipient, "who", "distribution"),
    "tro-giup": Step("Giúp đỡ và báo cáo", Help, "help_contact"),
}
ROWS = {name: step.part for name, step in STEPS.items() if step.part}
NEW_ROWS: dict[str, dict[str, Any]] = {
    "can-cu": {"confirmed": True},
    "dot": {"confirmed": True, "kind": "window"},
    "chi-tieu": {"confirmed": True, "counted": "nominations"},
    "han": {"confirmed": True, "duty": "other"},
    "noi-nhan": {},
}
"""What stands in the form of a new entry."""


async def draft_of(desk: Desk, code: str) -> Plan:
    """The plan of that code of which something is being written (404 when there is none)."""
    async with desk.database.reading() as session:
        found = await reading.get_draft(session, agency=desk.agency.id, code=code)
    if found is None or found.draft is None:
        raise HTTPException(404)
    return found


async def show_step(
    desk: Desk,
    code: str,
    name: str,
    *,
    values: Mapping[str, Any] | None = None,
    row: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    """One step as it stands, or with what was typed and what is wrong with it."""
    async with desk.database.reading() as session:
        plan = await reading.get_draft(session, agency=desk.agency.id, code=code)
        if plan is None or plan.draft is None:
            raise HTTPException(404)
        heard = await reading.list_from_above(session, agency=desk.agency.id) if name == "can-cu" else []
        kinds = await reading.list_unit_kinds(session, agency=desk.agency.id) if name == "chi-tieu" else []
        packs = await reading.list_packs(session, agency=desk.agency.id) if name == "noi-dung" else []
    told: Content = plan.draft
    step, entries = STEPS[name], _entries(told, name)
    place = int(row) if row.isdecimal() and int(row) < len(entries) else None
    return desk.pages.render(
        desk.request,
        "plan_rows.html" if step.part else "plan_words.html",
        status_code=422 if errors else 200,
        plan=plan,
        step=name,
        title=step.title,
        following=_following(name),
        lines=[line for part in parts_of(told) if part.step == name for line in part.lines],
        offered=_offered(told["plan"]["grounds"], heard),
        names=desk.agency_names,
        options={
            "kinds": list(KINDS.items()),
            "bounds": list(BOUNDS.items()),
            "counted": list(COUNTED.items()),
            "per": list(PERIODS.items()),
            "unit_kinds": [(kind, kind_name(kind)) for kind in kinds],
            "packs": [(pack, pack) for pack in packs],
            "lines": list(LINES.items()),
            "duties": list(DUTIES.items()),
            "purposes": list(PURPOSES.items()),
        },
        row=place if place is not None else "",
        values={**step.form().values, **(values or _values(told, name, entries, place))},
        errors=errors or {},
    )


def _offered(grounds: Sequence[Content], heard: Sequence[PlanFromAbove]) -> list[tuple[PlanFromAbove, bool]]:
    """The plans from above that can be taken over, and whether each is cited already, by its number alone."""
    named = {one["plan_id"] for one in grounds}
    open_ = [one for one in heard if one.state == "in_force" and str(one.plan_id) not in named]
    return [(one, is_cited(grounds, str(one.plan_id), one.number)) for one in open_]


def _entries(told: Content, name: str) -> list[Any]:
    part = STEPS[name].part
    found: list[Any] = told[part] if part in told else told["plan"].get(part, [])
    return found


def _following(name: str) -> tuple[str, str]:
    """Where one goes on: the next step's path and name."""
    names = list(STEPS)
    place = names.index(name) + 1
    return (f"soan/{names[place]}", STEPS[names[place]].title) if place < len(names) else ("ban-hanh", "Kiểm tra")


def _values(told: Content, name: str, entries: list[Any], place: int | None) -> dict[str, Any]:
    """What stands in the fields of a step."""
    plan = told["plan"]
    if name == "van-ban":
        return paper_values(plan)
    if name == "noi-dung":
        lists = {one: "\n".join(plan[one]) for one in ("subjects", "priorities", "channels")}
        movements = [" | ".join(word for word in (one["name"], one["issuer"]) if word) for one in plan["movements"]]
        return lists | {"movements": "\n".join(movements), "criteria_pack": plan["criteria_pack"]}
    if name == "tro-giup":
        return {one: plan[one] for one in ("help_contact", "report_template")}
    if place is None:
        return NEW_ROWS[name]
    found: dict[str, Any] = STEPS[name].form.shown(entries[place], day_shown)
    return found


def paper_values(plan: Content) -> dict[str, str]:
    """What the paper is, as its form shows it."""
    words = ("title", "number", "issuer", "signer_post", "period")
    days = {name: day_shown(plan[name]) for name in DAYS}
    return {name: plan[name] for name in words} | days | {"cycle_begins": month_day_shown(plan["cycle_begins"])}
