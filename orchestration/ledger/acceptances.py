"""Acceptances, by name and reason: a failed check for exactly the rows it failed, or a refused delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.ledger.clock import now
from orchestration.ledger.file import LedgerFile

#: The dataset under which accepted deliveries stand: no check judges a dataset of this name.
DELIVERY = "delivery"


@dataclass(frozen=True)
class Acceptance:
    """One slice of one check. `source_id` and `period` are empty where the check is about the table as a whole."""

    at: str
    by: str
    reason: str
    dataset: str
    expectation: str
    source_id: str
    period: str
    fingerprint: str

    @property
    def slice(self) -> tuple[str, str] | None:
        """(source, period), or (indicator, period) of `indicator_values`; None for the whole table."""
        return (self.source_id, self.period) if self.source_id or self.period else None

    @property
    def check(self) -> str:
        return f"{self.dataset}.{self.expectation}"


class Acceptances(LedgerFile):
    """The part of the ledger about failed checks that were let through."""

    def accept(
        self,
        by: str,
        reason: str,
        dataset: str,
        expectation: str,
        fingerprints: Iterable[tuple[tuple[str, str] | None, str]],
    ) -> None:
        """Record that a check is accepted for these slices, each with the fingerprint of its rows."""
        at = now()
        with self.transaction() as connection:
            connection.executemany(
                "insert into acceptances (at, by, reason, dataset, expectation, source_id, period, fingerprint) "
                "values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (at, by, reason, dataset, expectation, *(piece or ("", "")), print_)
                    for piece, print_ in fingerprints
                ],
            )
        self.keep()

    def acceptances(self) -> list[Acceptance]:
        """Every acceptance that was ever given, oldest first; those whose rows have changed count no longer."""
        rows = self.rows(
            "select at, by, reason, dataset, expectation, source_id, period, fingerprint from acceptances "
            "order by acceptance_id"
        )
        return [Acceptance(**dict(row)) for row in rows]

    def accept_delivery(self, delivery_sha256: str, source_id: str, code: str, by: str, reason: str) -> None:
        """Record that bytes refused with `code` may count all the same."""
        self.accept(by, reason, DELIVERY, code, [((source_id, ""), delivery_sha256)])

    def accepted_deliveries(self) -> list[Acceptance]:
        """Deliveries that were let in by name, oldest first; `fingerprint` is the SHA-256 of the bytes."""
        return [a for a in self.acceptances() if a.dataset == DELIVERY]

    def delivery_accepted(self, delivery_sha256: str) -> bool:
        return any(a.fingerprint == delivery_sha256 for a in self.accepted_deliveries())
