"""Units end."""

import sqlalchemy as sa
from alembic import op

revision = 'a9e2c41b7d60'
down_revision = 'bd68b6100f52'


def upgrade() -> None:
    op.add_column('units', sa.Column('valid_to', sa.Date(), nullable=True))
