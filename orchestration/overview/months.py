"""Region by month: what of the monthly registers has arrived, is accepted, provisional, final; and what is missing.

A cell says a state and no number. A region's senders (its own, and private providers with a code of their own) share a
cell, which shows the one furthest behind.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from orchestration.deliveries.scopes import window_in_name
from orchestration.home import Home
from orchestration.ledger.ledger import CurrentDelivery, Ledger, Run
from orchestration.ledger.windows import MonthState
from orchestration.sources.catalogue import Catalogue
from orchestration.sources.model import Source
from orchestration.warehouse.changes import is_dated
from orchestration.warehouse.dbt import target_path
from orchestration.warehouse.monthly import Manifest, MonthlyFact
from orchestration.warehouse.windows import is_month, last_day, month_holding, months_between, shifted

#: Furthest behind first. `partly`: another sender of the region has sent the month.
STATES = ("missing", "partly", "failed", "arrived", "withheld", "accepted", "provisional", "final")
SHOWN = 36
_FACT = "fct_"


@dataclass(frozen=True)
class Sender:
    """One sender of a source: its region, when each month that is current came, and the last month it has told of."""

    region: str
    months: Mapping[str, str]
    told_until: str

    @property
    def first(self) -> str:
        return min(self.months)


@dataclass(frozen=True)
class _Built:
    """A month's facts: the last receipt that the oldest of them knew, and when the newest was built."""

    as_of: str
    at: str


def months_by_region(
    home: Home,
    ledger: Ledger,
    catalogue: Catalogue,
    current: Collection[CurrentDelivery],
    withheld: Collection[tuple[str, str]],
) -> list[dict[str, Any]]:
    """One entry per monthly source: `source_id, facts, months, regions: [{region, states: {month: state}}]`.

    `current`: the ledger's deliveries. `withheld`: (source, period) of the fact slices that the latest release holds
    back. At most 36 months are shown, the newest ones; a region has no state for months before its first.
    """
    states, runs, facts = ledger.month_states(), ledger.builds(), _facts(home)
    found = []
    for source in catalogue.sources:
        senders = _senders(source, current)
        if senders:
            own = [f for f in facts if any(name == source.source_id for name, _ in f.layouts)]
            found.append(_source(source, senders, own, states, _published_until(runs), withheld))
    return found


def _source(
    source: Source,
    senders: Mapping[str, Sender],
    facts: list[MonthlyFact],
    states: Mapping[tuple[str, str], MonthState],
    published_until: str,
    withheld: Collection[tuple[str, str]],
) -> dict[str, Any]:
    newest = max(max(s.months) for s in senders.values())
    months = months_between(min(s.first for s in senders.values()), newest)[-SHOWN:]
    days = max((f.look_ahead_days for f in facts), default=0)
    by_region: dict[str, list[Sender]] = defaultdict(list)
    for sender in senders.values():
        by_region[sender.region].append(sender)
    built = {m: _built(m, facts, states) for m in months}
    regions = []
    for region, own in sorted(by_region.items()):
        cells: dict[str, str] = {}
        for month in months:
            known = [s for s in own if s.first <= month]
            sent = [s for s in known if month in s.months]
            if known and not sent:
                cells[month] = "missing"
            elif len(sent) < len(known):
                cells[month] = "partly"
            elif sent:
                told = min(s.told_until for s in sent)
                came = max(s.months[month] for s in sent)
                held = (source.source_id, month) in withheld or (source.source_id, month[:4]) in withheld
                final = told >= final_after(month, days, _sendings(source))
                cells[month] = _state(built[month], came, published_until, held=held, final=final)
        regions.append({"region": region, "states": cells})
    return {
        "source_id": source.source_id,
        "facts": sorted(f.name for f in facts if f.name.startswith(_FACT)),
        "months": list(months),
        "regions": regions,
    }


def _state(
    built: _Built | Literal["failed"] | None, came: str, published_until: str, *, held: bool, final: bool
) -> str:
    if built == "failed":
        return "failed"
    if built is None or came > built.as_of:
        return "arrived"
    if held:
        return "withheld"
    if built.at > published_until:
        return "accepted"
    return "final" if final else "provisional"


def _built(
    month: str, facts: list[MonthlyFact], states: Mapping[tuple[str, str], MonthState]
) -> _Built | Literal["failed"] | None:
    """From which receipts on, and when, the month's facts were built; None where one is due or was never built."""
    found = [states.get((f.name, month)) for f in facts]
    if any(s and s.outcome == "failed" for s in found):
        return "failed"
    stand = [s for s in found if s and s.built and s.outcome == "built"]
    if not found or len(stand) < len(found):
        return None
    return _Built(min(s.built.as_of for s in stand if s.built), max(s.built_at or "" for s in stand))


def final_after(month: str, look_ahead_days: int, sendings: int) -> str:
    """The month until which a sender must have told for a month to be final.

    That is the month in which the follow-up of the month's last day ends, and the later sendings that still correct it.
    """
    followed: date = last_day(month) + timedelta(days=look_ahead_days)
    return shifted(month_holding(followed), sendings - 1)


def _sendings(source: Source) -> int:
    """How often a month is sent by rule: as many times as a sending covers months."""
    windows = [layout.window for layout in source.layouts if layout.window]
    dated = [w for w in windows if w.date]
    return max((w.months_before for w in dated), default=1)


def _senders(source: Source, current: Collection[CurrentDelivery]) -> dict[str, Sender]:
    """Senders by scope without layout, of the layouts whose records lie in months."""
    months: dict[str, dict[str, str]] = defaultdict(dict)
    told: dict[str, str] = {}
    for delivery in current:
        if delivery.source_id != source.source_id:
            continue
        layout = source.layout(delivery.layout_id)
        if not is_dated(source, layout):
            continue
        window = window_in_name(layout, delivery.file_name)
        dated = bool(layout.window and layout.window.date)
        for scope, period in delivery.coverage:
            if not is_month(period):
                continue
            sender = scope.split("/")[-1]
            months[sender][period] = max(delivery.received_at, months[sender].get(period, ""))
            until = max(window.months) if window and dated else period
            told[sender] = max(until, told.get(sender, ""))
    return {name: Sender(name[:2], came, told[name]) for name, came in months.items()}


def _published_until(runs: list[Run]) -> str:
    """The end of the newest run that built everything and was free to publish it; empty where there is none."""
    return max((r.ended_at for r in runs if r.ended_at and r.ended_well and r.fingerprint), default="")


def _facts(home: Home) -> list[MonthlyFact]:
    """The monthly facts, as the home's last build knew them; none before the first."""
    try:
        return list(Manifest.read(target_path(home.path) / "manifest.json").facts)
    except (OSError, json.JSONDecodeError, KeyError):
        return []
