"""Reports go up; subjects and units know what is counted apart."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'f27a90c3d514'
down_revision = 'd81f5c07e3b2'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_UNIT = (
    f"case when {EVERY_UNIT} then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[]) end"
)


def upgrade() -> None:
    op.add_column('subjects', sa.Column('groups', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default='[]'))
    op.alter_column('subjects', 'groups', server_default=None)
    op.create_index(op.f('ix_nominations_agency_handed_in_on'), 'nominations', ['agency', 'handed_in_on'])
    op.create_table('reports',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('from_agency', sa.String(), nullable=False),
    sa.Column('their_id', sa.Uuid(), nullable=True),
    sa.Column('to_agency', sa.String(), nullable=False),
    sa.Column('kind', sa.Enum('yearly', 'interim', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('draft', 'sending', 'sent', 'received', 'returned', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('words', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('figures', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('parcel', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('writer', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_reports_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reports')),
    sa.UniqueConstraint('agency', 'from_agency', 'their_id', name=op.f('uq_reports_agency_from_agency_their_id'))
    )
    op.create_index(op.f('ix_reports_agency_unit_id_until_on'), 'reports', ['agency', 'unit_id', 'until_on'])
    op.create_table('unit_areas',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('area', sa.Enum('remote', 'border', 'island', name='area', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('paper', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_unit_areas_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_areas'))
    )
    op.create_index(op.f('ix_unit_areas_unit_id_area'), 'unit_areas', ['unit_id', 'area'])
    op.create_table('door_parcels',
    sa.Column('parcel_id', sa.Uuid(), nullable=False),
    sa.Column('agency', sa.Text(), nullable=False),
    sa.Column('other', sa.Text(), nullable=False, comment='the neighbour'),
    sa.Column('way', sa.Text(), nullable=False, comment='in: brought by it; out: lies here for it'),
    sa.Column('sha256', sa.Text(), nullable=False, comment='of the ciphertext, hexadecimal'),
    sa.Column('size', sa.BigInteger(), nullable=False, comment='of the ciphertext, bytes'),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.CheckConstraint("way in ('in', 'out')", name=op.f('ck_door_parcels_way')),
    sa.PrimaryKeyConstraint('parcel_id', name=op.f('pk_door_parcels'))
    )
    op.create_index(op.f('ix_door_parcels_agency_other_way'), 'door_parcels', ['agency', 'other', 'way'], unique=False)
    op.create_table('door_tokens',
    sa.Column('jti', sa.Text(), nullable=False),
    sa.Column('agency', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False, comment='real time'),
    sa.PrimaryKeyConstraint('jti', name=op.f('pk_door_tokens'))
    )
    for table, more in (('reports', f' and ({OF_UNIT})'), ('unit_areas', '')):
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY}{more})')
