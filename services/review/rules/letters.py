"""Letters that cover what goes up."""

from collections.abc import Collection, Mapping
from datetime import date

from services.review.rules.refusals import BadInput
from shared.wording import say

MOST = 200
"""Cases of one letter."""
LONGEST = {"number": 60, "words": 4000}


def check_letter(
    to_agency: str,
    dated: date | None,
    typed: Mapping[str, str],
    codes: Collection[str],
    parents: Collection[str],
    today: date,
) -> None:
    """Whether a letter may go so; `typed`: its number and words. Raises BadInput."""
    if to_agency not in parents:
        raise BadInput("to", "Hãy chọn cơ quan cấp trên để trình.")
    if not codes:
        raise BadInput("code", "Hãy chọn ít nhất một hồ sơ.")
    if len(codes) > MOST:
        raise BadInput("code", say("Mỗi tờ trình gồm nhiều nhất {most} hồ sơ.", most=MOST))
    if dated is None:
        raise BadInput("dated", "Ngày chưa đúng. Ví dụ: 20/11/2026.")
    if dated > today:
        raise BadInput("dated", "Ngày của tờ trình phải từ hôm nay trở về trước.")
    for field, text in typed.items():
        if len(text) > LONGEST[field]:
            raise BadInput(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))
