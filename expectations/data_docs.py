"""Data Docs: Great Expectations' own pages about the last judgement, kept in the home. They hold no value of the data,
since the results behind them are plain yes or no. They load styles from the web, so they never go into a release.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

_SITE = "local_site"
#: All that the library writes at the top of its pages' folder.
_WRITTEN = {"index.html", "expectations", "validations", "static"}


def index(docs: Path) -> Path:
    """The first page of the Data Docs under `docs`."""
    return docs / "index.html"


def publish_to(context: Any, docs: Path) -> None:
    """Let the context write its pages below `docs`, in place of those of an earlier judgement.

    Raises:
        FileExistsError: when `docs` holds other things than Data Docs.
    """
    if docs.exists():
        # A judgement that was killed leaves some of its pages and no index.
        if not {p.name for p in docs.iterdir()} <= _WRITTEN:
            raise FileExistsError(f"{docs} holds other files than Data Docs: choose an empty directory")
        shutil.rmtree(docs)
    docs.mkdir(parents=True, exist_ok=True)
    for name in list(context.get_site_names() or []):
        context.delete_data_docs_site(name)
    context.add_data_docs_site(
        site_name=_SITE,
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )


def build(context: Any, dataset: str, outcome: Any) -> None:
    """Hand one result to the context's store, from which the pages are made."""
    from datetime import UTC, datetime

    from great_expectations.core import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    key = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(name=dataset),
        run_id=RunIdentifier(run_name="judgement", run_time=datetime.now(UTC)),
        batch_identifier=dataset,
    )
    context.validation_results_store.set(key, outcome)
