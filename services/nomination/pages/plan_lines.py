"""A plan as lines of plain words: for its page, for the check before it is issued, to say what a version changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.nomination.pages.quotas import target_text
from services.nomination.rules.plan_content import Authority, Content, Duty, Purpose, cycles, day_of
from services.nomination.rules.rounds import Kind
from services.nomination.rules.targets import Per
from services.nomination.rules.tightening import Above, key, target_key
from shared.formats import day
from shared.language import translate

PURPOSES = {
    Purpose.REPORT: "để báo cáo",
    Purpose.CARRY_OUT: "để thực hiện",
    Purpose.COORDINATE: "để phối hợp",
    Purpose.DIRECT: "để chỉ đạo",
    Purpose.FILE: "lưu",
}
LINES = {
    Authority.ADMINISTRATIVE: "hệ hành chính",
    Authority.PROFESSIONAL: "hệ chuyên môn",
    Authority.UNION: "hệ công đoàn",
    Authority.CLUSTER: "cụm, khối thi đua",
    Authority.PARTY: "hệ Đảng",
}
DUTIES = {
    Duty.ACKNOWLEDGE: "Đơn vị xác nhận đã triển khai",
    Duty.PLAN: "Cơ quan cấp dưới có kế hoạch",
    Duty.REPORT: "Báo cáo",
    Duty.OTHER: "Việc khác",
}


@dataclass(frozen=True)
class Line:
    """One thing that a plan says. `key` knows it again in another version or another plan; `label` is ours."""

    key: str
    text: str
    label: str = ""
    confirmed: bool = True
    note: str = ""
    agency: str = ""
    plan_id: str = ""
    """Of a ground: the plan from above that it is."""


@dataclass(frozen=True)
class Part:
    """One part of a plan, and the step in which it is written."""

    step: str
    title: str
    lines: Sequence[Line]


def parts_of(content: Content) -> list[Part]:
    """A plan part by part; what it does not say has no lines."""
    plan = content["plan"]
    return [
        Part("van-ban", "Văn bản", list(_paper(plan))),
        Part("can-cu", "Căn cứ", [_ground(one) for one in plan["grounds"]]),
        Part("noi-dung", "Phong trào", [_movement(one) for one in plan["movements"]]),
        Part("noi-dung", "Đối tượng", _plain(plan["subjects"])),
        Part("noi-dung", "Ưu tiên", _plain(plan["priorities"])),
        Part("noi-dung", "Kênh tuyên truyền", _plain(plan["channels"])),
        Part("noi-dung", "Bộ tiêu chí", _plain([plan["criteria_pack"]] if plan["criteria_pack"] else [])),
        Part("dot", "Đợt", [_round(one) for one in content["rounds"]]),
        Part("chi-tieu", "Chỉ tiêu", [_target(one) for one in content["targets"]]),
        Part("han", "Hạn", [_deadline(one) for one in plan["deadlines"]]),
        Part("noi-nhan", "Nơi nhận", [_recipient(one) for one in plan["distribution"]]),
        Part("tro-giup", "Giúp đỡ và báo cáo", list(_help(plan))),
    ]


def _plain(texts: Sequence[str]) -> list[Line]:
    return [Line(key(text), text) for text in texts]


def _facts(rows: Sequence[tuple[str, str]]) -> Iterator[Line]:
    for label, value in rows:
        if value:
            yield Line(label, value, label)


def _paper(plan: Mapping[str, Any]) -> Iterator[Line]:
    days = [day_shown(plan[name]) for name in ("issued_on", "starts_on", "ends_on")]
    years = [f"{day(first)} – {day(last)}" for first, last in cycles(plan)]
    begins = f"{day_of(plan['cycle_begins'], 2024):%d/%m}" if plan["cycle_begins"] else ""
    yield from _facts(
        [
            ("Tên kế hoạch", plan["title"]),
            ("Số ký hiệu", plan["number"]),
            ("Ngày ban hành", days[0]),
            ("Nơi ban hành", plan["issuer"]),
            ("Chức vụ người ký", plan["signer_post"]),
            ("Giai đoạn", plan["period"]),
            ("Có hiệu lực từ", days[1]),
            ("Hết hiệu lực sau ngày", days[2]),
            ("Mỗi năm tính từ ngày", begins),
            ("Các năm thực hiện", "; ".join(years)),
        ]
    )


def _help(plan: Mapping[str, Any]) -> Iterator[Line]:
    yield from _facts([("Hỏi ở đâu", plan["help_contact"]), ("Mẫu báo cáo", plan["report_template"])])


def _ground(one: Content) -> Line:
    on = translate("ngày {day}", day=day_shown(one["date"])) if one["date"] else ""
    head = " ".join(word for word in (one["number"], on) if word)
    text = f"{head}: {one['title']}" if head else one["title"]
    shown = f"{text} ({one['issuer']})" if one["issuer"] else text
    if one["line"]:
        shown += f" · {translate(LINES[Authority(one['line'])])}"
    where = {"agency": one.get("agency", ""), "plan_id": one.get("plan_id", "")}
    return Line(key(one["number"] or one["title"]), shown, "", one["confirmed"], one["note"], **where)


def _movement(one: Content) -> Line:
    return Line(key(one["name"]), f"{one['name']} ({one['issuer']})" if one["issuer"] else one["name"])


def _round(one: Content) -> Line:
    return Line(
        key(one["name"]), f"{one['name']}: {round_days(one)}", "", one.get("confirmed", False), one.get("note", "")
    )


def round_days(one: Content) -> str:
    """When a round takes dossiers, as its plan says it."""
    first, last = day_shown(one["opens_on"]), day_shown(one.get("closes_on") or "")
    hour = one.get("closes_at", "")
    if one.get("each"):
        each = ", ".join(f"{_short(window['opens'])}–{_short(window['closes'])}" for window in one["each"])
        told = translate("mỗi năm {each}, từ {first} đến {last}", each=each, first=first, last=last)
    elif one.get("kind") == Kind.STANDING and not last:
        told = translate("mở thường xuyên từ {first}", first=first)
    elif not last:
        told = translate("từ {first}", first=first)
    elif hour:
        told = translate("từ {first} đến {hour} ngày {last}", first=first, hour=hour, last=last)
    else:
        told = translate("từ {first} đến hết ngày {last}", first=first, last=last)
    grace = one.get("grace_days") or 0
    return f"{told}; {translate('nhận muộn {count} ngày làm việc', count=grace)}" if grace else told


def _target(one: Content) -> Line:
    text = target_text(one["bound"], one["number"], one.get("counted", "nominations"), one.get("unit_kind"))
    text += translate(", tính theo đợt") if one["per"] == Per.ROUND else translate(", tính theo năm")
    if one.get("warns_only"):
        text += translate("; quá số thì chỉ nhắc, vẫn nhận")
    return Line("/".join(target_key(one)), text, "", one.get("confirmed", True), one.get("note", ""))


def _deadline(one: Content) -> Line:
    if one["each"]:
        when = translate("trước hết ngày {day} hằng năm", day=_short(one["each"]))
    else:
        when = translate("trước hết ngày {day}", day=day_shown(one["on"])) if one["on"] else ""
    who = f" ({one['who']})" if one["who"] else ""
    text = f"{one['what']}{who}: {when}" if when else f"{one['what']}{who}"
    return Line(key(one["what"]), text, "", one["confirmed"], one["note"])


def _recipient(one: Content) -> Line:
    return Line(
        key(one["who"]), f"{one['who']} ({translate(PURPOSES[Purpose(one['purpose'])])})", "", True, one["note"]
    )


def day_shown(iso: str) -> str:
    """A day as people read it; nothing for none."""
    return day(date.fromisoformat(iso)) if iso else ""


def _short(month_day: str) -> str:
    return f"{day_of(month_day, 2024):%d/%m}"


@dataclass(frozen=True)
class Beside:
    """A line with how it stands to the plans above: whose words they are too, or what those say instead."""

    line: Line
    same_as: Sequence[str]
    others: Sequence[tuple[str, str]]


def beside(content: Content, above: Sequence[Above]) -> list[tuple[Part, list[Beside]]]:
    """A plan part by part, each line beside what the plans above say on the same matter."""
    uppers = [(one.whose, parts_of(one.content)) for one in above]
    found = []
    for place, part in enumerate(parts_of(content)):
        told = [(whose, {line.key: line.text for line in parts[place].lines}) for whose, parts in uppers]
        compared = part.step in ("noi-dung", "dot", "chi-tieu", "han")
        found.append((part, [_beside(line, told if compared else []) for line in part.lines]))
    return found


def _beside(line: Line, told: Sequence[tuple[str, Mapping[str, str]]]) -> Beside:
    said = [(whose, lines[line.key]) for whose, lines in told if line.key in lines]
    same = [whose for whose, text in said if key(text) == key(line.text)]
    return Beside(line, same, [one for one in said if one[0] not in same])


@dataclass(frozen=True)
class Change:
    """What a version says otherwise than the one before: a line that came, went, or reads differently now."""

    part: str
    before: str
    after: str
    label: str = ""


def changes(before: Content, after: Content) -> list[Change]:
    """What one version changed against another, part by part."""
    found: list[Change] = []
    for old, new in zip(parts_of(before), parts_of(after), strict=True):
        earlier, later = ({line.key: line for line in part.lines} for part in (old, new))
        for name in dict.fromkeys([*earlier, *later]):
            one, other = earlier.get(name), later.get(name)
            texts = (_whole(one), _whole(other))
            if texts[0] != texts[1]:
                found.append(Change(new.title, *texts, (other or one or Line("", "")).label))
    return found


def _whole(line: Line | None) -> str:
    """All that a line says, its mark and note too."""
    if line is None:
        return ""
    mark = "" if line.confirmed else f" [{translate('Chưa xác nhận')}]"
    return line.text + mark + (f" ({line.note})" if line.note else "")
