"""Reports are called for as their day comes near."""

import sqlalchemy as sa
from alembic import op

revision = 'e47a0b95c3d8'
down_revision = 'a1f4c83d9e57'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
OF_UNIT = (
    "case when (select current_setting('app.units', true)) = '*' then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[]) end"
)


def upgrade() -> None:
    op.create_table('due_reports',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('to_agency', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_due_reports_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_due_reports'))
    )
    op.create_index(op.f('ix_due_reports_agency_plan_id_due_on'), 'due_reports', ['agency', 'plan_id', 'due_on'])
    op.create_index(op.f('ix_due_reports_unit_id'), 'due_reports', ['unit_id'])
    op.execute('alter table due_reports enable row level security, force row level security')
    op.execute(f'create policy fence on due_reports using ({AGENCY} and ({OF_UNIT}))')
