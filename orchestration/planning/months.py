"""What each month of a fact is made of: deliveries that are current for it, and the code that reads and counts them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.deliveries.scopes import Window as SentWindow
from orchestration.deliveries.scopes import window_in_name
from orchestration.ledger.ledger import CurrentDelivery
from orchestration.settings import REPOSITORY
from orchestration.sources.catalogue import Catalogue
from orchestration.warehouse import cells as cells_module
from orchestration.warehouse.changes import is_dated
from orchestration.warehouse.held import Held
from orchestration.warehouse.monthly import MonthlyFact
from orchestration.warehouse.windows import OPEN, is_month

# What makes the lexical views over the cells, and the versions that run them.
_UNDER_ALL = ("lexical.py", "cells.py", "prepare.py")


@dataclass(frozen=True)
class Months:
    """The months of facts. `readers`: by delivery, the hash of what read it."""

    catalogue: Catalogue
    readers: Mapping[str, str]

    def models(self, fact: MonthlyFact) -> str:
        declared = sorted(f"{s} {self.catalogue.hashes.get(s, '')}" for s, _ in fact.layouts)
        return hashlib.sha256("\n".join([fact.code, *declared, _under_all()]).encode()).hexdigest()

    def held(self, fact: MonthlyFact, deliveries: Iterable[CurrentDelivery]) -> dict[str, list[Held]]:
        """By month, what is current for it: dated records in theirs, those of a sending in every month it covers.

        What a sending tells of stays still open belongs to those; layouts without months belong to every month.
        """
        by_month: dict[str, set[Held]] = defaultdict(set)
        told_open: set[tuple[str, str]] = set()
        sent: list[tuple[SentWindow, Held]] = []
        everywhere: list[Held] = []
        for d in deliveries:
            if (d.source_id, d.layout_id) not in fact.layouts:
                continue
            source = next(s for s in self.catalogue.sources if s.source_id == d.source_id)
            layout = source.layout(d.layout_id)
            window = window_in_name(layout, d.file_name)
            reader = self.readers.get(d.delivery_sha256, "")
            for scope, period in d.coverage:
                held = Held(d.source_id, d.layout_id, scope, period, d.delivery_sha256, reader)
                if is_dated(source, layout):
                    by_month[held.month].add(held)
                    if window and held.period_key == OPEN:
                        told_open.add((held.sender, window.sending))
                elif window:
                    sent.append((window, held))
                else:
                    everywhere.append(held)
        for window, held in sent:
            months = [*window.months, OPEN] if (held.sender, window.sending) in told_open else window.months
            for month in months:
                by_month[month].add(held)
        for month in {*by_month, OPEN}:
            by_month[month].update(everywhere)
        return {month: sorted(held) for month, held in by_month.items()}


def covered(held: Mapping[str, Sequence[Held]]) -> dict[str, set[str]]:
    """By sender (a scope without its layout), the months it has delivered."""
    found: dict[str, set[str]] = defaultdict(set)
    for month, several in held.items():
        for h in several:
            if is_month(h.period_key) and h.period_key == month:
                found[h.sender].add(month)
    return found


def fingerprint(held: Iterable[Held]) -> str:
    lines = sorted(f"{h.scope_key} {h.period_key} {h.delivery_sha256} {h.reader_hash}" for h in held)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _under_all() -> str:
    """SHA-256 over the code of the lexical views and the locked versions that run them."""
    digest = hashlib.sha256()
    folder = Path(cells_module.__file__).parent
    for path in [*(folder / name for name in _UNDER_ALL), REPOSITORY / "requirements.lock"]:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()
