"""Every real export is recognised, read and counted; and so is each after its owner changed what owners change."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.deliveries import reading
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.catalogue import load_catalogue
from tests.real import DELIVERIES, needs_deliveries
from tests.support.readable import Read, read, refusal

pytestmark = [pytest.mark.deliveries, needs_deliveries]
CATALOGUE = load_catalogue()

# Layout, records, and the day of the draw that the content tells, counted by hand from the files.
EXPORTS: dict[str, tuple[str, int, str | None]] = {
    "geography/counties.csv": ("scb_geography/counties", 21, None),
    "geography/municipalities.csv": ("scb_geography/municipalities", 290, None),
    "geography/municipality_county.csv": ("scb_geography/municipality_county", 290, None),
    "kolada/data_grp_data.json": ("kolada/data", 192, None),
    "kolada/data_kld_data.json": ("kolada/data", 48, None),
    "kolada/data_n00945.json": ("kolada/data", 63, None),
    "kolada/data_regions_slice_reconstructed.json": ("kolada/data", 322, None),
    "kolada/kpi_health_subset.json": ("kolada/kpi", 64, None),
    "kolada/municipality.json": ("kolada/municipality", 312, None),
    "kolada/municipality_groups_named.json": ("kolada/municipality_groups", 88, None),
    "kolada/skr_kommungrupp_membership.csv": ("kolada/skr_groups", 290, None),
    "scb/TAB6471_data.json": ("scb_population/json_stat", 2772, "2026-06-08T06:00:00"),
    "scb/folkmangd_lan_kommun_2018.csv": ("scb_population/county_municipality", 936, None),
    "scb/sweden_population_county_age_sex_2000_2015.csv": ("scb_population/county_age_sex", 67872, None),
    "skr/halso_och_sjukvardsrapporten_2018_bilaga.csv": ("skr_hsr/attachment", 418, None),
    "skr/kostnad_per_invanare_per_specialitet.csv": ("skr_costs/pivot", 5245, None),
    "socialstyrelsen/Statistikdatabasen_10_antibiotics.csv": ("sos_statdb/drugs_csv", 228, "2025-04-09"),
    "socialstyrelsen/Statistikdatabasen_2025-allergy.xlsx": ("sos_statdb/drugs_xlsx", 1056, "2025-04-06"),
    "socialstyrelsen/personal_per_100000_2016.csv": ("sos_staff/per_100000", 126, "2019-04-07"),
    "socialstyrelsen/regionenkat_2025_fast_lakarkontakt.csv": ("sos_region_survey/named_doctor", 66, None),
    "socialstyrelsen/vantetider_bup_2026-08-24.csv": ("sos_bup_waits/median_by_month", 264, "2026-08-24"),
    "varden_i_siffror/vardenisiffror_export_2019-03-27.csv": ("varden_i_siffror/export", 3381, "2019-03-27T13:25:13"),
}  # fmt: skip
DOCUMENTS = {
    "scb/TAB6471_metadata.json": "px_metadata", "scb/agg_Alder10arJ.json": "px_codelist", "scb/config.json": "px_config",
    "scb/search.json": "px_tables", "scb/tables.json": "px_tables",
}  # fmt: skip
CSV = [name for name in EXPORTS if name.endswith(".csv")]
# Plain tables, whose every heading names one column: they can be taken apart by a split, without any reader.
PLAIN = [
    name for name in CSV
    if EXPORTS[name][0].partition("/")[2] not in ("county_municipality", "per_100000", "median_by_month")
]  # fmt: skip
KOLADA = [name for name in EXPORTS if EXPORTS[name][0] == "kolada/data"]
WAITS = "socialstyrelsen/vantetider_bup_2026-08-24.csv"
STAFF = "socialstyrelsen/personal_per_100000_2016.csv"
FOREIGN_BORN = "scb/folkmangd_lan_kommun_2018.csv"
CUBE = "scb/TAB6471_data.json"
BOOK = "socialstyrelsen/Statistikdatabasen_2025-allergy.xlsx"
YEAR = re.compile(r"(?<!\d)20[012]\d(?!\d)")

Table = list[list[str]]


def raw(name: str) -> bytes:
    assert DELIVERIES is not None
    return (DELIVERIES / name).read_bytes()


def file_name(name: str) -> str:
    return Path(name).name


def get(folder: Path, name: str, content: str | bytes | None = None) -> Read:
    """Read a real export, or what was made of one, and have the second counter agree."""
    got = read(folder, raw(name) if content is None else content, CATALOGUE, file_name(name))
    assert got.name == EXPORTS[name][0]
    assert got.reading.records == got.counted == len(got.rows)
    return got


def text_of(name: str) -> str:
    return raw(name).decode("utf-8-sig").replace("\r\n", "\n")


def delimiter_of(name: str) -> str:
    return ";" if ";" in text_of(name).partition("\n")[0] else ","


def plain_table(name: str) -> Table:
    """Heading and records of a plain export, by splitting its lines."""
    delimiter = delimiter_of(name)
    lines = [line for line in text_of(name).split("\n") if line.strip(delimiter + " ")]
    assert all('"' not in line or delimiter == "," for line in lines)
    return [split(line, delimiter) for line in lines]


def split(line: str, delimiter: str) -> list[str]:
    fields = re.findall(rf'("(?:[^"]|"")*"|[^{delimiter}]*)(?:{delimiter}|$)', line)
    return fields[: re.sub('"[^"]*"', "", line).count(delimiter) + 1]


def later(text: str) -> str:
    """The text with its years three years later."""
    return YEAR.sub(lambda found: str(int(found[0]) + 3), text)


def joined(table: Table, delimiter: str) -> str:
    return "\n".join(delimiter.join(row) for row in table) + "\n"


def same_records(got: list[dict[str, str | None]], expected: list[dict[str, str | None]]) -> None:
    def order(record: dict[str, str | None]) -> str:
        return json.dumps(record, sort_keys=True)

    assert sorted(map(order, got)) == sorted(map(order, expected))


@pytest.mark.parametrize("name", EXPORTS)
def test_recognised_read_and_counted(tmp_path: Path, name: str) -> None:
    _, records, extracted = EXPORTS[name]
    got = get(tmp_path, name)
    assert (got.counted, got.reading.extracted_at, got.reading.origin) == (records, extracted, None)
    assert all(row["fields_fault"] is None for row in got.rows)
    assert {(row["scope_key"], row["period_key"]) for row in got.rows} == set(got.reading.coverage)


def test_no_file_with_values_is_left_out() -> None:
    assert DELIVERIES is not None
    there = {p.relative_to(DELIVERIES).as_posix() for p in DELIVERIES.rglob("*") if p.is_file()}
    assert there == EXPORTS.keys() | DOCUMENTS.keys() | {"README.md"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_metadata_are_kept_and_not_read(name: str) -> None:
    assert DELIVERIES is not None
    recognised = reading.recognise(DELIVERIES / name, "x", CATALOGUE)
    assert (recognised.layout.family, recognised.layout.layout_id) == ("document", DOCUMENTS[name])


def test_a_page_of_prose_is_unknown(tmp_path: Path) -> None:
    assert refusal(tmp_path, raw("README.md"), CATALOGUE).code == "F_UNKNOWN"


@pytest.mark.parametrize("name", CSV)
def test_every_line_of_text_is_found_at_its_place(tmp_path: Path, name: str) -> None:
    """A value's text stands on the line that its cell names."""
    lines = re.split("\r\n|\n", raw(name).decode("utf-8-sig"))
    got = get(tmp_path, name)
    value = "value" if "value" in got.rows[0] else next(c.name for c in got.recognised.layout.columns)
    for row in got.rows:
        assert row[value] in lines[row["line"] - 1]


@pytest.mark.parametrize("name", CSV)
def test_byte_order_mark_line_ends_and_last_newline_change_nothing(tmp_path: Path, name: str) -> None:
    expected = get(tmp_path / "0", name).rows
    text = text_of(name).rstrip("\n")
    variants = [
        text,
        text + "\n",
        "\ufeff" + text,
        text.replace("\n", "\r\n"),
        "\ufeff" + text.replace("\n", "\r\n") + "\r\n",
    ]
    for number, variant in enumerate(variants, start=1):
        assert get(tmp_path / str(number), name, variant).rows == expected


@pytest.mark.parametrize("name", [n for n in EXPORTS if n.endswith(".json")])
def test_a_document_on_one_line_or_with_a_mark_reads_the_same(tmp_path: Path, name: str) -> None:
    expected = get(tmp_path / "0", name).rows
    text = raw(name).decode("utf-8-sig")
    assert get(tmp_path / "1", name, "\ufeff" + text.replace("\n", "\r\n")).rows == expected
    assert get(tmp_path / "2", name, re.sub(r"\n\s*", " ", text)).rows == expected


@pytest.mark.parametrize("name", PLAIN)
def test_columns_in_another_order(tmp_path: Path, name: str) -> None:
    table = plain_table(name)
    order = list(range(len(table[0])))
    random.Random(name).shuffle(order)
    footer = [table.pop()] if len(table[-1]) == 1 else []
    # Of two equal headings the first stays the first: nothing else tells them apart.
    for heading in {h.strip() for h in table[0]}:
        places = sorted(order.index(i) for i, h in enumerate(table[0]) if h.strip() == heading)
        for place, i in zip(places, [i for i, h in enumerate(table[0]) if h.strip() == heading], strict=True):
            order[place] = i
    moved = [[row[i] for i in order] for row in table] + footer
    assert moved[0] != table[0]
    got = get(tmp_path / "1", name, joined(moved, delimiter_of(name)))
    same_records(got.declared(), get(tmp_path / "0", name).declared())


@pytest.mark.parametrize("name", [n for n in PLAIN if not n.startswith(("geography/", "kolada/"))])
def test_years_shifted_by_three(tmp_path: Path, name: str) -> None:
    """The period is the shifted one, every other text what it was."""
    before = get(tmp_path / "0", name)
    layout = before.recognised.layout
    assert layout.period
    headings = {layout.column(c).heading_text for c in layout.period.columns}
    table = plain_table(name)
    places = {i for i, h in enumerate(table[0]) if h.strip() in headings}
    shifted = [table[0], *([later(f) if i in places else f for i, f in enumerate(row)] for row in table[1:])]
    assert (shifted != table) is bool(places)
    # Where only the file's name says the year, the next survey comes under another name.
    new_name = file_name(name) if places else later(file_name(name))
    got = read(tmp_path / "1", joined(shifted, delimiter_of(name)), CATALOGUE, new_name)
    assert got.reading.records == got.counted
    assert got.declared() == [
        record | {c: later(record[c] or "") for c in layout.period.columns} for record in before.declared()
    ]


@pytest.mark.parametrize("name", [WAITS, STAFF, FOREIGN_BORN])
def test_years_in_titles_and_headings_shifted_by_three(tmp_path: Path, name: str) -> None:
    lines = text_of(name).split("\n")
    before = get(tmp_path / "0", name)
    shifted = [
        later(line) if n < min(r["line"] for r in before.rows) else line for n, line in enumerate(lines, start=1)
    ]
    assert shifted != lines
    layout = before.recognised.layout
    assert layout.period
    got = get(tmp_path / "1", name, "\n".join(shifted))
    assert got.declared() == [
        record | {c: later(record[c] or "") for c in layout.period.columns} for record in before.declared()
    ]


@pytest.mark.parametrize("name", CSV)
def test_half_of_the_rows_dropped(tmp_path: Path, name: str) -> None:
    """The records of every line that is left are those it had."""
    before = get(tmp_path / "0", name)
    lines = text_of(name).split("\n")
    drop = set(sorted({row["line"] for row in before.rows})[::2])
    got = get(tmp_path / "1", name, "\n".join(t for n, t in enumerate(lines, start=1) if n not in drop))
    names = [c.name for c in before.recognised.layout.columns]
    assert got.declared() == [{n: row[n] for n in names} for row in before.rows if row["line"] not in drop]
    assert 0 < len(got.rows) <= len(before.rows) // 2


@pytest.mark.parametrize("name", PLAIN)
def test_one_more_indicator(tmp_path: Path, name: str) -> None:
    """Rows of a measure, area or group that no declaration names are read as any others."""
    table, delimiter = plain_table(name), delimiter_of(name)
    footer = [table.pop()] if len(table[-1]) == 1 else []
    before = get(tmp_path / "0", name)
    place = next(
        (i for i, h in enumerate(table[0]) if h.strip() in ("Indikator-Id", "Indikatornamn", "Delområde", "Läkemedel")),
        0,
    )
    more = [["Ny mätning" if i == place else f for i, f in enumerate(row)] for row in table[1:4]]
    got = get(tmp_path / "1", name, joined(table + more + footer, delimiter))
    assert got.declared()[: len(before.rows)] == before.declared()
    added = got.rows[len(before.rows) :]
    assert len(added) == 3 * (len(before.rows) // len(table[1:]))
    assert all("Ny mätning" in row.values() for row in added)


@pytest.mark.parametrize("name", PLAIN)
def test_one_more_column(tmp_path: Path, name: str) -> None:
    table = plain_table(name)
    footer = [table.pop()] if len(table[-1]) == 1 else []
    wider = [[f"Tillägg {i}" if i == 0 else "9", *row] for i, row in enumerate(table)]
    if not any(c.type == "number" for c in get(tmp_path / "0", name).recognised.layout.columns):
        got = get(tmp_path / "1", name, joined(wider + footer, delimiter_of(name)))
        assert got.declared() == get(tmp_path / "0", name).declared()
        assert "Tillägg 0" in got.reading.unmapped_columns
        return
    # Beside numbers nobody knows what the new column leaves out.
    with pytest.raises(FileRefused, match="'Tillägg 0' \\('9'\\) is declared by no column") as refused:
        get(tmp_path / "1", name, joined(wider + footer, delimiter_of(name)))
    assert refused.value.code == "F_DIMENSION"


@pytest.mark.parametrize("order", [list(range(1, 13)), [5, 12, 3, 1, 2, 4, 6, 11, 10, 9, 8, 7]])
def test_one_more_month_and_months_in_another_order(order: list[int], tmp_path: Path) -> None:
    """The regions' column may move; months that run in no direction tell of a wrong row of years."""
    lines = text_of(WAITS).rstrip("\n").split("\n")
    table = [line.split(";") for line in lines[1:-1]]
    moved = [
        [*(row[i] for i in order), new, row[0]] for row, new in zip(table, ["2026", "Juli", *["77"] * 22], strict=True)
    ]
    text = "\n".join([lines[0], *(";".join(r) for r in moved), lines[-1]])
    if order != sorted(order):
        with pytest.raises(FileRefused) as refused:
            get(tmp_path, WAITS, text)
        assert refused.value.code == "F_PERIOD"
        return
    got = get(tmp_path, WAITS, text)
    expected = [
        (row[0], table[1][i], table[0][i], row[i]) for row in table[2:] for i in range(1, 13)
    ] + [(row[0], "Juli", "2026", "77") for row in table[2:]]  # fmt: skip
    assert sorted(got.texts("region", "month", "year", "value")) == sorted(expected)


def test_one_more_year_and_one_more_profession(tmp_path: Path) -> None:
    lines = text_of(STAFF).rstrip("\n").split("\n")
    rows = [line.split(";") for line in lines[2:-1]]
    rows.append(["Tandhygienist", "Stockholms län", "5"])
    wide = [";".join([r[2], str(n), r[1], r[0]]) for n, r in enumerate(rows)]
    title = lines[0].replace("2016", "2016, 2019")
    got = get(tmp_path, STAFF, "\n".join([title, "2016;2019;Region;Grupp", *wide, lines[-1]]))
    expected = [(r[0], r[1], "2016", r[2]) for r in rows] + [(r[0], r[1], "2019", str(n)) for n, r in enumerate(rows)]
    assert sorted(got.texts("profession", "region", "year", "value")) == sorted(expected)


def test_columns_under_several_heading_rows_in_another_order(tmp_path: Path) -> None:
    """The heading's only quoted newline is taken out by hand, so that the lines can be split."""
    text = text_of(FOREIGN_BORN).replace('"av folk-\nmängden"', "av folk- mängden")
    assert '"' not in text
    moved = []
    for line in text.rstrip("\n").split("\n"):
        fields = line.split(";")
        moved.append(
            ";".join(fields if "Utrikes födda" in line or len(fields) < 9 else [*fields[4:8], *fields[:4], *fields[8:]])
        )
    got = get(tmp_path / "1", FOREIGN_BORN, "\n".join(moved))
    assert got.declared() == get(tmp_path / "0", FOREIGN_BORN).declared()


def test_a_later_grouping_of_municipalities(tmp_path: Path) -> None:
    name = "kolada/skr_kommungrupp_membership.csv"
    heading, _, body = text_of(name).partition("\n")
    before = get(tmp_path / "0", name)
    got = get(tmp_path / "1", name, later(heading) + "\n" + body)
    assert {r["grouping_year"] for r in before.rows} == {"2023"}
    assert got.declared() == [record | {"grouping_year": "2026"} for record in before.declared()]


def cube_cells(document: dict[str, Any]) -> dict[frozenset[tuple[str, str]], Any]:
    """Every cell of a cube by its codes, by arithmetic on its place."""
    cells = {}
    for place, value in enumerate(document["value"]):
        codes, rest = [], place
        for dimension, size in reversed(list(zip(document["id"], document["size"], strict=True))):
            rest, at = divmod(rest, size)
            index = document["dimension"][dimension]["category"]["index"]
            codes.append((dimension, next(code for code, i in index.items() if i == at)))
        cells[frozenset(codes)] = value
    return cells


def turned(document: dict[str, Any], ids: list[str]) -> dict[str, Any]:
    """The same cube with its dimensions in another order."""
    cells = cube_cells(document)
    size = [document["size"][document["id"].index(i)] for i in ids]
    made = {**document, "id": ids, "size": size, "value": list(range(len(cells)))}
    return {**made, "value": [cells[codes] for codes in cube_cells(made)]}


def test_dimensions_in_another_order_or_sparse(tmp_path: Path) -> None:
    document = json.loads(text_of(CUBE))
    expected = get(tmp_path / "0", CUBE).declared()
    other = turned(document, list(reversed(document["id"])))
    assert other["value"] != document["value"]
    same_records(get(tmp_path / "1", CUBE, json.dumps(other)).declared(), expected)
    sparse = {**document, "value": {str(i): v for i, v in enumerate(document["value"]) if v is not None}}
    same_records(get(tmp_path / "2", CUBE, json.dumps(sparse)).declared(), expected)


def test_a_cube_with_fewer_ages_other_months_and_one_more_content(tmp_path: Path) -> None:
    document = json.loads(text_of(CUBE))
    contents = document["dimension"]["ContentsCode"]["category"]["index"]
    ages = document["dimension"]["Alder"]["category"]["index"]
    dropped = set(list(ages)[::2])
    kept = {code: n for n, code in enumerate(c for c in ages if c not in dropped)}
    months = {f"{int(m[:4]) + 3}{m[4:]}": n for m, n in document["dimension"]["Tid"]["category"]["index"].items()}
    made = json.loads(json.dumps(document))
    made["dimension"]["Alder"]["category"]["index"] = kept
    made["dimension"]["Tid"]["category"]["index"] = months
    made["dimension"]["ContentsCode"]["category"]["index"] = {**contents, "NEW": len(contents)}
    made["size"] = [len(made["dimension"][i]["category"]["index"]) for i in made["id"]]
    made["value"] = list(range(1, 1 + len(cube_cells({**made, "value": [0] * _product(made["size"])}))))
    expected = {
        (dict(codes)["Region"], dict(codes)["Alder"], dict(codes)["Kon"], dict(codes)["ContentsCode"], dict(codes)["Tid"], str(v))
        for codes, v in cube_cells(made).items()
    }  # fmt: skip
    got = get(tmp_path, CUBE, json.dumps(made))
    assert set(got.texts("region", "age", "sex", "contents", "time", "value")) == expected
    assert len(got.rows) == len(expected)


def _product(sizes: list[int]) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total


def _mutated(
    name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> tuple[str, list[tuple[str, ...]]]:
    """Kolada's answer after a change, and the records it then holds by two plain loops."""
    document = json.loads(text_of(name), parse_float=str)
    things = change(document["values"])
    expected = [
        (t["kpi"], t["municipality"], str(t["period"]), e["gender"], "" if e["value"] is None else str(e["value"]))
        for t in things
        for e in t["values"]
    ]
    return json.dumps({**document, "values": things, "count": len(things)}), expected


def _turn(thing: dict[str, Any]) -> dict[str, Any]:
    entries = [dict(reversed(e.items())) for e in reversed(thing["values"])]
    return dict(reversed({**thing, "values": entries}.items()))


@pytest.mark.parametrize("name", KOLADA)
@pytest.mark.parametrize(
    "change",
    [
        lambda things: [_turn(t) for t in reversed(things)],
        lambda things: [{**t, "period": t["period"] + 3 if isinstance(t["period"], int) else int(t["period"]) + 3} for t in things],
        lambda things: things[::2],
        lambda things: [*things, *({**t, "kpi": "N99999"} for t in things[:5])],
    ],
    ids=["key order", "years", "half", "one more"],
)  # fmt: skip
def test_kolada_answers_in_other_orders_years_and_lengths(tmp_path: Path, name: str, change: Any) -> None:
    text, expected = _mutated(name, change)
    got = get(tmp_path, name, text)
    assert got.texts("kpi", "municipality", "period_text", "gender", "value") == expected


def test_a_workbook_with_columns_moved_rows_dropped_years_shifted_and_a_measure_more(tmp_path: Path) -> None:
    import io

    import openpyxl

    source = openpyxl.load_workbook(io.BytesIO(raw(BOOK)), data_only=True)
    rows = [list(row) for row in source.worksheets[0].iter_rows(values_only=True)]
    rows = [row for row in rows if any(v is not None for v in row)]
    title, heading, body, footer = rows[0], rows[1], rows[2:-1:2], rows[-1]
    order = list(reversed(range(len(heading))))
    body = [[later(v) if isinstance(v, str) else v for v in row] for row in body]
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(title)
    sheet.append([*(heading[i] for i in order), "Antal patienter"])
    for n, row in enumerate(body):
        sheet.append([*(row[i] for i in order), n])
    sheet.append(footer)
    out = io.BytesIO()
    made.save(out)
    got = get(tmp_path, BOOK, out.getvalue())
    names = ["Månad", "Läkemedel", "Region", "Kön", "Ålder"]

    def shown(value: object) -> str:
        return "" if value is None else f"{value:.15g}" if isinstance(value, int | float) else str(value)

    expected = []
    for n, row in enumerate(body):
        texts = tuple(shown(row[heading.index(h)]) for h in names)
        measures = [(h, shown(row[i])) for i, h in enumerate(heading) if h and h not in names]
        expected += [(*texts, h, v) for h, v in [*measures, ("Antal patienter", str(n))]]
    assert sorted(got.texts("month", "drug", "region", "sex", "age", "measure_heading", "value")) == sorted(expected)


@pytest.mark.parametrize("name", [n for n in EXPORTS if n.endswith((".csv", ".json"))])
@pytest.mark.parametrize("part", [0.05, 0.4, 0.8])
def test_a_cut_export_is_refused_or_holds_what_it_still_has(tmp_path: Path, name: str, part: float) -> None:
    """Never another value than the owner's: a file without footer that is cut at a line's end reads as shorter."""

    content = raw(name)[: int(len(raw(name)) * part)]
    code = None
    try:
        got = read(tmp_path / "1", content, CATALOGUE, file_name(name))
    except FileRefused as refused:
        code = refused.code
    if code:
        assert code in ("F_TRUNCATED", "F_EMPTY", "F_LAYOUT", "F_UNKNOWN", "F_ENCODING")
        return
    assert not got.recognised.layout.family.startswith(("json", "kolada_"))
    before = get(tmp_path / "0", name).declared()
    assert got.counted == len(got.rows) < len(before)
    assert got.declared()[:-1] == before[: len(got.rows) - 1]
