"""Searching among one's own messages."""

import pytest
from uuid_utils.compat import uuid7

from services.notification.actions import messages
from tests.support import factories as make
from tests.support.site import Sites, text_of

pytestmark = pytest.mark.db


async def test_one_finds_ones_own_messages_by_code_and_by_words(sites: Sites) -> None:
    site = await sites("notification")
    async with site.database.transaction() as session:
        for who, code in (("hanh", "TB-24-0001"), ("hanh", "TB-24-0002"), ("viet", "TB-24-0001")):
            await messages.tell(
                session, "tan-binh", uuid7(), f"https://id|{who}", notice="completed", code=code, at=make.AT
            )
    questions = ("TB-24-0001", "tb 24 0002", "da ket luan", "đã kết luận", "cho duyet", "%")
    async with site.signed_in("member", subject="hanh") as hanh:
        counts = [(await hanh.get("/thong-bao/tim/so", params={"q": one})).text for one in questions]
        page = text_of(await hanh.get("/thong-bao/tim", params={"q": "TB-24-0001"}))
    assert counts == ["1", "1", "2", "2", "0", "0"]
    assert ("Đã có kết luận cho hồ sơ TB-24-0001" in page, "TB-24-0002" in page) == (True, False)
