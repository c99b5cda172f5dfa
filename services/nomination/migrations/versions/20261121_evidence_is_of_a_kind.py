"""Evidence is of a kind, and claims are looked into."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'c0a91f63d2b8'
down_revision = 'b8d35f0a4e71'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
OF_FILE = (
    "case when (select current_setting('app.units', true)) = '*' then true"
    " else exists (select from nominations n where n.id = nomination_id) end"
)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


KINDS = words('kind', 'words', 'file', 'link', 'number', 'decision', 'person')
FOR_OLD_ROWS = [
    ('evidence', sa.Column('kind', KINDS, nullable=False, server_default='words')),
    ('evidence', sa.Column('fields', postgresql.JSONB(), nullable=False, server_default='{}')),
    ('claims', sa.Column('options', postgresql.JSONB(), nullable=False, server_default='[]')),
    ('subjects', sa.Column('form', words('form', 'exemplar', 'model', 'deed'), nullable=False, server_default='exemplar')),
    ('nominations', sa.Column('edits', sa.Integer(), nullable=False, server_default='0')),
]


def upgrade() -> None:
    for table, column in FOR_OLD_ROWS:
        op.add_column(table, column)
        op.alter_column(table, column.name, server_default=None)
    op.execute("update evidence set kind = 'file' where sha256 is not null")
    op.add_column('claims', sa.Column('level', sa.String(), nullable=True))
    op.add_column('claims', sa.Column('rests_on', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_claims_rests_on_nominations'), 'claims', 'nominations', ['rests_on'], ['id'])
    op.create_table('claim_checks',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('claim_id', sa.Uuid(), nullable=False),
    sa.Column('claim_version', sa.Integer(), nullable=False),
    sa.Column('state', words('state', 'unverified', 'verified', 'disputed'), nullable=False),
    sa.Column('how', sa.String(), nullable=False),
    sa.Column('checked_by', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['claim_id'], ['claims.id'], name=op.f('fk_claim_checks_claim_id_claims')),
    sa.ForeignKeyConstraint(['nomination_id'], ['nominations.id'], name=op.f('fk_claim_checks_nomination_id_nominations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim_checks'))
    )
    op.create_index(op.f('ix_claim_checks_nomination_id'), 'claim_checks', ['nomination_id'], unique=False)
    op.execute('alter table claim_checks enable row level security, force row level security')
    op.execute(f'create policy fence on claim_checks using ({AGENCY} and ({OF_FILE}))')
