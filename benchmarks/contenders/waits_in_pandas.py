"""Waits in pandas: one merge with the rules, a grouped count by day of wait, then cumulated counts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

RULE = ["month", "contact_type", "guarantee_rule", "bound_days", "phase"]
KEY = [*RULE, "attribution", "area", "sex", "exclusion_set"]
DATES = ("month", "sought", "referral", "decision", "performed")


def waited(folder: Path) -> pd.DataFrame:
    """How many contacts waited how many days, by rule, regions, sex and deviation."""
    contacts = pd.read_parquet(
        folder / "contact.parquet", filters=[("guarantee_applies", "==", True), ("acute", "==", False)]
    )
    rules = pd.read_parquet(folder / "rules.parquet")
    for name in DATES:
        contacts[name] = contacts[name].astype("datetime64[s]")
    for name in ("valid_from", "valid_to"):
        rules[name] = rules[name].astype("datetime64[s]")
    for name in ("phase", "status", "profession", "provider_region", "residence_region", "sex", "deviation"):
        contacts[name] = contacts[name].astype("category")
    parts = []
    for r in rules[rules["clock_reading"].isin(["any", "contact"])].itertuples():
        own = (contacts["phase"] == r.phase) & contacts["month"].between(r.valid_from, r.valid_to)
        own &= contacts["age"].between(r.age_from, r.age_to)
        if r.profession != "any":
            own &= contacts["profession"] == r.profession
        c = contacts.loc[own]
        if r.contact_type in ("operation", "investigation"):
            start = c["decision"]
        else:
            start = c["referral"].fillna(c["sought"]) if r.contact_type == "first_visit" else c["sought"]
        performed = c["status"] == "performed"
        days = (c["performed"].where(performed, c["month"] + pd.offsets.MonthEnd(0)) - start).dt.days
        keys = ["month", "status", "provider_region", "residence_region", "sex", "deviation"]
        told = c[keys].assign(days=days).dropna(subset=["days"])
        n = told.groupby([*keys, "days"], dropna=False, observed=True).size().rename("n").reset_index()
        parts.append(n.assign(contact_type=r.contact_type, guarantee_rule=r.guarantee_rule, bound_days=r.bound_days))
    histogram = pd.concat(parts, ignore_index=True)
    for name in ("provider_region", "residence_region", "sex", "deviation"):
        histogram[name] = histogram[name].astype("object")
    return histogram.assign(phase=histogram["status"].astype("object").replace("performed", "completed"))


def counts(folder: Path) -> pd.DataFrame:
    """Waits `n`, those within the bound `met`, `median` and `p90` by everything that is told apart."""
    histogram = waited(folder)
    sets = pd.read_parquet(folder / "sets.parquet")
    sets = sets.loc[sets["counted"], ["exclusion_set", "deviation_code"]]
    places = []
    for name in ("provider", "residence"):
        region = f"{name}_region"
        for area in (histogram[region], "00"):
            for sex in (histogram["sex"], "total"):
                places.append(histogram.assign(attribution=name, area=area, sex=sex).dropna(subset=["area"]))
    chosen = pd.concat(places, ignore_index=True).merge(sets, left_on="deviation", right_on="deviation_code")
    chosen = chosen.groupby([*KEY, "days"], dropna=False)["n"].sum().reset_index()
    own = chosen.groupby(KEY, dropna=False)["n"]
    chosen["up_to"], chosen["total"] = own.cumsum(), own.transform("sum")
    chosen["met"] = chosen["n"].where(chosen["days"] <= chosen["bound_days"], 0)
    found = chosen.groupby(KEY, dropna=False)[["n", "met"]].sum()
    found["met"] = found["met"].where(found.index.get_level_values("bound_days").notna())
    for quantile, tenths in (("median", 5), ("p90", 9)):
        low, high = (
            chosen["days"].where(chosen["up_to"] > (tenths * (chosen["total"] - 1) + more) // 10) for more in (0, 9)
        )
        ends = chosen.assign(low=low, high=high).groupby(KEY, dropna=False)[["low", "high"]].min()
        value = ends["low"] + (ends["high"] - ends["low"]) * ((tenths * (found["n"] - 1)) % 10) / 10
        found[quantile] = value.where(found["n"] >= 10)
    return found.reset_index().drop(columns="bound_days")
