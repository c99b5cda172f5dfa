"""One person, team or model across lines and years: found again, made one, and everything that came of it."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.queries import Dossier, subjects
from services.nomination.queries.subjects import Other
from services.nomination.rules.subjects import Why

WHYS = {
    Why.MERGED: "đã gộp là một",
    Why.REFERENCE: "cùng mã ngành",
    Why.FILE: "cùng tệp minh chứng",
    Why.BORN: "cùng năm sinh",
    Why.NAME: "cùng tên",
    Why.UNIT: "cùng đơn vị",
    Why.MARKS: "tên chỉ khác dấu",
    Why.ORDER: "tên cùng các chữ, khác thứ tự",
}


async def others_of(session: AsyncSession, dossier: Dossier) -> list[Other]:
    """Other dossiers that may be of the same subject, as far as the reader sees them."""
    return await subjects.found_again(session, dossier.nomination, dossier.subject, dossier.files)
