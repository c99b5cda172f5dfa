"""States and decisions of nominating: pure, with clock and ids as arguments."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum

from shared.wording import say


class State(StrEnum):
    """Where a nomination is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    RETURNED = "returned"
    HONOURED = "honoured"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


EDITABLE = (State.DRAFT, State.RETURNED)
ENDED = (State.HONOURED, State.DECLINED, State.WITHDRAWN)
WITHDRAWABLE = (State.SUBMITTED, State.REVIEWED, State.RETURNED)


class PlanState(StrEnum):
    """Whether a plan is in force."""

    DRAFT = "draft"
    """Never issued: only those who write it know of it."""
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


class Relation(StrEnum):
    """How a person stands to the subject. A collective's `self` is whoever speaks for it."""

    SELF = "self"
    GUARDIAN = "guardian"


class ClaimState(StrEnum):
    """How far a claim was checked."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    DISPUTED = "disputed"


class Refusal(Exception):
    """An act that the rules do not allow; `problem` is its slug, the text is for the person who acts."""

    problem = "refused"


class FieldRefusal(Refusal):
    """A refusal of one field of a form; `field` is its name there."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class NotADraft(Refusal):
    """Only a draft can be changed or handed in."""

    problem = "not-a-draft"


class NotReopened(Refusal):
    """The council opened other parts of the returned dossier again, and not this one."""

    problem = "not-reopened"


class NotWithdrawable(Refusal):
    """What was never handed in, or is decided, cannot be taken back."""

    problem = "not-withdrawable"


class UnitIsNoMore(Refusal):
    """A unit that has ended puts nobody forward."""

    problem = "unit-is-no-more"


class PlanNotInForce(Refusal):
    """A plan that was withdrawn is neither changed nor worked by."""

    problem = "plan-not-in-force"


class DraftPending(Refusal):
    """A new version of the plan is being written."""

    problem = "draft-pending"


class NoDraft(Refusal):
    """Nothing of the plan is being written: it was issued, or thrown away."""

    problem = "no-draft"


class PlanChanged(Refusal):
    """Somebody else published a newer version meanwhile."""

    problem = "plan-changed"


class RoundNotOpen(Refusal):
    """The round takes no nominations at this time."""

    problem = "round-not-open"


class NotComplete(Refusal):
    """Claims or evidence are missing; `missing` says per criterion code what."""

    problem = "not-complete"

    def __init__(self, missing: Mapping[str, str]) -> None:
        super().__init__("Hồ sơ chưa đủ để gửi.")
        self.missing = dict(missing)


class BadContact(FieldRefusal):
    """A contact is missing or cannot be; `field` names it."""

    problem = "bad-contact"


class TooMuch(FieldRefusal):
    """A dossier would hold more, or longer, than can be handed on; `field` names what."""

    problem = "too-much"


class ChangedMeanwhile(Refusal):
    """Somebody else saved the same thing in between; `theirs` is what stands there now, under `version`."""

    problem = "changed-meanwhile"

    def __init__(self, theirs: str, version: int) -> None:
        super().__init__("Có người vừa lưu nội dung khác. Chữ bạn gõ vẫn còn ở dưới.")
        self.theirs = theirs
        self.version = version


LONGEST = {
    "name": 200,
    "position": 200,
    "on_behalf": 200,
    "task": 300,
    "text": 6000,
    "proof": 2000,
    "caption": 200,
    "guardian": 200,
    "opinion": 2000,
}
"""How many characters a field may have."""
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


def check_editable(state: State) -> None:
    """Raises NotADraft."""
    if state not in EDITABLE:
        raise NotADraft("Hồ sơ đã gửi nên không sửa được nữa.")


def is_open(state: State, reopened: Collection[str], name: str) -> bool:
    """Whether that criterion or paper of a dossier may be changed; `reopened`: what a return named, none: all."""
    return state in EDITABLE and (not reopened or name in reopened)


def check_open(state: State, reopened: Collection[str], name: str) -> None:
    """Raises NotADraft, NotReopened."""
    check_editable(state)
    if not is_open(state, reopened, name):
        raise NotReopened("Hội đồng không mở lại mục này, nên mục này giữ nguyên như đã gửi.")


def check_withdrawable(state: State) -> None:
    """Raises NotWithdrawable."""
    if state not in WITHDRAWABLE:
        raise NotWithdrawable("Chỉ rút được hồ sơ đã gửi mà chưa có kết luận.")


def after_news(state: State, told: State) -> State:
    """Where news from the council brings a nomination; withdrawn it stays, unless an honour was quicker."""
    return state if state is State.WITHDRAWN and told is not State.HONOURED else told


def check_length(field: str, text: str) -> None:
    """Raises TooMuch."""
    if len(text) > LONGEST[field]:
        raise TooMuch(
            field, say("Dài quá {most} chữ cái. Hãy viết gọn lại; phần thừa có thể gửi bằng tệp.", most=LONGEST[field])
        )


def check_room(files: int, size: int, most_files: int, most_bytes: int) -> None:
    """Whether a dossier with so many files of so many bytes in all can still be handed on. Raises TooMuch."""
    if files > most_files:
        raise TooMuch("file", say("Hồ sơ đã có {most} tệp, không thêm được nữa.", most=most_files))
    if size > most_bytes:
        raise TooMuch("file", say("Các tệp của hồ sơ cộng lại vượt quá {most} MB.", most=most_bytes // 1_000_000))


def is_reachable(relations: Collection[Relation], born_on: date | None, *, child: bool) -> bool:
    """Whether those can be asked without whom a child is never shown."""
    return not child or (born_on is not None and Relation.GUARDIAN in relations)


def check_complete(lacking: Mapping[str, str]) -> None:
    """Raises NotComplete; `lacking` as readiness tells it."""
    if lacking:
        raise NotComplete(lacking)


def check_typed_contacts(
    emails: Mapping[Relation, str], born_on: date | None, today: date, *, nominator: str = ""
) -> None:
    """Raises BadContact: an address that cannot be one, one address for two people, the nominator's own, a birthday
    that has not come. Something may be missing.

    Two links never go to one contact, nor to the nominator: who answers for others would answer alone. `nominator`:
    the address of whoever writes the contacts, empty when it is not known.
    """
    for relation, email in emails.items():
        if email and not (len(email) <= 200 and _EMAIL.fullmatch(email)):
            raise BadContact(f"email-{relation}", "Địa chỉ thư chưa đúng. Ví dụ: ten@truong.edu.vn")
    given = [email.casefold() for email in emails.values() if email]
    if len(set(given)) < len(given):
        raise BadContact("email-guardian", "Hai người cần hai địa chỉ thư khác nhau.")
    for relation, email in emails.items():
        if email and email.casefold() == nominator.casefold():
            raise BadContact(f"email-{relation}", "Đây là địa chỉ của bạn. Hãy ghi địa chỉ của chính người được hỏi.")
    if born_on is not None and born_on >= today:
        raise BadContact("born", "Ngày sinh phải trước hôm nay.")


def check_contacts(
    emails: Mapping[Relation, str],
    guardian: str,
    born_on: date | None,
    today: date,
    *,
    child: bool,
    nominator: str = "",
) -> None:
    """Raises BadContact as above, and for a child without birthday or guardian."""
    check_typed_contacts(emails, born_on, today, nominator=nominator)
    if child and born_on is None:
        raise BadContact("born", "Hãy ghi ngày sinh của học sinh, để biết cần ai đồng ý.")
    if child and not emails.get(Relation.GUARDIAN):
        raise BadContact("email-guardian", "Hãy ghi địa chỉ thư của cha, mẹ hoặc người giám hộ.")
    if child and not guardian.strip():
        raise BadContact("guardian", "Hãy ghi họ và tên của cha, mẹ hoặc người giám hộ.")


def check_goes_on(until: date | None, today: date) -> None:
    """Whether a unit that is there until (exclusive) a day is there today. Raises UnitIsNoMore."""
    if until is not None and until <= today:
        raise UnitIsNoMore("Đơn vị này đã thôi hoạt động. Hãy chọn đơn vị hiện nay.")


def check_in_force(state: PlanState) -> None:
    """Raises PlanNotInForce."""
    if state is PlanState.DRAFT:
        raise PlanNotInForce("Kế hoạch này chưa ban hành.")
    if state is not PlanState.IN_FORCE:
        raise PlanNotInForce("Kế hoạch này đã thu hồi nên không sửa và không dùng được nữa.")


def check_version(here: int, seen: int) -> None:
    """Raises PlanChanged when what the person saw is not what stands here."""
    if here != seen:
        raise PlanChanged(
            say(
                "Kế hoạch vừa có bản {here}, bạn đang xem bản {seen}. Hãy tải lại trang rồi làm lại.",
                here=here,
                seen=seen,
            )
        )


def check_draft(here: int, seen: int) -> None:
    """Raises PlanChanged when somebody else saved the draft that the person saw."""
    if here != seen:
        raise PlanChanged("Có người vừa lưu bản nháp này. Chữ bạn gõ vẫn còn ở đây: hãy xem lại rồi bấm lưu lần nữa.")


def code(mark: str, year: int, number: int) -> str:
    """The one code that a nomination keeps for life: `TB-24-0001`."""
    return f"{mark}-{year % 100:02}-{number:04}"
