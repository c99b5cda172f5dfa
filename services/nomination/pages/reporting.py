"""One report: its figures, its words, and its way up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import reports as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.report_paper import paper_of
from services.nomination.pages.reports import KINDS, PATH, title_of, whose
from services.nomination.queries import figures, reports
from services.nomination.rules.reports import (
    OPEN,
    Area,
    BadReport,
    Figures,
    Group,
    Part,
    ReportState,
    Stage,
    check_reason,
    summed,
)
from services.nomination.tables import Report, Unit
from shared import parcels
from shared.events import Sealed
from shared.formats import day, moment
from shared.identity.allowed import allowed
from shared.identity.people import Forbidden
from shared.language import translate
from shared.listing import Column
from shared.looks import CATEGORIES
from shared.names import lines
from shared.papers import as_paper
from shared.parcels import Manifest
from shared.spreadsheets import Spreadsheet, as_file, taken

router = APIRouter()
PARTS = {
    Part.DONE: ("Việc đã làm", "Đã phát hiện, bồi dưỡng, tôn vinh, lan tỏa thế nào; khó khăn gì."),
    Part.LESSONS: ("Bài học kinh nghiệm", "Điều gì làm tốt nên làm tiếp, điều gì lần sau nên làm khác."),
    Part.ASKS: ("Đề nghị", "Mong cấp trên giúp gì. Có thể bỏ trống."),
}
STAGES = {
    Stage.SPOTTED: "Nhân tố mới được ghi",
    Stage.HANDED_IN: "Hồ sơ đã gửi",
    Stage.TAKEN: "Hội đồng đã nhận",
    Stage.HONOURED: "Đã được khen",
    Stage.REFERRED: "Đã trình cấp trên",
    Stage.HONOURED_ABOVE: "Cấp trên đã khen",
    Stage.PUBLISHED: "Đã có bài gương",
}
GROUPS = {
    Group.WOMEN: "Nữ",
    Group.SMALL: "Tập thể nhỏ",
    Group.FRONT_LINE: "Người trực tiếp đứng lớp, phục vụ",
}
AREAS = {Area.REMOTE: "Vùng sâu, vùng xa, vùng khó khăn", Area.BORDER: "Biên giới", Area.ISLAND: "Hải đảo"}
SPLIT: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "categories": ("Theo đối tượng", CATEGORIES),
    "groups": ("Theo nhóm", GROUPS),
    "areas": ("Theo vùng", AREAS),
}


@dataclass(frozen=True)
class Seen:
    """A report as it is shown: its figures, those that they are the sum of (whose, figures), and the reports that are
    left out of the sum, because a later one tells of the same days.
    """

    report: Report
    unit: Unit | None
    figures: Figures
    summed_from: Sequence[tuple[str, Figures]] = ()
    left_out: Sequence[Report] = ()


async def _seen(desk: Desk, report_id: UUID) -> Seen:
    units = desk.rights.units("report.read")
    async with desk.database.reading() as session:
        found = await reports.get_report(session, agency=desk.agency.id, report_id=report_id, units=units)
        if found is None:
            raise HTTPException(404)
        report, unit = found
        if report.figures is not None and report.state not in OPEN:
            return Seen(report, unit, report.figures)
        within = None if report.unit_id is None else [report.unit_id]
        times = {"from_on": report.from_on, "until_on": report.until_on}
        ours = await figures.count(session, agency=desk.agency.id, units=within, **times)
        ours["targets"] = await figures.list_targets(session, agency=desk.agency.id, units=within, on=report.until_on)
        if report.unit_id is not None:
            return Seen(report, unit, ours)
        below, left_out = await reports.list_below(session, report)
    parts = [(desk.short_name(one.from_agency), one.figures or {}) for one in below]
    return Seen(report, unit, together(ours, [told for _, told in parts]), parts, left_out)


def together(ours: Figures, below: Sequence[Figures]) -> dict[str, Any]:
    """Our own figures with those of the agencies below; the targets are ours."""
    return summed([ours, *below]) | {"targets": ours["targets"]}


def _own(desk: Desk, report: Report) -> bool:
    """Whether the person is of those who write it."""
    return not report.from_agency and desk.rights.may("report.write", report.unit_id)


@router.get("/bao-cao/{report_id}", dependencies=[allowed("report.read")])
async def show(desk: AtDesk, report_id: UUID) -> Response:
    """A report with its figures and its words."""
    return await _show(desk, report_id, {}, {})


async def _show(
    desk: Desk, report_id: UUID, values: Mapping[str, str], errors: Mapping[str, str], *, crossed: bool = False
) -> Response:
    seen = await _seen(desk, report_id)
    report = seen.report
    writing = report.state in OPEN and _own(desk, report)
    taking = (
        report.state is ReportState.SENT and not report.to_agency and desk.rights.may("report.take", report.unit_id)
    )
    return desk.pages.render(
        desk.request,
        "report.html",
        status_code=422 if errors else 200,
        seen=seen,
        report=report,
        whose=whose(report, seen.unit, desk.short_name),
        name_of=desk.short_name,
        above=desk.short_name(report.to_agency) if report.to_agency else "",
        title=title_of(report),
        kind=KINDS[report.kind],
        stages=[(name, seen.figures["stages"].get(stage, 0)) for stage, name in STAGES.items()],
        split=[(title, _rows(names, seen.figures[by])) for by, (title, names) in SPLIT.items()],
        targets=[target_words(one) for one in seen.figures["targets"]],
        parts_of=PARTS,
        writing=writing,
        taking=taking,
        theirs={part: text for part, text in report.words.items() if crossed and text != values.get(part)},
        values={"reason": ""} | dict.fromkeys(Part, "") | report.words | dict(values),
        errors=errors,
    )


def _rows(
    names: Mapping[Any, str], counts: Mapping[str, Mapping[str, int]], say: Callable[[str], str] = translate
) -> list[list[Any]]:
    """Name, handed in, honoured; only what there is of it."""
    return [
        [say(name), counts[key]["handed_in"], counts[key]["honoured"]] for key, name in names.items() if key in counts
    ]


def target_words(one: Mapping[str, Any]) -> tuple[str, int, int, bool]:
    """What a target asks for, how many there are, how many there should be, and whether it is met."""
    bound = "Ít nhất {number} {what}" if one["bound"] == "at_least" else "Nhiều nhất {number} {what}"
    what = {
        "nominations": "hồ sơ mỗi đơn vị",
        "units": "đơn vị có hồ sơ",
        "referred": "hồ sơ trình cấp trên",
    }.get(one["counted"], one["counted"])
    told = translate(bound, number=one["number"], what=translate(what))
    return f"{told} ({one['plan']})", one["value"], one["goal"], one["value"] >= one["goal"]


@router.post("/bao-cao/{report_id}", dependencies=[allowed("report.write")])
async def write(
    desk: AtDesk,
    report_id: UUID,
    done: Annotated[str, Form()] = "",
    lessons: Annotated[str, Form()] = "",
    asks: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
    then: Annotated[str, Form()] = "",
) -> Response:
    """Keep the words; with `then` «gui» send the report."""
    seen = await _seen(desk, report_id)
    if not _own(desk, seen.report):
        raise Forbidden("head", seen.report.unit_id)
    by, at = desk.rights.actor("report.write", seen.report.unit_id), desk.clock.now()
    words = {Part.DONE.value: done, Part.LESSONS.value: lessons, Part.ASKS.value: asks}
    try:
        async with desk.database.transaction() as session:
            await acting.write(session, report_id=report_id, version=version, words=words, by=by)
        if then == "gui":
            async with desk.database.transaction() as session:
                await acting.send(session, report_id=report_id, figures=seen.figures, at=at, by=by)
    except rules.FieldRefusal as refusal:
        return await _show(desk, report_id, words, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        crossed = isinstance(refusal, rules.ChangedMeanwhile)
        return await _show(desk, report_id, words, {Part.DONE.value: str(refusal)}, crossed=crossed)
    return see_other(f"{PATH}/{report_id}")


@router.post("/bao-cao/{report_id}/nhan", dependencies=[allowed("report.take")])
async def receive(desk: AtDesk, report_id: UUID) -> Response:
    """Take a report as it is."""
    return await _take(desk, report_id, None)


@router.post("/bao-cao/{report_id}/tra", dependencies=[allowed("report.take")])
async def give_back(desk: AtDesk, report_id: UUID, reason: Annotated[str, Form()] = "") -> Response:
    """Give a report back to be written anew."""
    return await _take(desk, report_id, reason)


async def _take(desk: Desk, report_id: UUID, reason: str | None) -> Response:
    seen = await _seen(desk, report_id)
    if seen.report.to_agency:
        raise HTTPException(404)
    by, at = desk.rights.actor("report.take", seen.report.unit_id), desk.clock.now()
    try:
        sealed = await _seal(desk, seen.report, reason) if reason is not None and seen.report.from_agency else None
        async with desk.database.transaction() as session:
            if reason is None:
                await acting.receive(session, report_id=report_id, at=at, by=by)
            else:
                more: dict[str, Any] = {"reason": reason, "sealed": sealed}
                await acting.give_back(session, report_id=report_id, at=at, by=by, **more)
    except BadReport as refusal:
        return await _show(desk, report_id, {"reason": reason or ""}, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return await _show(desk, report_id, {"reason": reason or ""}, {"reason": str(refusal)})
    return see_other(f"{PATH}/{report_id}")


async def _seal(desk: Desk, report: Report, reason: str) -> Sealed:
    """Put a reason into a parcel for the agency that a report came from. Raises BadReport."""
    check_reason(lines(reason))
    runtime = desk.runtime
    return await parcels.store(
        runtime.objects,
        runtime.federation,
        agency=desk.agency.id,
        owner=runtime.service,
        reader=runtime.service,
        to_agency=report.from_agency,
        manifest=Manifest(ids={"report_id": str(report.their_id)}, fields={"reason": lines(reason)}),
        files={},
        on=desk.clock.today(),
    )


@router.get("/bao-cao/{report_id}/so-lieu.xlsx", dependencies=[allowed("report.read")])
async def annex(desk: AtDesk, report_id: UUID) -> Response:
    """The figures as a file, each with what it counts."""
    seen = await _seen(desk, report_id)
    report = seen.report
    title = f"{title_of(report)}, {day(report.from_on)} – {day(report.until_on)}"
    notes = [title, taken(desk.rights.person.name, moment(desk.clock.now()))]
    sheet = Spreadsheet(
        "Số liệu báo cáo", [Column("Mục"), Column("Chi tiết"), Column("Số"), Column("Được khen")], notes
    )
    rows: list[list[Any]] = [
        [translate("Từ phát hiện đến lan tỏa"), translate(name), seen.figures["stages"].get(stage, 0), None]
        for stage, name in STAGES.items()
    ]
    for by, (heading, names) in SPLIT.items():
        rows += [[translate(heading), *row] for row in _rows(names, seen.figures[by])]
    rows += [
        [translate("Đơn vị"), translate("Tất cả"), seen.figures["units"]["all"], None],
        [translate("Đơn vị"), translate("Có hồ sơ"), seen.figures["units"]["giving"], None],
    ]
    rows += [
        [translate("Chỉ tiêu"), told, value, None] for told, value, _, _ in map(target_words, seen.figures["targets"])
    ]
    sheet.add(rows)
    return as_file(sheet.finish(), "so-lieu-bao-cao")


@router.get("/bao-cao/{report_id}/bao-cao.docx", dependencies=[allowed("report.read")])
async def paper(desk: AtDesk, report_id: UUID) -> Response:
    """The report as a paper to sign."""
    seen = await _seen(desk, report_id)
    names = desk.agency_names
    issuer = whose(seen.report, seen.unit, lambda agency: names.get(agency, agency)) or names[desk.agency.id]
    above = names.get(seen.report.to_agency or desk.agency.id, "") if not seen.report.from_agency else ""
    stages = [(name, seen.figures["stages"].get(stage, 0)) for stage, name in STAGES.items()]
    tables: dict[str, Any] = {"Từ phát hiện đến lan tỏa": (("Mục", "Số"), stages)}
    for by, (heading, kinds) in SPLIT.items():
        if rows := _rows(kinds, seen.figures[by], str):
            tables[heading] = (("Mục", "Đã gửi", "Được khen"), rows)
    return as_paper(paper_of(seen.report, title_of(seen.report), issuer, above, tables), "bao-cao")
