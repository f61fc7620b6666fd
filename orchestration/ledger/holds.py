"""Holds: while one stands, no release is made. Who, why, and who lifted it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.ledger.clock import now
from orchestration.ledger.file import LedgerFile


@dataclass(frozen=True)
class Hold:
    """One hold. `lifted_at` is None while it stands."""

    hold_id: int
    at: str
    by: str
    reason: str
    lifted_at: str | None
    lifted_by: str | None
    lifted_why: str | None


class Holds(LedgerFile):
    """The part of the ledger about holding publication."""

    def publication_hold(self) -> Hold | None:
        """The hold that stands; None when releases may be made."""
        found = self.row("select * from holds where lifted_at is null order by hold_id limit 1")
        return Hold(**dict(found)) if found else None

    def holds_lifted_since(self, moment: str | None) -> list[Hold]:
        """Holds that were lifted after a moment (UTC, as the ledger writes it), oldest first; None: ever."""
        rows = self.rows(
            "select * from holds where lifted_at is not null and lifted_at > ? order by hold_id", (moment or "",)
        )
        return [Hold(**dict(row)) for row in rows]

    def hold_publication(self, by: str, reason: str) -> None:
        """Hold. The caller has seen that none stands."""
        with self.transaction() as connection:
            connection.execute("insert into holds (at, by, reason) values (?, ?, ?)", (now(), by, reason))
        self.keep()

    def lift_hold(self, by: str, why: str) -> None:
        """Lift every hold that stands."""
        with self.transaction() as connection:
            connection.execute(
                "update holds set lifted_at = ?, lifted_by = ?, lifted_why = ? where lifted_at is null",
                (now(), by, why),
            )
        self.keep()
