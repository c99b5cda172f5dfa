"""What the walk over nomination's routes finds of dossiers."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text

from tests.support import factories as make
from tests.support.site import Site
from tests.support.walk import THEIRS, Step

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"

Places = Mapping[str, Mapping[str, str]]


def proof_of(code: str) -> UUID:
    """The id of the evidence of a dossier."""
    return UUID(int=900 + int(code[-4:]))


async def know_proofs(site: Site, codes: Iterable[str]) -> None:
    """Give the one piece of evidence of each dossier an id that is known."""
    own = "select c.id from claims c join nominations n on n.id = c.nomination_id where n.code = :code"
    async with site.database.transaction() as session:
        for code in codes:
            about = {"code": code, "id": proof_of(code)}
            await session.execute(text(f"update evidence set id = :id where claim_id = ({own})"), about)


def dossier_steps(file: str, files: Places, claims: Places) -> dict[str, Step]:
    """What is done in a dossier until it is handed in or taken back."""
    evidence = {place: {**filled, "evidence_id": str(proof_of(filled["code"]))} for place, filled in files.items()}
    removed = {place: {**filled, "evidence_id": str(UUID(int=899))} for place, filled in files.items()}
    proofs = {place: {**filled, "kind": "person"} for place, filled in claims.items()}
    return {
        f"GET {file}": Step(files),
        f"GET {file}/tieu-chi/{{criterion}}": Step(claims),
        f"POST {file}/tieu-chi/{{criterion}}": Step(claims, {"text": "Lời mới.", "version": "1"}),
        f"POST {file}/tieu-chi/{{criterion}}/luu": Step(claims, {"text": "Lời mới hơn.", "version": "0"}),
        f"POST {file}/tieu-chi/{{criterion}}/tep": Step(claims, files={"file": ("a.pdf", PDF)}),
        f"POST {file}/tieu-chi/{{criterion}}/du": Step(claims, {"text": "Lời chưa lưu."}),
        f"POST {file}/tieu-chi/{{criterion}}/xac-minh": Step(claims, {"found": "verified", "how": "Đã xem sổ dự giờ."}),
        f"GET {file}/tieu-chi/{{criterion}}/minh-chung/{{kind}}": Step(proofs),
        f"POST {file}/tieu-chi/{{criterion}}/minh-chung/{{kind}}": Step(
            proofs, {"role": "Tổ trưởng", "about": "Đã dự."}
        ),
        f"GET {file}/minh-chung/{{evidence_id}}/bo": Step(evidence),
        f"POST {file}/minh-chung/{{evidence_id}}/bo": Step(removed),
        f"GET {file}/y-kien": Step(files),
        f"POST {file}/y-kien": Step(files, {"voice": "parent", "who": "phụ huynh", "text": "Cô rất tận tâm."}),
        f"GET {file}/dong-y": Step(files),
        f"POST {file}/dong-y": Step(files),
        f"GET {file}/giay-to": Step(files),
        f"POST {file}/giay-to": Step(files),
        f"POST {file}/giay-to/mau": Step(files, {"form": "none"}),
        f"POST {file}/giay-to/mo": Step(files, {"field": "ethnicity"}),
        f"POST {file}/giay-to/bao-cao.docx": Step(files),
        f"GET {file}/giay-to/xoa": Step(files),
        f"POST {file}/giay-to/xoa": Step(files),
        f"GET {file}/xac-nhan": Step(files),
        f"POST {file}/xac-nhan": Step(files, {"edits": "0"}),
        f"GET {file}/lien-he": Step(files),
        f"POST {file}/lien-he": Step(files, {"email-self": "x@y.vn"}),
        f"POST {file}/lien-he/luu": Step(files, {"email-self": "x@y.vn"}),
        f"GET {file}/phong-trao": Step(files),
        f"POST {file}/phong-trao": Step(files, {"task": "chuyển đổi số"}),
        f"GET {file}/gui": Step(files),
        f"POST {file}/gui": Step(files, make.NO_KIN),
        f"GET {file}/cac-ban": Step(files),
        f"GET {file}/tep/{{sha256}}": Step({THEIRS: {**files[THEIRS], "sha256": "0" * 64}}),
        f"GET {file}/tep/{{sha256}}/nho": Step({THEIRS: {**files[THEIRS], "sha256": "0" * 64}}),
        f"GET {file}/rut": Step(files),
        f"POST {file}/rut": Step(files, {"version": "0"}),
        f"GET {file}/hanh-trinh": Step(files),
    }
