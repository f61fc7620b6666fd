"""What goes wrong with figures, each as a function from cells to cells: units, signs, swaps, losses, periods, codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from tests.injections.fault import Change
from tests.injections.sheets import Cell
from tests.injections.sound import newest, previous

Where = Callable[[Cell], bool]


def everywhere(_: Cell) -> bool:
    return True


def that(area: str = "", item: str = "", sex: str = "", period: str = "") -> Where:
    """Cells whose texts match, each by a regular expression that is searched for."""
    return lambda c: all(
        re.search(pattern, text)
        for pattern, text in ((area, c.area), (item, c.item), (sex, c.sex), (period, c.period))
        if pattern
    )


def _new(cells: list[Cell], where: Where) -> Where:
    last = newest(cells)
    return lambda c: c.period == last[c.item] and where(c)


def each(change: Callable[[Cell], None], where: Where = everywhere, *, new: bool = True) -> Change:
    """Change the cells where it holds, by default those of each item's newest period."""

    def changed(cells: list[Cell]) -> list[Cell]:
        holds = _new(cells, where) if new else where
        found = [c.moved() for c in cells]
        touched = 0
        for c in found:
            if holds(c):
                old = c.moved()
                change(c)
                touched += c != old
        assert touched, "the fault finds no cell to change"
        return found

    return changed


def times(factor: float, where: Where = everywhere, *, new: bool = True, decimals: int | None = None) -> Change:
    def change(c: Cell) -> None:
        if c.number is not None:
            c.set(c.number * Decimal(str(factor)), decimals)

    return each(change, where, new=new)


def plus(number: float, where: Where = everywhere, *, new: bool = True) -> Change:
    def change(c: Cell) -> None:
        if c.number is not None:
            c.set(c.number + Decimal(str(number)))

    return each(change, where, new=new)


def complement(where: Where = everywhere, *, new: bool = True) -> Change:
    def change(c: Cell) -> None:
        if c.number is not None:
            c.set(100 - c.number)

    return each(change, where, new=new)


def value_is(text: str, where: Where = everywhere, *, new: bool = True) -> Change:
    def change(c: Cell) -> None:
        c.value = text

    return each(change, where, new=new)


def zero_for_missing(*, new: bool = False) -> Change:
    """Every value that the owner does not give is written as 0."""

    def change(c: Cell) -> None:
        if c.number is None:
            c.value = "0"

    return each(change, new=new)


def decimal_lost(where: Where = everywhere, *, new: bool = True) -> Change:
    """The decimal mark is dropped: 77,5 becomes 775."""

    def change(c: Cell) -> None:
        c.value = re.sub(r"[,.]", "", c.value)

    return each(change, where, new=new)


def comma_as_thousands(where: Where = everywhere, *, new: bool = True) -> Change:
    """The decimals are cut off and the mark moved: 77,54 becomes 7,75."""

    def change(c: Cell) -> None:
        if c.number is not None:
            c.set(c.number / 10)

    return each(change, where, new=new)


def swapped(one: str, other: str, by: str = "area", where: Where = everywhere, *, new: bool = True) -> Change:
    """The labels of two areas, sexes or items change places."""

    def change(c: Cell) -> None:
        text = getattr(c, by)
        setattr(c, by, other if text == one else one if text == other else text)

    return each(change, where, new=new)


def rotated(by: str = "item", where: Where = everywhere, part: int | None = None, *, new: bool = True) -> Change:
    """Labels move one step along the list of labels, as when a list of codes is renumbered."""

    def changed(cells: list[Cell]) -> list[Cell]:
        def label(c: Cell) -> str:
            return getattr(c, by) if part is None else getattr(c, by).split("|")[part]

        holds = _new(cells, where) if new else where
        labels = list(dict.fromkeys(label(c) for c in cells if holds(c)))
        after = dict(zip(labels, [*labels[1:], labels[0]], strict=True))
        assert len(after) > 1, "one label cannot be renumbered"
        found = [c.moved() for c in cells]
        for c in found:
            if holds(c):
                texts = getattr(c, by).split("|")
                if part is None:
                    setattr(c, by, after[getattr(c, by)])
                else:
                    texts[part] = after[texts[part]]
                    setattr(c, by, "|".join(texts))
        return found

    return changed


def values_rotated(where: Where = everywhere, *, new: bool = True) -> Change:
    """The values slide one row down, as when a column is sorted without its labels."""

    def changed(cells: list[Cell]) -> list[Cell]:
        holds = _new(cells, where) if new else where
        found = [c.moved() for c in cells]
        held = [c for c in found if holds(c)]
        values = [c.value for c in held]
        for c, value in zip(held, [values[-1], *values[:-1]], strict=True):
            c.value = value
        return found

    return changed


def last_period_again(where: Where = everywhere) -> Change:
    """The newest period holds the values of the one before it."""

    def changed(cells: list[Cell]) -> list[Cell]:
        last, before = newest(cells), previous(cells)
        values = {(c.area, c.sex, c.item): c.value for c in cells if c.period == before.get(c.item)}
        found, touched = [], 0
        for c in cells:
            again = values.get((c.area, c.sex, c.item))
            if c.period == last[c.item] and again is not None and where(c):
                touched += again != c.value
                c = c.moved(value=again)
            found.append(c)
        assert touched, "no period before the newest"
        return found

    return changed


def without(where: Where, *, new: bool = True) -> Change:
    """Records where it holds are not sent."""

    def changed(cells: list[Cell]) -> list[Cell]:
        holds = _new(cells, where) if new else where
        left = [c for c in cells if not holds(c)]
        assert 0 < len(left) < len(cells), "nothing, or all, would be lost"
        return left

    return changed


def only(where: Where, *, new: bool = True) -> Change:
    """Nothing is sent but the records where it holds."""
    return without(lambda c: not where(c), new=new)


def thinned(keep_of: int, where: Where = everywhere, *, new: bool = True) -> Change:
    """One record in so many is lost."""

    def changed(cells: list[Cell]) -> list[Cell]:
        holds = _new(cells, where) if new else where
        count = 0
        left = []
        for c in cells:
            if holds(c):
                count += 1
                if count % keep_of == 0:
                    continue
            left.append(c)
        assert len(left) < len(cells)
        return left

    return changed


def doubled(where: Where = everywhere, factor: float = 1.0, *, new: bool = True) -> Change:
    """Records are sent twice, the second time multiplied."""

    def changed(cells: list[Cell]) -> list[Cell]:
        holds = _new(cells, where) if new else where
        more = []
        for c in cells:
            if holds(c) and c.number is not None:
                again = c.moved()
                again.set(c.number * Decimal(str(factor)))
                more.append(again)
        assert more
        return [*cells, *more]

    return changed


def years_later(years: int, where: Where = everywhere, *, new: bool = True) -> Change:
    """Dated so many years later than it is."""

    def change(c: Cell) -> None:
        c.period = re.sub(r"(?:19|20)\d\d", lambda y: str(int(y[0]) + years), c.period)

    return each(change, where, new=new)


def one_cell(area: str, item: str = "", factor: float = 10, sex: str = "") -> Change:
    """A single cell, the first that matches, is multiplied."""

    def changed(cells: list[Cell]) -> list[Cell]:
        holds = _new(cells, that(area, item, sex))
        found = [c.moved() for c in cells]
        cell = next(c for c in found if holds(c) and c.number)
        assert cell.number is not None
        cell.set(cell.number * Decimal(str(factor)))
        return found

    return changed
