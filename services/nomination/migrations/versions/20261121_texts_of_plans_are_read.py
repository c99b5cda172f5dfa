"""Texts of plans are read."""

import sqlalchemy as sa
from alembic import op

revision = '8e41c7702f5d'
down_revision = 'f2a6c9137b54'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('plan_texts',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('entered_by', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_texts'))
    )
    op.execute('alter table plan_texts enable row level security, force row level security')
    op.execute(f'create policy fence on plan_texts using ({AGENCY})')
