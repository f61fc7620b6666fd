"""What `explain` found, in words: the chain from the value down to raw lines, with what was held against what."""

from __future__ import annotations

from typing import Any

from orchestration.operations.answers import say

# So many rows, cells and deliveries are told in words; --json and --all give every one.
_SHOWN = 20


def print_explanation(answer: dict[str, Any], *, every: bool) -> None:
    """The chain from the value down to raw lines, with what was held against what."""
    if "candidates" in answer:
        say(answer["error"])
        for candidate in answer["candidates"]:
            say(f"  {_key(candidate) if isinstance(candidate, dict) else candidate}")
        return
    name = answer.get("fact") or f"{answer['indicator_id']} version {answer['definition_version']}"
    place = " ".join(str(answer[c]) for c in ("area_level", "area_code", "period", "sex") if answer[c])
    say(f"{name}, {place}: {_value(answer)} {answer['unit'] or ''}".rstrip())
    say(f"  release {answer['release'] or 'none'}; formula: {answer['formula']}")
    if hidden := answer["hidden_because"]:
        say(f"  not as in the warehouse: {hidden['reason_code']}: {hidden['reason_en']}")
    _say_comparisons(answer["comparisons"], "  ")
    for link in _some(answer["chain"], every):
        made = f"{link['how']}: {link['formula']}" if link["formula"] else link["how"]
        say(f"fact {link['fact']} {_key(link['key'])}: {_value(link)} ({made})")
        _say_comparisons(link["comparisons"], "  ")
    _say_more(answer["chain"], every, "fact rows")
    if isinstance(answer["cells"], dict):
        count = answer["cells"]["count"]
        say(f"cells: {'fewer than 5' if count is None else count} records of persons; none is shown")
    else:
        for cell in _some(answer["cells"], every):
            place = f"{cell['file']} line {cell['line']}, {cell['column']!r}"
            say(f"cell {place}: {cell['text']!r}, {_equal(cell['equal'])}")
            if cell["raw_line"]:
                say(f"  raw: {cell['raw_line']}")
        _say_more(answer["cells"], every, "cells")
    for d in _some(answer["deliveries"], every):
        state = "bytes sound" if d["bytes_are_sound"] else "BYTES CHANGED"
        records = "fewer than 5" if d["records"] is None else d["records"]
        name = f"{d['delivery_sha256'][:12]} {d['file']}, received {(d['received_at'] or 'never')[:16]}"
        say(f"delivery {name}: {state}, {records} records read again, {d['records_differing']} differ")
    _say_more(answer["deliveries"], every, "deliveries")
    for left_out in answer["exclusions"]:
        count = "fewer than 5" if left_out["count"] is None else left_out["count"]
        say(f"left out: {left_out['reason']}: {count}")
    for c in answer["corrections"]:
        say(f"corrected: {c['correction_id']}: {c['wrong_value']!r}, {c['reason']}")
    for check in (c for c in answer["checks"] if c["outcome"] != "passed"):
        say(f"check {check['suite']}.{check['expectation']}: {check['outcome']}")
    say("EQUAL: the raw bytes give this value" if answer["equal"] else "DIFFERENT: see above")


def _say_comparisons(comparisons: list[dict[str, Any]], indent: str) -> None:
    for c in comparisons:
        shown = "" if c["equal"] or c["found"] is None else f" ({c['found']} held, {c['expected']} expected)"
        say(f"{indent}{c['what']}: {_equal(c['equal'])}{shown}")


def _equal(equal: bool) -> str:
    return "equal" if equal else "DIFFERENT"


def _key(key: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in key.items())


def _value(of: dict[str, Any]) -> str:
    return of["value"] if of["value"] is not None else f"no value ({of['value_status']})"


def _some(entries: list[Any], every: bool) -> list[Any]:
    return entries if every else entries[:_SHOWN]


def _say_more(entries: list[Any], every: bool, what: str) -> None:
    if not every and len(entries) > _SHOWN:
        say(f"  and {len(entries) - _SHOWN} more {what}; --all tells them")
