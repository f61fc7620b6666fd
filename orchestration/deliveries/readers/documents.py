"""JSON documents: json-stat2 (PxWeb v2), Kolada v3 values and lists. Numbers stay the text they are in the file."""

from __future__ import annotations

import itertools
import json
from typing import Any

from orchestration.deliveries.readers.records import Records
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import JsonStat, KoladaList, KoladaValues


def parse(text: str) -> Any:
    """The document, every number as its text. Raises `FileRefused` (F_TRUNCATED) where it is no whole JSON."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError) as error:
        place = getattr(error, "lineno", None)
        raise FileRefused("F_TRUNCATED", f"line {place}: the document is no whole JSON ({error})", place) from error


def as_text(value: Any) -> str:
    """A JSON value as cell text: null is empty, true and false are words, lists and objects are JSON again."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_dataset(document: Any) -> bool:
    """json-stat2 with values, as opposed to a table's metadata."""
    return isinstance(document, dict) and "dimension" in document and "id" in document and bool(document.get("value"))


def is_values(document: Any) -> bool:
    """Kolada's values: objects with kpi, an area and a list of values."""
    first = _first(document)
    return isinstance(first, dict) and {"kpi", "period", "values"} <= first.keys()


def is_list(document: Any) -> bool:
    return isinstance(_first(document), dict) and not is_values(document)


def fields_of(document: Any) -> set[str]:
    """Fields of the first object in Kolada's envelope."""
    return set(_first(document) or {})


def read_dataset(document: dict[str, Any], layout: JsonStat) -> Records:
    """One record per cell of the cube, in the order of `value`. `line` is its ordinal.

    Raises `FileRefused`: F_LAYOUT where sizes, categories and values do not fit together, F_EMPTY without a value.
    """
    ids = [as_text(i) for i in document["id"]]
    categories = [_categories(document["dimension"][i]) for i in ids]
    size = [int(as_text(s)) for s in document["size"]]
    if [len(c) for c in categories] != size:
        raise FileRefused(
            "F_LAYOUT", f"sizes {size} differ from the number of categories {[len(c) for c in categories]}"
        )
    total = 1
    for part in size:
        total *= part
    values = _cube(document["value"], total)
    if total == 0 or all(v is None for v in values):
        raise FileRefused("F_EMPTY", "the data set holds no value")
    px = document.get("extension", {}).get("px", {})
    constant = {"tableid": as_text(px.get("tableid"))}
    names = {c.heading_text: c.name for c in layout.columns}
    records = Records({c.name: [] for c in layout.columns}, [], [], [])
    for ordinal, (codes, value) in enumerate(zip(itertools.product(*categories), values, strict=True), start=1):
        texts = {**constant, **{names[i]: code for i, code in zip(ids, codes, strict=True) if i in names}}
        _add(records, ordinal, texts | {"value": as_text(value)})
    records.unmapped_columns = [i for i in ids if i not in names]
    records.extracted_at = as_text(document.get(layout.extracted_at.field or ""))[:19].removesuffix("Z") or None
    records.said = f"{as_text(document.get('source'))} {as_text(document.get('label'))}"
    return records


def read_values(document: dict[str, Any], layout: KoladaValues) -> Records:
    """One record per kpi, area, period and gender. Raises `FileRefused` (F_EMPTY, F_LAYOUT)."""
    own = [c.heading_text for c in layout.columns]
    names = {c.heading_text: c.name for c in layout.columns}
    records = Records({c.name: [] for c in layout.columns}, [], [], [])
    unmapped: set[str] = set()
    ordinal = 0
    for thing in document["values"]:
        if not isinstance(thing, dict) or not isinstance(thing.get("values"), list):
            raise FileRefused("F_LAYOUT", f"object {ordinal + 1} has no list of values")
        outer = {k: as_text(v) for k, v in thing.items() if k != "values"}
        for entry in thing["values"]:
            ordinal += 1
            texts = {**outer, **{k: as_text(v) for k, v in entry.items()}}
            unmapped |= texts.keys() - set(own)
            _add(records, ordinal, {names[h]: t for h, t in texts.items() if h in names})
    if not ordinal:
        raise FileRefused("F_EMPTY", "the answer holds no value")
    records.unmapped_columns = sorted(unmapped)
    return records


def read_list(document: dict[str, Any], layout: KoladaList) -> Records:
    """One record per object. Raises `FileRefused` (F_EMPTY)."""
    names = {c.heading_text: c.name for c in layout.columns}
    records = Records({c.name: [] for c in layout.columns}, [], [], [])
    for ordinal, thing in enumerate(document["values"], start=1):
        _add(records, ordinal, {names[k]: as_text(v) for k, v in thing.items() if k in names})
    if not len(records):
        raise FileRefused("F_EMPTY", "the answer holds no object")
    records.unmapped_columns = sorted(fields_of(document) - names.keys())
    return records


def _add(records: Records, ordinal: int, texts: dict[str, str]) -> None:
    for name, column in records.columns.items():
        column.append(texts.get(name))
    records.line.append(ordinal)
    records.column_name.append(None)
    records.fields_fault.append(None)


def _categories(dimension: dict[str, Any]) -> list[str]:
    category = dimension["category"]
    index = category.get("index") or list(category["label"])
    if isinstance(index, list):
        return [as_text(code) for code in index]
    return sorted(index, key=lambda code: int(as_text(index[code])))


def _cube(value: Any, total: int) -> list[Any]:
    if isinstance(value, dict):
        return [value.get(str(place)) for place in range(total)]
    if len(value) != total:
        raise FileRefused("F_TRUNCATED", f"the data set has {len(value)} values where its sizes make {total}")
    return value


def _first(document: Any) -> Any:
    values = document.get("values") if isinstance(document, dict) else None
    return values[0] if isinstance(values, list) and values else None
