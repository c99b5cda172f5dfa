"""Heads leave the confirmation of what is about themselves to the agency."""

import sqlalchemy as sa
from alembic import op

revision = 'f5c2a7190e3d'
down_revision = 'e90b64d1f7a2'


def upgrade() -> None:
    op.add_column('nominations', sa.Column('left_to_agency', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column('nominations', 'left_to_agency', server_default=None)
