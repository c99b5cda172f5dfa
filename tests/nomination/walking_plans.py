"""What the walk over nomination's routes finds of plans."""

from uuid import UUID

from tests.support import factories as make
from tests.support.walk import THEIRS, Step

ABOVE, TEXT = UUID(int=11), UUID(int=13)


def plan_steps() -> dict[str, Step]:
    """The routes of plans: one in force, one that is being written, one from above."""
    ours = {"ours": {"code": "kh-1"}}
    above = {"ours": {"issuer_agency": "hcm", "plan_id": str(ABOVE)}}
    drafted = {"ours": {"code": "kh-nhap"}, THEIRS: {"code": "kh-khac"}}
    texts = {"ours": {"text_id": str(TEXT)}, THEIRS: {"text_id": str(UUID(int=14))}}
    in_step = {"ours": {"code": "kh-nhap", "step": "chi-tieu"}}
    old, draft = {"version": "99"}, "/de-cu/ke-hoach/{code}/soan"
    taken = old | {"issuer_agency": "hcm", "plan_id": str(ABOVE)}
    told = {"unit": str(make.SCHOOL), "told_on": "05/10/2024", "people": "40", "version": "1"}
    words, rows = ("van-ban", "noi-dung", "tro-giup"), ("can-cu", "dot", "chi-tieu", "han", "noi-nhan")
    return {
        "GET /de-cu/ke-hoach": Step(),
        "GET /de-cu/ke-hoach/{code}": Step(ours),
        "POST /de-cu/ke-hoach/{code}/sua": Step(ours, {"version": "1"}),
        "GET /de-cu/ke-hoach/{code}/thu-hoi": Step(ours),
        "POST /de-cu/ke-hoach/{code}/thu-hoi": Step(ours, {"version": "99"}),
        "GET /de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}": Step(above),
        "POST /de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}": Step(above, {"version": "9"}),
        "POST /de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}/lap": Step(above, old),
        "GET /de-cu/ke-hoach/nhap": Step(),
        "POST /de-cu/ke-hoach/nhap": Step(form={"text": "KẾ HOẠCH nhân rộng gương điển hình tiên tiến của trường"}),
        "GET /de-cu/ke-hoach/nhap/{text_id}": Step(texts),
        "POST /de-cu/ke-hoach/nhap/{text_id}": Step(texts),
        "GET /de-cu/ke-hoach/moi": Step(),
        "POST /de-cu/ke-hoach/moi": Step(form={"title": ""}),
        f"GET {draft}": Step(drafted),
        f"POST {draft}": Step(ours),
        f"GET {draft}/{{step}}": Step(in_step),
        **{f"POST {draft}/{step}": Step(drafted, old) for step in (*words, *rows)},
        **{f"POST {draft}/{step}/luu": Step(drafted, old) for step in words},
        f"POST {draft}/can-cu/cap-tren": Step({"ours": drafted["ours"]}, taken),
        f"POST {draft}/{{step}}/bo": Step(in_step, old | {"row": "0"}),
        "GET /de-cu/ke-hoach/{code}/ban-hanh": Step(drafted),
        "POST /de-cu/ke-hoach/{code}/ban-hanh": Step(drafted, old),
        "GET /de-cu/ke-hoach/{code}/bo-nhap": Step(drafted),
        "POST /de-cu/ke-hoach/{code}/bo-nhap": Step(drafted, old),
        "GET /de-cu/ke-hoach/{code}/trien-khai": Step(ours),
        "POST /de-cu/ke-hoach/{code}/trien-khai": Step(ours, told),
        "GET /de-cu/ke-hoach/{code}/ban-do": Step(ours),
    }
