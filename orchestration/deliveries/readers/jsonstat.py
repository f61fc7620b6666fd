"""json-stat2 (PxWeb v2): a cube whose dimensions may stand in any order, dense or sparse."""

from __future__ import annotations

import itertools
import math
from typing import Any

from orchestration.deliveries.readers.documents import as_text
from orchestration.deliveries.readers.records import Records, as_iso
from orchestration.deliveries.readers.text import tidy
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.crosswalk import names_of
from orchestration.sources.model import JsonStat

# A sparse cube can declare more cells than any machine holds; PxWeb answers at most 150 000.
CELL_LIMIT = 20_000_000
# So many contradictions are quoted in a refusal.
NAMED = 3


def dimensions_of(document: dict[str, Any]) -> set[str]:
    ids = document["id"]
    return {as_text(i) for i in ids} if isinstance(ids, list) else set()


def read_dataset(document: dict[str, Any], layout: JsonStat) -> Records:
    """One record per cell of the cube, in the order of `value`; `line` is its ordinal.

    Raises `FileRefused`: F_LAYOUT where sizes and categories do not fit together, F_TRUNCATED where the values are
    fewer than the sizes make, F_BOMB for a cube beyond the limit, F_EMPTY without a value, F_DIMENSION where a label
    means another category than its code.
    """
    ids = [as_text(i) for i in document["id"]]
    categories = [_categories(document, i) for i in ids]
    size = [as_text(s) for s in document.get("size", [])]
    if size != [str(len(c)) for c in categories]:
        raise FileRefused(
            "F_LAYOUT", f"sizes {', '.join(size)} are not the numbers of categories {[len(c) for c in categories]}"
        )
    total = math.prod(len(c) for c in categories)
    if total > CELL_LIMIT:
        raise FileRefused("F_BOMB", f"the data set declares {total} cells, the limit is {CELL_LIMIT}")
    values = _cube("value", document["value"], total)
    if not any(v is not None for v in values):
        raise FileRefused("F_EMPTY", "the data set holds no value; ask for it again")
    statuses = _statuses(document.get("status"), total)
    _check_labels(document, layout)
    left_out = {name: code for name, code in layout.eliminated.items() if name not in ids}
    constant = {"tableid": _table(document)} | left_out
    names = {c.heading_text: c.name for c in layout.columns}
    records = Records.of(layout)
    cells = zip(itertools.product(*categories), values, statuses, strict=True)
    for ordinal, (codes, value, status) in enumerate(cells, start=1):
        texts = constant | {"status": as_text(status)} | dict(zip(ids, codes, strict=True)) | {"value": as_text(value)}
        records.add(ordinal, {names[h]: t for h, t in texts.items() if h in names})
    records.unmapped_columns = [i for i in ids if i not in names]
    records.undeclared = {
        i: codes for i, codes in zip(ids, categories, strict=True) if i not in names and codes != _total(document, i)
    }
    records.extracted_at = as_iso(as_text(document.get(layout.extracted_at.field or "")))
    records.said = f"{as_text(document.get('source'))} {as_text(document.get('label'))}"
    return records


def _total(document: dict[str, Any], dimension: str) -> list[str]:
    """The code that the answer itself calls the total of a dimension (PxWebApi v2), where it does."""
    extension = document["dimension"][dimension].get("extension") or {}
    code = extension.get("eliminationValueCode") if as_text(extension.get("elimination")) == "true" else None
    return [as_text(code)] if code else []


def _categories(document: dict[str, Any], dimension: str) -> list[str]:
    """The codes of a dimension in their order; a dimension of one category may have a label and no index."""
    held = document["dimension"]
    category = held.get(dimension, {}).get("category", {}) if isinstance(held, dict) else {}
    index = category.get("index") or list(category.get("label", {}))
    if isinstance(index, dict):
        index = sorted(index, key=lambda code: int(as_text(index[code])))
    codes = [as_text(code) for code in index]
    if not codes or len(set(codes)) < len(codes):
        raise FileRefused("F_LAYOUT", f"dimension {dimension!r} has no categories, or one of them twice")
    return codes


def _check_labels(document: dict[str, Any], layout: JsonStat) -> None:
    """Raise `FileRefused` (F_DIMENSION) where a category's label means another sex or area than its code.

    Labels without a declared meaning, and areas that the crosswalk lacks, say nothing.
    """
    meant = names_of(layout.area_labels)
    systems = {a.column: a.system for a in layout.areas if layout.area_labels}
    for column in layout.columns:
        codes = names_of([systems[column.name]]) if column.name in systems else {}
        if not codes and not column.labels:
            continue
        wrong = []
        for code, label in _labels(document, column.heading_text).items():
            text = tidy(label).strip().removeprefix(f"{code} ").strip().lower()
            other = column.labels.get(text)
            apart = other is not None and column.codes.get(code) not in (None, other)
            areas, named = codes.get(code.lower(), frozenset()), meant.get(text, frozenset())
            if apart or (areas and named and not areas & named):
                wrong.append(f"code {code!r} is labelled {label!r}")
        if wrong:
            more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
            raise FileRefused(
                "F_DIMENSION",
                f"in dimension {column.heading_text!r} {', '.join(wrong[:NAMED])}{more}, which means another category: "
                "codes and labels contradict each other, so whose the values are is unknown: ask for the answer again",
            )


def _labels(document: dict[str, Any], dimension: str) -> dict[str, str]:
    """The labels of a dimension's categories by code; empty where it has none."""
    held = document["dimension"].get(dimension)
    labels = held.get("category", {}).get("label") if isinstance(held, dict) else None
    return {as_text(code): as_text(label) for code, label in labels.items()} if isinstance(labels, dict) else {}


def _cube(name: str, given: Any, total: int) -> list[Any]:
    if isinstance(given, dict):
        if strange := sum(not (place.isdigit() and int(place) < total) for place in given):
            raise FileRefused(
                "F_LAYOUT", f"{strange} entries of {name!r} lie outside the {total} cells of the data set"
            )
        return [given.get(str(place)) for place in range(total)]
    if len(given) != total:
        raise FileRefused("F_TRUNCATED", f"the data set has {len(given)} {name}s where its sizes make {total}")
    return list(given)


def _statuses(given: Any, total: int) -> list[Any]:
    """json-stat gives a status per cell, for some cells, or one for all."""
    if given is None or isinstance(given, str):
        return [given] * total
    return _cube("status", given, total)


def _table(document: dict[str, Any]) -> str:
    extension = document.get("extension") or {}
    return as_text((extension.get("px") or {}).get("tableid"))
