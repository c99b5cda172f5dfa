"""Which files are taken, told by their content."""

import hashlib
import io
import unicodedata
import zipfile

import pytest

from shared.files import DOCX, MOST_BYTES, PDF, XLSX, Accepted, FileProblem, FileRefused, accept, clean_name

pytestmark = pytest.mark.unit

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + bytes(40) + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40)
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40)
PAPER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PROGRAM = b"MZ\x90\0" + bytes(200)


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, "<xml/>")
    return content.getvalue()


WORD = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/embeddings/bảng.xlsx")
EXCEL = archive("xl/workbook.xml", "[Content_Types].xml")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("ảnh.jpg", JPEG, "image/jpeg"),
        ("ảnh.JPEG", JPEG, "image/jpeg"),
        ("ảnh.png", PNG, "image/png"),
        ("ảnh.webp", WEBP, "image/webp"),
        ("giấy khen.pdf", PAPER, PDF),
        ("báo cáo.docx", WORD, DOCX),
        ("danh sách.xlsx", EXCEL, XLSX),
    ],
)
def test_a_file_of_each_kind_is_taken(name: str, content: bytes, media_type: str) -> None:
    assert accept(name, content) == Accepted(hashlib.sha256(content).hexdigest(), len(content), media_type, name)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.pdf", b"", FileProblem.EMPTY),
        ("a.pdf", PAPER + bytes(MOST_BYTES), FileProblem.TOO_LARGE),
        ("a.exe", PROGRAM, FileProblem.NOT_ALLOWED),
        ("a.txt", "xin chào".encode(), FileProblem.NOT_ALLOWED),
        ("a.zip", archive("a.txt"), FileProblem.NOT_ALLOWED),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", FileProblem.NOT_ALLOWED),
        ("ảnh.jpg", PROGRAM, FileProblem.DISGUISED),
        ("ảnh.jpg", b"<html><script>x</script>\xff\xd9", FileProblem.DISGUISED),
        ("ảnh.jpg", PNG, FileProblem.DISGUISED),
        ("báo cáo.docx", archive("a.txt"), FileProblem.DISGUISED),
        ("báo cáo.docx", EXCEL, FileProblem.DISGUISED),
        ("báo cáo.docx", b"PK\x03\x04 broken", FileProblem.DISGUISED),
        ("báo cáo.docx.exe", WORD, FileProblem.DISGUISED),
        ("a.docx", archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), FileProblem.MACROS),
    ],
)
def test_what_is_not_taken_is_told_why(name: str, content: bytes, problem: FileProblem) -> None:
    with pytest.raises(FileRefused) as refused:
        accept(name, content)
    assert (refused.value.problem, "Hãy" in refused.value.text) == (problem, True)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        (r"C:\Users\Lan\Ảnh lớp.jpg", "Ảnh lớp.jpg"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        (unicodedata.normalize("NFD", "Giấy khen.pdf"), "Giấy khen.pdf"),
        ("a\n b\t\x00c\u202egpj.pdf", "a b cgpj.pdf"),
        ("..", "tệp"),
        ("x" * 200 + ".docx", "x" * 115 + ".docx"),
        ("x" * 200, "x" * 120),
    ],
)
def test_names_are_cleaned_once_and_for_all(given: str, clean: str) -> None:
    assert (clean_name(given), clean_name(clean)) == (clean, clean)


def test_a_name_without_extension_gets_that_of_its_content() -> None:
    assert accept("ảnh", JPEG).name == "ảnh.jpg"
