"""Which failures pass by themselves: they are tried again, everything else is parked."""

import asyncio

import asyncpg

PASSING = (
    ConnectionError,
    TimeoutError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut while it was being used
    asyncpg.OperatorInterventionError,
    asyncpg.CannotConnectNowError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
)


def is_passing(error: BaseException) -> bool:
    """Whether a failure, or what lies behind it, is of the network or of the server's moment, not of the record.

    SQLAlchemy wraps the driver's errors, so the chain of causes is followed. A bare OSError does not count: it may be a
    file that is missing for good.
    """
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen:
            continue
        if isinstance(one, PASSING):
            return True
        seen.add(id(one))
        queue += [one.__cause__, getattr(one, "orig", None)]
    return False
