"""Rows know who may reach them.

What is within is said by each transaction (`shared.fence`): `app.agency`, `app.units` and `app.person`, each `*` for
all. Where nothing is said, nothing is reached. The owner of the tables is the service itself, hence `force`.
"""

from alembic import op

revision = 'c91d3e7fa5b0'
down_revision = '3ff5801d194d'

# Written so that the planner takes the fence for wide open, as it mostly is: a list then follows its index.
AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
WITHIN = {
    'audit': 'true',
    'consent_rules': 'true',
    'stories': 'true',
    'consents': 'true',
    'papers': 'true',
    'holders': 'true',
    'referrers': 'true',
    'words': 'true',
    'withdrawal_answers': 'true',
    'other_honours': 'true',
    'followed_stories': 'true',
    'channels': 'true',
    'deliveries': 'true',
}


def upgrade() -> None:
    for table, more in WITHIN.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
