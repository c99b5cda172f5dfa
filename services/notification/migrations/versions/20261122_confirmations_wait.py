"""Confirmations and due reports wait."""

import sqlalchemy as sa
from alembic import op

revision = '2d9b63f7c140'
down_revision = 'f47c1e9a2b83'

BEFORE = (
    'draft', 'complete', 'plan', 'case.take_over', 'case.score', 'case.open_ballot', 'case.vote', 'case.close_ballot',
    'case.conclude', 'case.honour', 'story.write', 'story.doubt', 'story.consent', 'report.take',
    'report.rewrite', 'finding',
)


def upgrade() -> None:
    op.drop_constraint(op.f('ck_tasks_kind'), 'tasks', type_='check')
    kinds = [*BEFORE, 'confirm', 'due_report', 'own_due_report']
    op.create_check_constraint(op.f('ck_tasks_kind'), 'tasks', sa.column('kind', sa.String()).in_(kinds))
