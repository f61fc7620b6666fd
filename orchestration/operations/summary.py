"""What people see: progress while a night runs, and summaries that the night shift takes in at a glance."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from orchestration.operations.answers import say

if TYPE_CHECKING:
    from orchestration.home import Home
    from orchestration.operations.recording import NightlyResult

_LIGHTS = {"green": "[green]GREEN[/]", "amber": "[yellow]AMBER[/]", "red": "[red]RED[/]"}
_SHOWN = 12


class Progress:
    """One line per stage with the seconds since the start, on standard error."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        # Kept now: while the job runs, what its steps print is turned into the log.
        self._stream = sys.stderr

    def __call__(self, text: str) -> None:
        print(f"  {time.monotonic() - self._start:6.1f} s  {text}", file=self._stream, flush=True)


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    # In a log or a pipe nobody folds: wide enough for a file's name.
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=160)


def _table(*columns: str, numbers: tuple[int, ...] = ()) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place in numbers else "left", overflow="fold")
    return table


def print_summary(home: Home, result: NightlyResult) -> None:
    """Deliveries, records per source, checks, published, withheld and why, seconds per stage, next command."""
    console = _console()
    synthetic = " (SYNTHETIC data)" if home.origin == "synthetic" else ""
    console.print(f"\n[bold]{_headline(result)}[/]{synthetic}")
    console.print(f"Home {home.path}, {result.nightly_id}")
    console.print(f"\nDeliveries: {result.received} received, {result.refused} refused")
    for file in [f for f in result.files if f["code"]][:_SHOWN]:
        console.print(
            f"  {file['outcome']}: {file['file']}: {file['code'] or ''} {file['message'] or ''}", markup=False
        )
    if result.sources:
        table = _table("source", "raw", "accepted", "quarantined", "duplicate", "unmapped", numbers=(1, 2, 3, 4, 5))
        for name, c in sorted(result.sources.items()):
            row = [
                f"{c[k]:,}".replace(",", " ")
                for k in ("records_raw", "accepted", "quarantined", "duplicate", "unmapped")
            ]
            table.add_row(name, *row)
        console.print(table)
    if result.verdicts:
        counted = {o: sum(v == o for v in result.verdicts.values()) for o in ("passed", "warned", "failed", "broken")}
        console.print("Checks: " + ", ".join(f"{n} {o}" for o, n in counted.items() if n))
        for dataset, outcome in sorted(result.verdicts.items()):
            if outcome != "passed":
                console.print(f"  {outcome}: {dataset}: {result.checks.get(dataset, '')}", markup=False)
        for page in (home.docs / folder / "index.html" for folder in ("checks", "value_checks")):
            if page.exists():
                console.print(f"  details: {page}", markup=False)
    console.print(f"Published: {result.release or 'no new release'}")
    if result.withheld:
        console.print(f"Withheld or carried forward: {len(result.withheld)}")
        for entry in result.withheld[:_SHOWN]:
            version = entry.get("source_id") or entry.get("definition_version") or ""
            console.print(f"  {entry['name']} {version} {entry['period']}: {entry['reason_en']}", markup=False)
        if len(result.withheld) > _SHOWN:
            console.print(f"  and {len(result.withheld) - _SHOWN} more")
    if result.attention:
        console.print(f"May be wrong: {len(result.attention)} (`incidents` in status; acknowledge with watch ack)")
        for entry in result.attention[:_SHOWN]:
            console.print(f"  {entry['id']}: {entry['what']}", markup=False)
        if len(result.attention) > _SHOWN:
            console.print(f"  and {len(result.attention) - _SHOWN} more")
    if result.stages:
        console.print("Seconds: " + ", ".join(f"{s['name']} {s['seconds']:.1f}" for s in result.stages))
    if result.error:
        console.print(f"[red]Error:[/] {result.error}", markup=True)
    console.print(f"Next: {result.next_command or 'nothing to do'}", markup=False)


def _headline(result: NightlyResult) -> str:
    if result.exit == 0 and result.attention:
        done = "nothing new" if result.nothing_new else "the night is done"
        return f"AMBER  {done}; {len(result.attention)} things may be wrong in what came"
    if result.exit == 0:
        return "GREEN  nothing new; the latest release is sound" if result.nothing_new else "GREEN  the night is done"
    if result.exit == 3:
        return "AMBER  released, with something withheld"
    return "RED  no release was made; the latest one stays" if result.exit == 4 else "RED  the night failed"


def print_status(answer: dict[str, Any]) -> None:
    """The answer to "can we publish?" first, then sources, facts, release, disk."""
    console = _console()
    publish = answer["publish"]
    console.print(f"{_LIGHTS[publish['light']]}  publish: {publish['state']}. {publish['reason']}")
    console.print(f"Next: {publish['next_command'] or 'nothing to do'}", markup=False)
    if run := answer["run"]:
        alive = "alive" if run["pid_alive"] else "its process is dead"
        console.print(f"Run {run['run_id']} since {run['started_at']}, stage {run['stage']}, {alive}")
    for incident in answer["incidents"]:
        console.print(f"{incident['id']} since {incident['since'][:16]}: {incident['what']}", markup=False)
        console.print(f"  next: {incident['next_command']}; {incident['runbook']}", markup=False)
    for m in answer["headlines"]:
        console.print(
            f"moved: {m['indicator_id']} {m['period']} {m['sex']}: {m['old']} to {m['new'] or 'none'} {m['unit']} "
            f"(at most {m['most']})", markup=False,
        )  # fmt: skip
    table = _table("source", "light", "last received", "expected next", "refused", "quarantined", numbers=(4, 5))
    for s in answer["sources"]:
        received = (s["last_received_at"] or "never")[:16]
        expected = f"{s['expected_next'] or ''}{', late' if s['late'] else ''}"
        table.add_row(s["source_id"], s["light"], received, expected, str(s["refused_last"]),
                      str(s["quarantined_last"]))  # fmt: skip
    console.print(table)
    for fact in answer["facts"]:
        newest = f", newest {fact['newest_period']}" if fact["newest_period"] else ""
        console.print(f"  {fact['fact']}: {fact['verdict']}{newest}{_periods(fact)}", markup=False)
    if release := answer["release"]:
        console.print(
            f"Release {release['id']}: {release['withheld']} withheld, {release['carried_forward']} carried forward"
        )
    _print_nights(console, answer["nights"])
    console.print(f"Disk: {answer['disk']['free_bytes'] / 1e9:.0f} GB free")


def _periods(fact: dict[str, Any]) -> str:
    """A fact's missing and failed periods, the first dozen of each."""
    words = ""
    for what in ("missing", "failed"):
        if periods := fact[what]:
            more = f" and {len(periods) - _SHOWN} more" if len(periods) > _SHOWN else ""
            words += f"; {what}: {', '.join(periods[:_SHOWN])}{more}"
    return words


def _print_nights(console: Any, nights: dict[str, Any]) -> None:
    """What the last run took and counted, beside what those before it usually did, in brackets."""

    def beside(now: float, usual: float | None) -> str:
        text = f"{now:,.0f}" if usual is None else f"{now:,.0f} ({usual:,.0f})"
        return text.replace(",", " ")

    last = next((r for r in nights["runs"] if r["seconds"] is not None and not r["nothing_new"]), None)
    if last is None:
        return
    stages = ", ".join(
        f"{s['name']} {beside(s['seconds'], s['seconds_usual'])}" for s in nights["stages"] if s["seconds"] >= 1
    )
    console.print(f"{last['run_id']}: {beside(last['seconds'], last['seconds_usual'])} seconds: {stages}", markup=False)
    if last["records"] is not None:
        earlier = "" if last["records_before"] is None else "; in brackets what earlier runs had"
        console.print(f"  {beside(last['records'], last['records_before'])} records{earlier}")


def print_quarantine(answer: dict[str, Any]) -> None:
    console = _console()
    totals = answer["totals"]
    console.print(
        f"{totals['records_raw']} records = {totals['accepted']} accepted + {totals['quarantined']} quarantined + "
        f"{totals['duplicate']} duplicate; {totals['files_refused']} files refused"
    )
    if not answer["items"]:
        return
    table = _table("source", "file", "rule", "records", "first line", "period", numbers=(3, 4))
    for item in answer["items"]:
        table.add_row(item["source_id"] or "", item["file"], item["code"], str(item["count"] or "file"),
                      str(item["first_line"] or ""), item["period"] or "")  # fmt: skip
    console.print(table)
    for item in answer["items"][:_SHOWN]:
        console.print(f"{item['code']}: {item['message']}\n  next: {item['next_command']}", markup=False)


def print_retry(answer: dict[str, Any]) -> None:
    console = _console()
    for file in answer["files"]:
        console.print(f"{file['outcome']}: {file['file']} {file['code'] or ''} {file['message'] or ''}", markup=False)
    for title, counts in answer["records"].items():
        listed = ", ".join(f"{n} {name}" for name, n in counts.items()) or "none"
        console.print(f"records {title.replace('_', ' ')}: {listed}", markup=False)
    console.print(f"periods rebuilt: {', '.join(answer['periods']) or 'none'}")
    console.print(f"release: {answer['release'] or 'no new release'}")
    if answer["error"]:
        console.print(f"error: {answer['error']}", markup=False)


def print_deliveries(answer: dict[str, Any]) -> None:
    console = _console()
    table = _table("source", "file", "delivery", "export of", "received", "current for", numbers=())
    for d in answer["deliveries"]:
        periods = d["periods"]
        shown = ", ".join(periods[:4]) + (f" and {len(periods) - 4} more" if periods[4:] else "")
        layout, export = f"{d['source_id']}/{d['layout_id']}", d["extracted_at"] or ""
        table.add_row(layout, d["file"], d["delivery_sha256"][:12], export, d["received_at"][:16], shown)
    console.print(table)


def print_corrections(answer: dict[str, Any]) -> None:
    console = _console()
    for c in answer["corrections"]:
        place = ", ".join(f"{k}={v}" for k, v in c["record"].items())
        after = c["right_value"] or c["value_status_after"] or f"kept, flagged {c['flag']}"
        console.print(
            f"{c['correction_id']}: {c['source_id']} ({place}): {c['wrong_value']!r} -> {after}", markup=False
        )
        console.print(f"  {c['state']}: {c['detail']}", markup=False)
        console.print(f"  {c['reason']} Decided by {c['decided_by']} on {c['decided_on']}.", markup=False)


def print_reconciled(answer: dict[str, Any]) -> None:
    console = _console()
    table = _table("source", "file", "counted", "accepted", "quarantined", "duplicate", "", numbers=(2, 3, 4, 5))
    for d in answer["deliveries"]:
        numbers = [str(d[k]) for k in ("records_raw", "accepted", "quarantined", "duplicate")]
        table.add_row(d["source_id"], d["file"], *numbers, "" if d["balanced"] else "DIFFERS")
    console.print(table)
    for u in answer["unmapped"]:
        place = f"{u['source_id']}/{u['layout_id']}"
        console.print(f"unmapped: {place} {u['series']!r}: {u['records']} records, {u['reason']}", markup=False)
    for heading in answer["unmapped_headings"]:
        console.print(f"unmapped heading: {heading['file']}: {heading['heading']!r}", markup=False)


def print_quarantined_rows(answer: dict[str, Any]) -> None:
    console = _console()
    console.print(f"{answer['file']} ({answer['source_id']}), {answer['count']} records", markup=False)
    table = _table("line", "column", "text", "rule", numbers=(0,))
    for row in answer["rows"]:
        table.add_row(str(row["line"]), row["column"] or "", repr(row.get("value", row.get("shape"))), row["rule"])
    console.print(table)
    for code, text in answer["rules"].items():
        console.print(f"{code}: {text}", markup=False)
    if "next_command" in answer:
        console.print(f"next: {answer['next_command']}", markup=False)
    if answer["count"] > len(answer["rows"]):
        console.print(f"{answer['count'] - len(answer['rows'])} more; --all shows them")


def print_releases(answer: dict[str, Any]) -> None:
    console = _console()
    if not answer["releases"]:
        console.print("nothing has been released")
        return
    table = _table("release", "published", "values", "withheld", "carried", "origin", "content", numbers=(2, 3, 4))
    for r in answer["releases"]:
        mark = " (latest)" if r["id"] == answer["latest"] else ""
        table.add_row(r["id"] + mark, str(r["published_at"])[:16], str(r["values"]), str(r["withheld"]),
                      str(r["carried_forward"]), r["data_origin"], r["content_sha256"][:12])  # fmt: skip
    console.print(table)


def print_verification(answer: dict[str, Any]) -> None:
    say(f"{answer['release']}: {'sound' if answer['ok'] else 'DAMAGED'}")
    for problem in answer["problems"]:
        say(f"  {problem}")


def print_checks(answer: dict[str, Any], *, quiet: bool) -> None:
    """The doctor's findings; `quiet` leaves out what is well."""
    for check in answer["checks"]:
        if check["ok"] and quiet:
            continue
        say(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']:<12} {check['message']}")
        if check["next_step"]:
            say(f"      next: {check['next_step']}")


def print_release(answer: dict[str, Any]) -> None:
    console = _console()
    console.print(f"[bold]{answer['release']}[/]")
    for name, rows in answer["tables"].items():
        console.print(f"  {name}: {rows if rows is not None else ''}")
    console.print(f"Withheld or carried forward: {len(answer['withheld'])}")
    for w in answer["withheld"]:
        console.print(f"  {w['action']}: {w['scope']} {w['name']} {w['source_id']} {w['period']}: {w['reason_en']}",
                      markup=False)  # fmt: skip
