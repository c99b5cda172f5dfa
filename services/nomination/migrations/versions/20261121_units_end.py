"""Units end."""

import sqlalchemy as sa
from alembic import op

revision = 'b4c70e6f2a19'
down_revision = '3d5b9e10c8a7'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('unit_ends',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('successor_id', sa.Uuid(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('paper', sa.String(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('done', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['successor_id'], ['units.id'], name=op.f('fk_unit_ends_successor_id_units')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_unit_ends_unit_id_units')),
    sa.PrimaryKeyConstraint('unit_id', name=op.f('pk_unit_ends'))
    )
    op.create_table('unit_shares',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('thing_id', sa.Uuid(), nullable=False),
    sa.Column('successor_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['successor_id'], ['units.id'], name=op.f('fk_unit_shares_successor_id_units')),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_unit_shares_unit_id_units')),
    sa.PrimaryKeyConstraint('unit_id', 'thing_id', name=op.f('pk_unit_shares'))
    )
    for table in ('unit_ends', 'unit_shares'):
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY})')
