"""Findings go on elsewhere when their unit ends: their visit is read with them."""

from alembic import op

revision = '6e1f40a9bd27'
down_revision = '0b7d3e8c52f1'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OWN = "any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[])"
REACHED = (
    f"case when {EVERY_UNIT} then true else unit_id = {OWN}"
    f" or exists (select from visit_findings f where f.visit_id = visits.id and f.unit_id = {OWN}) end"
)


def upgrade() -> None:
    op.execute('drop policy fence on visits')
    op.execute(f'create policy fence on visits using ({AGENCY} and ({REACHED}))')
