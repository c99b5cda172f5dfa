"""A reader that never ends."""


def read(_content: bytes) -> str:
    """Wait for ever."""
    while True:
        pass
