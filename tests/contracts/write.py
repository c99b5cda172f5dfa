"""`python -m tests.contracts.write`: keep today's schemas, and an example record of each event that has none yet.

A record, once kept, is never written anew: it stands for what lies in topics since then.
"""

from shared.asyncapi import example, example_record
from shared.events import CATALOGUE
from tests.contracts.schemas import EVENTS, RECORDS, all_schemas, dump, file_name


def main() -> None:
    """Write the files."""
    EVENTS.mkdir(exist_ok=True)
    RECORDS.mkdir(exist_ok=True)
    for name, schema in all_schemas().items():
        (EVENTS / name).write_text(dump(schema))
    for kind in CATALOGUE.values():
        path = RECORDS / file_name(kind)
        if not path.exists():
            headers, body = example_record(kind)
            path.write_text(dump({"key": example(kind).key, "headers": headers, "body": body.decode()}))


if __name__ == "__main__":
    main()
