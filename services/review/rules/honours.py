"""Whether an honour counts, and who has one already."""

from collections.abc import Sequence
from enum import StrEnum

from services.review.rules.refusals import Refusal, WrongState
from shared.wording import say


class HonourState(StrEnum):
    """Whether an honour counts."""

    IN_FORCE = "in_force"
    HELD = "held"
    REVOKED = "revoked"


class HonouredBefore(Refusal):
    """The subject has an honour here already; a person has to say that this is meant. `codes` are of those cases."""

    problem = "honoured-before"

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(
            say(
                "Đối tượng này đã được cơ quan khen (hồ sơ {codes})."
                " Nếu vẫn khen thêm cho thành tích khác, hãy đánh dấu ô xác nhận.",
                codes=", ".join(codes),
            )
        )
        self.codes = list(codes)


def check_hold(state: HonourState) -> None:
    """Raises WrongState unless the honour is in force."""
    if state is not HonourState.IN_FORCE:
        raise WrongState("Chỉ tạm dừng được khen thưởng đang có hiệu lực.")


def check_resume(state: HonourState) -> None:
    """Raises WrongState unless the honour is held."""
    if state is not HonourState.HELD:
        raise WrongState("Chỉ khôi phục được khen thưởng đang tạm dừng.")


def check_revoke(state: HonourState) -> None:
    """Raises WrongState when it was revoked before."""
    if state is HonourState.REVOKED:
        raise WrongState("Khen thưởng này đã bị thu hồi.")
