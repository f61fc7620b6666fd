"""JSON documents: Kolada v3 values and lists, and of what family a document is. Numbers stay text as in the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from orchestration.deliveries.readers.records import Records
from orchestration.deliveries.refusal import FileRefused
from orchestration.sources.model import KoladaList, KoladaValues


@contextmanager
def as_declared() -> Iterator[None]:
    """A document whose parts are of other kinds than its family's is refused (F_LAYOUT), wherever that shows."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise FileRefused(
            "F_LAYOUT", f"the document is not built as its family is ({type(error).__name__}); ask for it again"
        ) from error


def parse(text: str) -> Any:
    """The document, every number as its text.

    Raises `FileRefused`: F_TRUNCATED where it is no whole JSON, F_LAYOUT where an object names a key twice.
    """
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise FileRefused("F_TRUNCATED", f"the document is no whole JSON ({error.msg})", error.lineno) from error
    except RecursionError as error:
        raise FileRefused("F_BOMB", "the document nests deeper than any declared layout") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once; of a key that stands twice one value would be lost in silence."""
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise FileRefused("F_LAYOUT", f"an object names {twice[:40]!r} twice; ask for the document again")
    return made


def as_text(value: Any) -> str:
    """A JSON value as cell text: null is empty, true and false are words, lists and objects are JSON again."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def is_dataset(document: Any) -> bool:
    """json-stat2 with values, as opposed to a table's metadata, where PxWeb writes `"value": []`."""
    if not isinstance(document, dict) or not {"dimension", "id"} <= document.keys():
        return False
    value = document.get("value")
    return isinstance(value, dict) or (isinstance(value, list) and bool(value))


def is_empty_dataset(document: Any) -> bool:
    """json-stat2 that answers a query with no value.

    A table's metadata has no value either; PxWebApi v2 tells of each dimension in it which code lists may be asked for,
    and an answer never does.
    """
    if not isinstance(document, dict) or not {"dimension", "id", "value"} <= document.keys() or document["value"]:
        return False
    dimensions = document["dimension"].values() if isinstance(document["dimension"], dict) else []
    extensions = [d.get("extension") for d in dimensions if isinstance(d, dict)]
    return not any(isinstance(e, dict) and "codelists" in map(str.lower, e) for e in extensions)


def is_values(document: Any) -> bool:
    """Kolada's values: objects with a key figure and a list of values."""
    return any({"kpi", "values"} <= thing.keys() for thing in objects_of(document)[:1])


def is_list(document: Any) -> bool:
    return bool(objects_of(document)) and not is_values(document)


def objects_of(document: Any) -> list[dict[str, Any]]:
    """The objects in Kolada's envelope; none where it is no such envelope."""
    values = document.get("values") if isinstance(document, dict) else None
    things = values if isinstance(values, list) else []
    return things if all(isinstance(thing, dict) for thing in things) else []


def fields_of_values(document: Any) -> set[str]:
    """Fields of the objects and of the entries within them, of the first object that has entries."""
    for thing in objects_of(document):
        for entry in thing.get("values") or []:
            return (set(thing) | set(entry if isinstance(entry, dict) else ())) - {"values"}
    return set()


def fields_of_list(document: Any) -> set[str]:
    return set().union(*objects_of(document))


def read_values(document: dict[str, Any], layout: KoladaValues) -> Records:
    """One record per kpi, area, period and gender; `line` is its ordinal.

    Raises `FileRefused`: F_EMPTY, F_LAYOUT, and F_TRUNCATED for a page of several.
    """
    check_whole(document)
    names = {c.heading_text: c.name for c in layout.columns}
    records = Records.of(layout)
    undeclared: dict[str, set[str]] = {}
    for thing in document["values"]:
        entries = thing.get("values")
        if not isinstance(entries, list) or not all(isinstance(e, dict) and "gender" in e for e in entries):
            raise FileRefused("F_LAYOUT", f"the object after value {len(records)} has no list of values by gender")
        outer = {k: as_text(v) for k, v in thing.items() if k != "values"}
        for entry in entries:
            texts = outer | {k: as_text(v) for k, v in entry.items()}
            for name in texts.keys() - names.keys():
                undeclared.setdefault(name, set()).add(texts[name])
            records.add(len(records) + 1, {names[h]: t for h, t in texts.items() if h in names})
    if not len(records):
        raise FileRefused("F_EMPTY", "the answer holds no value; ask for it again")
    records.unmapped_columns = sorted(undeclared)
    records.undeclared = {name: sorted(undeclared[name]) for name in records.unmapped_columns}
    return records


def check_whole(document: dict[str, Any]) -> None:
    """Raise `FileRefused` (F_TRUNCATED) for one page of several, or for fewer objects than the answer's `count`.

    `count` counts the objects of one page, so pages that were joined may hold more than their first page says.
    """
    for name in ("next_url", "next_page", "previous_url", "previous_page"):
        if document.get(name) not in (None, ""):
            raise FileRefused(
                "F_TRUNCATED",
                f"{name} is not null: this is one page of an answer of several; fetch them all and join their values "
                "into one document, with next_url and previous_url null",
            )
    there, count = len(document["values"]), as_text(document.get("count"))
    if count.isdigit() and there < int(count):
        raise FileRefused(
            "F_TRUNCATED", f"the answer holds {there} objects and its count says {count}; ask for it again"
        )


def read_list(document: dict[str, Any], layout: KoladaList) -> Records:
    """One record per object; `line` is its ordinal. Raises `FileRefused` (F_TRUNCATED) for a page of several."""
    check_whole(document)
    names = {c.heading_text: c.name for c in layout.columns}
    records = Records.of(layout)
    for ordinal, thing in enumerate(document["values"], start=1):
        records.add(ordinal, {names[k]: as_text(v) for k, v in thing.items() if k in names})
    records.unmapped_columns = sorted(fields_of_list(document) - names.keys())
    return records
