"""Landing and cells: the owners' files, and what was read from them. One asset per layout."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.resources import WarehouseHome

OWNERS = ["team:vardlagret"]
_KIND = {"delimited": "csv", "xlsx": "excel", "jsonstat": "json", "kolada_values": "json", "kolada_list": "json"}


@dg.definitions
def deliveries() -> dg.Definitions:
    from orchestration.sources.catalogue import load_catalogue

    catalogue = load_catalogue()
    landing = [
        dg.AssetSpec(
            ["landing", source.source_id],
            group_name="landing",
            description=f"{source.name_sv} ({source.name_en}). Owner: {source.owner}. {source.citation}",
            owners=OWNERS,
            kinds={"file"},
        )
        for source in catalogue.sources
    ]
    cells = [
        dg.AssetSpec(
            ["cells", f"{source.source_id}__{layout.layout_id}"],
            group_name="cells",
            description=layout.description,
            deps=[dg.AssetKey(["landing", source.source_id])],
            owners=OWNERS,
            kinds={_KIND[layout.family], "parquet"},
            metadata={"rhythm": source.rhythm, "scope": source.scope, "licence": source.licence},
        )
        for source, layout in catalogue.layouts()
        if layout.family != "document"
    ]

    @dg.multi_asset(name="take_in", specs=cells, pool="warehouse")
    def take_in(context: dg.AssetExecutionContext, home: WarehouseHome) -> Iterator[dg.MaterializeResult]:
        """Take in what lies in the landing, and the folder if one is given. Every file gets an outcome."""
        from pathlib import Path

        from orchestration.operations.stages import take_in_stage

        with home.night(context) as night:
            take_in_stage(night, Path(home.folder) if home.folder else None)
            current = night.ledger.current_deliveries()
        for spec in cells:
            names = [d for d in current if f"{d.source_id}__{d.layout_id}" == spec.key.path[-1]]
            yield dg.MaterializeResult(asset_key=spec.key, metadata={"current_deliveries": len(names)})

    declared = [
        dg.AssetSpec(
            ["declared", name],
            group_name="declared",
            deps=cells,
            owners=OWNERS,
            kinds={"duckdb"},
            description=text,
        )
        for name, text in {
            "deliveries": "Current deliveries, with the scopes and periods each one is current for.",
            "series": "Measures that the declarations name.",
            "sources": "Declared sources.",
        }.items()
    ]

    @dg.multi_asset(name="declare", specs=declared, pool="warehouse")
    def declare(context: dg.AssetExecutionContext, home: WarehouseHome) -> Iterator[dg.MaterializeResult]:
        """Write declared tables and lexical views into the warehouse."""
        from orchestration.operations.stages import declare_stage

        with home.night(context) as night:
            detail = declare_stage(night)
        for spec in declared:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=detail)

    return dg.Definitions(assets=[*landing, take_in, declare])
