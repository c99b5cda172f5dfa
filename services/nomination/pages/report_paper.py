"""A report as a paper to sign: papers are Vietnamese, whoever takes them out."""

from collections.abc import Mapping, Sequence

from services.nomination.rules.reports import Part
from services.nomination.tables import Report
from shared.papers import add_table, add_words, begin_paper, end_paper

HEADINGS = {Part.DONE: "1. Việc đã làm", Part.LESSONS: "2. Bài học kinh nghiệm", Part.ASKS: "3. Đề nghị"}


def paper_of(
    report: Report,
    title: str,
    issuer: str,
    above: str,
    tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[object]]]],
) -> bytes:
    """The report with its figures as an annex, as .docx; `tables`: heads and rows by caption."""
    made = begin_paper(issuer, "", report.until_on, "Báo cáo", title)
    if above:
        add_words(made, f"Kính gửi: {above}.")
    add_words(made, f"(Số liệu từ ngày {report.from_on:%d/%m/%Y} đến hết ngày {report.until_on:%d/%m/%Y})")
    for part, heading in HEADINGS.items():
        if report.words.get(part):
            made.add_paragraph().add_run(heading).bold = True
            add_words(made, report.words[part])
    made.add_paragraph().add_run("PHỤ LỤC SỐ LIỆU").bold = True
    for caption, (heads, rows) in tables.items():
        made.add_paragraph(caption)
        add_table(made, heads, rows)
    return end_paper(made, ["Như trên;", "Lưu: VT."], "Thủ trưởng đơn vị")
