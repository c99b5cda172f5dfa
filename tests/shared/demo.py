"""A made-up service with a desk page and a form, in which every part of a page stands."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from lxml import html
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.clock import Clock, FixedClock
from shared.identity.people import Person, Role
from shared.pages import Pages, make_pages

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


async def shown(browser: httpx2.AsyncClient, path: str) -> Any:
    return html.fromstring((await browser.get(path)).text)


def words(page: Any, path: str) -> list[str]:
    """The text of each element found, white space folded."""
    return [" ".join(element.text_content().split()) for element in page.xpath(path)]


DESK_PATH, FORM_PATH, ERROR_PATH = "/xet-duyet/ho-so", "/de-cu/ho-so/moi", "/loi"
