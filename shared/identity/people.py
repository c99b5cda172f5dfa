"""Who somebody is and what they may act as, as facts without any I/O.

An identity is the pair (issuer, subject), never an e-mail address. Roles are dated: a role counts on a day when `since`
has come and `until` has not (`until` is exclusive). A role without a unit is held for the whole agency. What is unknown
or cannot be read means no.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

ROLE_NAMES = {
    "nominator": "Người đề cử",
    "head": "Thủ trưởng đơn vị",
    "officer": "Cán bộ phụ trách",
    "member": "Ủy viên hội đồng",
    "secretary": "Thư ký hội đồng",
    "chair": "Chủ tịch hội đồng",
    "signer": "Người ký",
    "editor": "Biên tập viên",
    "supervisor": "Cán bộ giám sát",
    "administrator": "Quản trị viên",
    "operator": "Kỹ sư vận hành",
    "partner": "Đối tác báo chí",
}
"""Every role of an account with its Vietnamese name. Guardians, nominees and the public have no account."""


class BadRole(ValueError):
    """A role that a provider or a token names cannot be read."""


class Forbidden(Exception):
    """A signed-in person lacks a role; answered 403 naming the role, never what the act was about."""

    def __init__(self, role: str, unit_id: UUID | None = None) -> None:
        super().__init__(f"the role {role} is missing")
        self.role = role
        self.unit_id = unit_id


@dataclass(frozen=True)
class Role:
    """One role of a person, from a day on until (exclusive) another; for one unit, or for the whole agency."""

    role: str
    unit_id: UUID | None = None
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLE_NAMES:
            raise BadRole(f"unknown role {self.role!r}")

    def holds(self, on: date) -> bool:
        """Whether the role is in force on that day."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)

    def as_claim(self) -> dict[str, str | None]:
        """The role as a claim of a token: `{role, unit, from, until}`."""
        return {
            "role": self.role,
            "unit": str(self.unit_id) if self.unit_id else None,
            "from": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_claim(cls, claim: object) -> "Role":
        """Read `{role, unit, from, until}`; all but `role` may be absent or null. Raises BadRole."""
        if not isinstance(claim, dict):
            raise BadRole("a role is not an object")
        try:
            return cls(
                role=str(claim["role"]),
                unit_id=UUID(claim["unit"]) if claim.get("unit") else None,
                since=date.fromisoformat(claim["from"]) if claim.get("from") else None,
                until=date.fromisoformat(claim["until"]) if claim.get("until") else None,
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadRole(f"a role cannot be read: {error}") from None


@dataclass(frozen=True)
class ActingAs:
    """A person in the role that an act is done in; what the audit row keeps of who did it."""

    person: "Person"
    role: str
    unit_id: UUID | None

    @property
    def role_name(self) -> str:
        """The role in Vietnamese, for «với tư cách …»."""
        return ROLE_NAMES[self.role]


@dataclass(frozen=True)
class Person:
    """A signed-in person of one agency; `session_id` names the session that vouches for it.

    `email` is what the provider told, if anything: to be compared with other addresses, never who somebody is.
    """

    issuer: str
    subject: str
    name: str
    agency: str
    roles: tuple[Role, ...] = ()
    session_id: str = ""
    email: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """(issuer, subject): the only thing that may be compared or stored as who somebody is."""
        return (self.issuer, self.subject)

    def roles_on(self, on: date) -> tuple[Role, ...]:
        """The roles in force on that day."""
        return tuple(role for role in self.roles if role.holds(on))

    def holds(self, role: str, on: date) -> bool:
        """Whether the person has that role anywhere on that day: enough to show a list, not to act."""
        return any(held.role == role for held in self.roles_on(on))

    def units(self, role: str, on: date) -> frozenset[UUID]:
        """The units for which the person has that role on that day; see `everywhere` for the whole agency."""
        return frozenset(held.unit_id for held in self.roles_on(on) if held.role == role and held.unit_id is not None)

    def everywhere(self, role: str, on: date) -> bool:
        """Whether the person has that role for the whole agency on that day."""
        return any(held.role == role and held.unit_id is None for held in self.roles_on(on))

    def acting_as(self, role: str, unit_id: UUID | None = None, *, on: date) -> ActingAs:
        """The person in that role for that unit, or for the whole agency without `unit_id`.

        A role held for the whole agency covers every unit; one held for a unit never covers the agency. Raises
        Forbidden.
        """
        if self.everywhere(role, on) or (unit_id is not None and unit_id in self.units(role, on)):
            return ActingAs(self, role, unit_id)
        raise Forbidden(role, unit_id)
