"""Movements are carried; leads and files know in which they were found."""

import sqlalchemy as sa
from alembic import op

revision = 'c3e81a5d9f47'
down_revision = 'a94f07d2c65b'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
# Whoever takes part reads it again, also where the unit's people are not theirs to see.
REACHED = (
    f"case when {EVERY_UNIT} then true else"
    " unit_id = any((select string_to_array(nullif(current_setting('app.units', true), '*'), ','))::uuid[])"
    " or (taker = 'person' and who = (select current_setting('app.person', true))) end"
)


def upgrade() -> None:
    op.create_table('movements',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('task', sa.String(), nullable=False),
    sa.Column('paper', sa.String(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('result_count', sa.Integer(), nullable=True),
    sa.Column('registered', sa.Integer(), nullable=False),
    sa.Column('launched_by', sa.String(), nullable=False),
    sa.Column('launched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('search_text', sa.String(), nullable=False),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_movements_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movements'))
    )
    op.create_index(op.f('ix_movements_agency_starts_on'), 'movements', ['agency', 'starts_on'])
    op.create_table('movement_activities',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('manner', sa.String(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['movement_id'], ['movements.id'], name=op.f('fk_movement_activities_movement_id_movements')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_movement_activities_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movement_activities'))
    )
    op.create_index(op.f('ix_movement_activities_movement_id_held_on'), 'movement_activities', ['movement_id', 'held_on'])
    op.create_table('movement_registrations',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('taker', sa.Enum('person', 'unit', 'team', name='taker', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('who', sa.String(), nullable=False),
    sa.Column('sort_key', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('result_count', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['movement_id'], ['movements.id'], name=op.f('fk_movement_registrations_movement_id_movements')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_movement_registrations_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movement_registrations')),
    sa.UniqueConstraint('movement_id', 'unit_id', 'taker', 'who', name=op.f('uq_movement_registrations_movement_id_unit_id_taker_who'))
    )
    for table in ('leads', 'nominations'):
        op.add_column(table, sa.Column('movement_id', sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column('task', sa.String(), nullable=False, server_default=''))
        op.alter_column(table, 'task', server_default=None)
        op.create_foreign_key(op.f(f'fk_{table}_movement_id_movements'), table, 'movements', ['movement_id'], ['id'])
        op.create_index(op.f(f'ix_{table}_movement_id'), table, ['movement_id'])
    for table in ('movements', 'movement_activities', 'movement_registrations'):
        op.execute(f'alter table {table} enable row level security, force row level security')
    for table in ('movements', 'movement_activities'):
        op.execute(f'create policy fence on {table} using ({AGENCY})')
    op.execute(f'create policy fence on movement_registrations using ({AGENCY} and ({REACHED}))')
