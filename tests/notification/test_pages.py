"""The in-app inbox, and where everybody lands."""

import pytest
from uuid_utils.compat import uuid7

from services.notification.actions import messages
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

CODES = {"hanh": "TB-24-0001", "viet": "TB-24-0002"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("notification")
    async with made.database.transaction() as session:
        for who in ("https://id|hanh", "https://id|viet"):
            await messages.tell(session, "tan-binh", uuid7(), who, notice="returned", code=CODES[who[-4:]], at=make.AT)
    return made


async def test_everybody_sees_ones_own_messages_and_marks_them_read(site: Site) -> None:
    async with site.signed_in("nominator", unit=make.SCHOOL, subject="hanh") as hanh:
        work = text_of(await hanh.get("/viec"))
        assert ("1 tin chưa đọc" in work, CODES["hanh"] in work, CODES["viet"] in work) == (True, True, False)
        assert ("Hồ sơ đề cử của đơn vị" in work, "Hồ sơ xét" in work) == (True, False)
        inbox = text_of(await hanh.get("/thong-bao"))
        said = "Hồ sơ TB-24-0001 cần bổ sung Hội đồng trả lại hồ sơ TB-24-0001. Lời đề nghị bổ sung nằm trong hồ sơ."
        assert (f"{said} 09:00 15/10/2024 Chưa đọc" in inbox, CODES["viet"] in inbox) == (True, False)
        unread, read = await hanh.get("/thong-bao?trang-thai=unread"), await hanh.get("/thong-bao?trang-thai=read")
        assert (CODES["hanh"] in unread.text, CODES["hanh"] in read.text) == (True, False)
        assert (await hanh.post("/thong-bao/da-doc")).status_code == 303
        assert "09:00 15/10/2024 Đã đọc" in text_of(await hanh.get("/thong-bao"))
        assert "Không có tin mới." in text_of(await hanh.get("/viec"))
    async with site.signed_in("member", subject="viet") as viet:
        assert "1 tin chưa đọc" in text_of(await viet.get("/viec"))


async def test_messages_speak_the_language_of_whoever_reads_them(site: Site) -> None:
    async with site.signed_in("nominator", unit=make.SCHOOL, subject="hanh") as hanh:
        said = text_of(await hanh.get("/thong-bao?lang=en"))
        found = [
            (await hanh.get("/thong-bao/tim/so", params={"q": one, "lang": "en"})).text
            for one in ("needs to be", "bổ sung", "0001")
        ]
    assert "File TB-24-0001 needs to be completed" in said
    assert found == ["1", "0", "1"]


async def test_who_is_not_signed_in_sees_no_messages(site: Site) -> None:
    async with site.anybody() as anybody:
        for path in ("/viec", "/thong-bao"):
            answer = await anybody.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/vao?ve={path}")
        # A part of a page that is open already leads nowhere: what was typed on that page would be lost.
        part = await anybody.get("/viec/so", headers={"hx-request": "true"})
        assert (part.status_code, part.text) == (401, "")


async def test_signing_out_ends_the_session_here_and_tells_the_others(site: Site) -> None:
    token = site.token("editor")
    async with site.client({"cookie": f"__Host-gs={token}"}) as editor:
        assert (await editor.get("/viec")).status_code == 200
        left = await editor.post("/ra")
        assert (left.status_code, left.headers["location"]) == (303, "/ra")
        assert (await editor.get("/viec")).status_code == 303
