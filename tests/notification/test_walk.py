"""Who may do what in notification: everybody has an inbox of their own, signing in is for everybody."""

import pytest

from tests.support import factories as make
from tests.support.site import Sites
from tests.support.walk import THEIRS, WALKERS, Step, open_to_all, run_steps, silent_in, stated, walk

pytestmark = pytest.mark.db

SIGN_IN = ["GET /ra", "GET /vao", "GET /vao/tiep", "GET /vao/xong", "GET /vao/xong/{noi}", "POST /ra"]
PEOPLE = "/viec/quan-tri/nguoi"
STEPS = {
    **run_steps("/viec"),
    "GET /viec": Step(),
    "GET /viec/so": Step(),
    "GET /thong-bao": Step(),
    "GET /thong-bao/tim": Step(),
    "GET /thong-bao/tim/so": Step(),
    "POST /thong-bao/da-doc": Step(),
    "GET /phien": Step(),
    f"GET {PEOPLE}": Step(),
    f"POST {PEOPLE}": Step(),
    f"POST {PEOPLE}/thu-hoi/{{grant_id}}": Step({THEIRS: {"grant_id": "00000000-0000-0000-0000-000000000009"}}),
    f"POST {PEOPLE}/ket-thuc-phien": Step(),
    "POST /phien": Step(form={"phien": "none"}),
}


@pytest.mark.parametrize("role", WALKERS)
async def test_every_route_is_open_as_the_table_says(sites: Sites, role: str) -> None:
    found, told = await walk(await sites("notification"), role, make.SCHOOL, STEPS)
    assert found == told


async def test_every_route_says_whose_it_is(sites: Sites) -> None:
    _, others, silent = stated(await sites("notification"))
    assert (others, silent) == (sorted(open_to_all("notification") + SIGN_IN), silent_in("notification"))
