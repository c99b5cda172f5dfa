"""Every list of every service can be had as a file: no page of a list is forgotten, for every route is looked at."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from uuid_utils.compat import uuid7

from services.notification.actions import messages
from tests.nomination import test_walk as nomination
from tests.notification import test_tasks as notification
from tests.publishing import test_walk as publishing
from tests.review import test_walk as review
from tests.support import factories as make
from tests.support.site import Site, Sites
from tests.support.walk import stated

pytestmark = pytest.mark.db

ROLES = ("head", "officer", "member", "chair", "signer", "supervisor", "secretary", "editor", "administrator")
FOUND = ["Mã", "Giới thiệu ai", "Loại", "Đơn vị", "Tình trạng"]
LEADS = ["Ai", "Loại", "Đơn vị", "Từ đâu", "Tình trạng", "Ghi lúc"]
LOG = ["Lúc", "Việc", "Tài khoản", "Vai trò", "Đơn vị"]
LISTS = {
    "/de-cu/ho-so": FOUND,
    "/de-cu/tim": FOUND,
    "/de-cu/ho-so/{code}/nhat-ky": LOG,
    "/de-cu/nhan-to": LEADS,
    "/de-cu/bao-cao": ["Báo cáo", "Của", "Kỳ", "Thời gian", "Tình trạng", "Từ lúc"],
    "/de-cu/doi-tuong": ["Đối tượng", "Đơn vị", "Có thể là một với", "Đơn vị bên kia", "Loại", "Tình trạng"],
    "/de-cu/phong-trao": [
        "Phong trào",
        "Đơn vị phát động",
        "Từ ngày",
        "Đến ngày",
        "Tình trạng",
        "Số đăng ký",
        "Số gương tìm thấy",
    ],
    "/de-cu/phong-trao/{movement_id}/hoat-dong": ["Ngày", "Việc đã làm", "Hình thức", "Đơn vị", "Số người"],
    "/de-cu/phong-trao/{movement_id}/dang-ky": ["Ai", "Loại", "Đơn vị", "Đăng ký lúc", "Kết quả", "Bằng số"],
    "/de-cu/giam-sat": ["Ngày", "Đơn vị", "Ai đã đi", "Điều còn mở"],
    "/de-cu/giam-sat/phan-cong": [
        "Người được phân công",
        "Đơn vị",
        "Xem việc gì",
        "Từ ngày",
        "Đến ngày",
        "Tình trạng",
    ],
    "/de-cu/tap-huan": ["Ngày", "Lớp tập huấn", "Cho ai", "Số giờ", "Ai tổ chức", "Người của đơn vị"],
    "/de-cu/tap-huan/nguoi": ["Họ và tên", "Đơn vị", "Công việc", "Ngày", "Lớp tập huấn", "Số giờ"],
    "/de-cu/quan-tri/don-vi": ["Mã", "Tên", "Loại", "Từ ngày", "Đến ngày"],
    "/de-cu/nhan-to/toi-ghi": LEADS,
    "/de-cu/ke-hoach": [
        "Số ký hiệu",
        "Tên kế hoạch",
        "Cơ quan ban hành",
        "Ngày ban hành",
        "Thời gian",
        "Bản",
        "Tình trạng",
    ],
    "/de-cu/ke-hoach/{code}/ban-do": [
        "Nơi thực hiện",
        "Loại",
        "Triển khai",
        "Ngày phổ biến",
        "Số người",
        "Hồ sơ đã gửi",
        "Giới thiệu",
        "Báo cáo",
    ],
    "/de-cu/chi-tieu": ["Chỉ tiêu", "Kế hoạch", "Đợt hoặc năm", "Đơn vị", "Đã gửi", "Tình trạng"],
    "/de-cu/dot": ["Đợt", "Kế hoạch", "Tình trạng", "Mở", "Đóng", "Còn lại", "Đã gửi", "Gửi muộn"],
    "/de-cu/tieu-chi": [
        "Mã",
        "Đối tượng",
        "Nội dung",
        "Bắt buộc",
        "Kế hoạch ghi thêm",
        "Minh chứng gợi ý",
        "Loại minh chứng cần có",
        "Nguồn",
    ],
    "/xet-duyet/ho-so": ["Mã", "Loại", "Đơn vị", "Nhận lúc", "Tình trạng"],
    "/xet-duyet/tim": FOUND,
    "/xet-duyet/ho-so/{code}/nhat-ky": LOG,
    "/xet-duyet/to-trinh": ["Tờ trình", "Ngày", "Gửi", "Số hồ sơ", "Gửi lúc"],
    "/xet-duyet/so-khen": ["Mã", "Số quyết định", "Ngày", "Loại", "Đơn vị", "Hình thức", "Hiệu lực"],
    "/lan-toa/bai": ["Mã", "Tên bài", "Loại", "Tình trạng"],
    "/lan-toa/tim": ["Mã", "Tên bài", "Loại", "Tình trạng"],
    "/lan-toa/luot-gui": ["Bài", "Kênh", "Việc", "Tình trạng", "Lúc"],
    "/viec": ["Việc", "Vì sao", "Từ lúc", "Hạn"],
    "/thong-bao": ["Thông báo", "Nội dung", "Lúc", "Tình trạng"],
    "/thong-bao/tim": ["Thông báo", "Lúc"],
    "/viec/quan-tri/nguoi": [
        "Họ và tên",
        "Vai trò",
        "Đơn vị",
        "Nguồn",
        "Từ ngày",
        "Đến trước ngày",
        "Vào lần cuối",
    ],
}
"""Every list by its route, and the headings of its file."""
NO_LISTS = re.compile(
    r"/(?:luot-chay/.*|so|tim/so|phien"  # a run; a count; where one is signed in, to end it
    r"|ho-so/moi|ho-so/\{code\}(?:|/lien-he|/y-kien|/dong-y|/xac-nhan|/gui|/cac-ban|/rut|/hanh-trinh|/tep/\{sha256\}(?:/nho)?|/nhat-ky/lien-ket|/nhom|/phong-trao|/giay-to(?:/xoa)?|/minh-chung/\{evidence_id\}/bo)"
    r"|ho-so/\{code\}/tieu-chi/\{criterion\}(?:/minh-chung/\{kind\})?|tieu-chi/them"
    r"|quan-tri/don-vi/(?:moi|nhap(?:/.*)?|\{unit_id\}(?:/thoi(?:/chuyen)?|/vung)?)|doi-tuong/(?:nhap(?:/.*)?|\{subject_id\}(?:/gop/\{other_id\})?)|nhan-to/moi|nhan-to/\{lead_id\}|phong-trao/(?:moi|\{movement_id\}(?:|/sua|/dang-ky/\{registration_id\}))|tap-huan/(?:moi|\{course_id\}(?:|/sua|/bo|/nguoi/\{attendance_id\}))"
    r"|giam-sat/(?:moi|phan-cong/(?:moi|\{duty_id\})|\{visit_id\}(?:|/sua|/dieu/\{finding_id\}|/tep/\{sha256\}(?:/nho)?))|dot/\{round_id\}|ke-hoach/\{code\}(?:|/thu-hoi|/soan|/soan/.*|/ban-hanh|/bo-nhap|/trien-khai)|ke-hoach/moi|ke-hoach/nhap(?:|/.*)"
    r"|bao-cao/(?:moi|cong-bang|\{report_id\}(?:/so-lieu\.xlsx|/bao-cao\.docx)?)"  # pictures have a table
    r"|ke-hoach/cap-tren/.*|to-trinh/.*|so-khen/\{code\}|bai/\{code\}(?:|/giay.*))"
)
"""One record, a form, a file of somebody's."""


async def _tasks(site: Site) -> None:
    await notification.hear(site, notification.plan(1), speaker="hcm")
    async with site.database.transaction() as session:
        await messages.tell(
            session, "tan-binh", uuid7(), "https://id|moi-vai-tro", notice="returned", code="TB-24-0001", at=make.AT
        )


SEEDED: dict[str, Callable[[Site], Awaitable[Any]]] = {
    "nomination": nomination.seeded,
    "review": review.seeded,
    "publishing": publishing.seeded,
    "notification": _tasks,
}


async def lists_of(site: Site) -> list[str]:
    """The routes of a service that show a list: all that a person may open, but for what is known to be none."""
    paths = [
        route.removeprefix("GET ") for route in stated(site)[0] if route.startswith("GET ") and "/api/" not in route
    ]
    return sorted(
        path for path in paths if not NO_LISTS.fullmatch("/" + path.split("/", 2)[2] if path.count("/") > 1 else path)
    )


@pytest.mark.parametrize("service", SEEDED)
async def test_every_list_can_be_had_as_a_file(sites: Sites, service: str) -> None:
    site = await sites(service)
    await SEEDED[service](site)
    paths = await lists_of(site)
    found, told = {}, {}
    async with site.signed_in(*ROLES, subject="moi-vai-tro") as person:
        for path in paths:
            here = path.format(code="kh-1" if "/ke-hoach/" in path else "TB-24-0001", movement_id=UUID(int=400))
            query = {"q": "TB-24-000"} if path.endswith("/tim") else {}
            page = await person.get(here, params=query)
            if path not in ("/lan-toa/luot-gui", "/xet-duyet/tim", "/lan-toa/tim"):  # nothing was sent or found here
                assert re.search(r'href="[^"]*dang=xlsx"', page.text), path
            file = await person.get(here, params={**query, "dang": "xlsx"})
            sheet: Any = load_workbook(io.BytesIO(file.content)).active
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=2)]
            found[path] = rows[1]
            told[path] = (rows[0][0].split(" · ")[1], rows[0][0].rsplit(", ", 1)[1])
    assert found == {path: heads for path, heads in LISTS.items() if path in paths}
    assert told == dict.fromkeys(paths, ("Phòng Giáo dục và Đào tạo quận Tân Bình", "người xuất: Người moi-vai-tro"))


async def test_no_list_is_forgotten(sites: Sites) -> None:
    paths = [path for service in SEEDED for path in await lists_of(await sites(service))]
    assert sorted(paths) == sorted(LISTS)
