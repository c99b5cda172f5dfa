"""Working days are known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'c3d7a90b1e52'
down_revision = '8a1c5e92d4b7'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('calendar_years',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False, autoincrement=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('days', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('agency', 'year', name=op.f('pk_calendar_years'))
    )
    op.execute('alter table calendar_years enable row level security, force row level security')
    op.execute(f'create policy fence on calendar_years using ({AGENCY})')
