"""Whether an honour counts, as everybody may ask: today's truth, no name, no reason."""

import pytest

from services.review.actions import honours
from services.review.tables import Case
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

FACTS = (
    "Số quyết định 152/QĐ-PGDĐT Ngày quyết định 15/10/2024 Hình thức Giấy khen Cấp cấp quận"
    " Cơ quan ban hành Phòng Giáo dục và Đào tạo quận Tân Bình"
)
BOOK = "Theo sổ khen thưởng ngày 15/10/2024. Hãy so số và ngày với tờ giấy."
OTHER = "Xác minh mã khác"
NOTHING = "Không tìm thấy Sổ khen thưởng của cơ quan này không có mã ấy. Hãy xem lại mã và tên cơ quan ghi trên giấy."
ASK = "Hãy hỏi cơ quan ban hành Trang này không trả lời được về mã ấy. Cơ quan ghi trên giấy sẽ trả lời bạn."


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("review")


async def said(site: Site, path: str = "/xac-minh/TB-24-0001") -> tuple[int, str]:
    async with site.anybody() as anybody:
        page = await anybody.get(path)
    assert page.headers["cache-control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in page.text
    told = page.text.lower()
    assert [word for word in ("thảo nguyên", "mistake", "sai sót", "hoa mai", "cookie") if word in told] == []
    return page.status_code, text_of(page)


async def moved(site: Site, case: Case, act: str) -> None:
    async with site.database.transaction() as session:
        if act == "resume":
            await honours.resume(session, case_id=case.id, at=make.AT, by=make.CHAIR)
        else:
            made = {"hold": honours.hold, "revoke": honours.revoke}[act]
            await made(session, case_id=case.id, ground="mistake", at=make.AT, by=make.CHAIR)


async def test_it_says_what_the_book_says_today(site: Site) -> None:
    case, _ = await make.honoured(site.database)
    title = "Xác minh khen thưởng TB-24-0001"
    in_force = (200, f"{title} Có hiệu lực {FACTS} {BOOK} Tìm bài gương của khen thưởng này {OTHER}")
    assert await said(site) == in_force
    await moved(site, case, "hold")
    assert await said(site) == (200, f"{title} {ASK} {OTHER}")
    await moved(site, case, "resume")
    assert await said(site) == in_force
    await moved(site, case, "revoke")
    assert await said(site) == (200, f"{title} Không còn hiệu lực {FACTS} {BOOK} {OTHER}")


async def test_a_case_without_an_honour_is_not_there(site: Site) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    for code in ("TB-24-0001", "TB-24-0002"):
        assert await said(site, f"/xac-minh/{code}") == (404, f"Xác minh khen thưởng {code} {NOTHING} {OTHER}")


@pytest.mark.parametrize("typed", ["TB-24-0001", "tb-24-0001", " tb 24 0001 ", "TB–24–0001", "tb‑24‑0001"])
async def test_a_code_is_taken_as_people_type_it(site: Site, typed: str) -> None:
    async with site.anybody() as anybody:
        for base in ("", "/en"):
            found = await anybody.get(base + "/xac-minh", params={"ma": typed})
            assert (found.status_code, found.headers["location"]) == (303, base + "/xac-minh/TB-24-0001")


@pytest.mark.parametrize("typed", ["152/QĐ", "TB-24", "<script>alert(1)</script>", "//evil.example", "x" * 500])
async def test_what_is_no_code_is_asked_again(site: Site, typed: str) -> None:
    async with site.anybody() as anybody:
        asked = await anybody.get("/xac-minh", params={"ma": typed})
        empty = await anybody.get("/xac-minh")
    assert (asked.status_code, "Mã có dạng TB-24-0001" in text_of(asked), "<script>alert" in asked.text) == (
        200,
        True,
        False,
    )
    assert "Mã có dạng" not in text_of(empty)


async def test_the_english_copy_says_the_same(site: Site) -> None:
    await make.honoured(site.database)
    _, text = await said(site, "/en/xac-minh/TB-24-0001")
    assert text.startswith("Verify an honour TB-24-0001 In force Decision number 152/QĐ-PGDĐT")


async def test_who_guesses_codes_is_slowed_down(sites: Sites) -> None:
    site = await sites("review", change=lambda settings: settings.update(rate_scale=0.05))
    async with site.anybody() as anybody:
        found = [(await anybody.get(f"/xac-minh/TB-24-{number:04}")).status_code for number in range(8)]
    assert found == [404] * 6 + [429] * 2
