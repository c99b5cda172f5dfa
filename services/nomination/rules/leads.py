"""Leads: somebody promising was noticed, is helped on, and is put forward one day."""

from collections.abc import Mapping
from enum import StrEnum

from services.nomination.rules import FieldRefusal, Refusal
from shared.wording import say


class LeadState(StrEnum):
    """How far a lead is."""

    SPOTTED = "spotted"
    NURTURED = "nurtured"
    READY = "ready"
    ASIDE = "aside"
    NOMINATED = "nominated"


class Source(StrEnum):
    """Who saw it."""

    STAFF = "staff"
    """Somebody who is signed in."""
    PUBLIC = "public"
    """Anybody, by the public form: it waits for somebody of the unit to take it up."""
    HONOURED = "honoured"
    """An honoured exemplar, on the way to more."""


class Track(StrEnum):
    """Where a lead is to get."""

    UNIT = "unit"
    """To be an exemplar of its unit."""
    NATIONAL = "national"
    """Honoured already, towards what the whole country honours."""


class NoteKind(StrEnum):
    """What a line of a lead's nurture plan is."""

    GAP = "gap"
    MEASURE = "measure"
    MATERIAL = "material"
    MORAL = "moral"
    MILESTONE = "milestone"
    REVIEW = "review"


TO_DO = (NoteKind.MEASURE, NoteKind.MILESTONE)
"""The lines that have a day, and are done one day."""

LONGEST = {
    "name": 200,
    "position": 200,
    "deed": 3000,
    "found_through": 300,
    "task": 300,
    "mentor": 200,
    "text": 2000,
    "contact": 200,
}
"""How many characters a field may have."""

_AHEAD = frozenset({LeadState.SPOTTED, LeadState.NURTURED, LeadState.READY})
MOVES: Mapping[LeadState, frozenset[LeadState]] = {
    LeadState.NURTURED: frozenset({LeadState.SPOTTED, LeadState.READY, LeadState.ASIDE}),
    LeadState.READY: frozenset({LeadState.SPOTTED, LeadState.NURTURED}),
    LeadState.ASIDE: _AHEAD,
    LeadState.NOMINATED: _AHEAD,
}
"""To where a lead moves, and from where."""


class BadLead(FieldRefusal):
    """Something about a lead is missing or too long; `field` names it."""

    problem = "bad-lead"


class LeadMoved(Refusal):
    """The lead is not where the act needs it: somebody else was quicker, or it was put forward already."""

    problem = "lead-moved"


def moves(state: LeadState) -> list[LeadState]:
    """To where a lead can be moved by hand."""
    return [to for to, from_ in MOVES.items() if state in from_ and to is not LeadState.NOMINATED]


def check_ahead(state: LeadState) -> None:
    """Raises LeadMoved once a lead was put forward: it is written on in its dossier."""
    if state is LeadState.NOMINATED:
        raise LeadMoved("Nhân tố này đã được đề cử: hãy viết tiếp trong hồ sơ.")


def check_move(state: LeadState, to: LeadState, reason: str) -> None:
    """Raises LeadMoved, or BadLead when a lead is put aside without a word why."""
    if state not in MOVES.get(to, frozenset()):
        raise LeadMoved("Nhân tố này vừa được chuyển sang bước khác. Hãy xem lại trang.")
    if to is LeadState.ASIDE and not reason.strip():
        raise BadLead("reason", "Hãy ghi vì sao tạm gác, để người sau hiểu.")


def check_fields(fields: Mapping[str, str], *, needed: Mapping[str, str]) -> None:
    """Raises BadLead for a field that is too long, or that is needed and empty (`needed` says what to write)."""
    for field, told in needed.items():
        if not fields[field].strip():
            raise BadLead(field, told)
    for field, text in fields.items():
        if len(text) > LONGEST[field]:
            raise BadLead(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))
