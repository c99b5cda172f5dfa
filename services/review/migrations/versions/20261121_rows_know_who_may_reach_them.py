"""Rows know who may reach them.

What is within is said by each transaction (`shared.fence`): `app.agency`, `app.units` and `app.person`, each `*` for
all. Where nothing is said, nothing is reached. The owner of the tables is the service itself, hence `force`.
"""

from alembic import op

revision = '2b8c51e0d934'
down_revision = '33fbc37d9002'

# Written so that the planner takes the fence for wide open, as it mostly is: a list then follows its index.
AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_UNIT = (
    f"case when {EVERY_UNIT} then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[]) end"
)
OF_CASE = f"case when {EVERY_UNIT} then true else exists (select from cases c where c.id = case_id) end"
OF_BALLOT = f"case when {EVERY_UNIT} then true else exists (select from ballots b where b.id = ballot_id) end"
WITHIN = {
    'audit': 'true',
    'units': 'true',
    'rule_sets': 'true',
    'standings': 'true',
    'receipts': 'true',
    'cases': OF_UNIT,
    'dossiers': OF_CASE,
    'sheets': OF_CASE,
    'ballots': OF_CASE,
    'honours': OF_CASE,
    'referrals': OF_CASE,
    'rolls': OF_BALLOT,
    'tallies': OF_BALLOT,
}


def upgrade() -> None:
    for table, more in WITHIN.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
