"""Who may do what in notification: everybody has an inbox of their own, signing in is for everybody."""

from uuid import UUID

import pytest

from services.notification.tables import Grant
from tests.support import factories as make
from tests.support.site import Sites
from tests.support.walk import THEIRS, WALKERS, Step, open_to_all, run_steps, silent_in, stated, walk

pytestmark = pytest.mark.db

SIGN_IN = ["GET /ra", "GET /vao", "GET /vao/tiep", "GET /vao/xong", "GET /vao/xong/{noi}", "POST /ra"]
PEOPLE, GRANT = "/viec/quan-tri/nguoi", UUID(int=9)
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
    f"POST {PEOPLE}/thu-hoi/{{grant_id}}": Step({THEIRS: {"grant_id": str(GRANT)}}),
    f"POST {PEOPLE}/ket-thuc-phien": Step(),
    "POST /phien": Step(form={"phien": "none"}),
}


@pytest.mark.parametrize("role", WALKERS)
async def test_every_route_is_open_as_the_table_says(sites: Sites, role: str) -> None:
    site = await sites("notification")
    theirs = Grant(id=GRANT, agency="hcm", identity="https://id|ai", role="officer", granted_by="x", granted_at=make.AT)
    async with site.database.transaction() as session:
        session.add(theirs)
    found, told = await walk(site, role, make.SCHOOL, STEPS)
    assert found == told
    async with site.database.reading() as session:
        assert (await session.get_one(Grant, GRANT)).revoked_at is None


async def test_every_route_says_whose_it_is(sites: Sites) -> None:
    _, others, silent = stated(await sites("notification"))
    assert (others, silent) == (sorted(open_to_all("notification") + SIGN_IN), silent_in("notification"))
