"""The ledger: what happened, and nothing else. One class over one SQLite file, composed of its subjects.

Every reporting command reads the ledger and the releases, never the warehouse, and so answers while a run writes.
"""

from __future__ import annotations

from orchestration.ledger.acceptances import Acceptances
from orchestration.ledger.entries import Arrival, Covered, CurrentDelivery, Delivery, Receipt
from orchestration.ledger.file import LedgerError
from orchestration.ledger.history import History
from orchestration.ledger.holds import Holds
from orchestration.ledger.incidents import Incidents
from orchestration.ledger.purges import Purges
from orchestration.ledger.records import Records
from orchestration.ledger.runs import Run, Runs
from orchestration.ledger.verdicts import Verdicts
from orchestration.ledger.windows import Windows

__all__ = ["Arrival", "Covered", "CurrentDelivery", "Delivery", "Ledger", "LedgerError", "Receipt", "Run"]


class Ledger(History, Purges, Records, Verdicts, Windows, Incidents, Holds, Acceptances, Runs):
    """Receipts and deliveries (`history`), tombstones, records, verdicts, windows, incidents, holds,
    acceptances, runs."""
