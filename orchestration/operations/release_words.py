"""Two releases held against each other, in words."""

from __future__ import annotations

from typing import Any

from orchestration.operations.answers import say

_KINDS = (("added", "added"), ("removed", "removed"), ("changed", "changed"), ("status", "with another status"))


def print_diff(answer: dict[str, Any]) -> None:
    """Counts by table, then deliveries, the withheld list, and the values one by one."""
    say(f"{answer['older']} to {answer['newer']}")
    if answer["same_content"]:
        say("the same content, to the byte")
        return
    for table, counts in answer["counts"].items():
        say(f"{table}: " + ", ".join(f"{counts[kind]} {words}" for kind, words in _KINDS if counts[kind]))
    if not answer["counts"]:
        say("no value differs")
    for row in answer["deliveries"]:
        old, new = (str(row[f"{side}_newest_delivery_sha256"] or "none")[:12] for side in ("old", "new"))
        say(
            f"newest delivery of {row['source_id']}: {old} to {new}, newest period {row['new_newest_period'] or 'none'}"
        )
    for what, entries in answer["withheld"].items():
        for entry in entries:
            say(f"withheld, {what}: {entry['name']} {entry['period'] or ''} ({entry['reason_code']})")
    for change in answer["changes"]:
        say(f"  {change['table']} {_key(change['key'])}: {_change(change)}")
    if (more := answer["changes_total"] - len(answer["changes"])) > 0:
        say(f"  and {more} more; --limit 0 shows all")


def print_accepted(answer: dict[str, Any]) -> None:
    """What publishing over a failed check came to."""
    if answer["error"]:
        say(answer["error"])
    else:
        say(f"accepted: {answer['accepted']}, by {answer['by']}")
        say(f"published: {answer['release'] or 'no new release'}")
    say(f"next: {answer['next_command']}")


def _key(key: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in key.items())


def _change(change: dict[str, Any]) -> str:
    old, new = (change[f"{side}_value"] or change[f"{side}_status"] or "none" for side in ("old", "new"))
    difference = change["difference"]
    by = f" ({'' if difference.startswith('-') else '+'}{difference} {change['unit'] or ''})" if difference else ""
    return f"{old} to {new}{by.rstrip()}"
