"""The page that shows every component with made-up content: `/thanh-phan`, on a local machine only.

Whoever builds a page looks here first; the browser tests look at it at every width.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from shared.fence import public
from shared.listing import Asked, Column, Filter, Link, Listing, Order, Rows, Said, Tag
from shared.looks import STATES
from shared.settings import Settings
from shared.web import get_pages

PATH = "/thanh-phan"
ORDERS = {"moi": Order(None, True, "Mới nhất trước"), "cu": Order(None, False, "Cũ nhất trước")}
FILTERS = (
    Filter("trang-thai", "Tình trạng", tuple((name, state.label) for name, state in STATES["nomination"].items())),
)
COLUMNS = (
    Column("Mã", ("cu", "moi")),
    Column("Giới thiệu ai"),
    Column("Đơn vị", minor=True),
    Column("Điểm", number=True),
    Column("Tình trạng"),
)
NAMES = ("Nguyễn Thị Ánh Tuyết", "Trần Văn Ẩn", "Lê Hoàng Ưng", "Tổ Ngữ văn")


def add_components_page(app: FastAPI, settings: Settings) -> None:
    """Serve the page, unless this is production."""
    if settings.environment == "local":
        app.add_api_route(
            PATH, show, methods=["GET"], include_in_schema=False, response_model=None, dependencies=[public()]
        )


async def show(request: Request) -> Response:
    """Every component, each in the states it can be in."""
    return get_pages(request).render(request, "components.html", listing=_listing(request), **_content())


def _listing(request: Request) -> Listing:
    rows = Rows([*enumerate(NAMES, 1)], 160, "?sau=abc")
    asked = Asked.of(request, ORDERS, FILTERS)
    states = tuple(STATES["nomination"])

    def cells(row: tuple[int, str]) -> tuple[Any, ...]:
        number, name = row
        code = Link(f"TB-24-{number:04}", f"#TB-24-{number:04}")
        return code, name, Said("Đơn vị mẫu"), 8 + number, Tag("nomination", states[number])

    return Listing("Hồ sơ mẫu", asked, ORDERS, FILTERS, COLUMNS, rows, cells)


def _content() -> dict[str, Any]:
    at = datetime(2024, 10, 14, 7, 5, tzinfo=UTC)
    return {
        "errors": {"name": "Hãy viết họ tên hoặc tên tập thể.", "file": "Tệp này không phải ảnh hay PDF."},
        "since": date(2024, 10, 10),
        "due": date(2024, 11, 5),
        "items": [
            {"at": at, "title": "Đang thẩm định", "token": "run", "icon": "eye", "by": "Nguyễn Thị Ánh"},
            {"at": at - timedelta(days=2), "title": "Đã gửi", "token": "info", "icon": "send", "text": "3 minh chứng"},
        ],
        "todo": [
            {"label": "Giới thiệu ai", "href": "#", "open": False, "word": "Đã xong", "token": "ok", "icon": "check"},
            {"label": "Ảnh, tệp", "href": "#", "open": True, "word": "Chưa làm", "token": "wait", "icon": "clock"},
        ],
        "bars": [("Tập thể", 12, 10), ("Giáo viên", 34, 40), ("Học sinh", 5, 20)],
    }
