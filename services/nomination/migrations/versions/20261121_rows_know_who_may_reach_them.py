"""Rows know who may reach them.

What is within is said by each transaction (`shared.fence`): `app.agency`, `app.units` and `app.person`, each `*` for
all. Where nothing is said, nothing is reached. The owner of the tables is the service itself, hence `force`.
"""

from alembic import op

revision = '6a1f4d0c7b21'
down_revision = '4bca07010668'

AGENCY = "(select current_setting('app.agency', true)) in ('*', agency)"
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_UNIT = (
    f"{EVERY_UNIT} or unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[])"
)
OF_FILE = f"{EVERY_UNIT} or exists (select from nominations n where n.id = nomination_id)"
WITHIN = {
    'audit': 'true',
    'units': 'true',
    'unit_edges': 'true',
    'plans': 'true',
    'plans_from_above': 'true',
    'acknowledgements': 'true',
    'rounds': 'true',
    'criteria': 'true',
    'counters': 'true',
    'subjects': OF_UNIT,
    'nominations': OF_UNIT,
    'claims': OF_FILE,
    'returns': OF_FILE,
    'steps': OF_FILE,
    'persons': f"{EVERY_UNIT} or exists (select from subjects s where s.id = subject_id)",
    'evidence': f"{EVERY_UNIT} or exists (select from claims c where c.id = claim_id)",
    'idempotency_keys': 'true',
}


def upgrade() -> None:
    for table, more in WITHIN.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
