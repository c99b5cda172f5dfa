"""One search for stories: by the words of their text and unit too, which had a column of their own."""

import sqlalchemy as sa
from alembic import op

from shared.search_words import WORDS, rows_of

revision = 'c4b7d91f20e3'
down_revision = 'a27be4c8105f'

THINGS = "select agency, id, unit, text from stories"


def upgrade() -> None:
    bind = op.get_bind()
    for agency, thing, *texts in bind.execute(sa.text(THINGS)).all():
        for row in rows_of(agency, thing, *texts):
            known = {name: row[name] for name in ('agency', 'thing', 'word', 'marked')}
            same = sa.and_(*(WORDS.c[name] == value for name, value in known.items()))
            if bind.scalar(sa.select(sa.func.count()).select_from(WORDS).where(same)) == 0:
                bind.execute(WORDS.insert().values(**row))
    op.drop_column('stories', 'search_text')
