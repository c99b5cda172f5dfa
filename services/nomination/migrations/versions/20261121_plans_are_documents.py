"""Plans are documents: whom they are for, from when until when, by what version, and what is being written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'f2a6c9137b54'
down_revision = '3c5d90e1ab27'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
STATES = "'draft', 'in_force', 'withdrawn'"
COUNTED = "'nominations', 'units', 'referred', 'replicated'"
TEXTS = ('signer_post', 'help_contact', 'report_template', 'criteria_pack')
LISTS = ('distribution', 'deadlines', 'channels', 'priorities')


def upgrade() -> None:
    for table in ('plans', 'plans_from_above'):
        op.drop_constraint(op.f(f'ck_{table}_state'), table)
        op.create_check_constraint(op.f(f'ck_{table}_state'), table, f'state in ({STATES})')
    op.drop_constraint(op.f('ck_targets_counted'), 'targets')
    op.create_check_constraint(op.f('ck_targets_counted'), 'targets', f'counted in ({COUNTED})')
    json = postgresql.JSONB(astext_type=sa.Text())
    for name in TEXTS:
        op.add_column('plans', sa.Column(name, sa.String(), nullable=False, server_default=''))
    for name in LISTS:
        op.add_column('plans', sa.Column(name, json, nullable=False, server_default='[]'))
    op.add_column('plans', sa.Column('starts_on', sa.Date(), nullable=True))
    op.add_column('plans', sa.Column('ends_on', sa.Date(), nullable=True))
    op.add_column('plans', sa.Column('cycle_begins', sa.String(length=5), nullable=False, server_default=''))
    op.add_column('plans', sa.Column('draft', json, nullable=True))
    op.add_column('plans', sa.Column('draft_version', sa.Integer(), nullable=False, server_default='0'))
    for name in (*TEXTS, *LISTS, 'cycle_begins', 'draft_version'):
        op.alter_column('plans', name, server_default=None)  # only for the rows that were there
    op.create_table('plan_versions',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('content', json, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('issued_by', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_plan_versions_plan_id_plans')),
    sa.PrimaryKeyConstraint('plan_id', 'version', name=op.f('pk_plan_versions'))
    )
    op.add_column('acknowledgements', sa.Column('planned', sa.Boolean(), nullable=False, server_default='false'))
    op.alter_column('acknowledgements', 'planned', server_default=None)
    op.create_table('unit_acknowledgements',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('told_on', sa.Date(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_unit_acknowledgements_plan_id_plans')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_unit_acknowledgements_unit_id_units')),
    sa.PrimaryKeyConstraint('plan_id', 'unit_id', name=op.f('pk_unit_acknowledgements'))
    )
    op.create_index(op.f('ix_unit_acknowledgements_agency_unit_id'), 'unit_acknowledgements', ['agency', 'unit_id'], unique=False)
    # Files of a unit are asked for by the day of their hand-in: of a year, of a round.
    op.drop_index(op.f('ix_nominations_plan_id_unit_id'), 'nominations')
    place = ['plan_id', 'unit_id', 'handed_in_on']
    op.create_index(op.f('ix_nominations_plan_id_unit_id_handed_in_on'), 'nominations', place, unique=False)
    for table in ('plan_versions', 'unit_acknowledgements'):
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY})')
