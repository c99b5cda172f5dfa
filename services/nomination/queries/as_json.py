"""The list of nominations for the API: rows as the driver brings them, made into JSON at once."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from shared.bare import Connection

# The limit is no parameter: PostgreSQL would plan anew each time, not knowing how few rows it means.
_LIST = """
select n.code, n.state, s.category, n.unit_id, s.name, s.position, n.revision
  from nominations n join subjects s on s.id = n.subject_id
 where n.agency = $1 {more}
 order by n.code desc limit {limit:d}
"""


async def list_nominations(
    connection: Connection, *, agency: str, units: Collection[UUID] | None, before: str = "", limit: int = 50
) -> list[dict[str, Any]]:
    """Nominations of these units (None: of all), newest code first; `before` is the last code of the page before."""
    arguments: list[object] = [agency]
    more = ""
    if units is not None:
        arguments.append(list(units))
        more += f" and n.unit_id = any(${len(arguments)})"
    if before:
        arguments.append(before)
        more += f" and n.code < ${len(arguments)}"
    return [
        {
            "code": code,
            "state": state,
            "category": category,
            "unit_id": str(unit_id),
            "subject": {"name": name, "position": position},
            "revision": revision,
        }
        for code, state, category, unit_id, name, position, revision in await connection.fetch(
            _LIST.format(more=more, limit=limit), *arguments
        )
    ]
