"""Courses, and who took part in them, are corrected."""

import sqlalchemy as sa
from alembic import op

revision = 'a1f4c83d9e57'
down_revision = '58c2d7b1e064'


def upgrade() -> None:
    for table in ('courses', 'course_attendances'):
        op.add_column(table, sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
        op.alter_column(table, 'version', server_default=None)
