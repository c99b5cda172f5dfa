"""Reports wait for somebody."""

from alembic import op

revision = 'c3b8f15e9d20'
down_revision = 'a9e2c41b7d60'

KINDS = (
    'draft', 'complete', 'plan', 'case.take_over', 'case.score', 'case.open_ballot', 'case.vote', 'case.close_ballot',
    'case.conclude', 'case.honour', 'story.write', 'story.doubt', 'story.consent', 'report.take', 'report.rewrite',
)


def upgrade() -> None:
    op.drop_constraint(op.f('ck_tasks_kind'), 'tasks', type_='check')
    op.create_check_constraint(op.f('ck_tasks_kind'), 'tasks', f"kind in {KINDS}")
