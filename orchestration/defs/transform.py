"""dbt: staging, facts and indicators. Names, descriptions and tests come from the dbt project."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dagster_dbt.dbt_manifest import validate_manifest

from orchestration.defs.deliveries import OWNERS
from orchestration.defs.resources import WarehouseHome
from orchestration.indicators.catalogue import load_definitions
from orchestration.warehouse.monthly import is_monthly
from orchestration.warehouse.windows import FIRST_PARTITION

# One partition more than the months that have ended: a month is delivered before it ends.
MONTHS = dg.MonthlyPartitionsDefinition(start_date=f"{FIRST_PARTITION}-01", end_offset=1)


class Translator(DagsterDbtTranslator):
    """The schema is the asset's room: `marts/fct_costs`; sources are the assets that write them."""

    def __init__(self) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))
        self._purposes = {d.indicator_id: f"{d.name_sv} ({d.name_en}). {d.purpose_en}" for d in load_definitions()}

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        room = dbt_resource_props.get("schema") or dbt_resource_props.get("source_name")
        return dg.AssetKey([str(room), str(dbt_resource_props["name"])])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return {"marts": "facts", "seeds": "reference"}.get(
            str(dbt_resource_props.get("schema")), str(dbt_resource_props.get("schema"))
        )

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition | None:
        return MONTHS if is_monthly(dbt_resource_props) else None

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """dbt's own, or for an indicator what its definition says."""
        named = str(dbt_resource_props["name"]).removeprefix("ind_")
        return self._purposes.get(named) or super().get_description(dbt_resource_props)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return OWNERS


@dg.definitions
def transform() -> dg.Definitions:
    from orchestration.settings import Settings
    from orchestration.warehouse.dbt import ensure_manifest

    manifest_path = ensure_manifest(Settings.read().home)
    translator = Translator()

    @dbt_assets(
        manifest=manifest_path,
        dagster_dbt_translator=translator,
        name="dbt",
        pool="warehouse",
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def dbt_models(context: dg.AssetExecutionContext, home: WarehouseHome) -> Iterator:
        """Build and test models, monthly ones for the run's months. Records are refused in staging; a failed test of
        keys or structure stops here."""
        from orchestration.operations.dbt_step import dbt_step
        from orchestration.warehouse.dbt import dbt_events

        months = context.partition_key_range if context.has_partition_key_range else None
        selected = {tuple(key.path) for key in context.selected_asset_keys}
        with home.night(context) as night, dbt_step(night, manifest_path, selected, months, home) as arguments:
            chosen = _selection(context, manifest_path, translator)
            command = ["build", "--exclude-resource-type", "unit_test", "--no-write-json", *arguments, *chosen]
            for event in dbt_events(home.root, *command):
                yield from DbtCoreCliEventMessage(event, {}).to_default_asset_events(manifest_path, translator, context)

    return dg.Definitions(assets=[dbt_models])


def _selection(context: dg.AssetExecutionContext, manifest_path: Path, translator: Translator) -> list[str]:
    """dbt's arguments for the assets and checks that the run selects."""
    arguments, indirect = get_subset_selection_for_context(
        context, validate_manifest(manifest_path), "fqn:*", None, None, translator, None
    )
    return [*arguments, *(["--indirect-selection", indirect] if indirect else [])]
