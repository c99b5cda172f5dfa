"""Who was found through a movement: counted there, said anew, taken off."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination.tables import Lead, Nomination
from tests.nomination.test_movements import every, launched, schools
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await schools(sites)


async def test_who_is_found_through_a_movement_is_counted_there_and_says_so(site: Site) -> None:
    place = await launched(site)
    movement_id = place.rsplit("/", 1)[1]
    seen = {"unit": str(make.SCHOOL), "category": "teacher", "name": "Trịnh Thị Ẩn", "deed": "Mở tủ sách."}
    async with site.database.reading() as session:
        round_id = await session.scalar(text("select id from rounds where name = 'đợt này'"))
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        assert "Dạy tốt – Học tốt" in (await person.get("/de-cu/nhan-to/moi")).text
        unknown = await person.post("/de-cu/nhan-to/moi", data=seen | {"movement": str(UUID(int=9))})
        assert (unknown.status_code, "Hãy chọn phong trào trong danh sách" in unknown.text) == (422, True)
        found = seen | {"movement": movement_id, "task": "chuyển đổi số"}
        lead = (await person.post("/de-cu/nhan-to/moi", data=found)).headers["location"]
        assert "Tìm thấy qua phong trào Dạy tốt – Học tốt Nhiệm vụ trọng tâm chuyển đổi số" in text_of(
            await person.get(lead)
        )
        assert "Nhân tố mới: 1 · Hồ sơ đề cử: 0" in text_of(await person.get(place))
        file = (await person.post(f"{lead}/de-cu", data={"round": str(round_id)})).headers["location"]
        found_through = "Tìm thấy qua phong trào Dạy tốt – Học tốt Sửa Tìm thấy qua phong trào Nhiệm vụ trọng tâm"
        assert f"{found_through} chuyển đổi số" in text_of(await person.get(file))
        begun = {**found, "round": str(round_id), "name": "Lê Văn Ba", "form": "exemplar"}
        wrong = await person.post("/de-cu/ho-so/moi", data=begun | {"movement": "?"})
        assert (wrong.status_code, "Hãy chọn phong trào trong danh sách" in wrong.text) == (422, True)
        assert (await person.post("/de-cu/ho-so/moi", data=begun)).status_code == 303
        assert "Nhân tố mới: 1 · Hồ sơ đề cử: 2" in text_of(await person.get(place))
    async with site.signed_in("head", unit=make.OTHER_SCHOOL, subject="khac") as other:
        assert "Nhân tố mới: 0 · Hồ sơ đề cử: 0" in text_of(await other.get(place))
    told = [(one.movement_id, one.task) for row in (Lead, Nomination) for one in await every(site, row)]
    assert told == [(UUID(movement_id), "chuyển đổi số")] * 3


async def test_through_what_somebody_was_found_is_said_anew_and_taken_off(site: Site) -> None:
    place = await launched(site)
    first, second = place.rsplit("/", 1)[1], (await launched(site, name="Trường em xanh")).rsplit("/", 1)[1]
    seen = {"unit": str(make.SCHOOL), "category": "teacher", "name": "Trịnh Thị Ẩn", "deed": "Mở tủ sách."}
    async with site.database.reading() as session:
        round_id = await session.scalar(text("select id from rounds where name = 'đợt này'"))
    told: list[Any] = []
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        lead = (await person.post("/de-cu/nhan-to/moi", data=seen | {"movement": first})).headers["location"]
        begun = seen | {"movement": first, "round": str(round_id)}
        file = (await person.post("/de-cu/ho-so/moi", data=begun)).headers["location"]
        async with site.signed_in("officer", subject="can-bo") as officer:
            await officer.post(f"{place}/ket-thuc")
        forms: tuple[tuple[str, str, dict[str, str]], ...] = (
            (lead, lead, {"deed": "Mở tủ sách."}),
            (file, f"{file}/phong-trao", {}),
        )
        for shown, form, more in forms:
            assert f'<option value="{first}" selected>' in (await person.get(form)).text, "over, and chosen before"
            for movement in ("?", str(UUID(int=9))):
                wrong = await person.post(form, data={**more, "movement": movement, "task": "thi đua"})
                refused = (wrong.status_code, "Hãy chọn phong trào trong danh sách" in wrong.text)
                assert (*refused, 'value="thi đua"' in wrong.text) == (422, True, True)
            long = await person.post(form, data={**more, "task": "a" * 301})
            assert (long.status_code, "300 ch" in text_of(long)) == (422, True)
            for changed in ({"movement": first}, {"movement": second, "task": "thi đua"}, {}):
                assert (await person.post(form, data={**more, **changed})).status_code == 303
                page = text_of(await person.get(shown))
                through = "Tìm thấy qua phong trào "
                told.append([one in page for one in (f"{through}Dạy tốt", f"{through}Trường em xanh", "thi đua")])
    assert told == [[True, False, False], [False, True, True], [False, False, False]] * 2


async def test_through_what_a_dossier_was_found_stays_once_it_was_sent(site: Site) -> None:
    async with site.database.reading() as session:
        round_id = await session.scalar(text("select id from rounds where name = 'đợt này'"))
    begun = {"unit": str(make.SCHOOL), "category": "teacher", "name": "Lê Văn Ba", "round": str(round_id)}
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        file = (await person.post("/de-cu/ho-so/moi", data=begun)).headers["location"]
        assert f"{file}/phong-trao" in (await person.get(file)).text
        async with site.database.transaction() as session:
            await session.execute(text("update nominations set state = 'submitted'"))
        assert f"{file}/phong-trao" not in (await person.get(file)).text
        assert "Phần này giữ nguyên như đã gửi." in text_of(await person.get(f"{file}/phong-trao"))
        answer = await person.post(f"{file}/phong-trao", data={"task": "thi đua"})
    assert (answer.status_code, "Hồ sơ đã gửi nên không sửa được nữa" in text_of(answer)) == (422, True)
    (nomination,) = await every(site, Nomination)
    assert nomination.task == ""
