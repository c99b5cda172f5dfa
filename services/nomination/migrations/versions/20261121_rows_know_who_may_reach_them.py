"""Rows know who may reach them.

What is within is said by each transaction (`shared.fence`): `app.agency`, `app.units` and `app.person`, each `*` for
all. Where nothing is said, nothing is reached. The owner of the tables is the service itself, hence `force`.
"""

from alembic import op

revision = '6a1f4d0c7b21'
down_revision = '4bca07010668'

# Written so that the planner takes the fence for wide open, as it mostly is: a list then follows its index.
AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_UNIT = (
    f"case when {EVERY_UNIT} then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[]) end"
)
OF_FILE = f"case when {EVERY_UNIT} then true else exists (select from nominations n where n.id = nomination_id) end"
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
    'persons': f"case when {EVERY_UNIT} then true else exists (select from subjects s where s.id = subject_id) end",
    'evidence': f"case when {EVERY_UNIT} then true else exists (select from claims c where c.id = claim_id) end",
    'idempotency_keys': 'true',
}


def upgrade() -> None:
    for table, more in WITHIN.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
