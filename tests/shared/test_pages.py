"""Pages: every template and macro renders whole Vietnamese pages that need no script and no inline style."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import jinja2
import pytest
from lxml import html
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.clock import Clock, FixedClock
from shared.formats import day, day_in_words, file_size, moment, number, percent, time_of_day
from shared.identity.people import Person, Role
from shared.looks import MENU, STATES
from shared.pages import HERE, Pages, make_pages, shortcuts, visible
from shared.static_files import StaticFiles

pytestmark = pytest.mark.unit

AGENCY = "Phòng Giáo dục và Đào tạo quận Tân Bình"
SCHOOL = UUID("018f3c1e-0000-7000-8000-000000000001")
TODAY = date(2024, 10, 15)

DESK = """
{% extends "desk.html" %}
{% import "parts.html" as parts %}
{% block title %}TB-24-0001{% endblock %}
{% block breadcrumb %}
{{ parts.breadcrumb([("Xét duyệt", "/xet-duyet/ho-so"), ("Đợt tháng 11/2024", none)]) }}
{% endblock %}
{% block content %}
<div class="head-row"><h1>TB-24-0001: tập thể Tổ Ngữ văn</h1>{{ parts.state("case", "checking") }}</div>
{% call parts.notice("ok", "Đã lưu") %}<p>Các nơi khác cập nhật trong giây lát.</p>{% endcall %}
{{ parts.whereabouts("Nguyễn Thị Ánh, Cán bộ phụ trách", since, "Ra hội đồng phiên tháng 11", due=due) }}
{{ parts.notice("wait", "Ngưỡng 90% chưa được cơ quan xác nhận", "Hai người cùng xác nhận thì dòng này mất.") }}
{{ parts.facts([("Đối tượng", "Tổ Ngữ văn"), ("Đơn vị", "Trường THCS Hoàng Hoa Thám"), ("Số quyết định", "")]) }}
{{ parts.table("1–3 trong 160 hồ sơ", ["Mã", "Đối tượng", "Đơn vị", "Trạng thái", "Điểm"], rows,
    minor=[2], numbers=[4]) }}
{{ parts.steps(["Đơn vị", "Ngày", "Xem lại"], 2) }}
{{ parts.progress("Đã công bố", 120, 298) }}
{{ parts.tabs("Nơi tìm", [("Đề cử", "/de-cu/tim", 3, true), ("Xét duyệt", "/xet-duyet/tim", none, false)]) }}
<h2>Hành trình</h2>
{{ parts.timeline(items) }}
{{ parts.empty("Hết việc. Đợt tháng 11 mở ngày 01/11/2024.", "/de-cu/dot", "Xem các đợt") }}
{% call parts.confirm("Công bố kết luận", "Công bố 298 kết luận", ["298 hồ sơ có kết luận", "41 đơn vị nhận tin"],
    "/xet-duyet/ket-luan", told=["người đề cử", "thủ trưởng"], final="kết luận đã công bố không sửa được.",
    danger=true) %}
<input type="hidden" name="version" value="7">
{% endcall %}
<p>
{% for family, names in states.items() %}{% for name in names %}{{ parts.state(family, name) }} {% endfor %}{% endfor %}
</p>
{% endblock %}
"""

FORM = """
{% extends "light.html" %}
{% import "parts.html" as parts %}
{% import "forms.html" as forms %}
{% block title %}Giới thiệu một gương{% endblock %}
{% block breadcrumb %}{{ parts.breadcrumb([("Đợt tháng 11/2024", "/de-cu/dot")]) }}{% endblock %}
{% block content %}
<h1>Giới thiệu một gương</h1>
<form class="form" method="post" enctype="multipart/form-data" novalidate>
{{ forms.summary(errors) }}
{{ forms.hidden("version", 3) }}
{{ forms.text("name", "Họ tên hoặc tên tập thể", value=values.name, hint="Viết đủ như trong hồ sơ.", errors=errors) }}
{{ forms.day("happened", "Ngày diễn ra", value=values.happened, errors=errors) }}
{{ forms.select("school", "Đơn vị", [("a", "Trường THCS Hoàng Hoa Thám"), ("b", "Trường THCS Ngô Quyền")],
    value="b", errors=errors) }}
{{ forms.choice("category", "Loại đối tượng",
    [("teacher", "Giáo viên"), ("pupil", "Học sinh", "Tên chỉ hiện sau khi phụ huynh và em đồng ý.")],
    value="teacher", errors=errors) }}
{{ forms.ticks("purposes", "Cho phép dùng ở", [("unit", "Trang của trường"), ("press", "Báo chí")],
    values=["press"], errors=errors) }}
{{ forms.area("claim", "Thành tích", value=values.claim, hint="Con số nào, nguồn nào?", errors=errors) }}
{{ forms.file("evidence", "Minh chứng", hint="Ảnh hoặc PDF, mỗi tệp không quá 15 MB.", errors=errors, multiple=true) }}
{{ forms.tick("undertaking", "Tôi chịu trách nhiệm về điều đã viết.", errors=errors) }}
{{ forms.submit("Lưu, sang tiêu chí kế", [("then", "photo", "Lưu và thêm ảnh")], cancel_href="/de-cu/ho-so") }}
</form>
{% endblock %}
"""

ERRORS = {
    "name": "Hãy viết họ tên hoặc tên tập thể.",
    "category": "Hãy chọn một loại đối tượng.",
    "evidence": "Tệp «anh.exe» không phải ảnh hay PDF. Hãy chọn tệp khác.",
}


def demo_person() -> Person:
    return Person(
        issuer="http://id.localhost",
        subject="can-bo",
        name="Nguyễn Thị Ánh",
        agency="tan-binh",
        roles=(
            Role("officer"),
            Role("secretary", until=date(2025, 6, 1)),
            Role("editor", SCHOOL, since=date(2030, 1, 1)),
        ),
    )


def desk_context() -> dict[str, Any]:
    at = datetime(2024, 10, 14, 7, 5, tzinfo=UTC)
    return {
        "since": date(2024, 10, 10),
        "due": date(2024, 11, 5),
        "rows": [[f"TB-24-000{n}", "Tổ Ngữ văn", "Trường THCS Hoàng Hoa Thám", "Đang xét", "8,5"] for n in (1, 2, 3)],
        "items": [
            {"at": at, "title": "Đang thẩm định", "token": "run", "icon": "eye", "by": "Nguyễn Thị Ánh"},
            {
                "at": at - timedelta(days=2),
                "title": "Đã gửi",
                "token": "info",
                "icon": "send",
                "text": "Có 3 minh chứng.",
            },
        ],
    }


def form_context() -> dict[str, Any]:
    return {
        "values": {"name": "", "happened": date(2024, 9, 5), "claim": "Ẳ Ẵ Ạ: 12 em đạt giải <b>nhất</b>"},
        "errors": ERRORS,
    }


def demo_pages(folder: Path, clock: Clock | None = None) -> Pages:
    """Pages of a made-up service with one desk page and one form."""
    (folder / "templates").mkdir()
    (folder / "templates" / "demo_desk.html").write_text(DESK)
    (folder / "templates" / "demo_form.html").write_text(FORM)
    return make_pages(folder, agency=AGENCY, clock=clock or FixedClock(timedelta(days=-700)))


def demo_app(pages: Pages) -> Starlette:
    """Serves the demo pages: the desk one to a signed-in person, the form to the public."""

    async def desk(request: Request) -> Response:
        request.state.person = demo_person()
        return pages.render(request, "demo_desk.html", **desk_context())

    async def form(request: Request) -> Response:
        return pages.render(request, "demo_form.html", status_code=422, **form_context())

    async def error(request: Request) -> Response:
        return pages.error(
            request, 403, "Trang này không mở cho bạn", "Cần vai trò Cán bộ phụ trách.", reference="018f"
        )

    app = Starlette(routes=[Route("/xet-duyet/ho-so", desk), Route("/de-cu/ho-so/moi", form), Route("/loi", error)])
    pages.mount(app)
    return app


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return demo_pages(tmp_path)


@pytest.fixture
async def browser(pages: Pages) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(demo_app(pages))
    async with httpx2.AsyncClient(transport=transport, base_url="https://tan-binh.localhost") as client:
        yield client


async def shown(browser: httpx2.AsyncClient, path: str) -> Any:
    return html.fromstring((await browser.get(path)).text)


def words(page: Any, path: str) -> list[str]:
    """The text of each element found, white space folded."""
    return [" ".join(element.text_content().split()) for element in page.xpath(path)]


DESK_PATH, FORM_PATH, ERROR_PATH = "/xet-duyet/ho-so", "/de-cu/ho-so/moi", "/loi"


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


AFTERNOON = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (day(date(2026, 11, 20)), "20/11/2026"),
        (day(date(2026, 2, 5)), "05/02/2026"),
        (day(NEW_YEAR), "01/01/2027"),
        (day_in_words(date(2026, 11, 20)), "ngày 20 tháng 11 năm 2026"),
        (day_in_words(date(2026, 2, 5)), "ngày 05 tháng 02 năm 2026"),
        (day_in_words(date(2026, 9, 5)), "ngày 05 tháng 9 năm 2026"),
        (day_in_words(NEW_YEAR), "ngày 01 tháng 01 năm 2027"),
        (moment(AFTERNOON), "14:05 20/11/2026"),
        (moment(NEW_YEAR), "00:30 01/01/2027"),
        (time_of_day(AFTERNOON), "14:05"),
        (number(1234.5), "1.234,5"),
        (number(1234567), "1.234.567"),
        (percent(0.6667), "66,7%"),
        (percent(1), "100%"),
        (file_size(1_400_000), "1,4 MB"),
        (file_size(15_000_000), "15 MB"),
        (file_size(2_000), "2 kB"),
        (file_size(999), "999 B"),
    ],
)
def test_dates_and_numbers_read_as_in_vietnam(said: str, meant: str) -> None:
    assert said == meant


@pytest.mark.parametrize("show", [day, day_in_words, moment, time_of_day])
def test_instant_without_a_zone_is_not_shown(show: Callable[[datetime], str]) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        show(datetime(2026, 11, 20, 7, 5))  # noqa: DTZ001
