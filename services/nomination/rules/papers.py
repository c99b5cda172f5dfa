"""What a dossier needs beside its claims, and who may look into a claim: others' word, never the writer's own."""

from enum import StrEnum

from services.nomination.rules import EDITABLE, ClaimState, FieldRefusal, Refusal, State, check_editable
from services.nomination.rules.criteria import Form
from services.nomination.rules.evidence import is_contact

SHORTEST_CHECK, LONGEST_CHECK = 10, 1000
SHORTEST_OPINION, LONGEST_WHO = 10, 200
SHORTEST_KIN, LONGEST_KIN = 2, 100
CLOSED = (State.WITHDRAWN, State.DECLINED)
"""Nobody looks into the claims of a dossier that is put away."""


class Voice(StrEnum):
    """In what role somebody knows the nominee."""

    COLLEAGUE = "colleague"
    LEARNER = "learner"
    PARENT = "parent"
    OTHER = "other"


VOICES = {
    Voice.COLLEAGUE: "Đồng nghiệp",
    Voice.LEARNER: "Người học",
    Voice.PARENT: "Cha mẹ học sinh",
    Voice.OTHER: "Người khác",
}


class Kindred(StrEnum):
    """To whom whoever sends a dossier may be related."""

    NOMINEE = "nominee"
    LEADER = "leader"
    """Whoever is at the head of the collective that is put forward."""


class OwnFile(Refusal):
    """Who wrote a dossier neither checks its claims nor confirms it."""

    problem = "own-file"


class AboutYourself(Refusal):
    """What is written about somebody needs another person's word before it goes anywhere."""

    problem = "about-yourself"


class NotAboutYourself(Refusal):
    """Only a head whom a dossier is about leaves its confirmation to the agency."""

    problem = "not-about-yourself"


class NotTheAgencys(Refusal):
    """The head of the unit confirms this dossier, not an officer of the agency."""

    problem = "not-the-agencys"


class BadCheck(FieldRefusal):
    """What was found of a claim, or how, is not told so that others can follow it; `field` names which."""

    problem = "bad-check"


class BadOpinion(FieldRefusal):
    """An opinion lacks something; `field` names what."""

    problem = "bad-opinion"


class BadKin(FieldRefusal):
    """Whether the sender is of the family they were asked about is not said, or not clearly; `field` names what."""

    problem = "bad-kin"


class Answered(Refusal):
    """A question was answered already, or stands no more."""

    problem = "answered"


def check_not_own(nominator: str, by: str) -> None:
    """Raises OwnFile when whoever checks a claim wrote the dossier."""
    if nominator == by:
        raise OwnFile("Người viết hồ sơ không tự xác minh hồ sơ của mình. Hãy nhờ người khác.")


def check_check(state: State, found: ClaimState, how: str) -> None:
    """Whether a check of a claim can be kept. Raises BadCheck."""
    if state in CLOSED:
        raise BadCheck("found", "Hồ sơ đã khép lại nên không xác minh nữa.")
    if found is ClaimState.UNVERIFIED:
        raise BadCheck("found", "Hãy chọn: đã xác minh, hay có ý kiến khác.")
    if not SHORTEST_CHECK <= len(how) <= LONGEST_CHECK:
        raise BadCheck("how", "Hãy ghi đã xem gì, hỏi ai (từ 10 đến 1.000 chữ).")


def check_opinion(who: str, text: str) -> None:
    """Raises BadOpinion when it is not said in what role somebody speaks, or nothing is said."""
    if not 2 <= len(who) <= LONGEST_WHO:
        raise BadOpinion("who", "Hãy ghi vai trò của người nêu ý kiến (từ 2 đến 200 chữ).")
    if is_contact(who):
        raise BadOpinion("who", "Chỉ ghi vai trò; không ghi số điện thoại hay địa chỉ thư.")
    if len(text) < SHORTEST_OPINION:
        raise BadOpinion("text", "Hãy ghi ý kiến (từ 10 chữ trở lên).")


def kindred_of(form: Form, *, collective: bool) -> Kindred | None:
    """To whom a sender may be related; none: a collective's model or deed names nobody."""
    if not collective:
        return Kindred.NOMINEE
    return Kindred.LEADER if form is Form.EXEMPLAR else None


def kin_told(related: str, kin: str) -> str:
    """How a form's sender is related to whom it was asked about; empty: not at all. Raises BadKin."""
    match related:
        case "no" if not kin:
            return ""
        case "no":
            raise BadKin("related", "Bạn chọn «Không» nhưng có ghi quan hệ. Hãy chọn lại, hoặc xóa phần đã ghi.")
        case "yes" if kin:
            check_kin(kin)
            return kin
        case "yes":
            raise BadKin("kin", "Hãy ghi quan hệ gì. Ví dụ: vợ chồng, chị em ruột, cháu.")
        case _:
            raise BadKin("related", "Hãy cho biết bạn có quan hệ gia đình hay không.")


def check_kin(kin: str) -> None:
    """Raises BadKin; empty: no relation."""
    if kin and not SHORTEST_KIN <= len(kin) <= LONGEST_KIN:
        raise BadKin("kin", "Hãy ghi ngắn gọn quan hệ gì (từ 2 đến 100 chữ).")
    if is_contact(kin):
        raise BadKin("kin", "Chỉ ghi quan hệ gì; không ghi số điện thoại hay địa chỉ thư.")


def check_askable(state: State, agreed: bool | None) -> None:
    """Whether the nominee can be asked, once more. Raises NotADraft, Answered."""
    check_editable(state)
    if agreed is not None:
        raise Answered("Người được giới thiệu đã trả lời rồi.")


def check_answerable(state: State, agreed: bool | None, *, newest: bool, late: bool) -> None:
    """Whether a question to the nominee can be answered. Raises Answered."""
    if agreed is not None:
        raise Answered("Câu hỏi này đã được trả lời.")
    if late or not newest or state not in EDITABLE:
        raise Answered("Câu hỏi này không còn cần trả lời.")


def check_confirmable(state: State, nominator: str, by: str, role: str, *, about_yourself: bool, left: bool) -> None:
    """Whether somebody in that role confirms a dossier; `left`: its head may not, and left it to the agency.

    Raises NotADraft, AboutYourself, NotTheAgencys, or OwnFile when the writer confirms in another role than the head's.
    """
    check_editable(state)
    check_confirmer(role, about_yourself=about_yourself, left=left)
    if role != "head":
        check_not_own(nominator, by)


def check_confirmer(role: str, *, about_yourself: bool, left: bool) -> None:
    """Raises AboutYourself, NotTheAgencys."""
    if about_yourself:
        raise AboutYourself(
            "Hồ sơ này giới thiệu chính bạn, nên bạn không tự xác nhận. Cán bộ phụ trách của cơ quan xác nhận thay."
        )
    if role != "head" and not left:
        raise NotTheAgencys("Hồ sơ này do thủ trưởng đơn vị xác nhận.")


def check_leavable(state: State, role: str, *, about_yourself: bool) -> None:
    """Whether the head leaves a dossier's confirmation to the agency. Raises NotADraft, NotAboutYourself."""
    check_editable(state)
    if role != "head" or not about_yourself:
        raise NotAboutYourself("Hồ sơ này không giới thiệu bạn: thủ trưởng đơn vị xác nhận.")


def check_sender(*, about_yourself: bool, confirmed_by_another: bool) -> None:
    """Whether somebody's own hand sends a dossier. Raises AboutYourself."""
    if about_yourself and not confirmed_by_another:
        raise AboutYourself(
            "Hồ sơ này giới thiệu chính bạn. Hãy nhờ người khác của đơn vị gửi, hoặc chờ thủ trưởng xác nhận rồi gửi."
        )
