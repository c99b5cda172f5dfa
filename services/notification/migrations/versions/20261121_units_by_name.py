"""Units by name."""

import sqlalchemy as sa
from alembic import op

revision = 'bd68b6100f52'
down_revision = 'e8f2c3016ab9'

AGENCY = "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"


def upgrade() -> None:
    op.create_table('units',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_units'))
    )
    op.execute('alter table units enable row level security, force row level security')
    op.execute(f'create policy fence on units using ({AGENCY})')
