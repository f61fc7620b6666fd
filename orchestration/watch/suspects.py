"""What came in and was built, and may yet be wrong: months with a signal, files that shrank, files with many refusals.

Read from the ledger alone. A month's signals are those that the newest build found (`stages.reconcile_stage`); a month
that was mended by a newer delivery has none any more.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.deliveries.ceilings import exceeds

if TYPE_CHECKING:
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue

#: Incidents that colour a night which published everything.
COLOURING = ("month_suspect", "file_refused", "delivery_shrunk", "records_broken")
# A signal's beginning is looked for in so many builds back.
_BUILDS = 60


@dataclass(frozen=True)
class Suspect:
    """Months of one reporter with one signal; `months` in order, `since` when a build first found the newest one.

    withholds: what is counted from one of the months is withheld.
    """

    source_id: str
    reporter: str
    signal: str
    months: tuple[str, ...]
    since: str
    withholds: bool = False


@dataclass(frozen=True)
class Doubtful:
    """A current delivery that was accepted with W_SHRUNK, or of whose records too many are in quarantine.

    `told` says how many, never a value.
    """

    source_id: str
    delivery_sha256: str
    file_name: str
    since: str
    told: str


def suspects(ledger: Ledger) -> list[Suspect]:
    """Signals that the newest build found, by source, reporter and kind."""
    builds = ledger.rows(
        "select started_at, detail from stages where name = 'reconcile' and outcome = 'done' "
        "order by stage_id desc limit ?",
        (_BUILDS,),
    )
    found: list[tuple[str, set[tuple[str, str, str, str]]]] = []
    withheld: set[tuple[str, ...]] = set()
    for row in builds:
        signals = json.loads(row["detail"] or "{}").get("signals")
        if signals is None:
            break
        if not found:
            # Records of an earlier version have no severity.
            withheld = {_kind(s) for s in signals if s.get("severity") == "withhold"}
        found.append((row["started_at"], {(*_kind(s), s["month"]) for s in signals}))
    months: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for source, reporter, signal, month in sorted(found[0][1] if found else ()):
        months[source, reporter, signal].append(month)
    return [
        Suspect(*kind, tuple(told), _since(found, (*kind, told[-1])), kind in withheld) for kind, told in months.items()
    ]


def _kind(signal: dict[str, Any]) -> tuple[str, str, str]:
    return signal["source_id"], signal["reporter"], signal["signal"]


def _since(found: list[tuple[str, set[tuple[str, str, str, str]]]], signal: tuple[str, ...]) -> str:
    since = found[0][0]
    for at, signals in found:
        if signal not in signals:
            break
        since = at
    return since


def shrunk(ledger: Ledger) -> list[Doubtful]:
    """Current deliveries that hold far fewer records than the ones before them, and that nothing has replaced."""
    # Being current for a period without a record, such as no open stays, counts for nothing.
    current = {d.delivery_sha256 for d in ledger.current_deliveries() if any(d.records)}
    newest = {r.delivery_sha256: r for r in ledger.receipts() if r.outcome in ("loaded", "duplicate")}
    return [
        Doubtful(r.source_id or "", sha256 or "", r.file_name, r.received_at, (r.message or "").partition(":")[0])
        for sha256, r in newest.items()
        if r.code == "W_SHRUNK" and sha256 in current
    ]


def broken(ledger: Ledger, catalogue: Catalogue) -> list[Doubtful]:
    """Current deliveries of whose records the build put more in quarantine than the layout allows.

    The intake refuses what it can know; here stand records that contradict each other (R_CONFLICT) and names of areas
    that meant nothing at their time. What somebody let in by name is known already.
    """
    known = {(s.source_id, layout.layout_id): layout for s, layout in catalogue.layouts()}
    let_in = {a.fingerprint for a in ledger.accepted_deliveries()}
    received = {r.delivery_sha256: r for r in ledger.receipts() if r.outcome in ("loaded", "duplicate")}
    rules: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in ledger.quarantine_items():
        rules[item.delivery_sha256][item.code] += item.count
    found = []
    for count in ledger.record_counts():
        sha256, records = count.delivery_sha256, count.accepted + count.quarantined + count.duplicate
        delivery = ledger.delivery(sha256) if count.quarantined else None
        if delivery is None or sha256 in let_in or sha256 not in received:
            continue
        layout = known.get((delivery.source_id, delivery.layout_id))
        if layout is not None and exceeds(layout, count.quarantined, records):
            worst, n = max(rules[sha256].items(), key=lambda rule: rule[1], default=("", 0))
            told = f"{count.quarantined} of {records} records are in quarantine, {n} of them by {worst}"
            found.append(Doubtful(delivery.source_id, sha256, delivery.file_name, received[sha256].received_at, told))
    return found


def attention(standing: list[Any], acknowledged: set[str]) -> list[dict[str, str]]:
    """What of the standing incidents colours a night that published everything: id, what, next_command."""
    return [
        {"id": i.id, "what": i.what, "next_command": i.next_command}
        for i in standing
        if i.code in COLOURING and i.id not in acknowledged
    ]
