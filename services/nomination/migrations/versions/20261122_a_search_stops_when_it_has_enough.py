"""A search stops when it has enough.

The fence around words is the same, written so that the planner takes it for wide open, as it mostly is. It took it for
so narrow that it read all that has a common word, where walking along the index brings the first of it at once.
"""

from alembic import op

revision = 'd41f07b95c36'
down_revision = '8c2d57e0a1f4'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
OF_UNIT = (
    "case when (select current_setting('app.units', true)) = '*' then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[]) end"
)


def upgrade() -> None:
    op.execute(f'alter policy fence on search_words using ({AGENCY} and ({OF_UNIT}))')
