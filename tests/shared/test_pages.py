"""Pages: every template and macro renders whole Vietnamese pages that need no script and no inline style."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import jinja2
import pytest
from lxml import html

from shared.clock import Clock
from shared.identity.people import Person, Role
from shared.looks import MENU, STATES
from shared.pages import HERE, Pages, make_pages, shortcuts, visible
from shared.static_files import StaticFiles
from tests.shared.demo import (
    AGENCY,
    DESK_PATH,
    ERROR_PATH,
    ERRORS,
    FORM_PATH,
    TODAY,
    demo_app,
    demo_pages,
    shown,
    words,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return demo_pages(tmp_path)


@pytest.fixture
async def browser(pages: Pages) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(demo_app(pages))
    async with httpx2.AsyncClient(transport=transport, base_url="https://tan-binh.localhost") as client:
        yield client


@pytest.mark.parametrize("path", [DESK_PATH, FORM_PATH, ERROR_PATH])
async def test_page_carries_no_inline_script_and_no_inline_style(browser: httpx2.AsyncClient, path: str) -> None:
    response = await browser.get(path)
    page = html.fromstring(response.text)
    assert page.xpath("//style | //@style | //@*[starts-with(name(), 'on')] | //script[text()]") == []
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    nonces = page.xpath("//script/@nonce")
    if path == DESK_PATH:
        assert len(nonces) == len(page.xpath("//script")) == 2
        assert len(set(nonces)) == 1
        assert html.fromstring((await browser.get(path)).text).xpath("//script/@nonce")[0] not in nonces
        policy += f"; script-src 'nonce-{nonces[0]}'; connect-src 'self'"
    else:
        assert page.xpath("//script") == []
    assert response.headers["content-security-policy"] == policy
    assert page.xpath("//@href[starts-with(., 'http')] | //@src[starts-with(., 'http')]") == []


@pytest.mark.parametrize("path", [DESK_PATH, FORM_PATH, ERROR_PATH])
async def test_page_is_well_built(browser: httpx2.AsyncClient, path: str) -> None:
    page = await shown(browser, path)
    ids = page.xpath("//@id")
    assert sorted(ids) == sorted(set(ids))
    assert page.get("lang") == "vi"
    assert len(page.xpath("//h1")) == len(page.xpath("//main[@id='noi-dung']")) == 1
    assert [target for target in page.xpath("//a/@href[starts-with(., '#')]") if target[1:] not in ids] == []
    assert [name for name in page.xpath("//@aria-describedby") if not set(name.split()) <= set(ids)] == []
    assert page.xpath("//label[not(@for)] | //img[not(@alt)]") == []
    assert [name for name in page.xpath("//label/@for") if name not in ids] == []


@pytest.mark.parametrize("path", [DESK_PATH, FORM_PATH, ERROR_PATH])
async def test_page_s_parts_are_served_and_may_be_kept(browser: httpx2.AsyncClient, path: str) -> None:
    page = await shown(browser, path)
    symbols = re.findall(r'<symbol id="([^"]+)"', (HERE / "static" / "icons.svg").read_text())
    for address in {*page.xpath("//link/@href | //img/@src | //script/@src | //use/@href")}:
        response = await browser.get(address)
        assert (response.status_code, response.headers["cache-control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
        assert address.partition("#")[2] in ("", *symbols)
    assert (await browser.get("/static/light.css")).headers["cache-control"] == "no-cache"
    assert (await browser.get("/static/%2e%2e/pages.py")).status_code == 404


async def test_desk_says_who_where_and_when(browser: httpx2.AsyncClient) -> None:
    page = await shown(browser, DESK_PATH)
    assert words(page, "//title") == [f"TB-24-0001 – {AGENCY} – Gương Sáng"]
    assert words(page, "//p[@class='clock']") == ["Ngày trong hệ thống: 15/10/2024 (đồng hồ trình diễn)"]
    assert words(page, "//header//b")[:1] == ["Gương Sáng"]
    assert words(page, "//a[@class='logo']/span/span") == [AGENCY]
    assert words(page, "//details[@class='me']//ul[1]/li") == [
        "Cán bộ phụ trách",
        "Thư ký hội đồng (đến trước 01/06/2025)",
    ]
    assert page.xpath("//form[@action='/ra']/@method") == ["post"]
    assert words(page, "//nav[@class='side']//a") == [
        "Việc",
        "Thông báo",
        "Hồ sơ đề cử",
        "Nhân tố mới",
        "Đối tượng",
        "Kế hoạch",
        "Đợt và hạn",
        "Chỉ tiêu",
        "Báo cáo",
        "Tiêu chí",
        "Phong trào",
        "Giám sát",
        "Tập huấn",
        "Đơn vị",
        "Hồ sơ xét",
        "Sổ khen thưởng",
        "Bài gương",
    ]
    assert words(page, "//nav[@class='side']//a[@aria-current]") == ["Hồ sơ xét"]
    assert words(page, "//nav[@class='bar']/a") == ["Việc", "Đề cử", "Xét duyệt", "Thêm"]
    assert words(page, "//nav[@class='bar']/a[@aria-current]") == ["Xét duyệt"]


async def test_desk_s_parts_read_as_written(browser: httpx2.AsyncClient) -> None:
    page = await shown(browser, DESK_PATH)
    assert words(page, "//dl[@class='card where']/div") == [
        "Ai đang giữNguyễn Thị Ánh, Cán bộ phụ trách",
        "Từ khi nào10/10/2024",
        "Bước tiếp theoRa hội đồng phiên tháng 11",
        "Hạn05/11/2024",
    ]
    assert words(page, "//dl[@class='facts']//dd") == ["Tổ Ngữ văn", "Trường THCS Hoàng Hoa Thám", "chưa có"]
    assert words(page, "//ol[@class='timeline']/li") == [
        "Đang thẩm định 14:05 14/10/2024 · Nguyễn Thị Ánh",
        "Đã gửi 14:05 12/10/2024 Có 3 minh chứng.",
    ]
    first = page.xpath("//table/tbody/tr[1]/*")
    assert [(cell.get("data-label"), cell.get("class"), cell.text_content()) for cell in first] == [
        (None, None, "TB-24-0001"),
        ("Đối tượng", None, "Tổ Ngữ văn"),
        ("Đơn vị", "minor", "Trường THCS Hoàng Hoa Thám"),
        ("Trạng thái", None, "Đang xét"),
        ("Điểm", "num", "8,5"),
    ]
    assert words(page, "//form[@class='consequences']/ul/li") == ["298 hồ sơ có kết luận", "41 đơn vị nhận tin"]
    assert words(page, "//form[@class='consequences']//button") == ["Công bố 298 kết luận"]
    assert page.xpath("//form[@class='consequences']//input/@name") == ["_phieu", "version"]
    assert words(page, "//ol[@class='breadcrumb']/li") == ["Xét duyệt", "Đợt tháng 11/2024"]


async def test_every_state_has_its_word_its_colour_and_a_drawn_icon(browser: httpx2.AsyncClient) -> None:
    page = await shown(browser, DESK_PATH)
    styles = (HERE / "static" / "parts.css").read_text()
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (HERE / "static" / "icons.svg").read_text()))
    states = [state for family in STATES.values() for state in family.values()]
    assert words(page, "//main/p[last()]/span") == [state.label for state in states]
    assert {state.icon for state in states} | {e.icon for section in MENU for e in section.entries} <= symbols
    assert [s.token for s in states if f".t-{s.token} {{" not in styles] == []


async def test_form_names_every_error_twice_and_keeps_what_was_typed(browser: httpx2.AsyncClient) -> None:
    page = await shown(browser, FORM_PATH)
    assert words(page, "//title") == [f"Lỗi: Giới thiệu một gương – {AGENCY} – Gương Sáng"]
    assert words(page, "//div[@class='error-summary']/h2") == ["Có 3 chỗ cần sửa"]
    links = page.xpath("//div[@class='error-summary']//a")
    assert {link.get("href").removeprefix("#f-"): link.text for link in links} == ERRORS
    assert words(page, "//span[@class='invalid-feedback']") == [f"Lỗi: {message}" for message in ERRORS.values()]
    assert page.xpath("//*[@aria-invalid='true']//@name | //*[@aria-invalid='true']/@name") == [
        "name",
        "category",
        "category",
        "evidence",
    ]
    assert page.xpath("//input[@name='happened']/@value") == ["05/09/2024"]
    assert page.xpath("string(//textarea)").strip() == "Ẳ Ẵ Ạ: 12 em đạt giải <b>nhất</b>"
    assert page.xpath("//option[@selected]/@value | //input[@checked]/@value") == ["b", "teacher", "press"]
    assert page.xpath("//input[@name='undertaking']/@checked") == []
    assert page.xpath("//input[@type='file']/@multiple") == ["multiple"]
    assert words(page, "//div[contains(@class, 'acts')]/*") == [
        "Lưu, sang tiêu chí kế",
        "Lưu và thêm ảnh",
        "Thôi, quay lại",
    ]


async def test_page_for_everybody_shows_nobody(browser: httpx2.AsyncClient) -> None:
    response = await browser.get(FORM_PATH)
    page = html.fromstring(response.text)
    assert (response.status_code, response.headers["cache-control"]) == (422, "no-cache")
    assert page.xpath("//nav[@class='side' or @class='bar'] | //details") == []
    assert page.xpath("//a[@class='logo']/@href") == ["/"]


async def test_error_page_offers_a_way_on(browser: httpx2.AsyncClient) -> None:
    response = await browser.get(ERROR_PATH)
    page = html.fromstring(response.text)
    assert response.status_code == 403
    assert words(page, "//h1 | //main//a | //code") == ["Trang này không mở cho bạn", "Về trang đầu", "018f"]


async def test_clock_that_is_right_is_not_mentioned(tmp_path: Path) -> None:
    transport = httpx2.ASGITransport(demo_app(demo_pages(tmp_path, Clock())))
    async with httpx2.AsyncClient(transport=transport, base_url="https://tan-binh.localhost") as client:
        assert words(await shown(client, FORM_PATH), "//p[@class='clock']") == []


def test_what_a_template_needs_and_lacks_is_an_error(pages: Pages) -> None:
    with pytest.raises(jinja2.UndefinedError):
        pages.environment.from_string("{{ missing }}").render()
    assert pages.environment.from_string("{{ text }}").render(text="<b>") == "&lt;b&gt;"


def test_service_s_own_template_wins(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "error.html").write_text("own")
    assert make_pages(tmp_path, agency=AGENCY).environment.get_template("error.html").render() == "own"


@pytest.mark.parametrize(
    ("roles", "paths", "bar"),
    [
        ((), ["/viec", "/thong-bao", "/de-cu/phong-trao"], ["/viec", "/de-cu/phong-trao"]),
        (("partner",), ["/viec", "/thong-bao", "/de-cu/phong-trao"], ["/viec", "/de-cu/phong-trao"]),
        (
            ("nominator",),
            [
                "/viec",
                "/thong-bao",
                "/de-cu/ho-so",
                "/de-cu/nhan-to",
                "/de-cu/ke-hoach",
                "/de-cu/dot",
                "/de-cu/chi-tieu",
                "/de-cu/bao-cao",
                "/de-cu/tieu-chi",
                "/de-cu/phong-trao",
                "/de-cu/quan-tri/don-vi",
            ],
            ["/viec", "/de-cu/ho-so"],
        ),
        (
            ("operator",),
            [
                "/viec",
                "/thong-bao",
                "/de-cu/phong-trao",
                "/lan-toa/luot-gui",
            ],
            ["/viec", "/de-cu/phong-trao", "/lan-toa/luot-gui"],
        ),
        (
            ("editor",),
            [
                "/viec",
                "/thong-bao",
                "/de-cu/ke-hoach",
                "/de-cu/dot",
                "/de-cu/tieu-chi",
                "/de-cu/phong-trao",
                "/de-cu/quan-tri/don-vi",
                "/lan-toa/bai",
                "/lan-toa/luot-gui",
            ],
            ["/viec", "/de-cu/ke-hoach", "/lan-toa/bai"],
        ),
    ],
)
def test_menu_shows_what_the_roles_open(roles: tuple[str, ...], paths: list[str], bar: list[str]) -> None:
    person = Person("i", "s", "A", "tan-binh", tuple(Role(role) for role in roles))
    menu = visible(MENU, person, TODAY)
    assert [entry.path for section in menu for entry in section.entries] == paths
    assert [entry.path for entry in shortcuts(menu, person, TODAY)] == bar


@pytest.mark.parametrize(("name", "most"), [("light.css", 6_000), ("portal.css", 6_500), ("desk.css", 22_000)])
def test_stylesheets_keep_their_budget(name: str, most: int) -> None:
    pressed = StaticFiles().files[name].compressed
    assert pressed is not None
    assert len(pressed) <= most


def test_scripts_keep_their_budget() -> None:
    files = StaticFiles().files
    sizes = {name: len(files[name].compressed or b"") for name in ("htmx.js", "pages.js")}
    assert sizes["htmx.js"] <= 15_000
    assert sizes["pages.js"] <= 4_096
