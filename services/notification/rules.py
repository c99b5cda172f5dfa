"""Who is told what, in which words: pure. Subjects carry code and verb; never a name, an outcome or a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.wording import Said, say


class Channel(StrEnum):
    """How a message travels."""

    IN_APP = "in_app"
    EMAIL = "email"


class MessageState(StrEnum):
    """What came of a message. In-app ones are there when they are written."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Notice:
    """A kind of message: its words with `{code}`, where it leads, and the roles that are told.

    A role of `UNIT_ROLES` is told for the file's unit only.
    """

    subject: str
    body: str
    path: str
    roles: tuple[str, ...]


class Kind(StrEnum):
    """What can wait for somebody."""

    DRAFT = "draft"
    COMPLETE = "complete"
    PLAN = "plan"
    TAKE_OVER = "case.take_over"
    SCORE = "case.score"
    OPEN_BALLOT = "case.open_ballot"
    VOTE = "case.vote"
    CLOSE_BALLOT = "case.close_ballot"
    CONCLUDE = "case.conclude"
    HONOUR = "case.honour"
    WRITE = "story.write"
    DOUBT = "story.doubt"
    CONSENT = "story.consent"
    TAKE_REPORT = "report.take"
    REWRITE_REPORT = "report.rewrite"
    FINDING = "finding"
    CONFIRM = "confirm"
    DUE_REPORT = "due_report"
    OWN_DUE_REPORT = "own_due_report"
    """The agency's own, to one above."""


@dataclass(frozen=True)
class Duty:
    """A kind of task: what is to be done (`{code}`), by whom and who waits for it, as acts of `shared.policy`.

    `why` says what brought it; `waiting` is how it reads for those who wait. No act: it is done outside, it only waits.
    """

    label: str = ""
    why: str = ""
    act: str | None = None
    waiting: str = ""
    watched: str | None = None


CASE_KINDS = tuple(kind for kind in Kind if kind.startswith("case."))
REPORT_KINDS = tuple(kind for kind in Kind if kind.startswith("report."))
STORY_KINDS = tuple(kind for kind in Kind if kind.startswith("story."))
_FILE = "nomination.write"

DUTIES = {
    Kind.DRAFT: Duty("Viết tiếp và gửi hồ sơ {code}", "Hồ sơ đang soạn dở", "nomination.submit"),
    Kind.COMPLETE: Duty("Bổ sung hồ sơ {code}", "Hội đồng trả lại để bổ sung", "nomination.submit"),
    Kind.PLAN: Duty("Đọc và xác nhận {code}", "Cấp trên ban hành kế hoạch", "plan.issue"),
    Kind.TAKE_OVER: Duty(
        "Tiếp nhận hồ sơ {code}", "Cơ quan cấp dưới trình lên", "case.accept", "Hồ sơ {code} chờ tiếp nhận", _FILE
    ),
    Kind.SCORE: Duty(
        "Chấm hồ sơ {code}", "Hồ sơ đã tới hội đồng", "case.mark", "Hồ sơ {code} chờ hội đồng chấm", _FILE
    ),
    Kind.OPEN_BALLOT: Duty(
        "Mở phiếu bầu hồ sơ {code}", "Đã đủ phiếu chấm", "ballot.run", "Hồ sơ {code} chờ mở phiếu bầu", _FILE
    ),
    Kind.VOTE: Duty(
        "Bỏ phiếu hồ sơ {code}",
        "Phiếu đang mở; ai đã bỏ thì không phải làm gì",
        "case.vote",
        "Hồ sơ {code} chờ hội đồng bỏ phiếu",
        _FILE,
    ),
    Kind.CLOSE_BALLOT: Duty("Đóng phiếu hồ sơ {code} khi đủ người", "Phiếu đang mở", "ballot.run"),
    Kind.CONCLUDE: Duty(
        "Kết luận hồ sơ {code}", "Đã đóng phiếu", "case.conclude", "Hồ sơ {code} chờ chủ tịch kết luận", _FILE
    ),
    Kind.HONOUR: Duty(
        "Ghi quyết định khen hồ sơ {code}",
        "Hội đồng đề nghị khen",
        "honour.sign",
        "Hồ sơ {code} chờ số quyết định",
        _FILE,
    ),
    Kind.WRITE: Duty(
        "Viết bài gương {code}", "Đã có quyết định khen", "story.edit", "Bài gương {code} đang viết", _FILE
    ),
    Kind.DOUBT: Duty("Xem lại bài {code} đang tạm ẩn", "Khen thưởng ở cơ quan khác thay đổi", "story.edit"),
    Kind.TAKE_REPORT: Duty(
        "Nhận báo cáo năm {code}",
        "Có báo cáo gửi tới",
        "report.take",
        "Báo cáo năm {code} chờ được nhận",
        "report.write",
    ),
    Kind.REWRITE_REPORT: Duty("Viết lại báo cáo năm {code}", "Nơi nhận trả lại báo cáo", "report.write"),
    Kind.DUE_REPORT: Duty("Viết và gửi: {code}", "Kế hoạch yêu cầu đơn vị báo cáo", "report.owe"),
    Kind.OWN_DUE_REPORT: Duty("Viết và gửi cấp trên: {code}", "Kế hoạch của cấp trên yêu cầu báo cáo", "report.write"),
    Kind.CONSENT: Duty(waiting="Bài {code} chờ người trong bài trả lời", watched="story.edit"),
    Kind.CONFIRM: Duty(
        "Xác nhận hồ sơ {code} thay thủ trưởng",
        "Hồ sơ giới thiệu chính thủ trưởng đơn vị",
        "confirmation.take",
        "Hồ sơ {code} chờ cán bộ phụ trách xác nhận",
        _FILE,
    ),
    Kind.FINDING: Duty(
        "Trả lời điều đoàn kiểm tra đã nêu",
        "Đoàn kiểm tra chờ đơn vị trả lời",
        "finding.answer",
        "Một điều nêu khi kiểm tra chờ đơn vị trả lời",
        "visit.write",
    ),
}
"""Every kind of task."""


UNIT_ROLES = ("nominator", "head")

NOTICES = {
    "submitted": Notice(
        "Đã nhận hồ sơ {code}",
        "Hồ sơ {code} đã được gửi tới hội đồng.",
        "/de-cu/ho-so/{code}/hanh-trinh",
        ("nominator", "head"),
    ),
    "arrived": Notice(
        "Hồ sơ {code} vừa được gửi tới",
        "Hồ sơ {code} chờ hội đồng đọc và chấm.",
        "/xet-duyet/ho-so/{code}",
        ("officer", "secretary", "member", "chair"),
    ),
    "offered": Notice(
        "Hồ sơ {code} chờ tiếp nhận",
        "Cơ quan cấp dưới trình hồ sơ {code}. Hồ sơ chờ được tiếp nhận hoặc trả lại.",
        "/xet-duyet/ho-so/{code}",
        ("officer", "secretary", "chair"),
    ),
    "given_back": Notice(
        "Hồ sơ {code} được trả về",
        "Cơ quan cấp trên đã trả hồ sơ {code} về. Lời của cấp trên nằm trong hồ sơ.",
        "/xet-duyet/ho-so/{code}",
        ("officer", "secretary", "chair"),
    ),
    "ruled": Notice(
        "Cấp trên đã kết luận hồ sơ {code}",
        "Cơ quan cấp trên đã có kết luận cho hồ sơ {code}.",
        "/xet-duyet/ho-so/{code}",
        ("officer", "secretary", "chair"),
    ),
    "returned": Notice(
        "Hồ sơ {code} cần bổ sung",
        "Hội đồng trả lại hồ sơ {code}. Lời đề nghị bổ sung nằm trong hồ sơ.",
        "/de-cu/ho-so/{code}",
        ("nominator", "head"),
    ),
    "completed": Notice(
        "Đã có kết luận cho hồ sơ {code}",
        "Hội đồng đã kết luận hồ sơ {code}.",
        "/de-cu/ho-so/{code}/hanh-trinh",
        ("nominator", "head"),
    ),
    "honoured": Notice(
        "Hồ sơ {code} chờ viết bài",
        "Đã có quyết định cho hồ sơ {code}. Bài gương chờ biên tập.",
        "/lan-toa/bai/{code}",
        ("editor",),
    ),
    "answered": Notice(
        "Có câu trả lời cho bài {code}",
        "Một người được hỏi ý kiến về bài {code} đã trả lời.",
        "/lan-toa/bai/{code}",
        ("editor",),
    ),
    "withdrawn": Notice(
        "Có người rút đồng ý ở bài {code}",
        "Bài {code} đã được ẩn ở đây; các kênh đang được báo gỡ.",
        "/lan-toa/bai/{code}",
        ("editor",),
    ),
    "published": Notice(
        "Bài {code} đã đăng",
        "Bài gương của hồ sơ {code} đã lên cổng.",
        "/de-cu/ho-so/{code}/hanh-trinh",
        ("nominator",),
    ),
    "retracted": Notice(
        "Bài {code} đã gỡ", "Bài gương của hồ sơ {code} không còn trên cổng.", "/lan-toa/bai/{code}", ("editor",)
    ),
    "delivery_failed": Notice(
        "Gửi hỏng một lượt của bài {code}",
        "Một kênh không nhận được tin của bài {code}.",
        "/lan-toa/luot-gui",
        ("editor", "operator"),
    ),
}


def subject_of(notice: str, code: str) -> Said:
    """What a message says in one line, in any language; of a kind that is not known any more, the code."""
    return say(NOTICES[notice].subject if notice in NOTICES else "{code}", code=code)


def body_of(notice: str, code: str) -> Said:
    """What it says in full."""
    return say(NOTICES[notice].body if notice in NOTICES else "{code}", code=code)


CONSENT_SUBJECT = "Xin ý kiến của anh/chị về một bài viết, mã {code}"
CONSENT_BODY = (
    "{agency} xin ý kiến của anh/chị trước khi đăng một bài viết.\n\n"
    "Mở liên kết sau để đọc đúng bài sẽ đăng và trả lời (đến ngày {until}):\n{link}\n\n"
    "Không đồng ý không ảnh hưởng đến việc khen. Thư này gửi riêng cho anh/chị, xin đừng chuyển tiếp."
)


@dataclass(frozen=True)
class Held:
    """A role as an account holds it."""

    role: str
    unit: str | None
    since: str | None
    until: str | None

    def counts(self, on: str) -> bool:
        """Whether it is in force on that day (ISO dates compare as text)."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


def is_told(held: Sequence[Held], notice: Notice, unit_id: str, on: str) -> bool:
    """Whether somebody with these roles is told."""
    return any(
        one.role in notice.roles and one.counts(on) and (one.unit is None or one.unit == unit_id)
        for one in held
        if one.role not in UNIT_ROLES or one.unit is not None
    )
