"""Senders say whether they are kin."""

import sqlalchemy as sa
from alembic import op

revision = '0b7d3e8c52f1'
down_revision = 'f5c2a7190e3d'


def upgrade() -> None:
    op.add_column('nominations', sa.Column('kin', sa.String(), nullable=True))
    op.add_column('nominations', sa.Column('kin_said_by', sa.String(), nullable=False, server_default=''))
    op.alter_column('nominations', 'kin_said_by', server_default=None)
