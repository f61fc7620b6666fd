"""Indicators, verdicts and the release, and the asset checks that show the verdicts.

The gate reads the verdicts' rows, not the checks: a check runs after the assets downstream of what it checks, so a
gate behind checks could run before its verdict (docs/decisions/0006).
"""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.deliveries import OWNERS
from orchestration.defs.resources import WarehouseHome

FACTS = ("fct_costs", "fct_staffing", "fct_readmissions", "fct_wait_times", "fct_observations", "fct_population")
INDICATOR_VALUES = dg.AssetKey(["published", "indicator_values"])
VERDICTS = dg.AssetKey(["checks", "verdicts"])


def _key_of(dataset: str) -> dg.AssetKey:
    return INDICATOR_VALUES if dataset == "indicator_values" else dg.AssetKey(["marts", dataset])


@dg.definitions
def publication() -> dg.Definitions:
    from orchestration.indicators.catalogue import load_definitions

    views = [dg.AssetKey(["indicators", f"ind_{d.indicator_id}"]) for d in load_definitions()]
    judged = [*FACTS, "areas", "indicator_values"]

    @dg.asset(
        key=INDICATOR_VALUES,
        deps=[*views, *(_key_of(d) for d in judged if d != "indicator_values")],
        group_name="published",
        kinds={"duckdb", "greatexpectations", "python"},
        pool="warehouse",
        owners=OWNERS,
    )
    def indicator_values(context: dg.AssetExecutionContext, home: WarehouseHome) -> dg.MaterializeResult:
        """Every indicator's values in one table, with intervals, change against the reference period, and grade.

        The facts are judged first: a cell that a check withholds is in no indicator."""
        from orchestration.operations.stages import assemble_stage, judge_facts_stage

        with home.night(context) as night:
            judge_facts_stage(night)
            return dg.MaterializeResult(metadata={"values": assemble_stage(night)})

    @dg.asset(
        key=VERDICTS,
        deps=[_key_of(d) for d in judged],
        group_name="checks",
        kinds={"greatexpectations"},
        pool="warehouse",
        owners=OWNERS,
    )
    def verdicts(context: dg.AssetExecutionContext, home: WarehouseHome) -> dg.MaterializeResult:
        """Great Expectations' verdict on every dataset: passed, warned, failed or broken. Facts were judged before."""
        from expectations.data_docs import index
        from orchestration.operations.stages import judge_stage

        with home.night(context) as night:
            found = judge_stage(night)
            pages = index(night.home.docs / "checks")
        metadata = {v.dataset: v.outcome for v in found}
        return dg.MaterializeResult(metadata={**metadata, "data_docs": dg.MetadataValue.path(str(pages))})

    specs = [dg.AssetCheckSpec("expectations", asset=_key_of(d), additional_deps=[VERDICTS]) for d in judged]

    @dg.multi_asset_check(name="show_verdicts", specs=specs, can_subset=True)
    def show_verdicts(context: dg.AssetCheckExecutionContext, home: WarehouseHome) -> Iterator[dg.AssetCheckResult]:
        """The verdict rows as asset checks. Broken is told apart from failed; both stop publication."""
        from orchestration.ledger.ledger import Ledger

        latest = {v.dataset: v for v in Ledger.open(home.root / "ledger.sqlite", read_only=True).latest_verdicts()}
        for key in context.selected_asset_check_keys:
            verdict = latest.get(key.asset_key.path[-1])
            outcome = verdict.outcome if verdict else "did not run"
            missed = [f for f in verdict.findings if f.outcome != "passed"] if verdict else []
            yield dg.AssetCheckResult(
                check_name="expectations",
                asset_key=key.asset_key,
                passed=outcome in ("passed", "warned"),
                severity=dg.AssetCheckSeverity.WARN if outcome == "warned" else dg.AssetCheckSeverity.ERROR,
                description=f"{outcome}: " + "; ".join(f.message for f in missed[:5]) if missed else outcome,
                metadata={"outcome": outcome, "not_passed": len(missed)},
            )

    @dg.asset(
        key=["release", "release"],
        deps=[VERDICTS, *(_key_of(d) for d in judged), dg.AssetKey(["marts", "lineage"])],
        group_name="release",
        kinds={"parquet", "csv"},
        pool="warehouse",
        owners=OWNERS,
    )
    def release(context: dg.AssetExecutionContext, home: WarehouseHome) -> dg.MaterializeResult:
        """An immutable release of what the gate lets through; none when nothing has changed."""
        from orchestration.operations.stages import release_stage

        with home.night(context) as night:
            result = release_stage(night)
        return dg.MaterializeResult(metadata={"made": result.made, "release": result.release_id or "none"})

    return dg.Definitions(assets=[indicator_values, verdicts, release], asset_checks=[show_verdicts])
