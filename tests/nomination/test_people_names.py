"""People are named by family and given name: a title before it is told, and left away where nobody can be asked."""

import pytest
from sqlalchemy import text

from services.nomination.rules.names import NameWithTitle, check_name
from services.nomination.rules.titles import split_title
from tests.support import factories as make
from tests.support.site import Sites, text_of


@pytest.mark.unit
@pytest.mark.parametrize(
    ("written", "title", "name"),
    [
        ("Cô Lê Thị Ánh", "Cô", "Lê Thị Ánh"),
        ("thầy giáo Trần Văn Bình", "thầy giáo", "Trần Văn Bình"),
        ("PGS. TS. Nguyễn Thị Hòa", "PGS. TS.", "Nguyễn Thị Hòa"),
        ("Nhà giáo Ưu tú Phạm Duy", "Nhà giáo Ưu tú", "Phạm Duy"),
        ("Em Đỗ Minh", "Em", "Đỗ Minh"),
        ("Lê Thị Cô", "", "Lê Thị Cô"),
        ("Ông Cao Thắng", "", "Ông Cao Thắng"),
        ("Cô Ánh", "", "Cô Ánh"),
        ("", "", ""),
    ],
)
def test_a_title_is_told_from_a_name(written: str, title: str, name: str) -> None:
    assert split_title(written) == (title, name)


@pytest.mark.unit
def test_the_refusal_says_how_to_write_it() -> None:
    with pytest.raises(NameWithTitle) as refused:
        check_name("Cô Lê Thị Ánh")
    assert (refused.value.field, str(refused.value)) == ("name", "Hãy ghi họ và tên, không kèm «Cô»: Lê Thị Ánh.")
    check_name("Lê Thị Ánh")


@pytest.mark.db
async def test_a_dossier_begins_with_a_name_and_loses_nothing_that_was_typed(sites: Sites) -> None:
    site = await sites("nomination")
    plan = await make.plan(site.database)
    form = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Cô Lê Thị Ánh"}
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        refused = await by.post("/de-cu/ho-so/moi", data=form)
        model = await by.post("/de-cu/ho-so/moi", data=form | {"form": "model", "name": "Cô và trò cùng đọc"})
        team = await by.post("/de-cu/ho-so/moi", data=form | {"category": "collective", "name": "Em yêu biển đảo"})
        lead = {"category": "teacher", "name": "cô Trịnh Thị Ẩn", "deed": "Dạy bơi.", "unit": str(make.SCHOOL)}
        sent = await by.post("/de-cu/nhan-to/moi", data=lead)
    told = "Hãy ghi họ và tên, không kèm «Cô»: Lê Thị Ánh."
    assert (refused.status_code, told in text_of(refused), 'value="Cô Lê Thị Ánh"' in refused.text) == (422, True, True)
    assert [one.status_code for one in (model, team, sent)] == [303, 303, 303]
    async with site.database.reading() as session:
        place = f"/de-cu/nhan-to/{await session.scalar(text('select id from leads'))}"
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert (await head.post(f"{place}/buoc", data={"to": "ready"})).status_code == 303
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        assert (await by.post(f"{place}/de-cu", data={"round": str(plan.open)})).status_code == 303
    async with site.database.reading() as session:
        names = await session.scalars(text("select name from subjects order by name"))
        assert list(names) == ["Cô và trò cùng đọc", "Em yêu biển đảo", "Trịnh Thị Ẩn"]
