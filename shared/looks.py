"""What every page draws on: the menu by role, the categories' names, how a state looks (word, colour token, icon).

A line of the menu stands here from the day its page exists; who lacks its act (`shared.policy`) does not see it. The
states are words for people only: what a state means is its service's business.
"""

from dataclasses import dataclass
from typing import NamedTuple

from shared.events import Category

CATEGORIES = {
    Category.COLLECTIVE: "Tập thể",
    Category.MANAGER: "Cán bộ quản lý",
    Category.TEACHER: "Giáo viên",
    Category.STAFF: "Nhân viên",
    Category.PUPIL: "Học sinh",
}


@dataclass(frozen=True)
class Entry:
    """One line of the menu; `act` opens it (`shared.policy`)."""

    section: str
    label: str
    path: str
    icon: str
    act: str


@dataclass(frozen=True)
class Section:
    """A service's part of the menu."""

    label: str
    entries: tuple[Entry, ...]


def _section(label: str, *lines: tuple[str, str, str, str]) -> Section:
    return Section(label, tuple(Entry(label, *line) for line in lines))


MENU = (
    _section(
        "Việc của tôi",
        ("Việc", "/viec", "circle-check", "work.read"),
        ("Thông báo", "/thong-bao", "bell", "message.read"),
        ("Người và vai trò", "/viec/quan-tri/nguoi", "users", "people.manage"),
    ),
    _section(
        "Đề cử",
        ("Hồ sơ đề cử", "/de-cu/ho-so", "file", "nomination.read"),
        ("Nhân tố mới", "/de-cu/nhan-to", "bulb", "lead.read"),
        ("Đối tượng", "/de-cu/doi-tuong", "users", "subject.merge"),
        ("Kế hoạch", "/de-cu/ke-hoach", "book", "plan.read"),
        ("Đợt và hạn", "/de-cu/dot", "calendar", "round.read"),
        ("Chỉ tiêu", "/de-cu/chi-tieu", "list", "target.read"),
        ("Báo cáo", "/de-cu/bao-cao", "inbox", "report.read"),
        ("Tiêu chí", "/de-cu/tieu-chi", "target", "criteria.read"),
        ("Phong trào", "/de-cu/phong-trao", "hand", "movement.read"),
        ("Giám sát", "/de-cu/giam-sat", "eye", "visit.read"),
        ("Tập huấn", "/de-cu/tap-huan", "person", "training.read"),
        ("Đơn vị", "/de-cu/quan-tri/don-vi", "world", "unit.read"),
    ),
    _section(
        "Xét duyệt",
        ("Hồ sơ xét", "/xet-duyet/ho-so", "scale", "case.read"),
        ("Sổ khen thưởng", "/xet-duyet/so-khen", "award", "honour.read"),
    ),
    _section(
        "Lan tỏa",
        ("Bài gương", "/lan-toa/bai", "news", "story.read"),
        ("Lượt gửi", "/lan-toa/luot-gui", "send", "delivery.read"),
    ),
)


class State(NamedTuple):
    """How a state is shown: never by colour alone."""

    label: str
    token: str
    icon: str


STATES: dict[str, dict[str, State]] = {
    "plan": {
        "draft": State("Bản nháp", "off", "pencil"),
        "imported": State("Chờ xác nhận", "wait", "eye"),
        "in_force": State("Có hiệu lực", "ok", "circle-check"),
        "amended": State("Đã sửa đổi", "info", "refresh"),
        "withdrawn": State("Đã thu hồi", "off", "ban"),
        "ended": State("Hết hiệu lực", "off", "x"),
    },
    "carried": {
        "late": State("Trễ hạn", "stop", "alert"),
        "waiting": State("Chưa triển khai", "wait", "clock"),
        "outdated": State("Mới biết bản cũ", "wait", "refresh"),
        "done": State("Đã triển khai", "ok", "check"),
        "planned": State("Đã có kế hoạch", "ok", "circle-check"),
    },
    "given": {
        "none": State("Chưa giới thiệu", "wait", "inbox"),
        "below": State("Dưới chỉ tiêu", "wait", "target"),
        "met": State("Đã giới thiệu", "ok", "circle-check"),
    },
    "reported": {
        "late": State("Trễ báo cáo", "stop", "alert"),
        "waiting": State("Chờ báo cáo", "wait", "clock"),
        "sent": State("Đã báo cáo", "ok", "check"),
        "none": State("Chưa đến kỳ báo cáo", "off", "calendar"),
    },
    "round": {
        "upcoming": State("Sắp mở", "info", "clock"),
        "open": State("Đang nhận", "run", "inbox"),
        "closing": State("Sắp hết hạn", "wait", "alert"),
        "grace": State("Nhận muộn", "wait", "hourglass"),
        "closed": State("Đã đóng", "off", "lock"),
    },
    "lead": {
        "spotted": State("Mới phát hiện", "info", "bulb"),
        "nurtured": State("Đang bồi dưỡng", "run", "plant"),
        "ready": State("Sẵn sàng đề cử", "ok", "check"),
        "aside": State("Tạm gác", "off", "pause"),
        "nominated": State("Đã đề cử", "info", "send"),
    },
    "report": {
        "draft": State("Đang viết", "off", "pencil"),
        "sending": State("Đang chuyển đi", "run", "send"),
        "sent": State("Đã gửi", "info", "send"),
        "received": State("Đã nhận", "ok", "check"),
        "returned": State("Cần viết lại", "wait", "arrow-back"),
    },
    "pair": {
        "asked": State("Nghi trùng", "wait", "eye"),
        "merged": State("Đã gộp là một", "ok", "circle-check"),
        "parted": State("Không phải cùng một", "off", "x"),
    },
    "movement": {
        "upcoming": State("Sắp bắt đầu", "info", "clock"),
        "running": State("Đang diễn ra", "run", "users"),
        "over": State("Đã kết thúc", "off", "lock"),
    },
    "duty": {
        "upcoming": State("Sắp bắt đầu", "info", "clock"),
        "running": State("Đang làm", "run", "eye"),
        "over": State("Đã thôi", "off", "lock"),
    },
    "finding": {
        "late": State("Quá hạn trả lời", "stop", "alert"),
        "waiting": State("Chờ đơn vị trả lời", "wait", "clock"),
        "answered": State("Chờ người kiểm tra xem", "run", "eye"),
        "closed": State("Đã xong", "ok", "check"),
    },
    "nomination": {
        "draft": State("Đang soạn", "off", "pencil"),
        "head": State("Chờ thủ trưởng", "wait", "clock"),
        "submitted": State("Đã gửi", "info", "send"),
        "reviewed": State("Đang xét", "run", "scale"),
        "returned": State("Cần bổ sung", "wait", "arrow-back"),
        "withdrawn": State("Đã rút", "off", "x"),
        "honoured": State("Được khen", "gold", "award"),
        "referred": State("Đã trình cấp trên", "info", "arrow-up"),
        "declined": State("Chưa khen lần này", "off", "circle-minus"),
    },
    "claim": {
        "unverified": State("Chưa xác minh", "wait", "circle"),
        "verified": State("Đã xác minh", "ok", "shield-check"),
        "disputed": State("Đang có ý kiến", "stop", "alert"),
    },
    "referral": {
        "sending": State("Đang gửi lên", "info", "send"),
        "failed": State("Chưa gửi được", "stop", "alert"),
        "sent": State("Chờ tiếp nhận", "wait", "clock"),
        "recalling": State("Đã xin thu về", "wait", "arrow-back"),
        "accepted": State("Cấp trên đã tiếp nhận", "run", "scale"),
        "returned": State("Cấp trên đã trả lại", "wait", "arrow-back"),
        "recalled": State("Đã thu về", "off", "arrow-back"),
        "ruled": State("Cấp trên đã kết luận", "ok", "circle-check"),
    },
    "case": {
        "offered": State("Chờ tiếp nhận", "wait", "inbox"),
        "withdrawn": State("Đã rút", "off", "x"),
        "new": State("Mới đến", "info", "inbox"),
        "voting": State("Đang mở phiếu", "run", "lock-open"),
        "voted": State("Đã đóng phiếu", "wait", "lock"),
        "returned": State("Đã trả lại", "wait", "arrow-back"),
        "declined": State("Chưa khen lần này", "off", "circle-minus"),
        "honoured": State("Đã khen", "gold", "award"),
        "checking": State("Đang thẩm định", "run", "eye"),
        "scoring": State("Đang chấm", "run", "scale"),
        "ready": State("Chờ họp", "wait", "users"),
        "decided": State("Chờ số quyết định", "wait", "hourglass"),
        "released": State("Đã công bố", "ok", "circle-check"),
        "held": State("Tạm dừng", "stop", "pause"),
    },
    "session": {
        "planned": State("Đã lên lịch", "info", "calendar"),
        "live": State("Đang họp", "run", "users"),
        "open": State("Đang mở phiếu", "run", "lock-open"),
        "closed": State("Đã đóng phiếu", "off", "lock"),
        "signed": State("Đã ký biên bản", "ok", "file"),
    },
    "honour": {
        "staged": State("Chờ công bố", "wait", "eye-off"),
        "in_force": State("Có hiệu lực", "gold", "award"),
        "held": State("Tạm dừng", "stop", "pause"),
        "revoked": State("Không còn hiệu lực", "off", "ban"),
    },
    "story": {
        "draft": State("Đang viết", "off", "pencil"),
        "consent": State("Chờ đồng ý", "wait", "hand"),
        "scheduled": State("Đã xếp lịch", "info", "calendar"),
        "live": State("Đang đăng", "ok", "world"),
        "retracting": State("Đang gỡ", "stop", "refresh"),
        "retracted": State("Đã gỡ", "off", "eye-off"),
        "awaited": State("Chờ nội dung", "info", "clock"),
        "held": State("Tạm dừng", "stop", "pause"),
        "refused": State("Không được đồng ý", "off", "x"),
        "revoked": State("Đã gỡ hẳn", "off", "ban"),
        "doubted": State("Tạm ẩn", "stop", "eye-off"),
    },
    "consent": {
        "asked": State("Chưa trả lời", "wait", "clock"),
        "given": State("Đồng ý", "ok", "check"),
        "part": State("Đồng ý một phần", "info", "circle-check"),
        "refused": State("Không đồng ý", "off", "x"),
        "lapsed": State("Hết hạn trả lời", "off", "hourglass"),
        "withdrawn": State("Đã rút", "stop", "hand"),
    },
    "delivery": {
        "queued": State("Chờ gửi", "off", "clock"),
        "sent": State("Đã tới", "info", "send"),
        "live": State("Đã đăng", "ok", "world"),
        "retrying": State("Sẽ gửi lại", "wait", "refresh"),
        "failed": State("Gửi hỏng", "stop", "alert"),
        "superseded": State("Không cần gửi nữa", "off", "circle-minus"),
        "retracting": State("Đang gỡ", "stop", "refresh"),
        "retracted": State("Đã gỡ", "off", "eye-off"),
        "unconfirmed": State("Chưa xác nhận gỡ", "wait", "hourglass"),
    },
    "run": {
        "waiting": State("Chờ đến lượt", "wait", "clock"),
        "running": State("Đang chạy", "run", "refresh"),
        "done": State("Xong", "ok", "check"),
        "failed": State("Chưa làm được", "stop", "alert"),
    },
    "message": {
        "unread": State("Chưa đọc", "wait", "bell"),
        "read": State("Đã đọc", "off", "check"),
    },
    "parked": {
        "parked": State("Thư treo", "stop", "plug"),
        "replayed": State("Đã phát lại", "ok", "refresh"),
        "discarded": State("Đã bỏ", "off", "ban"),
    },
}
"""By family and state."""
