"""Rows know who may reach them.

What is within is said by each transaction (`shared.fence`): `app.agency`, `app.units` and `app.person`, each `*` for
all. Where nothing is said, nothing is reached. The owner of the tables is the service itself, hence `force`.
"""

from alembic import op

revision = 'f3a70b6e12c8'
down_revision = '17dc6986a2b6'

# Written so that the planner takes the fence for wide open, as it mostly is: a list then follows its index.
AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
PERSON = "(select current_setting('app.person', true)) in ('*', recipient)"
WITHIN = {
    'audit': 'true',
    'accounts': 'true',
    'contacts': 'true',
    'files': 'true',
    'requests': 'true',
    'late_notices': 'true',
    'sessions': 'true',
    'grants': 'true',
    'messages': PERSON,
}


def upgrade() -> None:
    for table, more in WITHIN.items():
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({more}))')
