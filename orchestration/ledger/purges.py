"""Deliveries whose bytes were removed on purpose."""

from __future__ import annotations

from orchestration.ledger.clock import now
from orchestration.ledger.entries import Purge
from orchestration.ledger.file import LedgerFile


class Purges(LedgerFile):
    """The part of the ledger about tombstones."""

    def purge(self, delivery_sha256: str, by: str, reason: str) -> None:
        """Note that a delivery's bytes are removed on purpose. It is current for nothing from now on; receipts stay."""
        with self.transaction() as connection:
            for table in ("deliveries", "records", "quarantine"):
                connection.execute(f"delete from {table} where delivery_sha256 = ?", (delivery_sha256,))
            connection.execute(
                "insert or replace into purges values (?, ?, ?, ?)", (delivery_sha256, now(), by, reason)
            )
        self.keep()

    def purges(self) -> list[Purge]:
        """Deliveries that were removed on purpose, oldest first."""
        return [Purge(*row) for row in self.rows("select delivery_sha256, at, by, reason from purges order by at")]

    def purged(self, delivery_sha256: str) -> Purge | None:
        return next((p for p in self.purges() if p.delivery_sha256 == delivery_sha256), None)
