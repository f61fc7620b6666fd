"""dbt: staging, facts and indicators. Names, descriptions and tests come from the dbt project."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

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
    from orchestration.warehouse.dbt import ensure_manifest, target_path

    home_path = Settings.read().home

    manifest_path = ensure_manifest(home_path)

    @dbt_assets(
        manifest=manifest_path,
        dagster_dbt_translator=Translator(),
        name="dbt",
        pool="warehouse",
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, home: WarehouseHome) -> Iterator:
        """Build and test models, monthly ones for the run's months. Records are refused in staging; a failed test of
        keys or structure stops here."""
        from orchestration.operations.dbt_step import dbt_step

        months = context.partition_key_range if context.has_partition_key_range else None
        selected = {tuple(key.path) for key in context.selected_asset_keys}
        with home.night(context) as night, dbt_step(night, manifest_path, selected, months, home) as arguments:
            command = ["build", "--exclude-resource-type", "unit_test", *arguments]
            yield from dbt.cli(command, context=context, target_path=target_path(home.root)).stream()

    return dg.Definitions(assets=[dbt_models])
