"""Whom the schools of the demo put forward. Every name is invented."""

from dataclasses import dataclass

SCHOOL = "01900000-0000-7000-8000-000000000001"
OTHER_SCHOOL = "01900000-0000-7000-8000-000000000002"
RETURN_REASON = "Cần bổ sung biên bản xác nhận của tổ về kết quả hỗ trợ đồng nghiệp."


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a school puts forward; `claims` by criterion: what is claimed, what stands behind it."""

    nominator: str
    unit: str
    category: str
    name: str
    position: str
    email: str
    claims: dict[str, tuple[str, str]]
    guardian: tuple[str, str] | None = None
    born: str = ""


TEACHER = Candidate(
    "nguoi-de-cu", SCHOOL, "teacher", "Nguyễn Thị Thảo Nguyên", "giáo viên Ngữ văn", "thao.nguyen@hoa-mai.example",
    {
        "GV4": ("Dạy Ngữ văn bằng dự án đọc sách, 12 tiết một học kỳ.", "Sáng kiến cấp trường số 12 năm 2023"),
        "GV5": ("Tỷ lệ học sinh mượn sách tăng từ 31% lên 78%.", "Sổ thư viện năm học 2023-2024"),
    },
)  # fmt: skip
TEAM = Candidate(
    "nguoi-de-cu", SCHOOL, "collective", "Tổ Khoa học tự nhiên", "12 giáo viên", "to.khtn@hoa-mai.example",
    {"TT3": ("Câu lạc bộ robot cho học sinh khối 8 và 9.", "Kế hoạch hoạt động và ảnh các buổi sinh hoạt")},
)  # fmt: skip
PUPIL = Candidate(
    "nguoi-de-cu", SCHOOL, "pupil", "Trịnh Gia Bảo", "lớp 8A", "gia.bao@hoa-mai.example",
    {"HS2": ("Giúp bạn khuyết tật đến trường suốt hai năm.", "Xác nhận của giáo viên chủ nhiệm")},
    guardian=("Trịnh Quang Huy", "quang.huy@gia-dinh.example"), born="05/09/2011",
)  # fmt: skip
DECLINED = Candidate(
    "nguoi-de-cu-2", OTHER_SCHOOL, "teacher", "Phan Đức Anh", "giáo viên Toán", "duc.anh@binh-minh.example",
    {"GV4": ("Soạn bộ bài tập Toán theo mức độ.", "Bộ bài tập in năm 2024")},
)  # fmt: skip
LANGUAGE_TEAM = Candidate(
    "nguoi-de-cu", SCHOOL, "collective", "Tổ Ngữ văn và Lịch sử", "9 giáo viên", "to.van-su@hoa-mai.example",
    {"TT3": ("Câu lạc bộ sử địa phương, 14 buổi một năm học.", "Lịch sinh hoạt câu lạc bộ năm 2024")},
)  # fmt: skip
MANAGER = Candidate(
    "nguoi-de-cu", SCHOOL, "manager", "Hoàng Thị Minh Phương", "phó hiệu trưởng", "minh.phuong@hoa-mai.example",
    {"QL1": ("Chuyển lịch trực và sổ họp sang bản điện tử.", "Quy trình nội bộ ban hành tháng 8/2024")},
)  # fmt: skip
LIBRARIAN = Candidate(
    "nguoi-de-cu", SCHOOL, "staff", "Vương Khánh Linh", "nhân viên thư viện", "khanh.linh@hoa-mai.example",
    {"NV1": ("Mở thư viện cả giờ nghỉ trưa, thêm 40 chỗ đọc.", "Sổ trực thư viện học kỳ I")},
)  # fmt: skip
EVERYBODY = (TEACHER, TEAM, PUPIL, DECLINED, LANGUAGE_TEAM, MANAGER, LIBRARIAN)
CITY_REASON = "Cần thêm xác nhận của nhà trường về số buổi sinh hoạt câu lạc bộ."
