"""Units have codes by day."""

import sqlalchemy as sa
from alembic import op

revision = '5a9e27c3b16d'
down_revision = 'd41f07b95c36'


def upgrade() -> None:
    op.add_column('unit_names', sa.Column('code', sa.String(), nullable=True))
    op.execute('update unit_names n set code = u.code from units u where u.id = n.unit_id')
    op.alter_column('unit_names', 'code', nullable=False)
    op.create_index(op.f('ix_unit_names_agency_code'), 'unit_names', ['agency', 'code'])
