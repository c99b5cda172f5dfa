"""`python -m services.notification all | web | worker | migrate | status | grant | parked …`."""

from shared.starting import start

if __name__ == "__main__":
    start("services.notification.commands")
