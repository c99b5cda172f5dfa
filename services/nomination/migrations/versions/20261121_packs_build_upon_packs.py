"""Packs build upon packs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'b8d35f0a4e71'
down_revision = '8e41c7702f5d'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
FOR_OLD_ROWS = {
    'asks': sa.Column('asks', postgresql.JSONB(), nullable=False, server_default='{}'),
    'wordings': sa.Column('wordings', postgresql.JSONB(), nullable=False, server_default='[]'),
    'stated_by': sa.Column('stated_by', sa.String(), nullable=False, server_default=''),
    'added': sa.Column('added', sa.Boolean(), nullable=False, server_default='false'),
}


def upgrade() -> None:
    op.create_table('packs',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('based_on', sa.String(), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('papers', postgresql.JSONB(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['units.id'], name=op.f('fk_packs_unit_id_units')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_packs')),
    sa.UniqueConstraint('agency', 'code', name=op.f('uq_packs_agency_code'))
    )
    op.create_index(op.f('ix_packs_agency_unit_id'), 'packs', ['agency', 'unit_id'], unique=False)
    op.create_table('boasts',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('word', sa.String(), nullable=False),
    sa.Column('but', postgresql.JSONB(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_boasts')),
    sa.UniqueConstraint('agency', 'word', 'valid_from', name=op.f('uq_boasts_agency_word_valid_from'))
    )
    for column in FOR_OLD_ROWS.values():
        op.add_column('criteria', column)
    op.add_column('criteria', sa.Column('added_for', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_criteria_added_for_units'), 'criteria', 'units', ['added_for'], ['id'])
    for name in FOR_OLD_ROWS:
        op.alter_column('criteria', name, server_default=None)
    # What was entered so far asks for no papers. A pack's place in time is that of its first criterion.
    op.execute(
        "insert into packs (agency, id, code, title, since, papers, confirmed)"
        " select distinct on (agency, pack) agency, id, pack, pack, date '0001-01-01', '{}', true"
        " from criteria order by agency, pack, id"
    )
    for table in ('packs', 'boasts'):
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY})')
