"""Who may do what: one table of acts, and the only code that reads it.

A line says which roles an act belongs to and how far each role reaches from the unit it is held for. A role that is
held for the whole agency reaches everything. Every route names its act (`shared.identity.allowed`), every query takes
its units from here, and the menu lists what these lines open.

An act may also say under which other act its objects are *seen*: what a person does not see does not exist for them
(404), what they see and may not change is forbidden (403).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from shared.audit import Actor
from shared.identity.people import Forbidden, Person


class Reach(StrEnum):
    """How far a role reaches from the unit it is held for."""

    OWN = "own"
    """That unit."""
    BELOW = "below"
    """That unit and all below it on the day."""
    AGENCY = "agency"
    """Nothing: the act needs the role for the whole agency."""
    ANYWHERE = "anywhere"
    """The act is about things that belong to no unit; the role may be held for any."""


class Relation(StrEnum):
    """How a unit stands to the one that a role is held for, by the edges of the day."""

    OWN = "own"
    CHILD = "child"
    PARENT = "parent"
    FOREIGN = "foreign"


COVERED = {
    Reach.OWN: frozenset({Relation.OWN}),
    Reach.BELOW: frozenset({Relation.OWN, Relation.CHILD}),
    Reach.AGENCY: frozenset[Relation](),
    Reach.ANYWHERE: frozenset(Relation),
}
"""What a role held for a unit reaches."""

OWN, BELOW, AGENCY, ANYWHERE = Reach.OWN, Reach.BELOW, Reach.AGENCY, Reach.ANYWHERE


@dataclass(frozen=True)
class Rule:
    """Whose act it is: the role that a refusal names first. `seen` is the act that shows its objects, if another."""

    roles: Mapping[str, Reach]
    seen: str | None = None
    everybody: bool = False
    """Everybody who is signed in, in no role: the act is about one's own things."""


def _at(reach: Reach, *roles: str) -> dict[str, Reach]:
    return dict.fromkeys(roles, reach)


_STAFF = _at(
    ANYWHERE,
    "nominator",
    "head",
    "officer",
    "member",
    "secretary",
    "chair",
    "signer",
    "editor",
    "supervisor",
    "administrator",
)
_FILE = "nomination.read"
_LEAD = "lead.read"
_VISIT = "visit.read"
_CASE = "case.read"
_STORY = "story.read"

TABLE: Mapping[str, Rule] = MappingProxyType(
    {
        # Nomination: dossiers belong to units.
        "nomination.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        "nomination.start": Rule(_at(OWN, "nominator"), _FILE),
        "nomination.write": Rule(_at(OWN, "nominator"), _FILE),
        "nomination.submit": Rule(_at(OWN, "nominator"), _FILE),
        "nomination.withdraw": Rule(_at(OWN, "nominator"), _FILE),
        "nominee.ask": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer"), _FILE),
        # An officer confirms only what its head left to the agency, being whom it is about: a rule of nomination's.
        "nomination.confirm": Rule(_at(OWN, "head") | _at(AGENCY, "officer"), _FILE),
        # Whose task it is, once it is left.
        "confirmation.take": Rule(_at(AGENCY, "officer"), _FILE),
        "claim.check": Rule(_at(BELOW, "head", "officer", "supervisor"), _FILE),
        "contacts.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor"), _FILE),
        "contacts.write": Rule(_at(OWN, "nominator"), _FILE),
        # What an award's form asks of a person: whoever writes a dossier does not read it again.
        "particulars.write": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer"), _FILE),
        "particulars.read": Rule(_at(OWN, "head") | _at(BELOW, "officer"), _FILE),
        "nomination.trail": Rule(_at(BELOW, "supervisor", "head"), _FILE),
        "nomination.share_trail": Rule(_at(BELOW, "officer", "supervisor", "head"), _FILE),
        # One person or team over lines and years: each reads what their units have; who sees all makes two one.
        "subject.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        "subject.merge": Rule(_at(AGENCY, "officer"), "subject.read"),
        "subject.enter": Rule(_at(AGENCY, "officer"), "subject.read"),
        # Leads belong to units; anybody may see somebody promising, wherever that is.
        "lead.spot": Rule({}, everybody=True),
        "lead.own": Rule({}, everybody=True),
        "lead.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        "lead.nurture": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer"), _LEAD),
        "lead.sort": Rule(_at(BELOW, "head", "officer"), _LEAD),
        # Movements are known to all; who takes part is known to their own unit and those above it.
        "movement.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor"), everybody=True),
        "movement.join": Rule({}, "movement.read", everybody=True),
        "movement.launch": Rule(_at(OWN, "head") | _at(BELOW, "officer"), "movement.read"),
        "movement.carry_out": Rule(_at(OWN, "nominator", "head") | _at(BELOW, "officer"), "movement.read"),
        "registration.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        # Visits belong to the unit that was visited; so does who of it was trained.
        "visit.read": Rule(_at(BELOW, "supervisor", "officer", "head")),
        "visit.write": Rule(_at(BELOW, "supervisor", "officer"), _VISIT),
        "duty.give": Rule(_at(BELOW, "officer", "head"), _VISIT),
        "finding.answer": Rule(_at(OWN, "head"), _VISIT),
        "training.read": Rule(_at(BELOW, "supervisor", "officer", "head")),
        "training.write": Rule(_at(BELOW, "officer"), "training.read"),
        # What everybody works by belongs to the agency.
        "plan.read": Rule(_STAFF),
        "plan.issue": Rule(_at(AGENCY, "officer"), "plan.read"),
        "plan.carry_out": Rule(_at(OWN, "head"), "plan.read"),
        "plan.map": Rule(_at(BELOW, "head", "officer", "supervisor")),
        # Everybody may know the rounds; whose dossiers are counted in them goes by the units of a role.
        "round.read": Rule(_STAFF | _at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        "round.extend": Rule(_at(AGENCY, "officer"), "round.read"),
        "target.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        # A unit's head reports to the agency, its officer for the agency as a whole to the one above.
        "report.read": Rule(_at(OWN, "nominator") | _at(BELOW, "head", "officer", "supervisor")),
        "report.fairness": Rule(_at(BELOW, "head", "officer", "supervisor") | _at(AGENCY, "chair")),
        "report.write": Rule(_at(OWN, "head") | _at(AGENCY, "officer"), "report.read"),
        "report.owe": Rule(_at(OWN, "head"), "report.read"),
        "report.take": Rule(_at(BELOW, "officer"), "report.read"),
        "criteria.read": Rule(_STAFF),
        "criteria.add": Rule(_at(BELOW, "officer")),
        "unit.read": Rule(_STAFF),
        "unit.change": Rule(_at(AGENCY, "administrator"), "unit.read"),
        # Review: a council belongs to the agency.
        "case.read": Rule(_at(AGENCY, "member", "officer", "signer", "supervisor", "secretary", "chair")),
        "case.return": Rule(_at(AGENCY, "secretary", "officer", "chair"), _CASE),
        "case.accept": Rule(_at(AGENCY, "secretary", "officer", "chair"), _CASE),
        "case.mark": Rule(_at(AGENCY, "member", "chair"), _CASE),
        "case.vote": Rule(_at(AGENCY, "member", "chair"), _CASE),
        "ballot.run": Rule(_at(AGENCY, "secretary", "chair"), _CASE),
        "case.conclude": Rule(_at(AGENCY, "chair"), _CASE),
        "case.refer": Rule(_at(AGENCY, "chair", "secretary", "signer"), _CASE),
        "case.trail": Rule(_at(AGENCY, "supervisor"), _CASE),
        "honour.read": Rule(_at(AGENCY, "member", "officer", "signer", "supervisor", "secretary", "chair"), _CASE),
        "honour.sign": Rule(_at(AGENCY, "signer"), _CASE),
        "honour.move": Rule(_at(AGENCY, "chair", "signer"), _CASE),
        # Publishing: the agency's portal.
        "story.read": Rule(_at(AGENCY, "editor", "officer", "signer", "supervisor")),
        "story.edit": Rule(_at(AGENCY, "editor"), _STORY),
        "story.release": Rule(_at(AGENCY, "editor"), _STORY),
        "consent.ask": Rule(_at(AGENCY, "editor"), _STORY),
        "paper.read": Rule(_at(AGENCY, "editor", "officer", "supervisor"), _STORY),
        "paper.check": Rule(_at(AGENCY, "editor", "officer"), _STORY),
        "delivery.read": Rule(_at(AGENCY, "editor", "operator")),
        # Notification: one's own.
        "work.read": Rule({}, everybody=True),
        "message.read": Rule({}, everybody=True),
        "session.manage": Rule({}, everybody=True),
        "people.manage": Rule(_at(AGENCY, "administrator")),
        # Runs of any service: one's own; an administrator sees how everybody's go.
        "run.start": Rule({}, everybody=True),
        "run.read": Rule({}, everybody=True),
        "run.oversee": Rule(_at(AGENCY, "administrator")),
    }
)
"""Every act by name."""


def roles_of(act: str) -> tuple[str, ...]:
    """The roles that an act belongs to; none: everybody who is signed in."""
    return tuple(TABLE[act].roles)


def covers(act: str, role: str, relation: Relation | None) -> bool:
    """Whether somebody in that role may do it to a thing of a unit that stands so to theirs.

    `relation` None: the role is held for the whole agency.
    """
    rule = TABLE[act]
    if rule.everybody:
        return True
    reach = rule.roles.get(role)
    return reach is not None and (relation is None or relation in COVERED[reach])


@dataclass(frozen=True)
class Rights:
    """What one person may do on one day. `below` holds the units below those for which they have a role."""

    person: Person
    on: date
    below: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)

    def opens(self, act: str) -> bool:
        """Whether the act is open to the person at all: enough to show a way to it, not to act on a thing."""
        rule = TABLE[act]
        return rule.everybody or any(self._has(role, reach) for role, reach in rule.roles.items())

    def _has(self, role: str, reach: Reach) -> bool:
        return self.person.everywhere(role, self.on) if reach is AGENCY else self.person.holds(role, self.on)

    def units(self, act: str) -> frozenset[UUID] | None:
        """The units whose things the person may do it to; None: those of all."""
        found: set[UUID] = set()
        for role in TABLE[act].roles:
            if self.person.everywhere(role, self.on):
                return None
            found |= self._reached(act, role)
        return frozenset(found)

    def _reached(self, act: str, role: str) -> frozenset[UUID]:
        """The units that a role, held for units, reaches."""
        own = self.person.units(role, self.on)
        match TABLE[act].roles[role]:
            case Reach.OWN:
                return own
            case Reach.BELOW:
                return own.union(*(self.below.get(unit, frozenset()) for unit in own))
            case _:
                return frozenset()

    def may(self, act: str, unit_id: UUID | None = None) -> bool:
        """Whether the person may do it to a thing of that unit, or to one that belongs to the agency."""
        return TABLE[act].everybody or self._role(act, unit_id) is not None

    def actor(self, act: str, unit_id: UUID | None = None) -> Actor:
        """The person in the first of the act's roles that reaches that unit. Raises Forbidden naming the first role."""
        role = self._role(act, unit_id)
        if role is None:
            raise Forbidden(next(iter(TABLE[act].roles)), unit_id)
        return Actor("|".join(self.person.identity), role, unit_id)

    def _role(self, act: str, unit_id: UUID | None) -> str | None:
        for role, reach in TABLE[act].roles.items():
            if self.person.everywhere(role, self.on) or (reach is ANYWHERE and self.person.holds(role, self.on)):
                return role
            if unit_id is not None and unit_id in self._reached(act, role):
                return role
        return None
