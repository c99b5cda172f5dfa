"""The pages of plans in English: our words are English, and what people wrote is marked as Vietnamese."""

import re

import httpx2
import pytest
from lxml import html

from tests.nomination.test_plan_map import PLAN, TOLD, enter
from tests.support import factories as make
from tests.support.planning import ABOVE, PAPER, REPORT, ROUND, TARGET, begun, fill, hear, issue
from tests.support.site import Sites

pytestmark = pytest.mark.db

VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ\u1ea0-\u1ef9]")
STEPS = (
    "",
    *(f"/{one}" for one in ("van-ban", "can-cu", "noi-dung", "dot", "chi-tieu", "han", "noi-nhan", "tro-giup")),
)


async def unmarked(by: httpx2.AsyncClient, path: str) -> list[str]:
    """The Vietnamese words of a page in English that do not say that they are."""
    answer = await by.get(path, params={"lang": "en"})
    assert answer.status_code == 200, path
    [main] = html.fromstring(answer.text).xpath("//main")
    words = main.xpath(".//text()[not(parent::option)]")  # a choice holds text alone
    ours = [one for one in words if one.getparent().xpath("ancestor-or-self::*[@lang][1]/@lang")[-1] == "en"]
    return [f"{path}: {one.strip()}" for one in ours if VIETNAMESE.search(one)]


async def test_the_pages_of_plans_are_english_but_for_what_people_wrote(sites: Sites) -> None:
    site = await sites("nomination")
    await make.plan(site.database)
    await hear(site)
    await enter(site)
    above = f"/de-cu/ke-hoach/cap-tren/hcm/{ABOVE}"
    wrong: list[str] = []
    async with site.signed_in("officer") as by:
        wrong += await unmarked(by, above)
        begun_child = await by.post(f"{above}/lap", data={"version": "1"})
        child = str(begun_child.headers["location"]).removesuffix("/soan")
        for step, form in {
            "van-ban": PAPER,
            "dot": ROUND | {"row": "0"},
            "chi-tieu": TARGET | {"unit_kind": ""},
        }.items():
            await fill(by, child, step, **form)
        await fill(by, child, "noi-nhan", who="Các trường", purpose="report")
        for step in STEPS:
            wrong += await unmarked(by, f"{child}/soan{step}")
        wrong += await unmarked(by, f"{child}/ban-hanh")
        assert (await issue(by, child)).status_code == 303
        await by.post(f"{child}/soan")
        await fill(by, child, "han", **REPORT | {"row": "0", "when": "15/10"})
        wrong += await unmarked(by, f"{child}/ban-hanh")
        assert (await issue(by, child)).status_code == 303
        draft = await begun(by)
        for path in ("/de-cu/ke-hoach", "/de-cu/ke-hoach/moi", child, f"{draft}/soan/can-cu", f"{draft}/bo-nhap"):
            wrong += await unmarked(by, path)
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        for path in (PLAN, f"{PLAN}/trien-khai", f"{PLAN}/ban-do"):
            wrong += await unmarked(by, path)
        await by.post(f"{PLAN}/trien-khai", data=TOLD)
        for path in (PLAN, f"{PLAN}/ban-do"):
            wrong += await unmarked(by, path)
    assert wrong == []
