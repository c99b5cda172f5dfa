"""Leads are kept."""

import sqlalchemy as sa
from alembic import op

revision = '3c5d90e1ab27'
down_revision = 'e7b2049c6d18'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
# Whoever saw somebody reads it again, also where the unit is not theirs; what nobody wrote by name is nobody's.
REACHED = (
    f"case when {EVERY_UNIT} then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[])"
    " or (spotted_by <> '' and spotted_by = (select current_setting('app.person', true))) end"
)
OF_LEAD = f"case when {EVERY_UNIT} then true else exists (select from leads l where l.id = lead_id) end"


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('leads',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('category', words('category', 'collective', 'manager', 'teacher', 'staff', 'pupil'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('position', sa.String(), nullable=False),
    sa.Column('deed', sa.String(), nullable=False),
    sa.Column('found_through', sa.String(), nullable=False),
    sa.Column('source', words('source', 'staff', 'public', 'honoured'), nullable=False),
    sa.Column('track', words('track', 'unit', 'national'), nullable=False),
    sa.Column('state', words('state', 'spotted', 'nurtured', 'ready', 'aside', 'nominated'), nullable=False),
    sa.Column('taken_up', sa.Boolean(), nullable=False),
    sa.Column('aside_reason', sa.String(), nullable=False),
    sa.Column('mentor', sa.String(), nullable=False),
    sa.Column('contact', sa.String(), nullable=False),
    sa.Column('spotted_by', sa.String(), nullable=False),
    sa.Column('spotted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=True),
    sa.Column('after_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_leads_unit_id_units')),
    sa.ForeignKeyConstraint(['nomination_id'], ['nominations.id'], name=op.f('fk_leads_nomination_id_nominations')),
    sa.ForeignKeyConstraint(['after_id'], ['nominations.id'], name=op.f('fk_leads_after_id_nominations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leads'))
    )
    op.create_index(
        op.f('ix_leads_agency_unit_id_spotted_at'), 'leads', ['agency', 'unit_id', 'spotted_at'], unique=False
    )
    op.create_table('lead_notes',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('lead_id', sa.Uuid(), nullable=False),
    sa.Column('kind', words('kind', 'gap', 'measure', 'material', 'moral', 'milestone', 'review'), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['leads.id'], name=op.f('fk_lead_notes_lead_id_leads')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead_notes'))
    )
    op.create_index(op.f('ix_lead_notes_lead_id_at'), 'lead_notes', ['lead_id', 'at'], unique=False)
    for table in ('leads', 'lead_notes'):
        op.execute(f'alter table {table} enable row level security, force row level security')
    op.execute(f'create policy fence on leads for select using ({AGENCY} and ({REACHED}))')
    op.execute(f'create policy fence_new on leads for insert with check ({AGENCY})')
    op.execute(f'create policy fence_changed on leads for update using ({AGENCY} and ({REACHED})) with check ({AGENCY})')
    op.execute(f'create policy fence on lead_notes using ({AGENCY} and ({OF_LEAD}))')
