"""Rounds have a grace."""

import sqlalchemy as sa
from alembic import op

revision = 'd41c8fa27b96'
down_revision = 'c3d7a90b1e52'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    kinds = sa.Enum('window', 'standing', 'semester', name='kind', native_enum=False, create_constraint=True, length=40)
    op.add_column('rounds', sa.Column('kind', kinds, nullable=False, server_default='window'))
    op.add_column('rounds', sa.Column('closes_at', sa.Time(), nullable=True))
    op.add_column('rounds', sa.Column('grace_days', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('rounds', sa.Column('extended_to', sa.Date(), nullable=True))
    op.add_column('nominations', sa.Column('handed_in_on', sa.Date(), nullable=True))
    op.add_column('nominations', sa.Column('late', sa.Boolean(), nullable=False, server_default='false'))
    for table, column in (('rounds', 'kind'), ('rounds', 'grace_days'), ('nominations', 'late')):
        op.alter_column(table, column, server_default=None)  # only for the rows that were there
    # The first hand-in is on the timeline; `submitted_at` is the last one.
    op.execute(
        "update nominations n set handed_in_on = coalesce("
        "(select (min(s.at) at time zone 'Asia/Ho_Chi_Minh')::date from steps s"
        " where s.nomination_id = n.id and s.what = 'submitted'),"
        " (submitted_at at time zone 'Asia/Ho_Chi_Minh')::date) where revision > 0"
    )
    op.create_table('round_extensions',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('before', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['rounds.id'], name=op.f('fk_round_extensions_round_id_rounds')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round_extensions'))
    )
    op.create_index(op.f('ix_round_extensions_round_id_at'), 'round_extensions', ['round_id', 'at'], unique=False)
    op.execute('alter table round_extensions enable row level security, force row level security')
    op.execute(f'create policy fence on round_extensions using ({AGENCY})')
