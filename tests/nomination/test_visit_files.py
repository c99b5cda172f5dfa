"""Photos and other files of a visit: who sends them in, who opens them, and which are not taken."""

import hashlib
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from services.nomination.queries.kept_files import needed_files
from services.nomination.rules.supervision import MOST_FILES
from shared import uploads
from shared.files import path_of
from tests.support import factories as make
from tests.support.pictures import photo
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PATH = "/de-cu/giam-sat"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TOLD = {"unit": str(make.SCHOOL), "when": "10/10/2024", "party": "Đỗ Văn Bình"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def noted(site: Site) -> str:
    """The address of a visit to the school, written down by a supervisor."""
    async with site.signed_in("supervisor") as person:
        answer = await person.post(f"{PATH}/moi", data=TOLD)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def placed() -> bytes:
    """A photo that tells where it was taken."""
    made, out = Image.open(io.BytesIO(photo("JPEG", (900, 600), noise=1))), io.BytesIO()
    exif = made.getexif()
    exif.get_ifd(0x8825)[1] = "N"
    made.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def kept(site: Site) -> list[tuple[Any, ...]]:
    query = "select file_name, media_type, caption from visit_files order by id"
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_a_photo_is_seen_small_and_opened_by_those_who_read_the_visit(site: Site) -> None:
    visit = await noted(site)
    sent: dict[str, Any] = {"data": {"caption": "Bảng tin của trường"}, "files": {"file": ("Bảng tin.jpg", placed())}}
    async with site.signed_in("supervisor") as person:
        told = [(await person.post(f"{visit}/tep", **sent)).status_code for _ in range(2)]
        page = await person.get(visit)
    assert (told, await kept(site)) == ([303, 303], [("Bảng tin.jpg", "image/jpeg", "Bảng tin của trường")])
    assert "Bảng tin của trường tệp Bảng tin.jpg" in text_of(page)
    (place,) = re.findall(rf'href="({visit}/tep/[^"]+)"', page.text)
    assert f'src="{place}/nho"' in page.text
    seen = {}
    for name, role, unit in (
        ("own", "head", make.SCHOOL),
        ("officer", "officer", None),
        ("foreign", "head", make.OTHER_SCHOOL),
        ("nominator", "nominator", make.SCHOOL),
    ):
        async with site.signed_in(role, unit=unit, subject=name) as reader:
            answers = [await reader.get(place + part) for part in ("", "/nho")]
            changed = await reader.post(f"{visit}/tep", files={"file": ("a.pdf", PDF)})
            removed = await reader.post(f"{place}/bo")
            seen[name] = (*(one.status_code for one in answers), changed.status_code, removed.status_code)
            if name == "own":
                whole, small = answers
    assert seen == {
        "own": (200, 200, 403, 403),
        "officer": (200, 200, 303, 303),
        "foreign": (404, 404, 403, 403),
        "nominator": (403, 403, 403, 403),
    }
    assert whole.headers["content-disposition"].startswith("attachment; ")
    assert dict(Image.open(io.BytesIO(whole.content)).getexif().get_ifd(0x8825)) == {}
    assert (small.headers["content-type"], max(Image.open(io.BytesIO(small.content)).size)) == ("image/webp", 320)
    assert await kept(site) == [("a.pdf", "application/pdf", "")], "the officer took the photo off and gave a paper"
    async with site.signed_in("supervisor") as person:
        assert [(await person.get(place + part)).status_code for part in ("", "/nho")] == [404, 404]
        assert (await person.post(f"{place}/bo")).status_code == 303, "gone already"
    async with site.database.reading() as session:
        query = "select verb from audit where verb like 'visit.file%' order by id"
        verbs = list(await session.scalars(text(query)))
    assert verbs == ["visit.file_added", "visit.file_added", "visit.file_removed"]


async def test_whoever_reads_a_visit_for_what_it_found_opens_its_files(site: Site) -> None:
    visit = await noted(site)
    place = f"{visit}/tep/{hashlib.sha256(PDF).hexdigest()}"
    async with site.signed_in("supervisor") as person:
        await person.post(f"{visit}/tep", files={"file": ("a.pdf", PDF)})
        await person.post(f"{visit}/dieu", data={"text": "Chưa phổ biến.", "due_on": "30/10/2024"})
    async with site.signed_in("head", unit=make.OTHER_SCHOOL, subject="khac") as head:
        before = (await head.get(place)).status_code
        async with site.database.transaction() as session:
            await session.execute(text("update visit_findings set unit_id = :id"), {"id": make.OTHER_SCHOOL})
        assert (before, (await head.get(place)).status_code) == (404, 200)


async def test_what_is_no_file_of_these_kinds_or_too_many_is_said_and_the_words_stay(site: Site) -> None:
    visit = await noted(site)
    words = {"caption": "Bảng tin của trường"}
    async with site.signed_in("supervisor") as person:
        told: tuple[tuple[dict[str, Any], str], ...] = (
            ({"files": {"file": ("a.exe", b"MZ\x90\x00")}}, "Không nhận loại tệp này"),
            ({"files": {"file": ("a.jpg", PDF)}}, "Đuôi tên tệp không đúng"),
            ({}, "Tệp này trống"),
        )
        for sent, said in told:
            answer = await person.post(f"{visit}/tep", data=words, **sent)
            found = (answer.status_code, said in text_of(answer), words["caption"] in answer.text)
            assert found == (422, True, True), (said, text_of(answer))
        long = await person.post(f"{visit}/tep", data={"caption": "a" * 201}, files={"file": ("a.pdf", PDF)})
        assert (long.status_code, "Dài quá 200" in text_of(long), await kept(site)) == (422, True, [])
        for number in range(MOST_FILES + 1):
            answer = await person.post(f"{visit}/tep", files={"file": ("a.pdf", PDF + b"%" * number)})
    assert (answer.status_code, "đã có 20 tệp" in text_of(answer), len(await kept(site))) == (422, True, 20)


async def test_a_file_lies_in_the_store_as_long_as_a_visit_has_it(site: Site) -> None:
    visit, sha256 = await noted(site), hashlib.sha256(PDF).hexdigest()
    now, swept = datetime.now(UTC), []
    async with site.signed_in("supervisor") as person:
        await person.post(f"{visit}/tep", files={"file": ("biên bản.pdf", PDF)})
        async with site.database.transaction() as session:
            await session.execute(text("update files set put_at = put_at - interval '2 days'"))
        for step in ("", f"{visit}/tep/{sha256}/bo"):
            assert not step or (await person.post(step)).status_code == 303
            swept.append(await uploads.sweep(site.database, site.runtime.objects, now, needed=needed_files()))
    assert (swept, await site.runtime.objects.exists(path_of("nomination", sha256))) == ([0, 1], False)
