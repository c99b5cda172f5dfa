"""The report of achievements that an award asks for, as a paper to sign: papers are Vietnamese."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.nomination.queries import Dossier
from services.nomination.rules.particulars import Ask
from shared.papers import add_table, add_words, begin_paper, end_paper

BLANK = "…"


def paper_of(dossier: Dossier, title: str, asks: Sequence[Ask], opened: Mapping[str, str], on: date) -> bytes:
    """The filled form as .docx; `opened`: values by field, what is not in it stays to be written by hand."""
    made = begin_paper(dossier.unit_then, "", on, title, dossier.subject.name)
    made.add_paragraph().add_run("I. SƠ LƯỢC LÝ LỊCH").bold = True
    rows = [("Họ và tên", dossier.subject.name), ("Chức vụ", dossier.subject.position or BLANK)]
    rows += [("Đơn vị công tác", dossier.unit_then)]
    rows += [(ask.label, opened.get(ask.field, BLANK)) for ask in asks]
    add_table(made, ("Mục", "Nội dung"), rows)
    made.add_paragraph()
    made.add_paragraph().add_run("II. THÀNH TÍCH ĐẠT ĐƯỢC").bold = True
    for number, answer in enumerate((one for one in dossier.answers if one.claim and one.claim.text), start=1):
        made.add_paragraph().add_run(f"{number}. {dossier.words_of(answer.criterion)}").bold = True
        add_words(made, answer.claim.text if answer.claim else "")
        for proof in answer.evidence:
            made.add_paragraph(proof.text or proof.file_name or "", style="List Bullet")
    return end_paper(made, ["Hội đồng thi đua, khen thưởng;", "Lưu: VT."], "Người báo cáo")
