"""The units of the walk over nomination's routes, and the routes of units."""

from uuid import UUID

from shared.policy import Relation
from tests.support import factories as make
from tests.support.walk import THEIRS, Step

TEAM = UUID("01900000-0000-7000-8000-000000000003")
WARD = UUID("01900000-0000-7000-8000-000000000004")
UNITS = {
    Relation.OWN: make.SCHOOL,
    Relation.CHILD: TEAM,
    Relation.PARENT: WARD,
    Relation.FOREIGN: make.OTHER_SCHOOL,
}


def unit_steps() -> dict[str, Step]:
    """The routes of units: they belong to the agency."""
    unit, stranger = {"unit_id": str(make.SCHOOL)}, {"unit_id": str(UUID(int=14))}
    place, units = "/de-cu/quan-tri/don-vi/{unit_id}", {"ours": unit, THEIRS: stranger}
    none = {whose: {**one, "name_id": str(UUID(int=15))} for whose, one in units.items()}
    lists, nobodys = "/de-cu/quan-tri/don-vi/nhap", {THEIRS: {"intake_id": str(UUID(int=16))}}
    return {
        "GET /de-cu/quan-tri/don-vi": Step(),
        f"GET {place}": Step(units),
        f"POST {place}/ten": Step(
            units, {"code": "truong-moi", "name": "Trường mới", "kind": "school", "since": "01/01/2030"}
        ),
        f"POST {place}/ten/{{name_id}}/bo": Step({THEIRS: none[THEIRS]}),
        "GET /de-cu/quan-tri/don-vi/moi": Step(),
        "POST /de-cu/quan-tri/don-vi/moi": Step(form={"code": "x", "name": "Trường mới", "since": "01/01/2030"}),
        f"GET {lists}": Step(),
        f"GET {lists}/mau.xlsx": Step(),
        f"POST {lists}": Step(),
        f"GET {lists}/{{intake_id}}": Step(nobodys),
        f"GET {lists}/{{intake_id}}/loi.xlsx": Step(nobodys),
        f"POST {lists}/{{intake_id}}/ghi": Step(nobodys),
        f"POST {lists}/{{intake_id}}/hoan-tac": Step(nobodys),
        f"GET {place}/thoi": Step(units),
        f"POST {place}/thoi": Step(units, {"day": "01/01/2030"}),
        f"GET {place}/thoi/chuyen": Step({THEIRS: stranger}),
        f"POST {place}/thoi/chuyen": Step({THEIRS: stranger}),
        f"POST {place}/thoi/xac-nhan": Step({THEIRS: stranger}),
        f"POST {place}/thoi/bo": Step({THEIRS: stranger}),
        f"POST {place}/thuoc": Step(units, {"parent": str(TEAM), "line": "union", "from_day": "01/01/2030"}),
        f"POST {place}/thuoc/thoi": Step(units, {"edge": str(UUID(int=16)), "until": "01/01/2030"}),
    }
