"""Letters cover what goes up."""

import sqlalchemy as sa
from alembic import op

revision = 'a6d20f4b81c3'
down_revision = '91d3f0a7c26e'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)


def upgrade() -> None:
    op.create_table('letters',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('to_agency', sa.String(length=31), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('dated', sa.Date(), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters'))
    )
    op.create_index(op.f('ix_letters_agency_at'), 'letters', ['agency', 'at'])
    op.add_column('referrals', sa.Column('letter_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_referrals_letter_id_letters'), 'referrals', 'letters', ['letter_id'], ['id'])
    op.create_index(op.f('ix_referrals_letter_id'), 'referrals', ['letter_id'])
    op.execute('alter table letters enable row level security, force row level security')
    op.execute(f'create policy fence on letters using ({AGENCY})')
