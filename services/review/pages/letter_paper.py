"""A covering letter as a paper to sign: papers are Vietnamese, whoever takes them out."""

from collections.abc import Sequence

from services.review.queries.letters import Going
from services.review.tables import Letter
from shared.looks import CATEGORIES
from shared.papers import add_table, add_words, begin_paper, end_paper


def paper_of(letter: Letter, covered: Sequence[Going], issuer: str, above: str) -> bytes:
    """The letter with its list, as .docx; `issuer` and `above` are the agencies' names in full."""
    made = begin_paper(issuer, letter.number, letter.dated, "Tờ trình", "Về việc đề nghị xét khen thưởng")
    add_words(made, f"Kính gửi: {above}.")
    add_words(made, letter.words)
    add_words(made, f"Danh sách gồm {len(covered)} hồ sơ:")
    rows = [
        (number, one.case.code, one.name, CATEGORIES[one.case.category], one.unit, one.honour)
        for number, one in enumerate(covered, 1)
    ]
    add_table(made, ("TT", "Mã hồ sơ", "Tập thể, cá nhân", "Đối tượng", "Đơn vị", "Đã được khen"), rows)
    return end_paper(made, ["Như trên;", "Lưu: VT."], "Thủ trưởng cơ quan")
