"""Criteria packs: what a criterion can ask for, and how one pack is built upon another.

A pack adds to the one it is based on and takes nothing away: a criterion that is inherited keeps its words, and may ask
for more, never for less. All of it is data; no code of a criterion stands here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from services.nomination.rules import Refusal
from shared.wording import say


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    WORDS = "words"
    """A description of something that lies elsewhere."""
    FILE = "file"
    LINK = "link"
    NUMBER = "number"
    """A figure before and after."""
    DECISION = "decision"
    """A paper with number, date and issuer."""
    PERSON = "person"
    """Somebody who confirms it, in their role."""


KIND_NAMES = {
    EvidenceKind.WORDS: "Mô tả",
    EvidenceKind.FILE: "Ảnh hoặc tệp",
    EvidenceKind.LINK: "Đường liên kết",
    EvidenceKind.NUMBER: "Số liệu trước và sau",
    EvidenceKind.DECISION: "Quyết định, văn bản",
    EvidenceKind.PERSON: "Người xác nhận",
}


class Form(StrEnum):
    """What is put forward of somebody: they themselves, a model of theirs, or a single deed."""

    EXEMPLAR = "exemplar"
    MODEL = "model"
    DEED = "deed"


FORM_NAMES = {
    Form.EXEMPLAR: "Tập thể hoặc cá nhân điển hình",
    Form.MODEL: "Mô hình, cách làm hay",
    Form.DEED: "Một việc tốt",
}


class BadPack(Refusal):
    """A criteria pack contradicts itself, or says what nobody understands."""

    problem = "bad-pack"


class PackTakesAway(Refusal):
    """A pack removes or loosens what it inherits."""

    problem = "pack-takes-away"


@dataclass(frozen=True)
class Threshold:
    """The least level of an ordered scale, lowest first, that fulfils a criterion."""

    levels: tuple[str, ...]
    least: str

    def is_reached(self, level: str) -> bool:
        """Whether that level, one of the scale, is high enough."""
        return self.levels.index(level) >= self.levels.index(self.least)


@dataclass(frozen=True)
class Criterion:
    """What one criterion asks for. `category` is a word of the subject's categories; none: everybody's."""

    code: str
    text: str
    category: str | None = None
    compulsory: bool = False
    overall: bool = False
    """Judged on the dossier as a whole: any other claim that stands with its evidence fulfils it."""
    options: tuple[str, ...] = ()
    choose: int = 0
    """How many of the options must be ticked at least."""
    threshold: Threshold | None = None
    derived_from: str | None = None
    """The category of another dossier of the agency that has to qualify itself."""
    kinds: frozenset[EvidenceKind] = frozenset()
    """At least one piece of evidence is of one of these kinds; none: any will do."""
    forms: frozenset[Form] = field(default=frozenset({Form.EXEMPLAR}))

    @property
    def marks(self) -> tuple[str, ...]:
        """How the options are named that can be ticked."""
        return tuple(option_mark(place) for place in range(len(self.options))) if self.choose else ()

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that can be chosen."""
        return self.threshold.levels if self.threshold else ()

    def asks(self, category: str, form: Form) -> bool:
        """Whether a dossier about such a subject has to do with it."""
        return self.category in (None, category) and form in self.forms


@dataclass(frozen=True)
class Papers:
    """What a dossier needs beside its claims before it can be handed in."""

    opinions: int = 0
    """Of colleagues, learners or parents, at least so many."""
    agreement: bool = False
    """The nominee's, by their own link."""
    confirmation: bool = False
    """The head's of the unit."""

    def covers(self, other: "Papers") -> bool:
        """Whether it asks for all that the other asks for."""
        return (
            self.opinions >= other.opinions
            and self.agreement >= other.agreement
            and self.confirmation >= other.confirmation
        )


def option_mark(place: int) -> str:
    """How the option at a place, from 0, is named: a, b, c …"""
    return chr(ord("a") + place)


def read_criterion(told: Mapping[str, Any], scales: Mapping[str, Sequence[str]] | None = None) -> Criterion:
    """One criterion as a file tells it; `threshold` names a scale of the pack. Raises BadPack."""
    code = str(told["code"])
    try:
        criterion = Criterion(
            code=code,
            text=str(told["text"]),
            category=told.get("category"),
            compulsory=bool(told.get("compulsory", False)),
            overall=bool(told.get("overall", False)),
            options=tuple(told.get("options", ())),
            choose=int(told.get("choose", 0)),
            threshold=_threshold(code, told["threshold"], scales or {}) if told.get("threshold") else None,
            derived_from=told.get("derived_from"),
            kinds=frozenset(EvidenceKind(one) for one in told.get("kinds", ())),
            forms=frozenset(Form(one) for one in told.get("forms", (Form.EXEMPLAR,))),
        )
    except ValueError as error:
        raise BadPack(say("Tiêu chí {code}: {why}.", code=code, why=error)) from None
    if criterion.choose > len(criterion.options):
        raise BadPack(
            say(
                "Tiêu chí {code} đòi chọn {choose} ý mà chỉ có {options} ý.",
                code=code,
                choose=criterion.choose,
                options=len(criterion.options),
            )
        )
    return criterion


def _threshold(code: str, told: Mapping[str, Any], scales: Mapping[str, Sequence[str]]) -> Threshold:
    levels = tuple(told.get("levels") or scales.get(told.get("scale", ""), ()))
    if told["least"] not in levels:
        raise BadPack(say("Tiêu chí {code}: mức «{least}» không có trong thang bậc.", code=code, least=told["least"]))
    return Threshold(levels, told["least"])


def check_inherits(
    pack: str, base: str, inherited: Iterable[Criterion], own: Iterable[Criterion], removed: Iterable[str] = ()
) -> list[Criterion]:
    """The criteria of a pack based on another: those inherited, as the pack asks for them, then those it adds.

    Raises PackTakesAway when it removes one, changes its words, or asks for less.
    """
    told = {one.code: one for one in own}
    taken = sorted(removed)
    if taken:
        raise PackTakesAway(
            say(
                "Bộ «{pack}» bỏ tiêu chí {code} của bộ «{base}». Bộ kế thừa chỉ được thêm tiêu chí, không được bỏ.",
                pack=pack,
                code=taken[0],
                base=base,
            )
        )
    kept = []
    for one in inherited:
        again = told.pop(one.code, one)
        if again.text != one.text:
            raise PackTakesAway(
                say(
                    "Bộ «{pack}» sửa lời của tiêu chí {code}. Lời kế thừa từ bộ «{base}» phải giữ nguyên.",
                    pack=pack,
                    code=one.code,
                    base=base,
                )
            )
        if loosened := _loosened(one, again):
            raise PackTakesAway(
                say(
                    "Bộ «{pack}» nới tiêu chí {code} của bộ «{base}»: {what}. Bộ kế thừa chỉ được đòi thêm.",
                    pack=pack,
                    code=one.code,
                    base=base,
                    what=loosened,
                )
            )
        kept.append(again)
    return [*kept, *told.values()]


def _loosened(one: Criterion, again: Criterion) -> str:
    """What the second asks less of than the first; empty: nothing."""
    less = {
        "không còn bắt buộc": one.compulsory and not again.compulsory,
        "đổi đối tượng": one.category != again.category or not one.forms <= again.forms,
        "chọn ít ý hơn": again.choose < one.choose or one.options != again.options,
        "hạ mức tối thiểu": one.threshold is not None
        and (
            again.threshold is None
            or one.threshold.levels != again.threshold.levels
            or not one.threshold.is_reached(again.threshold.least)
        ),
        "bỏ hồ sơ tập thể": one.derived_from != again.derived_from,
        "nhận thêm loại minh chứng": bool(one.kinds) and not (again.kinds and again.kinds <= one.kinds),
        "xét lỏng hơn": again.overall and not one.overall,
    }
    return next((say(what) for what, holds in less.items() if holds), "")


def check_papers(pack: str, base: Mapping[str, Papers], own: Mapping[str, Papers]) -> dict[str, Papers]:
    """What dossiers need by kind of round, in a pack based on another. Raises PackTakesAway when it needs less."""
    for kind, papers in own.items():
        if kind in base and not papers.covers(base[kind]):
            raise PackTakesAway(
                say("Bộ «{pack}» bớt giấy tờ mà bộ được kế thừa đòi. Bộ kế thừa chỉ được đòi thêm.", pack=pack)
            )
    return {**base, **own}


def wording(text: str, wordings: Iterable[Mapping[str, Any]], plan_number: str | None) -> str:
    """How a plan words a criterion; as the pack does, where the plan has no words of its own."""
    told = (str(one["text"]) for one in wordings if plan_number and plan_number in one.get("plans", ()))
    return next(told, text)


def next_version(code: str, taken: Iterable[str]) -> str:
    """The code of the next version of a pack: `bo@2023`, `bo@2023+1`, `bo@2023+2` …"""
    stem = code.partition("+")[0]
    numbers = [int(tail) for one in taken for head, plus, tail in [one.partition("+")] if head == stem and plus]
    return f"{stem}+{max(numbers, default=0) + 1}"


def next_code(mark: str, taken: Iterable[str]) -> str:
    """The code of a criterion that a unit adds: its mark and the next number, `HM1`, `HM2` …"""
    known = set(taken)
    return next(code for number in range(1, 1000) if (code := f"{mark}{number}") not in known)


def added(code: str, text: str, category: str | None, *, compulsory: bool, kinds: Iterable[EvidenceKind]) -> Criterion:
    """A criterion as a unit adds it; asked of every form of exemplar."""
    plain = Criterion(code, text, category, compulsory=compulsory, kinds=frozenset(kinds))
    return replace(plain, forms=frozenset(Form))


@dataclass(frozen=True)
class Pair:
    """One criterion in two versions; none where a version does not have it."""

    code: str
    one: Criterion | None
    other: Criterion | None

    @property
    def same(self) -> bool:
        """Whether both ask for the same in the same words."""
        return self.one == self.other


def side_by_side(one: Sequence[Criterion], other: Sequence[Criterion]) -> list[Pair]:
    """Two versions of a pack by criterion: in the order of the first, then what only the second has."""
    mine, theirs = {each.code: each for each in one}, {each.code: each for each in other}
    return [Pair(code, mine.get(code), theirs.get(code)) for code in {**mine, **theirs}]
