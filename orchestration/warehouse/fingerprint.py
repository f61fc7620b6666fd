"""Whether anything is new: one hash over current deliveries, declarations and code. Imports neither dbt nor GX."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import DBT_PROJECT, REPOSITORY, corrections_folder

if TYPE_CHECKING:
    from orchestration.ledger.ledger import CurrentDelivery

_CODE = (
    (REPOSITORY / "orchestration", ("*.py", "*.yml", "*.csv")),
    (REPOSITORY / "expectations", ("*.py", "*.yml", "*.sql")),
    (DBT_PROJECT / "models", ("*.sql", "*.yml")),
    (DBT_PROJECT / "macros", ("*.sql",)),
    (DBT_PROJECT / "seeds", ("*.csv", "*.yml")),
    (DBT_PROJECT / "indicators", ("*.yml",)),
)
_ALONE = (DBT_PROJECT / "dbt_project.yml", DBT_PROJECT / "headlines.yml", REPOSITORY / "requirements.lock")


def code_fingerprint() -> str:
    """SHA-256 over every file that can change a published value, by relative path and bytes."""
    digest = hashlib.sha256()
    files = [p for folder, patterns in _CODE for pattern in patterns for p in folder.rglob(pattern)]
    for path in sorted([*files, *(p for p in _ALONE if p.exists())]):
        digest.update(f"{path.relative_to(REPOSITORY).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in sorted(corrections_folder().glob("*.yml")):
        digest.update(f"corrections/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def input_fingerprint(current: Iterable[CurrentDelivery], code: str) -> str:
    """SHA-256 over the current deliveries, what each one is current for, and the code.

    The order of arrival plays no part, but among answers to queries: there the newer one wins key by key.
    """
    current = list(current)
    answers = sorted((d for d in current if _answers_a_query(d)), key=lambda d: (d.extracted_at or "", d.received_at))
    places = {d.delivery_sha256: f" {n}" for n, d in enumerate(answers)} if len(answers) > 1 else {}
    lines = sorted(
        f"{d.delivery_sha256} {d.source_id}/{d.layout_id} {scope} {period} {d.extracted_at or ''}"
        f"{places.get(d.delivery_sha256, '')}"
        for d in current
        for scope, period in d.coverage
    )
    return hashlib.sha256("\n".join([code, *lines]).encode()).hexdigest()


def _answers_a_query(delivery: CurrentDelivery) -> bool:
    """Whether its scope is what was asked for (deliveries/scopes.py), so that another delivery may overlap with it."""
    base = f"{delivery.source_id}/{delivery.layout_id}"
    return any(scope != base and period == "*" for scope, period in delivery.coverage)


def code_version(path: Path = REPOSITORY) -> str:
    """The package's version and the first digits of the code's fingerprint: the same code, the same name."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        released = version("vardlagret")
    except PackageNotFoundError:
        released = "0"
    return f"{released}+{code_fingerprint()[:12]}"
