"""Who is told what: no name, outcome or reason in a subject, nobody told of another's unit."""

import re

import pytest

from services.notification.rules import CONSENT_BODY, CONSENT_SUBJECT, NOTICES, UNIT_ROLES, Held, is_told
from shared.identity.people import ROLE_NAMES

pytestmark = pytest.mark.unit

OWN, OTHER = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
TODAY = "2024-10-15"


@pytest.mark.parametrize(
    ("held", "notice", "told"),
    [
        (Held("nominator", OWN, None, None), "submitted", True),
        (Held("nominator", OTHER, None, None), "submitted", False),
        (Held("nominator", None, None, None), "submitted", False),
        (Held("head", OWN, "2024-10-15", "2024-10-16"), "returned", True),
        (Held("head", OWN, "2024-10-16", None), "returned", False),
        (Held("head", OWN, None, "2024-10-15"), "returned", False),
        (Held("member", None, None, None), "arrived", True),
        (Held("member", OTHER, None, None), "arrived", False),
        (Held("member", None, None, None), "submitted", False),
        (Held("editor", None, None, None), "honoured", True),
        (Held("operator", None, None, None), "delivery_failed", True),
    ],
)
def test_a_notice_goes_to_whose_role_and_unit_it_is(held: Held, notice: str, told: bool) -> None:
    assert is_told([held], NOTICES[notice], OWN, TODAY) is told
    assert is_told([held, held], NOTICES[notice], OWN, TODAY) is told


def test_who_holds_nothing_is_told_nothing() -> None:
    assert [name for name, notice in NOTICES.items() if is_told([], notice, OWN, TODAY)] == []


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_says_the_code_and_leads_to_a_page_of_its_readers(name: str) -> None:
    notice = NOTICES[name]
    assert re.findall(r"{\w+}", notice.subject + notice.body) == ["{code}"] * 2
    assert notice.path.startswith(("/de-cu/", "/xet-duyet/", "/lan-toa/"))
    assert set(notice.roles) <= set(ROLE_NAMES)
    if notice.path.startswith("/de-cu/"):
        assert set(notice.roles) <= set(UNIT_ROLES)
    assert not re.search(r"khen|từ chối|lý do", notice.subject)


def test_the_letter_with_a_link_names_nobody() -> None:
    assert set(re.findall(r"{(\w+)}", CONSENT_SUBJECT + CONSENT_BODY)) == {"code", "agency", "until", "link"}
