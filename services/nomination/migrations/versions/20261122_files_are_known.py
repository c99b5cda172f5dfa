"""Files in the store are known."""

import sqlalchemy as sa
from alembic import op

revision = 'b81d5f0e6c37'
down_revision = '93be5c17a0d4'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('files',
    sa.Column('agency', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('put_at', sa.DateTime(timezone=True), nullable=False, comment='real time, of the last that sent it'),
    sa.PrimaryKeyConstraint('agency', 'sha256', name=op.f('pk_files'))
    )
    op.execute('alter table files enable row level security, force row level security')
    op.execute(f'create policy fence on files using ({AGENCY})')
