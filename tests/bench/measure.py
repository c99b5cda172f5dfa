"""Ratios of what we made to a bare floor of the same run, in turns, so that a noisy machine disturbs both alike."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Row:
    """One line of the table. `most`: the goal is an upper bound (a latency), else a lower one (a rate)."""

    name: str
    ratios: list[float]
    goal: float
    most: bool = False

    @property
    def reached(self) -> bool:
        """Whether the median reaches the goal."""
        middle = median(self.ratios)
        return middle <= self.goal if self.most else middle >= self.goal

    def __str__(self) -> str:
        figures = f"{median(self.ratios):8.2f}{min(self.ratios):8.2f}{max(self.ratios):8.2f}"
        goal = f"{'<=' if self.most else '>='} {self.goal:.2f}"
        return f"{self.name:<44}{figures}  {goal:>8}  {'ok' if self.reached else 'short'}"


HEADER = f"{'name':<44}{'median':>8}{'min':>8}{'max':>8}  {'goal':>8}"


async def rates(
    rounds: int, ours: Callable[[], Awaitable[float]], floor: Callable[[], Awaitable[float]]
) -> list[float]:
    """Floor seconds by our seconds for the same work: 1 is as fast as the floor. One unmeasured round goes before."""
    await floor()
    await ours()
    found = []
    for number in range(rounds):
        # Who goes second finds warmer caches: take turns.
        first, second = (ours, floor) if number % 2 else (floor, ours)
        one, other = await first(), await second()
        found.append(other / one if first is ours else one / other)
    return found


def percentile(values: list[float], percent: int) -> float:
    """A percentile of measured times."""
    return quantiles(values, n=100)[percent - 1]
