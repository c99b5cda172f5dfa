"""Units have names by day."""

import sqlalchemy as sa
from alembic import op

revision = '3d5b9e10c8a7'
down_revision = 'e91c05b7d3f4'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('unit_names',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('paper', sa.String(), nullable=False),
    sa.Column('told', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_unit_names_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_names')),
    sa.UniqueConstraint('unit_id', 'valid_from', name=op.f('uq_unit_names_unit_id_valid_from'))
    )
    op.create_index(op.f('ix_unit_names_agency_valid_from'), 'unit_names', ['agency', 'valid_from'])
    op.execute('alter table unit_names enable row level security, force row level security')
    op.execute(f'create policy fence on unit_names using ({AGENCY})')
    op.execute(
        "insert into unit_names (agency, id, unit_id, name, kind, valid_from, paper, told)"
        " select agency, gen_random_uuid(), id, name, kind, valid_from, '', true from units"
    )
