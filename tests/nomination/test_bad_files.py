"""Files that cannot be taken, and stores that take none, are told in words."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.files import MOST_BYTES
from tests.nomination.test_bad_input import nominator, rows, said
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.pictures import photo
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PNG = photo()
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


FILES = [
    ("trống.pdf", b"", "Tệp này trống."),
    ("chương trình.exe", b"MZ" + bytes(100), "Không nhận loại tệp này."),
    ("trang.html", b"<html><script>alert(1)</script></html>", "Không nhận loại tệp này."),
    ("ảnh.png", b"MZ" + bytes(100), "Đuôi tên tệp không đúng với nội dung bên trong."),
    ("ảnh.jpg", PDF, "Đuôi tên tệp không đúng với nội dung bên trong."),
    ("to.png", PNG + bytes(MOST_BYTES), "Tệp lớn hơn 15 MB."),
    ("dở.jpg", photo("JPEG", (200, 200), noise=1)[:9_000], "Không mở được ảnh này"),
]


@pytest.mark.parametrize(("name", "content", "words"), FILES, ids=[one[0] for one in FILES])
async def test_a_file_that_cannot_be_taken_says_what_to_do(
    site: Site, plan: Plan, name: str, content: bytes, words: str
) -> None:
    draft = await make.draft(site.database, plan.open)
    before = await rows(site, "select count(*) from evidence")
    async with nominator(site) as by:
        answer = await by.post(f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1/tep", files={"file": (name, content)})
    assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert "Dạy học bằng dự án đọc sách." in answer.text
    assert await rows(site, "select count(*) from evidence") == before
    assert [one for one in (site.folder / "objects").rglob("*") if one.is_file()] == []


async def test_an_upload_beyond_all_bounds_is_cut_off_in_words(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    async with nominator(site) as by:
        answer = await by.post(
            f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1/tep", files={"file": ("a.png", PNG + bytes(MOST_BYTES + 500_000))}
        )
        nothing = await by.post(f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1/tep", data={"caption": "quên chọn"})
    assert (answer.status_code, text_of(answer).startswith("Nội dung gửi quá lớn")) == (413, True)
    assert (nothing.status_code, "Tệp này trống." in text_of(nothing)) == (422, True)


async def test_a_good_file_lies_in_the_store_once_and_goes_into_the_parcel(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    tep = f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1/tep"
    async with nominator(site) as by:
        for name in ("Ảnh <lớp>.png", "lần hai.png"):
            assert (await by.post(tep, files={"file": (name, PNG)}, data={"caption": ""})).status_code == 303
        page = await by.get(tep.removesuffix("/tep"))
        assert (await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)).status_code == 303
    assert "Ảnh &lt;lớp&gt;.png" in page.text
    kept = [str(one.relative_to(site.folder / "objects").parent) for one in (site.folder / "objects").rglob("*.*")]
    assert kept == ["nomination/parcels"]
    assert len(list((site.folder / "objects" / "nomination" / "files").iterdir())) == 1


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk on which nothing has room."""
    made = tmp_path / "full"
    made.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("mounting a small disk needs root")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", made], check=False).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    (made / "filling").write_bytes(bytes(60_000))
    yield made
    subprocess.run(["umount", "--lazy", made], check=True)


async def test_a_full_store_takes_nothing_and_loses_nothing(sites: Sites, full_disk: Path) -> None:
    site = await sites("nomination", change=lambda settings: settings.update(objects=str(full_disk)))
    plan = await make.plan(site.database)
    draft = await make.draft(site.database, plan.open)
    words = "Kho tệp đang đầy hoặc không ghi được."
    async with nominator(site) as by:
        file = await by.post(
            f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1/tep", files={"file": ("a.png", photo(size=(200, 200), noise=1))}
        )
        (full_disk / "more").write_bytes(bytes(2_000))
        sent = await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)
        assert [(one.status_code, words in text_of(one)) for one in (file, sent)] == [(422, True)] * 2
        assert (await rows(site, "select state from nominations"), await said(site)) == ([("draft",)], [])
        for one in full_disk.iterdir():
            if one.is_file():
                one.unlink()
        assert (await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)).status_code == 303
    assert await rows(site, "select state from nominations") == [("submitted",)]


async def test_a_store_that_is_away_is_told_too(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    (site.folder / "objects").rename(site.folder / "away")
    async with nominator(site) as by:
        answer = await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)
    assert (answer.status_code, "Bản nháp còn nguyên" in text_of(answer)) == (422, True)
    assert await rows(site, "select state from nominations") == [("draft",)]
