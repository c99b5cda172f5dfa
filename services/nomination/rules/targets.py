"""What a plan asks of its units: at least, at most, counted how."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from services.nomination.rules import Refusal
from shared.wording import say


class Bound(StrEnum):
    """Which way a target binds."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Per(StrEnum):
    """In what time it is counted."""

    ROUND = "round"
    YEAR = "year"


class Counted(StrEnum):
    """What is counted."""

    NOMINATIONS = "nominations"
    """Of each unit, the dossiers it handed in and did not take back."""
    UNITS = "units"
    """Of the agency, the units that handed in one at least."""
    REFERRED = "referred"
    """Of the agency, the dossiers that it handed to an agency above and that did not come back."""
    REPLICATED = "replicated"
    """Of each unit, the exemplars that others followed: told here, counted nowhere yet."""


class QuotaReached(Refusal):
    """A unit has handed in as many as its plan takes."""

    problem = "quota-reached"


@dataclass(frozen=True)
class Quota:
    """A target as one unit stands to it: `count` is how many it handed in so far."""

    bound: Bound
    number: int
    per: Per
    warns_only: bool
    count: int

    @property
    def met(self) -> bool:
        """Whether the unit has what it should have, or no more than it may."""
        return self.count >= self.number if self.bound is Bound.AT_LEAST else self.count <= self.number

    @property
    def full(self) -> bool:
        """Whether one more would be too many."""
        return self.bound is Bound.AT_MOST and self.count >= self.number


def check_target(bound: Bound, number: int, counted: Counted) -> None:
    """Whether a plan's data can mean this. Raises ValueError."""
    if number < 1:
        raise ValueError(f"target: a number of {number} asks for nothing")
    if bound is Bound.AT_MOST and counted is not Counted.NOMINATIONS:
        raise ValueError(f"target: {bound} is a matter of each unit, so it counts {Counted.NOMINATIONS}")


def check_room(quotas: Collection[Quota]) -> None:
    """Raises QuotaReached, saying what to do, unless the plan only warns."""
    for one in quotas:
        if one.full and not one.warns_only:
            if one.per is Per.ROUND:
                told = (
                    "Đơn vị đã gửi {count} hồ sơ trong đợt này, kế hoạch nhận nhiều nhất {most}. Bản nháp của bạn vẫn"
                    " còn: hãy rút một hồ sơ chưa có kết luận, hoặc hỏi cán bộ phụ trách."
                )
            else:
                told = (
                    "Đơn vị đã gửi {count} hồ sơ trong năm nay, kế hoạch nhận nhiều nhất {most}. Bản nháp của bạn vẫn"
                    " còn: hãy rút một hồ sơ chưa có kết luận, hoặc hỏi cán bộ phụ trách."
                )
            raise QuotaReached(say(told, count=one.count, most=one.number))
