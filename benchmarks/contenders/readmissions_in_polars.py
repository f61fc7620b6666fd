"""Readmissions in Polars: lazy frames, window expressions `over` the person, one collect."""

from __future__ import annotations

from pathlib import Path

import polars as pl

SET = ["I50", "E10", "E11", "E12", "E13", "E14", "J44", "J45", "J46", "J12", "J13", "J14", "J15", "J16", "J17", "J18"]
DAY = pl.duration(days=1)
OWN = ["region", "municipality", "sex", "month"]


def numbered(stays: pl.LazyFrame) -> pl.LazyFrame:
    """Stays in order, each with the number of its person's spell and episode."""
    date = pl.col("admitted")
    return (
        stays.sort("person", "admitted", "until", "stay_id")
        .with_columns(
            ended=pl.col("until").cum_max().shift(1).over("person"),
            sent_on=pl.when("sent_out").then("discharged").cum_max().forward_fill().shift(1).over("person"),
            arrival=pl.when("sent_in").then("admitted"),
        )
        # The next coded arrival, the stay's own included.
        .with_columns(next_in=pl.col("arrival").backward_fill().over("person"))
        .with_columns(
            linked=(
                (date < pl.col("ended")).fill_null(False)
                | (pl.col("next_in") <= pl.col("ended") + DAY).fill_null(False)
                | (pl.col("sent_on") >= date - DAY).fill_null(False)
            ),
            same_day=(date == pl.col("ended")).fill_null(False),
        )
        .with_columns(
            spell=(~pl.col("linked")).cum_sum().over("person"),
            episode=(~pl.col("linked") & ~pl.col("same_day")).cum_sum().over("person"),
        )
    )


def units(stays: pl.LazyFrame, kind: str, delivered: pl.LazyFrame) -> pl.LazyFrame:
    """One row per spell or episode, in order."""
    last = ["region", "municipality", "provider_region", "sex", "born", "reserve", "stay_id"]
    ended = stays.sort("person", kind, "until", "admitted", "stay_id")
    return (
        ended.group_by("person", kind, maintain_order=True)
        .agg(
            pl.col("admitted").min().alias("begun"),
            pl.col("until").max(),
            pl.col("died").any(),
            pl.col("code", "planned").sort_by("admitted", "until", "stay_id").first(),
            *[pl.col(name).last() for name in last],
        )
        .rename({"begun": "admitted"})
        .join(delivered, left_on="provider_region", right_on="provider", how="left")
        .with_columns(
            in_set=pl.col("code").str.slice(0, 3).is_in(SET).fill_null(False), month=pl.col("until").dt.truncate("1mo")
        )
        .sort("person", "admitted", "until", "stay_id")
    )


def next_of(condition: pl.Expr) -> pl.Expr:
    """The admission of the person's next unit for which the condition holds."""
    return pl.when(condition).then("admitted").backward_fill().shift(-1).over("person")


def days(admission: pl.Expr) -> pl.Expr:
    return (admission - pl.col("until")).dt.total_days()


def counts(folder: Path) -> pl.DataFrame:
    """Index units `n` and readmissions `k` by method, residence, sex and month, from `stay.parquet`."""
    delivered = pl.scan_parquet(folder / "delivered.parquet")
    stays = numbered(pl.scan_parquet(folder / "stay.parquet"))
    spells, episodes = (units(stays, kind, delivered) for kind in ("spell", "episode"))
    eligible = ~pl.col("died") & ~pl.col("reserve") & (pl.col("until") < pl.date(9999, 12, 31))
    followed = {n: pl.col("until") + pl.duration(days=n) <= pl.col("last_day") for n in (29, 30)}
    # Polars' months are 8 bits wide; the day of the year in a month-day number needs more.
    birthday, today = (pl.col(c).dt.month().cast(pl.Int32) * 100 + pl.col(c).dt.day() for c in ("born", "until"))
    age = pl.col("until").dt.year() - pl.col("born").dt.year() - (birthday > today)
    acute = ~pl.col("planned")
    first_returns = (
        spells.group_by("person", "admitted")
        .agg(pl.col("planned").sort_by("until", "stay_id").first())
        .with_columns(returned_on=pl.col("admitted"))
        .sort("admitted")
    )
    decided = (
        spells.with_columns(after=pl.col("until") + DAY)
        .sort("after")
        .join_asof(
            first_returns, left_on="after", right_on="admitted", by="person", strategy="forward", suffix="_return"
        )
    )
    judged = [
        ("socialstyrelsen", episodes, eligible & pl.col("in_set") & followed[30] & (age >= 65),
         days(next_of(pl.col("in_set") & acute)) <= 30),
        ("cihi_like", episodes, eligible & followed[30], days(next_of(acute)) <= 30),
        ("nhs", spells, eligible & followed[29], days(next_of(acute)) <= 29),
        ("all_cause", decided, eligible & followed[30],
         (days(pl.col("returned_on")) <= 30) & ~pl.col("planned_return")),
    ]  # fmt: skip
    return pl.concat(
        pl.collect_all(
            [
                frame.with_columns(returned=returned.fill_null(False))
                .filter(index)
                .group_by(OWN)
                .agg(n=pl.len().cast(pl.Int64), k=pl.col("returned").sum().cast(pl.Int64))
                .select(pl.lit(method).alias("method"), *OWN, "n", "k")
                for method, frame, index, returned in judged
            ]
        )
    )
