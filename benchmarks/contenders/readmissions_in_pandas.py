"""Readmissions in pandas: sorted frames, grouped cumulative operations, no Python loop over rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

SET = ("I50", "E10", "E11", "E12", "E13", "E14", "J44", "J45", "J46", "J12", "J13", "J14", "J15", "J16", "J17", "J18")
DAY = pd.Timedelta(days=1)
OWN = ["region", "municipality", "sex", "month"]
LAST = ["region", "municipality", "provider_region", "sex", "born", "reserve", "stay_id"]


def numbered(stays: pd.DataFrame) -> pd.DataFrame:
    """Stays in order, each with the number of its person's spell and episode."""
    s = stays.sort_values(["person", "admitted", "until", "stay_id"], ignore_index=True)
    # A code for each person: grouping by numbers is what pandas does fast.
    s["who"] = s.groupby("person", sort=False).ngroup()
    s = s.drop(columns="person")
    by = s["who"]
    ended = s.groupby(by)["until"].cummax().groupby(by).shift()
    sent_on = s["discharged"].where(s["sent_out"]).groupby(by).ffill().groupby(by).cummax().groupby(by).shift()
    arrival = s["admitted"].where(s["sent_in"])
    next_in = arrival.groupby(by).bfill()
    linked = (s["admitted"] < ended) | (next_in <= ended + DAY) | (sent_on >= s["admitted"] - DAY)
    s["spell"] = (~linked).groupby(by).cumsum()
    s["episode"] = (~linked & ~(s["admitted"] == ended)).groupby(by).cumsum()
    return s


def units(stays: pd.DataFrame, kind: str, delivered: pd.DataFrame) -> pd.DataFrame:
    """One row per spell or episode, in order."""
    groups = stays.groupby(["who", kind], sort=False)
    whole = groups.agg(until=("until", "max"), died=("died", "any")).reset_index()
    # `first()` of a group would pass over a code that is missing.
    first = stays.drop_duplicates(["who", kind])[["who", kind, "code", "planned", "admitted"]]
    last = stays.sort_values(["who", kind, "until", "admitted", "stay_id"]).drop_duplicates(["who", kind], keep="last")
    u = first.merge(whole, on=["who", kind]).merge(last[["who", kind, *LAST]], on=["who", kind])
    u = u.merge(delivered, left_on="provider_region", right_on="provider", how="left")
    u["in_set"] = u["code"].str[:3].isin(SET)
    u["month"] = u["until"].dt.to_period("M").dt.to_timestamp()
    return u.sort_values(["who", "admitted", "until", "stay_id"], ignore_index=True)


def next_of(u: pd.DataFrame, condition: pd.Series) -> pd.Series:
    """The admission of the person's next unit for which the condition holds."""
    return u["admitted"].where(condition).groupby(u["who"]).bfill().groupby(u["who"]).shift(-1)


def counts(folder: Path) -> pd.DataFrame:
    """Index units `n` and readmissions `k` by method, residence, sex and month, from `stay.parquet`."""
    # Dates become 64-bit moments; "open" stays end on the last day that those hold in whole microseconds.
    stays = pd.read_parquet(folder / "stay.parquet")
    for name in ("admitted", "discharged", "until", "born"):
        stays[name] = stays[name].astype("datetime64[s]")
    delivered = pd.read_parquet(folder / "delivered.parquet")
    delivered["last_day"] = delivered["last_day"].astype("datetime64[s]")
    stays = numbered(stays)
    episodes, spells = (units(stays, kind, delivered) for kind in ("episode", "spell"))
    del stays

    def eligible(u: pd.DataFrame, days: int) -> pd.Series:
        return ~u["died"] & ~u["reserve"] & (u["until"] + pd.Timedelta(days=days) <= u["last_day"])

    def within(u: pd.DataFrame, admission: pd.Series, days: int) -> pd.Series:
        return (admission - u["until"]) <= pd.Timedelta(days=days)

    born, today = episodes["born"].dt, episodes["until"].dt
    age = today.year - born.year - (born.month * 100 + born.day > today.month * 100 + today.day)
    first_returns = (
        spells.sort_values(["admitted", "until", "stay_id"])
        .drop_duplicates(["who", "admitted"])[["who", "admitted", "planned"]]
        .rename(columns={"admitted": "returned_on", "planned": "planned_return"})
    )
    decided = pd.merge_asof(
        spells.sort_values("until"), first_returns, left_on="until", right_on="returned_on", by="who",
        direction="forward", allow_exact_matches=False,
    )  # fmt: skip
    judged = [
        ("socialstyrelsen", episodes, eligible(episodes, 30) & episodes["in_set"] & (age >= 65),
         within(episodes, next_of(episodes, episodes["in_set"] & ~episodes["planned"]), 30)),
        ("cihi_like", episodes, eligible(episodes, 30), within(episodes, next_of(episodes, ~episodes["planned"]), 30)),
        ("nhs", spells, eligible(spells, 29), within(spells, next_of(spells, ~spells["planned"]), 29)),
        ("all_cause", decided, eligible(decided, 30),
         within(decided, decided["returned_on"], 30) & decided["planned_return"].eq(False)),
    ]  # fmt: skip
    parts = []
    for method, frame, index, returned in judged:
        kept = frame.loc[index, OWN].assign(returned=returned[index].astype("int64"))
        # Where residence is not known the group stands all the same.
        told = kept.groupby(OWN, dropna=False)["returned"].agg(n="size", k="sum").reset_index()
        parts.append(told.assign(method=method))
    return pd.concat(parts, ignore_index=True)[["method", *OWN, "n", "k"]]
