"""Whether a dossier can be handed in, and what would cure it if not: per criterion, then for its papers. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.nomination.rules.criteria import KIND_NAMES, Criterion, EvidenceKind, Papers
from services.nomination.rules.superlatives import PROVING
from shared.wording import say


class Status(StrEnum):
    """How a criterion or a paper of a dossier stands."""

    FULFILLED = "fulfilled"
    LACKING = "lacking"
    NOT_NEEDED = "not_needed"


class Agreement(StrEnum):
    """What the nominee said; nobody asked: none of these."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"


@dataclass(frozen=True)
class Linked:
    """The dossier that a derived criterion rests on: its code, and whether it qualifies."""

    code: str
    qualifies: bool


@dataclass(frozen=True)
class Claimed:
    """What readiness looks at of a claim."""

    criterion: str
    text: str = ""
    evidence: tuple[EvidenceKind, ...] = ()
    options: tuple[str, ...] = ()
    level: str | None = None
    linked: Linked | None = None
    boasts: tuple[str, ...] = ()
    """The superlatives in its text."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written, chosen or proven under the criterion yet."""
        return not (self.text.strip() or self.evidence or self.options or self.level or self.linked)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what would cure it."""

    reason: str
    cure: str


@dataclass(frozen=True)
class Standing:
    """How one criterion stands: why not, if it does not; and what is pointed out without standing in the way."""

    criterion: str
    status: Status
    problems: tuple[Problem, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beside:
    """What else is known of a dossier, beside its claims."""

    reachable: bool = True
    """Whether birthday and guardian of a child are known: without them nobody could ever agree to a story."""
    opinions: int = 0
    agreement: Agreement | None = None
    confirmed: bool = False
    """By the head, and not changed since."""
    changed_since: bool = False
    """It was confirmed once, and changed afterwards."""
    left_to_agency: bool = False
    """An officer of the agency confirms it, being about the head."""


@dataclass(frozen=True)
class Readiness:
    """How a whole dossier stands. `papers` by what they are: opinions, agreement, confirmation, contacts."""

    criteria: tuple[Standing, ...]
    papers: Mapping[str, Standing] = field(default_factory=dict)
    nothing: tuple[Problem, ...] = ()
    """What is wrong with it as a whole."""

    @property
    def lacking(self) -> dict[str, str]:
        """What keeps it from being handed in, by criterion or paper; the key "" stands for the dossier as a whole."""
        found = {one.criterion: one.problems[0].reason for one in self.criteria if one.problems}
        if self.nothing:
            found[""] = self.nothing[0].reason
        return found | {name: one.problems[0].reason for name, one in self.papers.items() if one.problems}

    @property
    def done(self) -> int:
        """How many criteria are fulfilled."""
        return sum(one.status is Status.FULFILLED for one in self.criteria)

    def of(self, criterion: str) -> Standing:
        """How one criterion stands. Raises KeyError."""
        return {one.criterion: one for one in self.criteria}[criterion]

    @property
    def claims_stand(self) -> bool:
        """Whether its claims are complete, whatever its papers are: enough for a criterion that rests on it."""
        return not self.nothing and not any(one.problems for one in self.criteria)


NOTHING = Problem(
    "Chưa có thành tích nào. Hãy viết ít nhất một tiêu chí, kèm minh chứng.",
    "Hãy chọn một tiêu chí và viết: việc gì, con số nào, nguồn nào.",
)
UNWRITTEN = Problem("Bắt buộc, chưa viết.", "Hãy viết: việc gì, con số nào, nguồn nào; rồi thêm minh chứng.")
NO_WORDS = Problem("Có minh chứng nhưng chưa viết thành tích.", "Hãy viết minh chứng này nói lên việc gì, kết quả nào.")
NO_LINK = Problem(
    "Chưa chọn hồ sơ của tập thể do người này lãnh đạo, quản lý.",
    "Hãy chọn hồ sơ đã khen, đã gửi hoặc đã đủ của tập thể ấy; chưa có thì giới thiệu tập thể trước.",
)
NO_PAPERS, BARE = Papers(), Beside()


def readiness(
    criteria: Sequence[Criterion], claims: Iterable[Claimed], papers: Papers = NO_PAPERS, beside: Beside = BARE
) -> Readiness:
    """How a dossier stands that these criteria and papers are asked of; claims under other criteria do not count."""
    claimed = {one.criterion: one for one in claims}
    told = [(one, claimed.get(one.code, Claimed(one.code))) for one in criteria]
    own = {one.code: _problems(one, claim) for one, claim in told}
    stands = [one.code for one, claim in told if not claim.is_empty and not own[one.code]]
    standings = tuple(_standing(one, claim, own[one.code], stands) for one, claim in told)
    said = any(one.overall for one in criteria) or any(claim.text.strip() or claim.linked for _, claim in told)
    return Readiness(standings, _papers(papers, beside), () if said else (NOTHING,))


def _standing(one: Criterion, claim: Claimed, problems: tuple[Problem, ...], stands: Collection[str]) -> Standing:
    if not claim.is_empty:
        status = Status.LACKING if problems else Status.FULFILLED
        return Standing(one.code, status, problems, _hints(claim))
    if one.overall:
        if any(code != one.code for code in stands):
            return Standing(one.code, Status.FULFILLED)
        return Standing(one.code, Status.LACKING, (NOTHING,))
    if one.compulsory:
        return Standing(one.code, Status.LACKING, (NO_LINK if one.derived_from else UNWRITTEN,))
    return Standing(one.code, Status.NOT_NEEDED)


def _problems(one: Criterion, claim: Claimed) -> tuple[Problem, ...]:
    """What is wrong with a claim under a criterion, the gravest first. A derived one rests on its dossier alone."""
    if one.derived_from:
        return _of_link(claim.linked)
    return (*_of_text(claim), *_of_options(one, claim), *_of_level(one, claim), *_of_evidence(one, claim))


def _of_text(claim: Claimed) -> tuple[Problem, ...]:
    return () if claim.text.strip() else (NO_WORDS,)


def _of_options(one: Criterion, claim: Claimed) -> tuple[Problem, ...]:
    if len(claim.options) >= one.choose:
        return ()
    least, all_ = one.choose, len(one.options)
    return (
        Problem(
            say("Chưa đánh dấu đủ: cần {least} trong {all} ý.", least=least, all=all_),
            "Hãy đánh dấu ý mà thành tích thuộc về.",
        ),
    )


def _of_level(one: Criterion, claim: Claimed) -> tuple[Problem, ...]:
    asked = one.threshold
    if asked is None:
        return ()
    least = asked.least
    if claim.level not in asked.levels:
        cure = say("Hãy chọn mức đã được xếp, từ «{least}» trở lên.", least=least)
        return (Problem("Chưa ghi mức xếp loại.", cure),)
    if asked.is_reached(claim.level):
        return ()
    reason = say("Mức «{level}» chưa đạt: cần từ «{least}» trở lên.", level=claim.level, least=least)
    return (Problem(reason, "Nếu ghi nhầm, hãy chọn lại mức theo quyết định xếp loại."),)


def _of_evidence(one: Criterion, claim: Claimed) -> tuple[Problem, ...]:
    if not one.kinds and claim.evidence:
        return ()
    if one.kinds & set(claim.evidence):
        return ()
    cure = say("Hãy thêm: {kinds}.", kinds=either(one.kinds)) if one.kinds else "Hãy thêm ít nhất một minh chứng."
    if not claim.evidence:
        return (Problem("Có lời nhưng chưa có minh chứng.", cure),)
    return (Problem("Minh chứng chưa thuộc loại mà tiêu chí này cần.", cure),)


def _of_link(linked: Linked | None) -> tuple[Problem, ...]:
    if linked is None:
        return (NO_LINK,)
    if linked.qualifies:
        return ()
    reason = say("Hồ sơ {code} chưa đạt các tiêu chí của chính nó.", code=linked.code)
    return (Problem(reason, say("Hãy hoàn thành hồ sơ {code}, hoặc chọn hồ sơ khác.", code=linked.code)),)


def _hints(claim: Claimed) -> tuple[str, ...]:
    if not claim.boasts or PROVING & set(claim.evidence):
        return ()
    words = ", ".join(f"«{word}»" for word in claim.boasts)
    return (say("Có chữ {words}: nên kèm số liệu, văn bản, tệp hoặc đường liên kết chứng tỏ.", words=words),)


def either(kinds: Collection[EvidenceKind]) -> str:
    """These kinds as a sentence names them, with «hoặc» between."""
    names = [say(name) for kind, name in KIND_NAMES.items() if kind in kinds]
    told = names[0]
    for name in names[1:]:
        told = say("{one} hoặc {other}", one=told, other=name)
    return told


def _papers(asked: Papers, beside: Beside) -> dict[str, Standing]:
    return {
        "opinions": _paper("opinions", asked.opinions > 0, _of_opinions(asked, beside)),
        "agreement": _paper("agreement", asked.agreement, _of_agreement(asked, beside)),
        "confirmation": _paper("confirmation", asked.confirmation, _of_confirmation(asked, beside)),
        "contacts": _paper("contacts", True, _of_contacts(beside)),
    }


def _paper(name: str, needed: bool, problems: tuple[Problem, ...]) -> Standing:
    if problems:
        return Standing(name, Status.LACKING, problems)
    return Standing(name, Status.FULFILLED if needed else Status.NOT_NEEDED)


def _of_opinions(asked: Papers, beside: Beside) -> tuple[Problem, ...]:
    if beside.opinions >= asked.opinions:
        return ()
    reason = say("Có {count}/{least} ý kiến.", count=beside.opinions, least=asked.opinions)
    return (Problem(reason, "Hãy ghi ý kiến của đồng nghiệp, người học hoặc cha mẹ học sinh."),)


def _of_agreement(asked: Papers, beside: Beside) -> tuple[Problem, ...]:
    match beside.agreement:
        case Agreement.DECLINED:
            return (Problem("Người được giới thiệu xin không được giới thiệu.", "Hồ sơ này không gửi được nữa."),)
        case Agreement.ASKED if asked.agreement:
            return (Problem("Đang chờ người được giới thiệu trả lời.", "Hãy nhắc họ mở liên kết đã nhận."),)
        case None if asked.agreement:
            return (Problem("Chưa hỏi ý kiến người được giới thiệu.", "Hãy lập liên kết và trao cho họ."),)
    return ()


def _of_confirmation(asked: Papers, beside: Beside) -> tuple[Problem, ...]:
    if not asked.confirmation or beside.confirmed:
        return ()
    if beside.left_to_agency:
        return (
            Problem("Cán bộ phụ trách chưa xác nhận thay thủ trưởng.", "Việc này đã có trong danh sách việc của họ."),
        )
    if beside.changed_since:
        return (Problem("Hồ sơ đã sửa sau khi thủ trưởng xác nhận.", "Hãy nhờ thủ trưởng xác nhận lại."),)
    return (Problem("Thủ trưởng đơn vị chưa xác nhận.", "Hãy nhờ thủ trưởng xem và xác nhận."),)


def _of_contacts(beside: Beside) -> tuple[Problem, ...]:
    if beside.reachable:
        return ()
    return (
        Problem(
            "Hãy ghi ngày sinh của học sinh và cách liên hệ với cha, mẹ hoặc người giám hộ.",
            "Mở mục «Người liên quan» để ghi.",
        ),
    )
