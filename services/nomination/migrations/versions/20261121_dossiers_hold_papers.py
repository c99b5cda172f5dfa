"""Dossiers hold papers beside their claims, and remember what they said when they were handed in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'd7e4480b95ac'
down_revision = 'c0a91f63d2b8'

AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
OF_FILE = (
    "case when (select current_setting('app.units', true)) = '*' then true"
    " else exists (select from nominations n where n.id = nomination_id) end"
)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


TABLES = {
    'opinions': [
        sa.Column('voice', words('voice', 'colleague', 'learner', 'parent', 'other'), nullable=False),
        sa.Column('who', sa.String(), nullable=False),
        sa.Column('text', sa.String(), nullable=False),
    ],
    'agreements': [
        sa.Column('relation', words('relation', 'self', 'guardian'), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('agreed', sa.Boolean(), nullable=True),
    ],
    'confirmations': [
        sa.Column('edits', sa.Integer(), nullable=False),
        sa.Column('confirmed_by', sa.String(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    ],
}


def upgrade() -> None:
    for column in ('writer', 'on_behalf'):
        op.add_column('nominations', sa.Column(column, sa.String(), nullable=False, server_default=''))
        op.alter_column('nominations', column, server_default=None)
    for table, columns in TABLES.items():
        op.create_table(
            table,
            sa.Column('agency', sa.String(length=31), nullable=False),
            sa.Column('id', sa.Uuid(), nullable=False),
            sa.Column('nomination_id', sa.Uuid(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ['nomination_id'], ['nominations.id'], name=op.f(f'fk_{table}_nomination_id_nominations')
            ),
            sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
        )
        op.create_index(op.f(f'ix_{table}_nomination_id'), table, ['nomination_id'], unique=False)
    op.create_table('revisions',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', postgresql.JSONB(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['nomination_id'], ['nominations.id'], name=op.f('fk_revisions_nomination_id_nominations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions')),
    sa.UniqueConstraint('nomination_id', 'number', name=op.f('uq_revisions_nomination_id_number'))
    )
    for table in (*TABLES, 'revisions'):
        op.execute(f'alter table {table} enable row level security, force row level security')
        op.execute(f'create policy fence on {table} using ({AGENCY} and ({OF_FILE}))')
