"""The text of a file that somebody chose: Word, PDF with letters in it, or plain text."""

from services.nomination.actions.plan_texts import BadText
from shared.apart import Unreadable, read_apart
from shared.files import DOCX, PDF, accept

READERS = {DOCX: "shared.texts:word", PDF: "shared.texts:pdf"}
UNREADABLE = "Không đọc được tệp này. Hãy mở tệp, chép toàn bộ chữ rồi dán vào ô bên trên."


async def text_of(name: str, content: bytes) -> str:
    """The letters of a file. Raises BadText; FileRefused for what is no such file, or a disguised one."""
    if name.lower().endswith(".txt"):
        return _plain(content)
    reader = READERS.get(accept(name, content).media_type)
    if reader is None:
        raise BadText("Chỉ đọc được tệp Word (.docx), PDF hoặc văn bản thuần (.txt).")
    try:
        text: str = await read_apart(reader, content)
    except Unreadable:
        raise BadText(UNREADABLE) from None
    return text


def _plain(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1258"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadText(UNREADABLE)
