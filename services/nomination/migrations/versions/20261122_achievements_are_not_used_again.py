"""Achievements are not used again."""

import sqlalchemy as sa
from alembic import op

revision = '15d8b3c7e960'
down_revision = '7c2e91fa40d6'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('reuse_rules',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('same-evidence-honoured', 'sudden-deed-reused', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('blocks', sa.Boolean(), nullable=False),
    sa.Column('years', sa.Integer(), nullable=True),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reuse_rules')),
    sa.UniqueConstraint('agency', 'kind', 'valid_from', name=op.f('uq_reuse_rules_agency_kind_valid_from'))
    )
    op.execute('alter table reuse_rules enable row level security, force row level security')
    op.execute(f'create policy fence on reuse_rules using ({AGENCY})')
