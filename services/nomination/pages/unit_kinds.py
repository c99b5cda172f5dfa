"""How kinds of units read. Kinds are data: what is not named here reads as its agency wrote it."""

from shared.language import translate

NAMES = {
    "school": "trường",
    "kindergarten": "trường mầm non",
    "primary": "trường tiểu học",
    "lower-secondary": "trường trung học cơ sở",
    "upper-secondary": "trường trung học phổ thông",
    "multi-level": "trường phổ thông nhiều cấp",
    "continuing": "trung tâm giáo dục thường xuyên",
    "office": "phòng giáo dục và đào tạo",
    "department": "đơn vị trực thuộc",
    "team": "tổ",
    "section-union": "công đoàn bộ phận",
    "union": "công đoàn",
    "cluster": "cụm thi đua",
}


def kind_name(kind: str | None) -> str:
    """What units of that kind are called in the middle of a sentence; None: units of any kind."""
    if kind is None:
        return translate("đơn vị")
    return translate(NAMES.get(kind, kind))
