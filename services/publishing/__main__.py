"""`python -m services.publishing all | web | worker | migrate | status | parked …`."""

from pathlib import Path

from services.publishing.app import build
from services.publishing.consumers import HANDLERS
from shared.commands import make_commands

main = make_commands("publishing", Path(__file__).parent, HANDLERS, build)

if __name__ == "__main__":
    main()
