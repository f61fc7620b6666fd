"""Owners' files as lists of cells, and back to bytes: what a fault changes is a cell, whichever way its file is laid out.

A cell holds the texts of its area, period, sex, item and value as the file writes them. `read(name, data)` picks the
layout by the name; writing what was read gives a file with the same cells.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

Files = dict[str, bytes]


@dataclass
class Cell:
    """One figure. `rest` is what else its record holds, and goes with it where records are moved or doubled."""

    area: str
    period: str
    sex: str
    item: str
    value: str
    rest: Any = None

    @property
    def number(self) -> Decimal | None:
        """The value as a number; None where the owner writes none."""
        try:
            return Decimal(self.value.replace(" ", "").replace("\xa0", "").replace(",", "."))
        except InvalidOperation:
            return None

    def set(self, number: Decimal | float, decimals: int | None = None) -> None:
        """Write a number the way the value was written: its decimals, its comma."""
        plain = self.value.replace(",", ".")
        places = len(plain.partition(".")[2]) if decimals is None else decimals
        text = f"{Decimal(number):.{places}f}"
        self.value = text.replace(".", ",") if "," in self.value or "." not in self.value else text

    def moved(self, **changes: str) -> Cell:
        """A copy with other texts."""
        texts = {"area": self.area, "period": self.period, "sex": self.sex, "item": self.item, "value": self.value}
        return Cell(**(texts | changes), rest=self.rest)


@dataclass
class Sheet:
    """A file's cells, in their order, and what is needed to write it."""

    name: str
    cells: list[Cell]
    head: Any = None
    foot: Any = None
    places: dict[str, int] = field(default_factory=dict)

    def data(self) -> bytes:
        return _KINDS[_kind(self.name)][1](self)

    def with_cells(self, cells: list[Cell]) -> Sheet:
        return Sheet(self.name, cells, self.head, self.foot, self.places)


# Where the long files hold area, period, sex, item and value; `item` may be several columns.
_LONG: dict[str, tuple[str, str, str | None, tuple[str, ...], str]] = {
    "kostnad": ("Region", "År", None, ("Huvudområde", "Område", "Delområde", "Underkonto"), "Värde"),
    "bilaga": ("Landsting och regioner", "Mätperiod", None, ("Indikatornamn", "Måttenhet "), "Värde"),
    "vardenisiffror": ("Enhetskod", "Mätperiod", "Kön/Totalt", ("Indikator-Id", "Enhetstyp"), "Värde"),
    "antibiotics": ("Region", "Månad", "Kön", ("Läkemedel", "Ålder"), "Patienter/1000 invånare"),
    "county_age_sex": ("region", "year", "sex", ("age",), "population"),
}


def _kind(name: str) -> str:
    for word in ("kostnad", "bilaga", "vardenisiffror", "antibiotics", "county_age_sex", "personal", "regionenkat"):
        if word in name:
            return word
    if "vantetider_bup" in name:
        return "bup"
    return "jsonstat" if "TAB6471" in name else "kolada" if "data_" in name else "lines"


def read(name: str, data: bytes) -> Sheet:
    return _KINDS[_kind(name)][0](name, data)


def _rows(data: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def _csv(rows: list[list[str]], delimiter: str, mark: bool = True) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")


def _read_long(name: str, data: bytes) -> Sheet:
    delimiter = "," if _kind(name) == "county_age_sex" else ";"
    area, period, sex, item, value = _LONG[_kind(name)]
    heading, *rows = _rows(data, delimiter)
    places = {column: heading.index(column) for column in (area, period, value, *item, *([sex] if sex else []))}
    whole = [r for r in rows if len(r) == len(heading)]
    cells = [
        Cell(r[places[area]], r[places[period]], r[places[sex]] if sex else "", "|".join(r[places[i]] for i in item),
             r[places[value]], r)
        for r in whole
    ]  # fmt: skip
    return Sheet(name, cells, heading, [r for r in rows if len(r) != len(heading)], places)


def _write_long(sheet: Sheet) -> bytes:
    area, period, sex, item, value = _LONG[_kind(sheet.name)]
    rows = []
    for cell in sheet.cells:
        row = list(cell.rest)
        row[sheet.places[area]], row[sheet.places[period]], row[sheet.places[value]] = (
            cell.area,
            cell.period,
            cell.value,
        )
        if sex:
            row[sheet.places[sex]] = cell.sex
        for column, text in zip(item, cell.item.split("|"), strict=True):
            row[sheet.places[column]] = text
        rows.append(row)
    plain = _kind(sheet.name) == "county_age_sex"
    return _csv([sheet.head, *rows, *sheet.foot], "," if plain else ";", mark=not plain)


def _read_staff(name: str, data: bytes) -> Sheet:
    title, heading, *rows = _rows(data, ";")
    years = heading[2:]
    cells = [
        Cell(r[1], y, "", r[0], v) for r in rows if len(r) == len(heading) for y, v in zip(years, r[2:], strict=True)
    ]
    return Sheet(name, cells, title, [r for r in rows if len(r) != len(heading)])


def _write_staff(sheet: Sheet) -> bytes:
    years = list(dict.fromkeys(c.period for c in sheet.cells))
    grid: dict[tuple[str, str], dict[str, str]] = {}
    twice: list[list[str]] = []
    for c in sheet.cells:
        row = grid.setdefault((c.item, c.area), {})
        if c.period in row:
            twice.append([c.item, c.area, *[c.value if y == c.period else "" for y in years]])
        else:
            row[c.period] = c.value
    title = [sheet.head[0].rsplit(", ", 1)[0] + f", {years[-1]}"] if len(sheet.head) == 1 else sheet.head
    rows = [[item, area, *[row.get(y, "") for y in years]] for (item, area), row in grid.items()]
    return ("\ufeff" + ",".join(title) + "\n").encode() + _csv([["Grupp", "Region", *years], *rows, *twice, *sheet.foot],
                                                              ";", mark=False)  # fmt: skip


def _read_survey(name: str, data: bytes) -> Sheet:
    heading, *rows = _rows(data, ";" if b";" in data.splitlines()[0] else ",")
    cells = [Cell(r[0], "", r[1], q, v) for r in rows for q, v in zip(heading[2:], r[2:], strict=True)]
    return Sheet(name, cells, heading, ";" if b";" in data.splitlines()[0] else ",")


def _write_survey(sheet: Sheet) -> bytes:
    grid: dict[tuple[str, str], dict[str, str]] = {}
    for c in sheet.cells:
        grid.setdefault((c.area, c.sex), {})[c.item] = c.value
    rows = [[*region, *[row.get(q, "") for q in sheet.head[2:]]] for region, row in grid.items()]
    return _csv([sheet.head, *rows], sheet.foot, mark=False)


def _read_bup(name: str, data: bytes) -> Sheet:
    title, years, months, *rows = data.decode("utf-8-sig").splitlines()
    periods = list(zip(years.split(";")[1:], months.split(";")[1:], strict=True))
    whole = [r.split(";") for r in rows]
    cells = [
        Cell(r[0], f"{m} {y}", "", "", v)
        for r in whole
        if len(r) == len(periods) + 1
        for (y, m), v in zip(periods, r[1:], strict=True)
    ]
    return Sheet(name, cells, title, [";".join(r) for r in whole if len(r) != len(periods) + 1])


def _write_bup(sheet: Sheet) -> bytes:
    periods = list(dict.fromkeys(c.period for c in sheet.cells))
    grid: dict[str, dict[str, str]] = {}
    for c in sheet.cells:
        grid.setdefault(c.area, {}).setdefault(c.period, c.value)
    lines = [
        sheet.head,
        ";".join(["", *[p.split()[1] for p in periods]]),
        ";".join(["Region", *[p.split()[0] for p in periods]]),
        *[";".join([area, *[row.get(p, "") for p in periods]]) for area, row in grid.items()],
        *sheet.foot,
    ]
    return ("\n".join(lines) + "\n").encode()


def _read_kolada(name: str, data: bytes) -> Sheet:
    answer = json.loads(data)
    cells = [
        Cell(v["municipality"], str(v["period"]), one["gender"], v["kpi"],
             "" if one["value"] is None else str(one["value"]), one)
        for v in answer["values"] for one in v["values"]
    ]  # fmt: skip
    return Sheet(name, cells, {k: v for k, v in answer.items() if k != "values"})


def _write_kolada(sheet: Sheet) -> bytes:
    grid: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for c in sheet.cells:
        value = None if c.value == "" else float(c.value.replace(",", "."))
        grid.setdefault((c.item, c.area, c.period), []).append({**c.rest, "gender": c.sex, "value": value})
    values = [
        {"kpi": kpi, "municipality": area, "period": int(period), "values": ones}
        for (kpi, area, period), ones in grid.items()
    ]
    answer = {"values": values, **sheet.head}
    if "count" in answer:
        answer["count"] = len(values)
    return json.dumps(answer, ensure_ascii=False, indent=0).encode()


_DIMENSIONS = ("Region", "Alder", "Kon", "ContentsCode", "Tid")


def _read_jsonstat(name: str, data: bytes) -> Sheet:
    answer = json.loads(data)
    codes = [list(answer["dimension"][d]["category"]["index"]) for d in answer["id"]]
    assert answer["id"] == list(_DIMENSIONS), answer["id"]
    cells, n = [], 0
    for area in codes[0]:
        for age in codes[1]:
            for sex in codes[2]:
                for content in codes[3]:
                    for period in codes[4]:
                        value = answer["value"][n]
                        cells.append(Cell(area, period, sex, age, "" if value is None else str(value), content))
                        n += 1
    return Sheet(name, cells, answer)


def _write_jsonstat(sheet: Sheet) -> bytes:
    answer = json.loads(json.dumps(sheet.head))
    texts = [
        list(dict.fromkeys(getattr(c, part) for c in sheet.cells)) for part in ("area", "item", "sex", "rest", "period")
    ]
    for dimension, codes in zip(_DIMENSIONS, texts, strict=True):
        category = answer["dimension"][dimension]["category"]
        category["index"] = {code: n for n, code in enumerate(codes)}
        category["label"] = {code: category.get("label", {}).get(code, code) for code in codes}
        for part in ("note", "unit", "child"):
            if part in category:
                category[part] = {k: v for k, v in category[part].items() if k in codes}
    answer["size"] = [len(codes) for codes in texts]
    found = {(c.area, c.item, c.sex, c.rest, c.period): c.value for c in sheet.cells}
    values = []
    for area in texts[0]:
        for age in texts[1]:
            for sex in texts[2]:
                for content in texts[3]:
                    for period in texts[4]:
                        text = found.get((area, age, sex, content, period), "")
                        values.append(None if text == "" else float(text) if "." in text else int(text))
    answer["value"] = values
    return json.dumps(answer, ensure_ascii=False, indent=1).encode()


def _read_lines(name: str, data: bytes) -> Sheet:
    """A file that no fault looks into: one cell per line."""
    return Sheet(name, [Cell("", "", "", "", line) for line in data.decode("utf-8-sig").splitlines()])


def _write_lines(sheet: Sheet) -> bytes:
    return ("\n".join(c.value for c in sheet.cells) + "\n").encode()


_KINDS: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(_LONG, (_read_long, _write_long)),
    "personal": (_read_staff, _write_staff),
    "regionenkat": (_read_survey, _write_survey),
    "bup": (_read_bup, _write_bup),
    "kolada": (_read_kolada, _write_kolada),
    "jsonstat": (_read_jsonstat, _write_jsonstat),
    "lines": (_read_lines, _write_lines),
}
