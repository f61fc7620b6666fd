"""`vardlagret delivery signals`: what in the monthly registers' months looks wrong, or was mended later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from orchestration.home import HomeError
from orchestration.operations.answers import say
from orchestration.warehouse.changes import Pair
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.held import Held
from orchestration.warehouse.revisions import Revision, revisions
from orchestration.warehouse.windows import is_month

if TYPE_CHECKING:
    import duckdb

    from orchestration.home import Home
    from orchestration.ledger.ledger import Ledger
    from orchestration.sources.catalogue import Catalogue

#: A month counts as revised when this share of its first delivery's records has gone or become another, in percent.
REVISED_PERCENT = 1.0
#: From this share on it is no correction but another month: an incident, where the first delivery had so many records.
REWRITTEN_PERCENT, REWRITTEN_RECORDS = 50.0, 30
REVISED = ("withdrawn", "late_correction")
WORDS = {
    "stops_reporting": "no record, or no delivery",
    "volume_spike": "far more records than usual",
    "volume_drop": "far fewer records than usual",
    "planned_missing": "the planned flag is lost",
    "main_missing": "the main diagnosis is lost",
    "id_missing": "ids that can be followed are lost",
    "repeated_month": "the same records as another month",
    "withdrawn": "records withdrawn since the first delivery",
    "late_correction": "records changed since the first delivery",
}


@dataclass(frozen=True, order=True)
class Signal:
    """One month of one reporter; shares in percent, so that no small count is told.

    severity: `withhold` and `amber` as the model int_completeness__signals declares them; of what a newer delivery
        changed `info`, and `amber` where half of the month or more is another.
    """

    source_id: str
    month: str
    reporter: str
    signal: str
    observed_percent: float
    usual_percent: float
    severity: str


def signals(
    home: Home, ledger: Ledger, catalogue: Catalogue, source_id: str | None = None, since: str | None = None
) -> dict[str, Any]:
    """All signals, by source and month. `since` (YYYY-MM) leaves out earlier months.

    Raises `HomeError` where no night has built the warehouse, or while a run writes it.
    """
    found = [*_from_warehouse(home), *_from_revisions(home, ledger, catalogue)]
    kept = sorted(s for s in found if source_id in (None, s.source_id) and s.month >= (since or ""))
    return {"signals": [asdict(s) for s in kept]}


def _from_warehouse(home: Home) -> Iterator[Signal]:
    import duckdb

    try:
        with open_warehouse(home.warehouse, read_only=True) as connection:
            yield from _told_by(connection)
    except (duckdb.CatalogException, duckdb.IOException) as error:
        raise HomeError(
            f"{home.warehouse}: no months to look at. Either no night has built them (run `vardlagret nightly`), "
            f"or a run writes them now (`vardlagret status` names it)"
        ) from error


def signals_of_months(connection: duckdb.DuckDBPyConnection) -> list[Signal]:
    """What a build found in the months, by source and month; nothing where their models are not built."""
    import duckdb

    try:
        return sorted(_told_by(connection))
    except duckdb.CatalogException:
        return []


def _told_by(connection: duckdb.DuckDBPyConnection) -> list[Signal]:
    rows = connection.execute(
        """select source_id, strftime(month, '%Y-%m'), reporter, signal, observed_percent::double,
             usual_percent::double, severity
           from intermediate.int_completeness__signals"""
    ).fetchall()
    return [Signal(*row) for row in rows]


def _from_revisions(home: Home, ledger: Ledger, catalogue: Catalogue) -> Iterator[Signal]:
    told = _Told(ledger)
    for source in catalogue.sources:
        if any(layout.window for layout in source.layouts):
            yield from _revised(revisions(source, *told.first_and_last(source.source_id), home.cells))


def rewritten_months(home: Home, ledger: Ledger, catalogue: Catalogue) -> list[Signal]:
    """Months of which half or more is another than in their first delivery, as far as builds have seen them come.

    Only what was received since the build before is compared; the others are as that build found them. On a first build
    nothing was published from a first delivery, and nothing is compared.
    """
    before = ledger.last_build_signals()
    if before is None:
        return []
    since, known = before
    told = _Told(ledger)
    compared: set[tuple[str, str, str]] = set()
    found: list[Signal] = []
    for source in catalogue.sources:
        if any(layout.window for layout in source.layouts):
            first, last = told.first_and_last(source.source_id, since)
            compared |= told.came_since(source.source_id, since)
            found += [s for s in _revised(revisions(source, first, last, home.cells)) if s.severity == "amber"]
    kept = [Signal(**s) for s in known if s["signal"] in REVISED and s.get("severity") == "amber"]
    return sorted(found + [s for s in kept if (s.source_id, s.reporter, s.month) not in compared])


def _revised(found: Iterable[Revision]) -> Iterator[Signal]:
    for r in found:
        for name, count in zip(REVISED, (r.withdrawn, r.changed), strict=True):
            if (share := r.percent(count)) >= REVISED_PERCENT:
                rewritten = share >= REWRITTEN_PERCENT and r.first >= REWRITTEN_RECORDS
                severity = "amber" if rewritten else "info"
                yield Signal(r.source_id, r.period_key, r.reporter, name, round(share, 1), 0.0, severity)


class _Told:
    """What the ledger says of deliveries, asked once for all sources."""

    def __init__(self, ledger: Ledger) -> None:
        loaded = [r for r in ledger.receipts() if r.outcome == "loaded"]
        arrived = {r.delivery_sha256: r.received_at for r in reversed(loaded)}
        deliveries = [d for d in ledger.deliveries() if d.delivery_sha256 in arrived]
        self._ledger = ledger
        self._number = {r.delivery_sha256: r.receipt_id for r in loaded}
        self._in_order = sorted(deliveries, key=lambda d: (d.extracted_at or "", arrived[d.delivery_sha256]))
        self._current = ledger.current_deliveries()

    def first_and_last(self, source_id: str, since: int = 0) -> tuple[list[Held], list[Held]]:
        """For each scope and month that more than one delivery told of: the first one, and the one that is current.

        since: only months whose current delivery came after this receipt.
        """
        last = self._last(source_id, since)
        first: dict[Pair, Held] = {}
        for d in self._in_order if last else ():
            for covered in self._ledger.coverage_of(d.delivery_sha256) if d.source_id == source_id else ():
                pair = (covered.scope_key, covered.period_key)
                if pair in last:
                    first.setdefault(pair, Held(source_id, d.layout_id, *pair, d.delivery_sha256))
        told = [pair for pair, held in first.items() if last[pair] != held]
        return [first[pair] for pair in told], [last[pair] for pair in told]

    def came_since(self, source_id: str, since: int) -> set[tuple[str, str, str]]:
        """Source, reporter and month of what came after a receipt."""
        return {(source_id, scope.rsplit("/", 1)[-1], month) for scope, month in self._last(source_id, since)}

    def _last(self, source_id: str, since: int) -> dict[Pair, Held]:
        return {
            (scope, period): Held(source_id, current.layout_id, scope, period, current.delivery_sha256)
            for current in self._current
            if current.source_id == source_id and self._number.get(current.delivery_sha256, 0) > since
            for scope, period in current.coverage
            if is_month(period)
        }


def print_signals(answer: dict[str, Any]) -> None:
    """One line per signal, then what to do."""
    for s in answer["signals"]:
        print(
            f"{s['source_id']:<17} {s['month']}  {s['reporter']:<10} {s['signal']:<16} "
            f"{s['observed_percent']:>6.1f} % (usual {s['usual_percent']:.1f} %)  {s['severity']:<8}  "
            f"{WORDS[s['signal']]}"
        )
    say(f"{len(answer['signals'])} signals. Ask the owner; what is wrong is corrected by a new delivery of the month.")
