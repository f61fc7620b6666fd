"""Writing the status page: after every run and by every look of the watch, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from orchestration.home import Home, write_atomically


def write_page(home: Home) -> Path:
    """Ask for the status and write the page. Raises what reading the ledger or writing the file raises."""
    from orchestration.ledger.ledger import Ledger
    from orchestration.operations.answers import headed
    from orchestration.operations.status import status
    from orchestration.overview.page import render
    from orchestration.sources.catalogue import load_catalogue

    with Ledger.open(home.ledger, read_only=True) as ledger:
        answer = headed("status", home.path, status(home, ledger, load_catalogue()))
    write_atomically(home.status_page, render(answer, synthetic=home.origin == "synthetic"), mode=0o644)
    return home.status_page


def refresh_page(home: Home) -> str | None:
    """Write the page after a run; returns why it could not be written. A page never makes a night fail."""
    try:
        write_page(home)
    except Exception as error:
        return f"{home.status_page} was not written: {type(error).__name__}: {error}"
    return None
