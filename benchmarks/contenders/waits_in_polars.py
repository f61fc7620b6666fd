"""Waits in Polars: contacts counted by day of wait in one streamed pass, then all else from the counts."""

from __future__ import annotations

from pathlib import Path

import polars as pl

RULE = ["month", "contact_type", "guarantee_rule", "bound_days", "phase"]
KEY = [*RULE, "attribution", "area", "sex", "exclusion_set"]


def waited(folder: Path) -> pl.DataFrame:
    """How many contacts waited how many days, by rule, regions, sex and deviation."""
    contacts = pl.scan_parquet(folder / "contact.parquet").filter("guarantee_applies", ~pl.col("acute"))
    rules = pl.scan_parquet(folder / "rules.parquet").filter(pl.col("clock_reading").is_in(["any", "contact"]))
    start = (
        pl.when(pl.col("contact_type").is_in(["operation", "investigation"]))
        .then("decision")
        .when(pl.col("contact_type") == "first_visit")
        .then(pl.coalesce("referral", "sought"))
        .otherwise("sought")
    )
    end = pl.when(pl.col("status") == "performed").then("performed").otherwise(pl.col("month").dt.month_end())
    return (
        contacts.join(rules.rename({"profession": "for"}), on="phase")
        .filter(
            pl.col("month").is_between("valid_from", "valid_to"),
            pl.col("age").is_between("age_from", "age_to"),
            (pl.col("for") == "any") | (pl.col("for") == pl.col("profession")),
        )
        .with_columns(
            days=(end - start).dt.total_days(),
            phase=pl.when(pl.col("status") == "performed").then(pl.lit("completed")).otherwise("status"),
        )
        .filter(pl.col("days").is_not_null())
        .group_by(*RULE, "provider_region", "residence_region", "sex", "deviation", "days")
        .agg(n=pl.len().cast(pl.Int64))
        .collect(engine="streaming")
    )


def counts(folder: Path) -> pl.DataFrame:
    """Waits `n`, those within the bound `met`, `median` and `p90` by everything that is told apart."""
    histogram = waited(folder).lazy()
    sets = (
        pl.scan_parquet(folder / "sets.parquet").filter("counted").select("exclusion_set", deviation="deviation_code")
    )
    places = [
        histogram.with_columns(attribution=pl.lit(name), area=area, sex=sex).drop_nulls("area")
        for name in ("provider", "residence")
        for area in (pl.col(f"{name}_region"), pl.lit("00"))
        for sex in (pl.col("sex"), pl.lit("total"))
    ]
    chosen = pl.concat(places).join(sets, on="deviation").group_by(*KEY, "days").agg(pl.col("n").sum()).sort("days")
    ranked = chosen.with_columns(up_to=pl.col("n").cum_sum().over(KEY), total=pl.col("n").sum().over(KEY))

    def at(tenths: int, more: int) -> pl.Expr:
        rank = (tenths * (pl.col("total") - 1) + more) // 10
        return pl.col("days").filter(pl.col("up_to") > rank).min()

    def quantile(tenths: int) -> pl.Expr:
        between = (tenths * (pl.col("n") - 1)) % 10 / 10
        low, high = pl.col(f"low_{tenths}"), pl.col(f"high_{tenths}")
        return pl.when(pl.col("n") >= 10).then(low + (high - low) * between)

    return (
        ranked.group_by(KEY)
        .agg(
            pl.col("n").sum(),
            met=pl.col("n").filter(pl.col("days") <= pl.col("bound_days")).sum(),
            **{f"{end}_{tenths}": at(tenths, more) for tenths in (5, 9) for end, more in (("low", 0), ("high", 9))},
        )
        .with_columns(met=pl.when(pl.col("bound_days").is_not_null()).then("met"), median=quantile(5), p90=quantile(9))
        .select(*[k for k in KEY if k != "bound_days"], "n", "met", "median", "p90")
        .collect()
    )
