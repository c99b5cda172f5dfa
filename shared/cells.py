"""How a cell of a list looks on a page: in Python, for a list of fifty rows has hundreds of them."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from shared.formats import day, in_vietnamese, moment, number
from shared.language import language, translate
from shared.listing import Cell, Link, Said, Tag

NOTHING = Markup('<span class="muted">–</span>')


def make_cells(environment: Environment) -> Callable[[Cell], object]:
    """What shows a cell; a state looks as the macro `state` of parts.html shows it."""

    @cache
    def state(_language: str, family: str, name: str) -> Markup:
        made: Markup = environment.get_template("parts.html").module.state(family, name)  # type: ignore[attr-defined]
        return made

    def show(cell: Cell) -> object:
        match cell:
            case None | "":
                return NOTHING
            case str():
                return in_vietnamese(cell)
            case Link():
                text = translate(cell.text) if cell.ours else in_vietnamese(cell.text)
                return Markup('<a href="{}">{}</a>').format(cell.href, text)
            case Tag():
                return state(language(), cell.family, cell.name)
            case Said():
                return translate(cell.text)
            case datetime():
                return moment(cell)
            case date():
                return day(cell)
        return number(cell)

    return show
