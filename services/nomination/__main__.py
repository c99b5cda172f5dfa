"""`python -m services.nomination all | web | worker | migrate | status | parked … | load FILE …`."""

from shared.starting import start

if __name__ == "__main__":
    start("services.nomination.commands")
