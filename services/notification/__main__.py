"""`python -m services.notification all | web | worker | migrate | status | parked …`."""

from pathlib import Path

from services.notification.app import build
from services.notification.consumers import HANDLERS
from shared.commands import make_commands

main = make_commands("notification", Path(__file__).parent, HANDLERS, build)

if __name__ == "__main__":
    main()
