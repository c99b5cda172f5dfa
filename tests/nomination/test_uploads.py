"""Files that somebody ties to a claim: seen small, opened again, sent twice, scanned."""

import asyncio
import hashlib
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from services.nomination.queries.kept_files import needed_files
from shared import uploads
from tests.support import factories as make
from tests.support.pictures import photo
from tests.support.scanner import saying
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


async def draft(site: Site) -> str:
    """The path of a draft."""
    plan = await make.plan(site.database)
    return f"/de-cu/ho-so/{(await make.draft(site.database, plan.open)).code}"


def nominator(site: Site) -> Any:
    return site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh")


async def kept(site: Site) -> list[tuple[Any, ...]]:
    query = "select file_name, media_type, sha256, size from evidence where sha256 is not null order by id"
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


def stored(site: Site) -> list[str]:
    """What lies in the object store, as paths."""
    folder = site.folder / "objects"
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


async def test_a_picture_is_seen_small_and_opened_again_and_sent_twice_it_is_there_once(sites: Sites) -> None:
    site = await sites("nomination")
    place = await draft(site)
    sent = photo("JPEG", (900, 600), noise=1)
    async with nominator(site) as by:
        for _ in range(2):
            answer = await by.post(f"{place}/tieu-chi/GV1/tep", files={"file": ("Ảnh lớp.jpg", sent)})
            assert answer.status_code == 303
        page = await by.get(f"{place}/tieu-chi/GV1")
        ((name, media_type, sha256, size),) = await kept(site)
        assert [re.findall(rf'{kind}="({place}/tep/[^"]+)"', page.text) for kind in ("href", "src")] == [
            [f"{place}/tep/{sha256}"],
            [f"{place}/tep/{sha256}/nho"],
        ]
        whole, small = [await by.get(f"{place}/tep/{sha256}{part}") for part in ("", "/nho")]
        nothing = await by.get(f"{place}/tep/{'0' * 64}")
    assert (name, media_type, size) == ("Ảnh lớp.jpg", "image/jpeg", len(whole.content))
    assert hashlib.sha256(whole.content).hexdigest() == sha256
    assert "%E1%BA%A2nh%20l%E1%BB%9Bp.jpg" in whole.headers["content-disposition"]
    assert (small.headers["content-type"], max(Image.open(io.BytesIO(small.content)).size)) == ("image/webp", 320)
    assert nothing.status_code == 404
    assert stored(site) == [f"nomination/files/{sha256}", f"nomination/small/{sha256}"]
    async with site.signed_in("nominator", unit=make.OTHER_SCHOOL) as other:
        assert [(await other.get(f"{place}/tep/{sha256}{part}")).status_code for part in ("", "/nho")] == [404, 404]


async def test_a_paper_has_no_small_picture(sites: Sites) -> None:
    site = await sites("nomination")
    place = await draft(site)
    async with nominator(site) as by:
        assert (await by.post(f"{place}/tieu-chi/GV1/tep", files={"file": ("giấy.pdf", PDF)})).status_code == 303
        page = await by.get(f"{place}/tieu-chi/GV1")
        sha256 = hashlib.sha256(PDF).hexdigest()
        answers = [await by.get(f"{place}/tep/{sha256}{part}") for part in ("", "/nho")]
    assert "/nho" not in page.text
    assert [(one.status_code, one.content == PDF) for one in answers] == [(200, True), (404, False)]


async def test_what_nothing_is_tied_to_is_swept_after_a_day_and_nothing_else(sites: Sites) -> None:
    site = await sites("nomination")
    place = await draft(site)
    async with nominator(site) as by:
        for name, content in (("giấy.pdf", PDF), ("ảnh.jpg", photo("JPEG", (900, 600), noise=1))):
            sent = await by.post(f"{place}/tieu-chi/GV1/tep", files={"file": (name, content)})
            assert sent.status_code == 303
        page = await by.get(f"{place}/tieu-chi/GV1")
        removal = re.findall(rf'"({place}/minh-chung/[^"]+/bo)">[^<]*<span class="unseen">: ảnh', page.text)[0]
        assert "tệp bị xóa khỏi kho trong vòng một ngày" in text_of(await by.get(removal))
        assert (await by.post(removal)).headers["location"] == f"{place}/tieu-chi/GV1"
        assert (await by.post(removal)).headers["location"] == place  # pressed twice
    assert [one[0] for one in await kept(site)] == ["giấy.pdf"]
    whole = stored(site)
    soon, later = datetime.now(UTC) + timedelta(hours=23), datetime.now(UTC) + timedelta(hours=25)
    for now, count in ((soon, 0), (later, 1), (later, 0)):
        assert await uploads.sweep(site.database, site.runtime.objects, now, needed=needed_files()) == count
    paper = hashlib.sha256(PDF).hexdigest()
    assert (len(whole), stored(site)) == (3, [f"nomination/files/{paper}"])


async def unneeded(site: Site, place: str) -> None:
    """A file that was sent two days ago, and that nothing is tied to any more."""
    async with nominator(site) as by:
        await by.post(f"{place}/tieu-chi/GV1/tep", files={"file": ("giấy.pdf", PDF)})
    async with site.database.transaction() as session:
        await session.execute(text("delete from evidence where sha256 is not null"))
        await session.execute(text("update files set put_at = put_at - interval '2 days'"))


async def test_a_file_that_is_sent_again_while_it_is_swept_is_put_there_anew(sites: Sites) -> None:
    site = await sites("nomination")
    place = await draft(site)
    await unneeded(site, place)
    sha256 = hashlib.sha256(PDF).hexdigest()
    async with nominator(site) as by:
        async with site.database.transaction() as sweeping:  # as the sweeper does it, step by step
            await sweeping.execute(text("select 1 from files for update"))
            sent = asyncio.create_task(by.post(f"{place}/tieu-chi/GV1/tep", files={"file": ("giấy.pdf", PDF)}))
            done, _ = await asyncio.wait([sent], timeout=0.5)
            assert done == set()  # it waits for the row
            await site.runtime.objects.delete(f"nomination/files/{sha256}")
            await sweeping.execute(text("delete from files"))
        assert (await sent).status_code == 303
        assert (await by.get(f"{place}/tep/{sha256}")).content == PDF


async def test_a_file_that_is_being_sent_again_is_not_swept(sites: Sites) -> None:
    site = await sites("nomination")
    await unneeded(site, await draft(site))
    whole = stored(site)
    async with site.database.transaction() as sending:
        await sending.execute(text("update files set put_at = now()"))
        about = {"needed": needed_files()}
        assert await uploads.sweep(site.database, site.runtime.objects, datetime.now(UTC), **about) == 0
    assert await uploads.sweep(site.database, site.runtime.objects, datetime.now(UTC), **about) == 0
    assert stored(site) == whole


async def test_evidence_stays_where_the_dossier_cannot_be_changed(sites: Sites) -> None:
    site = await sites("nomination")
    place = await draft(site)
    async with nominator(site) as by:
        page = await by.get(f"{place}/tieu-chi/GV1")
        removal = re.findall(rf'href="({place}/minh-chung/[^"]+/bo)"', page.text)[0]
        async with site.database.transaction() as session:
            await session.execute(text("update nominations set state = 'submitted', revision = 1"))
        assert "Không bỏ được" in text_of(await by.get(removal))
        refused = await by.post(removal)
        assert (refused.status_code, "Không bỏ được" in text_of(refused)) == (409, True)
        assert '/bo"' not in (await by.get(f"{place}/tieu-chi/GV1")).text
    async with site.database.reading() as session:
        assert (await session.execute(text("select count(*) from evidence"))).scalar_one() == 1


def scanned_by(scanner: str) -> Callable[[dict[str, Any]], None]:
    return lambda settings: settings.update(clamd=scanner)


@pytest.mark.parametrize(
    ("said", "told", "where"),
    [
        (b"stream: Own.Test FOUND\0", "Tệp có mã độc nên không được nhận.", ["nomination/quarantine/"]),
        (b"stream: OK\0", "", ["nomination/files/"]),
        (b"", "Hiện chưa kiểm tra được tệp.", []),
    ],
    ids=["bad", "clean", "silent"],
)
async def test_what_a_scanner_says_decides(sites: Sites, said: bytes, told: str, where: list[str]) -> None:
    async with saying(said) as scanner:
        site = await sites("nomination", change=scanned_by(scanner))
        place = await draft(site)
        async with nominator(site) as by:
            answer = await by.post(f"{place}/tieu-chi/GV1/tep", files={"file": ("giấy.pdf", PDF)})
    assert (answer.status_code, told in text_of(answer)) == (422 if told else 303, True)
    assert stored(site) == [folder + hashlib.sha256(PDF).hexdigest() for folder in where]
    assert len(await kept(site)) == (0 if told else 1)
