"""The rules of nominating, as tables."""

from datetime import date

import pytest

from services.nomination.rules import (
    LONGEST,
    BadContact,
    NotADraft,
    Relation,
    State,
    TooMuch,
    check_contacts,
    check_editable,
    check_length,
    check_room,
    code,
    is_reachable,
)

pytestmark = pytest.mark.unit

TODAY = date(2024, 10, 15)
BORN = date(2011, 9, 5)
SELF, GUARDIAN = Relation.SELF, Relation.GUARDIAN


@pytest.mark.parametrize("state", State)
def test_only_drafts_and_what_came_back_can_be_changed(state: State) -> None:
    if state in (State.DRAFT, State.RETURNED):
        check_editable(state)
    else:
        with pytest.raises(NotADraft):
            check_editable(state)


@pytest.mark.parametrize(
    ("child", "born_on", "relations", "reachable"),
    [
        (False, None, [], True),
        (True, BORN, [SELF, GUARDIAN], True),
        (True, BORN, [GUARDIAN], True),
        (True, None, [SELF, GUARDIAN], False),
        (True, BORN, [SELF], False),
    ],
)
def test_a_child_is_put_forward_with_birthday_and_guardian(
    child: bool, born_on: date | None, relations: list[Relation], reachable: bool
) -> None:
    assert is_reachable(relations, born_on, child=child) is reachable


@pytest.mark.parametrize(
    ("emails", "guardian", "born_on", "child", "wrong"),
    [
        ({SELF: ""}, "", None, False, None),
        ({SELF: "a@truong.edu.vn"}, "", None, False, None),
        ({SELF: "a@truong.edu.vn", GUARDIAN: "me@nha.vn"}, "Lan", BORN, True, None),
        ({SELF: "", GUARDIAN: "me@nha.vn"}, "Lan", BORN, True, None),
        ({SELF: "a@truong"}, "", None, False, "email-self"),
        ({SELF: "a@b@truong.vn"}, "", None, False, "email-self"),
        ({SELF: "a,b@truong.vn"}, "", None, False, "email-self"),
        ({SELF: "Lan <a@truong.vn>"}, "", None, False, "email-self"),
        ({SELF: "a@truong.vn\nBcc:b@c.vn"}, "", None, False, "email-self"),
        ({SELF: "ánh@truong.vn"}, "", None, False, "email-self"),
        ({SELF: "a@nha.vn", GUARDIAN: "A@nha.vn"}, "Lan", BORN, True, "email-guardian"),
        ({SELF: "a@nha.vn", GUARDIAN: "me@nha.vn"}, "Lan", None, True, "born"),
        ({SELF: "a@nha.vn", GUARDIAN: "me@nha.vn"}, "Lan", TODAY, True, "born"),
        ({SELF: "a@nha.vn"}, "Lan", BORN, True, "email-guardian"),
        ({SELF: "a@nha.vn", GUARDIAN: "me@nha.vn"}, " ", BORN, True, "guardian"),
    ],
)
def test_contacts_are_addresses_of_different_people(
    emails: dict[Relation, str], guardian: str, born_on: date | None, child: bool, wrong: str | None
) -> None:
    if wrong is None:
        check_contacts(emails, guardian, born_on, TODAY, child=child)
        return
    with pytest.raises(BadContact) as error:
        check_contacts(emails, guardian, born_on, TODAY, child=child)
    assert error.value.field == wrong


def test_the_nominator_answers_for_nobody() -> None:
    emails = {SELF: "a@nha.vn", GUARDIAN: "Co.Hanh@truong.edu.vn"}
    for own in ("", "khac@truong.edu.vn"):
        check_contacts(emails, "Lan", BORN, TODAY, child=True, nominator=own)
    with pytest.raises(BadContact) as error:
        check_contacts(emails, "Lan", BORN, TODAY, child=True, nominator="co.hanh@truong.edu.vn")
    assert error.value.field == "email-guardian"
    check_contacts({SELF: ""}, "", None, TODAY, child=False, nominator="")


@pytest.mark.parametrize("field", LONGEST)
def test_a_field_is_as_long_as_it_may_be_and_not_longer(field: str) -> None:
    check_length(field, "ế" * LONGEST[field])
    with pytest.raises(TooMuch) as error:
        check_length(field, "ế" * (LONGEST[field] + 1))
    assert error.value.field == field


def test_a_dossier_holds_what_a_parcel_can() -> None:
    check_room(2, 20, 2, 20)
    for files, size in ((3, 20), (2, 21)):
        with pytest.raises(TooMuch):
            check_room(files, size, 2, 20)


def test_a_code_has_mark_year_and_number() -> None:
    assert [code("TB", 2024, 1), code("TB", 2009, 12345)] == ["TB-24-0001", "TB-09-12345"]
