"""`python -m services.review all | web | worker | migrate | status | parked …`."""

from pathlib import Path

from services.review.app import build
from services.review.consumers import HANDLERS
from shared.commands import make_commands

main = make_commands("review", Path(__file__).parent, HANDLERS, build)

if __name__ == "__main__":
    main()
