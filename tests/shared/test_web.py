"""What no service's route has to think of: correlation ids, errors, limits, readiness, a database that is away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.postgres import Postgres
from shared import migrate
from shared.events import SERVICES
from shared.web import MOST_TEXT, MOST_UPLOAD, pointer
from tests.support.databases import PASSWORD, Databases
from tests.support.site import Site, Sites, make_site, problem_of, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("publishing")


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_make_what_the_tables_say(databases: Databases, service: str) -> None:
    database = await databases.service(service)
    assert await migrate.differences(database.url, PASSWORD, Path("services", service)) is None


@pytest.mark.parametrize("service", SERVICES)
async def test_every_service_serves_its_health_and_its_documents(sites: Sites, service: str) -> None:
    site = await sites(service)
    async with site.anybody() as anybody:
        ready = await anybody.get("/readyz")
        assert (ready.status_code, ready.json()["ready"], ready.json()["reasons"]) == (200, True, {})
        for path in ("/livez", "/metrics", f"/api/v1/{service}/openapi.json", f"/api/v1/{service}/asyncapi.json"):
            assert (await anybody.get(path)).status_code == 200, path


async def test_a_request_keeps_the_callers_correlation_id_or_gets_one(site: Site) -> None:
    async with site.anybody() as anybody:
        kept = await anybody.get("/", headers={"x-correlation-id": "ban-giao-0001"})
        made = [(await anybody.get("/")).headers["x-correlation-id"] for _ in range(2)]
        bad = await anybody.get("/", headers={"x-correlation-id": "a b\tc"})
    assert kept.headers["x-correlation-id"] == "ban-giao-0001"
    assert len({*made, bad.headers["x-correlation-id"], "a b\tc"}) == 4


async def test_an_unknown_page_says_so_with_the_code_to_report(site: Site) -> None:
    async with site.anybody() as anybody:
        page = await anybody.get("/khong-co")
        api = await anybody.get("/api/v1/publishing/khong-co")
        nul = await anybody.get("/guong/%00")
        query = await anybody.get("/guong?a=%00")
    assert (page.status_code, api.status_code, nul.status_code, query.status_code) == (404, 404, 404, 404)
    assert text_of(page).startswith("Không tìm thấy trang Trang này không có")
    assert page.headers["x-correlation-id"] in page.text
    assert problem_of(api) == {
        "type": "/problems/http-404",
        "title": "Không tìm thấy trang",
        "status": 404,
        "detail": "Trang này không có, hoặc không dành cho tài khoản của bạn.",
    }


async def test_head_is_answered_as_get_without_a_body(site: Site) -> None:
    async with site.anybody() as anybody:
        head, get = await anybody.head("/"), await anybody.get("/")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", get.headers["content-length"])


async def test_a_page_of_another_site_can_make_nobody_act(site: Site) -> None:
    async with site.signed_in("editor") as editor:
        answer = await editor.post("/lan-toa/bai/A/xin-dong-y", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert text_of(answer).startswith("Yêu cầu này đến từ một trang khác")


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536 + 1):
        yield b"a" * 65536


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused_in_words_with_or_without_a_length(
    sites: Sites, chunked: bool
) -> None:
    site = await sites("review")
    kinds = {
        "application/x-www-form-urlencoded": MOST_TEXT,
        "multipart/form-data; boundary=x": MOST_UPLOAD,
    }
    async with site.signed_in("secretary") as member:
        for kind, most in kinds.items():
            start = (
                b"--x\r\ncontent-disposition: form-data; name=note; filename=a\r\n\r\n" if "multi" in kind else b"a="
            )
            content: Any = chunks(most) if chunked else start + b"a" * most
            answer = await member.post("/xet-duyet/ho-so/A/tra-lai", content=content, headers={"content-type": kind})
            # A body that is no form at all is a mistake of its own kind.
            assert answer.status_code in ((413,) if not chunked or "multi" not in kind else (413, 400)), kind
            if answer.status_code == 413:
                assert text_of(answer).startswith("Nội dung gửi quá lớn Mỗi tệp tối đa 15 MB.")


async def test_a_database_that_goes_away_is_a_page_that_keeps_ones_words_and_readyz_says_why(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = Postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    site = await make_site(Databases(server), "publishing", tmp_path)
    try:
        async with site.anybody() as anybody:
            assert (await anybody.get("/")).status_code == 200
            server.stop()
            page, ready = await anybody.get("/"), await anybody.get("/readyz")
            assert (page.status_code, page.headers["retry-after"]) == (503, "30")
            words = "Tạm thời chưa phục vụ được Những gì đã lưu vẫn còn. Chữ vừa gõ còn ở trang trước"
            assert text_of(page).startswith(words)
            assert page.headers["x-correlation-id"] in page.text
            assert (ready.status_code, list(ready.json()["reasons"])) == (503, ["database"])
            server.start()
            assert [(await anybody.get(path)).status_code for path in ("/", "/readyz")] == [200, 200]
    finally:
        await site.close()
        server.stop()


async def test_a_mistake_of_ours_is_told_apart_from_what_passes(site: Site) -> None:
    @site.app.get("/loi")
    @site.app.get("/api/v1/publishing/loi")
    async def broken() -> None:
        raise ZeroDivisionError

    async with site.anybody() as anybody:
        page, api = await anybody.get("/loi"), await anybody.get("/api/v1/publishing/loi")
    assert (page.status_code, api.status_code) == (500, 500)
    assert text_of(page).startswith("Hệ thống gặp lỗi Việc vừa làm chưa được ghi lại.")
    assert page.headers["x-correlation-id"] in page.text
    assert problem_of(api)["type"] == "/problems/internal"


async def test_pages_go_on_without_a_broker_and_readyz_says_why(sites: Sites) -> None:
    site = await sites("publishing")
    await site.runtime.start(work=True)
    try:
        async with site.anybody() as anybody:
            for _ in range(200):
                ready = await anybody.get("/readyz")
                if {"relay", "inbox"} <= set(ready.json()["reasons"]):
                    break
                await asyncio.sleep(0.1)
            assert (ready.status_code, (await anybody.get("/")).status_code) == (503, 200)
            assert {"relay", "inbox"} <= set(ready.json()["reasons"])
    finally:
        await site.runtime.stop()


@pytest.mark.parametrize(
    ("place", "expected"),
    [(("body", "claims", 0, "text"), "/claims/0/text"), (("body",), ""), (("query", "a/b~c"), "/a~1b~0c")],
)
def test_a_pointer_follows_rfc_6901(place: tuple[Any, ...], expected: str) -> None:
    assert pointer(place) == expected
