"""Who takes part in a movement, and who reads it."""

import asyncio
from uuid import uuid4

import pytest

from services.nomination.rules.movements import Taker
from services.nomination.tables import Movement, MovementRegistration
from tests.nomination.test_movements import TEAM, every, launched, schools
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await schools(sites)


async def test_anybody_joins_for_themselves_and_only_their_units_staff_read_who(site: Site) -> None:
    place = await launched(site)
    sent = {"taker": "person", "unit": str(TEAM), "once": str(uuid4())}
    async with site.signed_in(subject="co-thu") as person:
        assert "Đăng ký tham gia" in text_of(await person.get(place))
        assert [(await person.post(f"{place}/dang-ky", data=sent)).status_code for _ in range(2)] == [303, 303]
        again = await person.post(f"{place}/dang-ky", data=sent | {"once": str(uuid4())})
        assert (again.status_code, "Bạn đã đăng ký tham gia phong trào này rồi" in again.text) == (422, True)
        (one,) = await every(site, MovementRegistration)
        mine = f"{place}/dang-ky/{one.id}"
        assert mine in (await person.get(place)).text
        assert (await person.post(f"{mine}/ket-qua", data={"result": "Đổi mới 3 tiết dạy."})).status_code == 303
        assert "Đổi mới 3 tiết dạy." in (await person.get(mine)).text
        assert (await person.get(f"{place}/dang-ky")).status_code == 403
    told = {}
    for name, role, unit in (
        ("own", "nominator", TEAM),
        ("above", "head", make.SCHOOL),
        ("overseer", "supervisor", make.SCHOOL),
        ("agency", "officer", None),
        ("foreign", "head", make.OTHER_SCHOOL),
    ):
        async with site.signed_in(role, unit=unit, subject=name) as reader:
            page, single = text_of(await reader.get(f"{place}/dang-ky")), await reader.get(mine)
            written = await reader.post(f"{mine}/ket-qua", data={"result": "Đổi mới 3 tiết dạy.", "count": "3"})
            told[name] = (one.name in page, single.status_code, written.status_code)
            assert "Số đăng ký 1" in text_of(await reader.get(place)), "how many take part is known to all"
            assert one.who not in single.text + page
    assert told == {
        "own": (True, 200, 303),
        "above": (True, 200, 403),  # the head acts for the school, not for a unit below
        "overseer": (True, 200, 403),
        "agency": (True, 200, 303),
        "foreign": (False, 404, 404),
    }
    async with site.signed_in("member", subject="uy-vien") as member:
        assert (await member.get(mine)).status_code == 404
    (one,) = await every(site, MovementRegistration)
    assert (one.taker, one.name, one.result_count) == (Taker.PERSON, "Người co-thu", 3)


async def test_a_unit_and_its_teams_join_once_and_leave_until_the_end(site: Site) -> None:
    place = await launched(site)
    whole = {"taker": "unit", "unit": str(make.SCHOOL), "once": str(uuid4())}
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        both = await asyncio.gather(*(head.post(f"{place}/dang-ky", data=whole) for _ in range(2)))
        assert [answer.status_code for answer in both] == [303, 303]
        for changed, said in (
            ({}, "Đơn vị này đã đăng ký tham gia rồi"),
            ({"taker": "?"}, "Hãy chọn đăng ký cho ai"),
            ({"unit": ""}, "Hãy chọn đơn vị"),
            ({"unit": str(make.OTHER_SCHOOL)}, "chỉ đăng ký được thay cho đơn vị mình"),
            ({"taker": "team"}, "Hãy ghi tên tổ, lớp hoặc nhóm"),
            ({"taker": "person", "unit": str(make.OTHER_SCHOOL)}, "không dành cho đơn vị đó"),
        ):
            answer = await head.post(f"{place}/dang-ky", data=whole | {"once": str(uuid4())} | changed)
            assert (answer.status_code, said in text_of(answer)) == (422, True), said
        team = whole | {"taker": "team", "team": "Lớp 8A"}
        assert (await head.post(f"{place}/dang-ky", data=team)).status_code == 303
        again = await head.post(f"{place}/dang-ky", data=team | {"team": "lớp 8a", "once": str(uuid4())})
        assert (again.status_code, "Tổ, lớp hoặc nhóm này đã đăng ký" in again.text) == (422, True)
        rows = {one.taker: one for one in await every(site, MovementRegistration)}
        assert {one: row.name for one, row in rows.items()} == {Taker.UNIT: "Trường THCS Hoa Mai", Taker.TEAM: "Lớp 8A"}
        left = [await head.post(f"{place}/dang-ky/{rows[Taker.TEAM].id}/rut") for _ in range(2)]
        assert [answer.status_code for answer in left] == [303, 404]
        await head.post(f"{place}/ket-thuc")
        late = await head.post(f"{place}/dang-ky/{rows[Taker.UNIT].id}/rut")
        assert (late.status_code, "Phong trào đã kết thúc" in late.text) == (422, True)
        shut = await head.post(f"{place}/dang-ky", data=team | {"once": str(uuid4())})
        assert (shut.status_code, "Phong trào đã kết thúc" in shut.text) == (422, True)
    (movement,) = await every(site, Movement)
    assert (movement.registered, len(await every(site, MovementRegistration))) == (1, 1)
