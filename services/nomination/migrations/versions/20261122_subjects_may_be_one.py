"""Subjects may be one."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from services.nomination.rules.subjects import same_key

revision = '7c2e91fa40d6'
down_revision = 'f27a90c3d514'

# Written so that the planner takes the fence for wide open, as it mostly is: a list then follows its index.
AGENCY = (
    "((select current_setting('app.agency', true)) = '*' or agency = (select current_setting('app.agency', true)))"
)
EVERY_UNIT = "(select current_setting('app.units', true)) = '*'"
OF_BOTH = (
    f"case when {EVERY_UNIT} then true else exists (select from subjects s where s.id = one_id)"
    " and exists (select from subjects s where s.id = other_id) end"
)
KNOWN = sa.text('select id, category, form, search_text from subjects where id > :after order by id limit 5000')
KEY = sa.text('update subjects set same_key = :key where id = :subject')


def upgrade() -> None:
    op.add_column('subjects', sa.Column('external_ref', sa.String(), nullable=False, server_default=''))
    op.add_column('subjects', sa.Column('same_key', sa.String(), nullable=False, server_default=''))
    op.add_column('subjects', sa.Column('same_as', sa.Uuid(), nullable=True))
    op.add_column('subjects', sa.Column('looked', sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in ('external_ref', 'same_key', 'looked'):
        op.alter_column('subjects', column, server_default=None)
    op.create_foreign_key(op.f('fk_subjects_same_as_subjects'), 'subjects', 'subjects', ['same_as'], ['id'])
    bind, last = op.get_bind(), UUID(int=0)
    while rows := bind.execute(KNOWN, {'after': last}).all():
        bind.execute(KEY, [{'subject': id, 'key': same_key(category, form, words)} for id, category, form, words in rows])
        last = rows[-1].id
    op.create_index(op.f('ix_subjects_agency_same_key'), 'subjects', ['agency', 'same_key'])
    op.create_index(
        op.f('ix_subjects_agency_external_ref'), 'subjects', ['agency', 'external_ref'],
        postgresql_where=sa.text("external_ref <> ''"),
    )
    op.create_index(
        op.f('ix_subjects_same_as'), 'subjects', ['same_as'], postgresql_where=sa.text('same_as is not null')
    )
    op.create_index('ix_subjects_not_looked', 'subjects', ['agency', 'id'], postgresql_where=sa.text('not looked'))
    op.create_index(op.f('ix_nominations_subject_id'), 'nominations', ['subject_id'])
    op.create_index(
        op.f('ix_evidence_agency_sha256'), 'evidence', ['agency', 'sha256'],
        postgresql_where=sa.text('sha256 is not null'),
    )
    for column in ('nomination_id', 'after_id'):
        op.create_index(
            op.f(f'ix_leads_{column}'), 'leads', [column], postgresql_where=sa.text(f'{column} is not null')
        )
    op.create_table('subject_pairs',
    sa.Column('agency', sa.String(length=31), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('one_id', sa.Uuid(), nullable=False),
    sa.Column('other_id', sa.Uuid(), nullable=False),
    sa.Column('verdict', sa.Enum('asked', 'merged', 'parted', name='verdict', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('stands_id', sa.Uuid(), nullable=True),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['one_id'], ['subjects.id'], name=op.f('fk_subject_pairs_one_id_subjects')),
    sa.ForeignKeyConstraint(['other_id'], ['subjects.id'], name=op.f('fk_subject_pairs_other_id_subjects')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subject_pairs')),
    sa.UniqueConstraint('one_id', 'other_id', name=op.f('uq_subject_pairs_one_id_other_id'))
    )
    op.create_index(op.f('ix_subject_pairs_other_id'), 'subject_pairs', ['other_id'])
    op.create_index(op.f('ix_subject_pairs_agency_verdict_id'), 'subject_pairs', ['agency', 'verdict', 'id'])
    op.execute('alter table subject_pairs enable row level security, force row level security')
    op.execute(f'create policy fence on subject_pairs using ({AGENCY} and ({OF_BOTH}))')
