"""Lists come in as files; a unit keeps its reference in the sector's data."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'd81f5c07e3b2'
down_revision = 'b4c70e6f2a19'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.add_column('units', sa.Column('external_ref', sa.String(), nullable=False, server_default=''))
    op.alter_column('units', 'external_ref', server_default=None)
    op.create_table('intakes',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('entered_by', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('ready', 'written', 'undone', name='state', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('unused', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intakes'))
    )
    op.create_index(op.f('ix_intakes_agency_entered_by_at'), 'intakes', ['agency', 'entered_by', 'at'])
    op.create_table('intake_rows',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('intake_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cells', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('found', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('unread', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('errors', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('outcome', sa.Enum('new', 'changed', 'same', 'bad', name='outcome', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('thing_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['intake_id'], ['intakes.id'], name=op.f('fk_intake_rows_intake_id_intakes'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('intake_id', 'number', name=op.f('pk_intake_rows'))
    )
    op.create_index(op.f('ix_intake_rows_intake_id_outcome_number'), 'intake_rows', ['intake_id', 'outcome', 'number'])
    for table in ('intakes', 'intake_rows'):
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY})')
