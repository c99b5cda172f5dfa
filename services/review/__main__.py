"""`python -m services.review all | web | worker | migrate | status | parked … | load FILE …`."""

from shared.starting import start

if __name__ == "__main__":
    start("services.review.commands")
