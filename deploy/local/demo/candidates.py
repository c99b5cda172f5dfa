"""Whom the schools of the demo put forward. Every name is invented."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SCHOOL = "01900000-0000-7000-8000-000000000001"
OTHER_SCHOOL = "01900000-0000-7000-8000-000000000002"
HEADS = {SCHOOL: "thu-truong", OTHER_SCHOOL: "thu-truong-2"}
"""Who confirms what a school writes."""
RETURN_REASON = "Cần bổ sung biên bản xác nhận của tổ về kết quả hỗ trợ đồng nghiệp."


@dataclass(frozen=True)
class Claim:
    """What is claimed under a criterion; `proof` in words, `proofs` by kind with its fields.

    `rests`: it rests on the school's newest dossier that is offered there.
    """

    text: str
    proof: str = ""
    proofs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    level: str = ""
    option: str = ""
    rests: bool = False

    @property
    def told(self) -> Iterator[str]:
        """All that was typed, and is nobody's business outside."""
        yield from filter(None, (self.text, self.proof))
        for kind, fields in self.proofs.items():
            yield from (fields[name] for name in ("about", "what") if name in fields and kind)


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a school puts forward; `claims` by criterion."""

    nominator: str
    unit: str
    category: str
    name: str
    position: str
    email: str
    claims: Mapping[str, Claim]
    guardian: tuple[str, str] | None = None
    born: str = ""
    opinion: tuple[str, str, str] = ("colleague", "giáo viên cùng trường", "Làm việc tận tâm, cả tổ quý trọng.")
    """In what capacity somebody speaks, their role, their words."""


def _decision(about: str, number: str) -> Mapping[str, Mapping[str, str]]:
    fields = {"about": about, "number": number, "date": "31/05/2024", "issuer": "Phòng Giáo dục và Đào tạo"}
    return {"decision": fields}


CONDUCT = Claim("Chấp hành tốt quy định, ba năm liền không vi phạm.", "Nhận xét của chi bộ cuối năm học")
RATED = Claim(
    "Được xếp loại từ tốt trở lên ba năm liền.",
    proofs=_decision("Xếp loại năm học 2023–2024", "88/QĐ-THCS"),
    level="Hoàn thành tốt nhiệm vụ",
)
RESPECTED = Claim("Được học sinh và đồng nghiệp tin cậy.", "Phiếu lấy ý kiến cuối năm học")
EXCELLENT = Claim(
    "Tập thể hoàn thành xuất sắc nhiệm vụ năm học.",
    proofs=_decision("Danh hiệu tập thể năm học 2023–2024", "90/QĐ-THCS"),
    level="Hoàn thành xuất sắc nhiệm vụ",
)
UNITED = Claim("Nội bộ đoàn kết, việc khó cùng làm.", "Biên bản họp tổ cuối năm học")
OPEN_DOOR = Claim("Mở phòng học liệu chung cho cả trường.", "Danh mục học liệu dùng chung")
LIBRARY = {"what": "Tỷ lệ học sinh mượn sách", "before": "31", "after": "78", "measure": "%"}
MARKS = {"what": "Tỷ lệ bài kiểm tra đạt", "before": "64", "after": "71", "measure": "%"}

TEACHER = Candidate(
    "nguoi-de-cu", SCHOOL, "teacher", "Nguyễn Thị Thảo Nguyên", "giáo viên Ngữ văn", "thao.nguyen@hoa-mai.example",
    {
        "GV1": CONDUCT, "GV2": RATED, "GV3": RESPECTED,
        "GV4": Claim("Dạy Ngữ văn bằng dự án đọc sách, 12 tiết một học kỳ.", "Sáng kiến cấp trường số 12 năm 2023"),
        "GV5": Claim("Tỷ lệ học sinh mượn sách tăng từ 31% lên 78%.", "Sổ thư viện năm học 2023-2024",
                     {"number": LIBRARY}),
    },
)  # fmt: skip
TEAM = Candidate(
    "nguoi-de-cu", SCHOOL, "collective", "Tổ Khoa học tự nhiên", "12 giáo viên", "to.khtn@hoa-mai.example",
    {
        "TT1": UNITED, "TT2": EXCELLENT, "TT4": OPEN_DOOR,
        "TT3": Claim("Câu lạc bộ robot cho học sinh khối 8 và 9.", "Kế hoạch hoạt động và ảnh các buổi sinh hoạt"),
    },
)  # fmt: skip
PUPIL = Candidate(
    "nguoi-de-cu", SCHOOL, "pupil", "Trịnh Gia Bảo", "lớp 8A", "gia.bao@hoa-mai.example",
    {
        "HS1": Claim("Rèn luyện tốt cả năm học.", "Sổ theo dõi lớp 8A"),
        "HS2": Claim("Giúp bạn khuyết tật đến trường suốt hai năm.", "Xác nhận của giáo viên chủ nhiệm",
                     {"person": {"role": "giáo viên chủ nhiệm lớp 8A", "about": "Sáng nào em cũng đón bạn."}},
                     option="e"),
        "HS3": Claim("Tham gia ngày hội sách cũ của phường.",
                     proofs=_decision("Ghi nhận học sinh tình nguyện", "12/GCN")),
    },
    guardian=("Trịnh Quang Huy", "quang.huy@gia-dinh.example"), born="05/09/2011",
)  # fmt: skip
DECLINED = Candidate(
    "nguoi-de-cu-2", OTHER_SCHOOL, "teacher", "Phan Đức Anh", "giáo viên Toán", "duc.anh@binh-minh.example",
    {
        "GV1": CONDUCT, "GV2": RATED, "GV3": RESPECTED,
        "GV4": Claim("Soạn bộ bài tập Toán theo mức độ.", "Bộ bài tập in năm 2024"),
        "GV5": Claim("Học sinh làm bài khá hơn.", proofs={"number": MARKS}),
    },
)  # fmt: skip
LANGUAGE_TEAM = Candidate(
    "nguoi-de-cu", SCHOOL, "collective", "Tổ Ngữ văn và Lịch sử", "9 giáo viên", "to.van-su@hoa-mai.example",
    {
        "TT1": UNITED, "TT2": EXCELLENT, "TT4": OPEN_DOOR,
        "TT3": Claim("Câu lạc bộ sử địa phương, 14 buổi một năm học.", "Lịch sinh hoạt câu lạc bộ năm 2024"),
    },
)  # fmt: skip
MANAGER = Candidate(
    "nguoi-de-cu", SCHOOL, "manager", "Hoàng Thị Minh Phương", "phó hiệu trưởng", "minh.phuong@hoa-mai.example",
    {
        "QL1": Claim("Chuyển lịch trực và sổ họp sang bản điện tử.", "Quy trình nội bộ ban hành tháng 8/2024"),
        "QL2": RATED, "QL3": RESPECTED,
        "QL4": Claim("", rests=True),
        "QL5": Claim("Giao việc theo nhóm, họp ngắn mỗi tuần.",
                     proofs={"person": {"role": "thư ký hội đồng trường", "about": "Tập thể nhất trí ghi nhận."}}),
        "QL6": Claim("Vận động quỹ học bổng cho học sinh nghèo.", "Sổ quỹ học bổng năm 2024"),
    },
)  # fmt: skip
LIBRARIAN = Candidate(
    "nguoi-de-cu", SCHOOL, "staff", "Vương Khánh Linh", "nhân viên thư viện", "khanh.linh@hoa-mai.example",
    {
        "NV1": Claim("Mở thư viện cả giờ nghỉ trưa, thêm 40 chỗ đọc.", "Sổ trực thư viện học kỳ I"),
        "NV2": RATED,
        "NV3": Claim("Xếp lại kho sách theo chủ đề học tập.",
                     proofs={"person": {"role": "tổ trưởng tổ Văn phòng", "about": "Tìm sách nhanh hơn hẳn."}}),
    },
)  # fmt: skip
EVERYBODY = (TEACHER, TEAM, PUPIL, DECLINED, LANGUAGE_TEAM, MANAGER, LIBRARIAN)
CITY_REASON = "Cần thêm xác nhận của nhà trường về số buổi sinh hoạt câu lạc bộ."
