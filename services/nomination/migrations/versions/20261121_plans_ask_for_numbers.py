"""Plans ask for numbers."""

import sqlalchemy as sa
from alembic import op

revision = 'e7b2049c6d18'
down_revision = 'd41c8fa27b96'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table('targets',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('plan_id', sa.Uuid(), nullable=False),
    sa.Column('unit_kind', sa.String(), nullable=True),
    sa.Column('bound', words('bound', 'at_least', 'at_most'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('per', words('per', 'round', 'year'), nullable=False),
    sa.Column('counted', words('counted', 'nominations', 'units'), nullable=False),
    sa.Column('warns_only', sa.Boolean(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_targets_plan_id_plans')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_targets'))
    )
    op.create_index(op.f('ix_targets_plan_id'), 'targets', ['plan_id'], unique=False)
    op.create_index(op.f('ix_nominations_plan_id_unit_id'), 'nominations', ['plan_id', 'unit_id'], unique=False)
    op.execute('alter table targets enable row level security, force row level security')
    op.execute(f'create policy fence on targets using ({AGENCY})')
