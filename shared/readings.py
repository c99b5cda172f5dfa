"""Who read what about a person: an audit line before anything is shown, and the page that shows these lines.

A page is read in a read-only transaction. Once it is known who may see what, and before a byte of it leaves, the line
is written in a short transaction of its own; where it cannot be written, nothing is shown. To keep the log of use, a
person leaves one line per verb, thing and hour of real time: further pages of the same dossier within the hour add
none, and two that come in the same instant may leave two.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.audit import Actor
from shared.database import Database
from shared.identity.people import ROLE_NAMES
from shared.listing import MOST_COUNTED, Cell, Column, Said

DOSSIER, CONTACTS, FILE, PAPER, EXPORT = "dossier.read", "contacts.read", "file.read", "paper.read", "dossier.exported"
PARTICULAR = "particular.read"
"""Written down every time, not once an hour."""
VERBS = {
    DOSSIER: "Đọc hồ sơ",
    CONTACTS: "Xem liên hệ và ngày sinh",
    FILE: "Tải một tệp của hồ sơ",
    PAPER: "Xem giấy đồng ý đã ký",
    EXPORT: "Lấy hồ sơ ra bằng phần mềm",
    PARTICULAR: "Mở xem một thông tin riêng",
    "trail.shared": "Lập liên kết xem nhật ký cho người được giới thiệu",
    "nomination.started": "Bắt đầu soạn hồ sơ",
    "nomination.origin_told": "Ghi lại hồ sơ được tìm thấy qua đâu",
    "claim.written": "Viết thành tích",
    "evidence.added": "Thêm minh chứng",
    "evidence.removed": "Bỏ một minh chứng",
    "opinion.written": "Ghi một ý kiến",
    "opinion.removed": "Bỏ một ý kiến",
    "nominee.asked": "Lập liên kết hỏi ý kiến người được giới thiệu",
    "nominee.agreed": "Người được giới thiệu đồng ý",
    "nominee.declined": "Người được giới thiệu xin không được giới thiệu",
    "kin.said": "Cho biết quan hệ gia đình",
    "nomination.confirmed": "Xác nhận hồ sơ",
    "confirmation.left": "Thủ trưởng để cán bộ phụ trách xác nhận hồ sơ",
    "claim.verified": "Xác minh một thành tích",
    "claim.disputed": "Có ý kiến khác về một thành tích",
    "contacts.written": "Ghi liên hệ",
    "award_form.chosen": "Chọn mẫu giấy tờ theo hình thức khen",
    "particular.written": "Ghi một thông tin riêng",
    "particulars.erased": "Xóa thông tin riêng",
    "nomination.submitted": "Gửi hồ sơ",
    "nomination.revised": "Gửi lại hồ sơ",
    "nomination.withdrawn": "Rút hồ sơ",
    "material.given": "Hệ thống chuyển tư liệu viết bài",
    "reason.taken": "Hệ thống nhận lý do trả lại",
    "case.opened": "Hệ thống mở hồ sơ xét",
    "case.reopened": "Hệ thống mở lại hồ sơ xét",
    "dossier.taken": "Hệ thống nhận gói hồ sơ",
    "case.returned": "Trả lại hồ sơ",
    "case.referred": "Trình cấp trên",
    "case.withdrawal_heard": "Hệ thống nhận tin rút hồ sơ",
    "referral.offered": "Hệ thống nhận hồ sơ cấp dưới trình",
    "referral.sent": "Hệ thống gửi hồ sơ lên cấp trên",
    "referral.failed": "Hệ thống chưa gửi được hồ sơ lên cấp trên",
    "referral.sent_again": "Gửi lại hồ sơ lên cấp trên",
    "referral.recall_asked": "Xin thu hồ sơ về",
    "referral.recalled": "Thu hồ sơ về",
    "referral.reason_taken": "Hệ thống nhận lý do trả lại",
    "ballot.opened": "Mở phiếu",
    "ballot.closed": "Đóng phiếu",
    "exemplar.honoured": "Ghi quyết định khen",
    "honour.held": "Tạm dừng khen thưởng",
    "honour.in_force": "Khôi phục khen thưởng",
    "honour.revoked": "Thu hồi khen thưởng",
    "referral.accepted": "Tiếp nhận hồ sơ cấp dưới trình",
    "referral.returned": "Trả lại hồ sơ cấp dưới trình",
    "sheet.submitted": "Nộp phiếu chấm",
    "review.completed": "Kết luận",
}
"""How the acts read that a dossier's log may hold."""
READ = (DOSSIER, CONTACTS, FILE, PAPER, EXPORT, PARTICULAR)
"""What the person concerned is shown."""
PAGE = 100
AS_FILE = MOST_COUNTED
"""How many lines of a log stand on its page, and in its file."""

_KNOWN = text(
    "select 1 from audit where agency = :agency and object = :object and actor = :actor and role = :role"
    " and verb = :verb and recorded_at > clock_timestamp() - interval '1 hour' limit 1"
)
_LINES = text(
    "select id, at, recorded_at, actor, role, unit_id, verb from audit"
    " where agency = :agency and object = any(:objects) and (:below = 0 or id < :below)"
    " and (cast(:verbs as text[]) is null or verb = any(cast(:verbs as text[])))"
    " order by id desc limit :most"
)


@dataclass(frozen=True)
class Line:
    """One line of a log: who, in which role and for which unit, did what; nothing of a person concerned."""

    id: int
    at: datetime
    recorded_at: datetime
    actor: str
    role: str
    unit_id: UUID | None
    verb: str

    @property
    def who(self) -> str:
        """The account without its provider's address; empty where nobody acted but the system."""
        return "" if self.actor.startswith("system:") else self.actor.rsplit("|", 1)[-1]

    @property
    def what(self) -> str:
        """The act in Vietnamese; one without words of its own as the log has it."""
        return VERBS.get(self.verb, self.verb)


LOG = (Column("Lúc"), Column("Việc"), Column("Tài khoản"), Column("Vai trò"), Column("Đơn vị"))


def log_rows(lines: Sequence[Line], units: Mapping[Any, str]) -> list[tuple[Cell, ...]]:
    """The lines of a log for its file; `units`: names by id."""
    return [
        (
            line.recorded_at,
            Said(line.what),
            line.who,
            Said(ROLE_NAMES.get(line.role, "Hệ thống")),
            units.get(line.unit_id) or Said("Cả cơ quan"),
        )
        for line in lines
    ]


async def leave(database: Database, actor: Actor, verb: str, thing: UUID) -> None:
    """Write down that somebody is about to read; raises whatever keeps the line from being written."""
    about = {"agency": database.speaker.agency, "object": str(thing), "actor": actor.identity, "role": actor.role}
    async with database.transaction() as session:
        if await session.scalar(_KNOWN, {**about, "verb": verb}) is None:
            await audit.record(session, actor, verb, thing)


async def lines_of(
    session: AsyncSession,
    *,
    agency: str,
    things: Collection[UUID],
    verbs: Sequence[str] | None = None,
    below: int = 0,
    most: int = 100,
) -> Sequence[Line]:
    """The log of these things, newest first; `below` is the last id of the page before."""
    about = {"agency": agency, "objects": [str(thing) for thing in things], "verbs": list(verbs) if verbs else None}
    return [Line(*row) for row in await session.execute(_LINES, {**about, "below": below, "most": most})]
