"""Free ports on the loopback interface."""

import random
import socket

LOOPBACK = "127.0.0.1"
RANGE = range(20_000, 30_000)
"""Below the ports that the system lends to outgoing connections: nobody takes one between two runs by chance."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(wanted: int | None = None, *, taken: frozenset[int] = frozenset()) -> int:
    """`wanted` if it is free, else a free one by chance; never one of `taken`."""
    port = wanted
    while port is None or port in taken or not is_free(port):
        port = random.choice(RANGE)  # noqa: S311  # no secret
    return port


def listens(port: int) -> bool:
    """Whether something accepts connections there (which does not yet make it ready)."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=0.5).close()
    except OSError:
        return False
    return True
