"""Suites run by Great Expectations on DuckDB through SQL: yes, no or an error per expectation, never a value.

The library takes seconds to import, so it is imported when suites run. Its fuller results, its log and its messages
quote the data: none of them leaves this module.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from expectations.declarations import Suite

Progress = Callable[[str], None]
SUITE_FINDING = "suite"
# What DuckDB calls errors whose text may hold a value of the data.
_ABOUT_DATA = re.compile(r"(Conversion|Out of Range|Invalid Input|Constraint|Internal) Error")


def validate(
    warehouse: Path, suites: list[Suite], history: dict[str, int], docs: Path | None, progress: Progress | None
) -> dict[str, dict[str, Any]]:
    """Run the suites; per dataset the results by expectation id, or under `SUITE_FINDING` why none could be had."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Its log quotes failing statements with their data; what is needed of them stands in the findings.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from expectations.data_docs import build, publish_to
    from expectations.dialect import register

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    if docs is not None:
        publish_to(context, docs)
    results: dict[str, dict[str, Any]] = {}
    try:
        source = context.data_sources.add_sql(
            "warehouse", connection_string=f"{register()}:///{warehouse.resolve()}?access_mode=read_only"
        )
    except Exception as error:  # the tool cannot open what we just read: no verdict on the data
        return {suite.dataset: {SUITE_FINDING: error} for suite in suites}
    try:
        for suite in suites:
            if progress:
                progress(suite.dataset)
            try:
                asset = source.add_query_asset(suite.dataset, query=_kept(source.get_execution_engine(), suite))
                batch = asset.add_batch_definition_whole_table("all").get_batch()
                rules = _gx_suite(suite, history.get(suite.dataset))
                outcome = batch.validate(rules, result_format="BOOLEAN_ONLY")
            except Exception as error:  # whatever the tool raises is the tool's failure, never the data's
                results[suite.dataset] = {SUITE_FINDING: error}
                continue
            results[suite.dataset] = {r.expectation_config.meta["id"]: r for r in outcome.results}
            if docs is not None:
                context.suites.add(rules)
                build(context, suite.dataset, outcome)
        if docs is not None:
            context.build_data_docs()
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()
    return results


def _kept(engine: Any, suite: Suite) -> str:
    """A query of what the suite's query gave, kept for the connection: the tool asks for it again and again.

    The connection reads, so the table lies in memory and goes with it; only judged columns are in it.
    """
    import sqlalchemy as sa

    # A column that the query lacks breaks its own expectation, when the tool asks for it, and no other.
    there = {row[0] for row in engine.execute_query(sa.text(f"describe {suite.sql}")).fetchall()}
    columns = sorted({e.kwargs["column"] for e in suite.expectations if "column" in e.kwargs} & there)
    kept = f"select {', '.join(columns) or '*'} from ({suite.sql}) as judged"
    engine.execute_query_in_transaction(sa.text(f"create or replace temp table kept_{suite.dataset} as {kept}"))
    return f"select * from kept_{suite.dataset}"


def _gx_suite(suite: Suite, last_count: int | None) -> Any:
    """The suite as Great Expectations knows it; raises what its constructors raise."""
    import great_expectations as gx
    import great_expectations.expectations as classes

    return gx.ExpectationSuite(
        name=suite.dataset,
        expectations=[
            getattr(classes, e.type)(
                **e.arguments(last_count),
                severity=e.severity,
                meta={"id": e.id, "origin": e.origin, "message_sv": e.message_sv},
                notes=f"{e.message}. Bound: {e.origin}",
            )
            for e in suite.expectations
        ],
    )


def exception_of(result: Any) -> str | None:
    """What an expectation raised, in one line, or None. Great Expectations gives it flat or keyed by metric."""
    info = result.exception_info or {}
    for entry in [info, *(v for v in info.values() if isinstance(v, dict))]:
        if entry.get("raised_exception"):
            return reason(entry.get("exception_message") or "an exception without a message")
    return None


def reason(error: Any) -> str:
    """An error in one line. A failed cast quotes the data's values, so only its kind is told."""
    text = " ".join(re.split(r"\bLINE \d+:|\[SQL:", str(error))[0].split())
    kind = type(error).__name__ + ": " if isinstance(error, Exception) else ""
    about_data = _ABOUT_DATA.search(text)
    if about_data:
        return f"{kind}{about_data[0]} (its message may quote the data and is left out)"
    return f"{kind}{text[:300]}"
