"""What a source declaration may say. One YAML file per source is validated into a `Source`.

Here belongs the vocabulary of declarations: layouts, columns, missing markers, periods, series. Reading a file is
the readers' matter, turning text into values the lexical views'.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MissingStatus = Literal["missing_at_source", "not_reported", "not_applicable", "suppressed_small_n"]
PeriodFormat = Literal[
    "year",  # 2017
    "year_range",  # 2013-2016
    "half_year",  # 2017 H2
    "half_year_sample",  # 2017 H2, where the owner measures two weeks of the half-year
    "year_month_sv",  # 2012 april
    "month_year_sv",  # April 2012
    "px_month",  # 2026M01
    "day_sv",  # 31 december 2018
    "last_day_of_year_before",  # 2025, the year of a report that tells of 31 December 2024
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One declared column. `heading` is the text in the file (trimmed); `name` is ours."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    heading: str | None = None
    occurrence: int = Field(default=1, ge=1, description="which one, where a heading stands more than once")
    type: Literal["text", "number", "code", "date", "timestamp"] = "text"
    required: bool = True
    sensitive: bool = False
    blank: bool = Field(default=False, description="an empty text is null and no fault")
    pseudonym: dict[str, str] = Field(
        default_factory=dict, description="a person id: pattern by kind of id; cells hold its pseudonym, kind and key"
    )
    # date
    form: Literal["iso", "ymd"] = "iso"
    # text
    pattern: str | None = None
    # number
    decimal: Literal[",", "."] = ","
    thousands: bool = False
    exponent: bool = False
    negative: bool = False
    integer: bool = False
    missing: dict[str, MissingStatus] = Field(default_factory=dict)
    status_column: str | None = Field(default=None, description="says by a word why a value is missing")
    statuses: dict[str, MissingStatus] = Field(default_factory=dict, description="the words of the status column")
    unit: str | None = None
    compare: bool = True
    # code
    codes: dict[str, str] = Field(default_factory=dict)
    unknown: Literal["quarantine", "unmapped"] = "quarantine"
    labels: dict[str, str] = Field(
        default_factory=dict, description="json-stat: the code that a category's label means, the label in lower case"
    )

    @property
    def heading_text(self) -> str:
        return self.heading if self.heading is not None else self.name

    @model_validator(mode="after")
    def _whole(self) -> Column:
        if self.type == "code" and not self.codes:
            raise ValueError(f"column {self.name}: a code column declares its codes")
        if self.type != "number" and self.missing:
            raise ValueError(f"column {self.name}: only a number column declares missing markers")
        if self.statuses and (self.type != "number" or self.status_column is None):
            raise ValueError(f"column {self.name}: statuses need a number column and its status_column")
        for label, code in self.labels.items():
            if code not in self.codes.values():
                raise ValueError(f"column {self.name}: label {label!r} means {code!r}, which none of its codes is")
            if label != label.lower():
                raise ValueError(f"column {self.name}: label {label!r} is not in lower case, so nothing would match it")
        for pattern in [self.pattern or "", *self.pseudonym.values()]:
            re.compile(pattern)
        return self


class Period(_Strict):
    """Which column or columns, joined by a blank, say the period, and in which formats."""

    columns: list[str]
    formats: list[PeriodFormat]


class AreaColumn(_Strict):
    """A column that names an area, and the naming system of the crosswalk it uses."""

    column: str
    system: str


class AreaName(_Strict):
    """A column that names the area of a record beside others, in any of these naming systems of the crosswalk.

    `county`: it names the county or region in which the area lies, or the area itself.
    """

    column: str
    systems: list[str] = Field(min_length=1)
    county: bool = False


class Outside(_Strict):
    """Records that are read but belong to no area we publish; listed as unmapped with the reason."""

    column: str
    pattern: str
    reason: str


class Series(_Strict):
    """One measure of the source, named by the text of the series columns, and the fact that it feeds."""

    key: list[str]
    fact: Literal[
        "fct_costs", "fct_staffing", "fct_readmissions", "fct_wait_times", "fct_observations", "fct_population", "areas"
    ]
    topic_code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    unit: str
    title_sv: str | None = None
    attributes: dict[str, str | int | bool] = Field(default_factory=dict)
    zero: dict[str, MissingStatus] = Field(
        default_factory=dict,
        description="number columns in which the owner writes 0 for a missing value, with its status",
    )
    only: dict[str, str] = Field(
        default_factory=dict, description="code columns in which the series has one code, as the owner's id says"
    )

    @field_validator("zero", mode="before")
    @classmethod
    def _of_value(cls, given: Any) -> Any:
        """A status alone is that of the column `value`."""
        return {"value": given} if isinstance(given, str) else given


class MonthWindow(_Strict):
    """Months that a delivery covers and replaces whole, as its file's name says.

    `column`, captured from the name, reads `2013` (that year), `2024-05` (the `months_before` it), or has the covered
    months behind it (`2024-09_2024-03_2024-03`). `date` places a record in its month, an empty one among the open
    records, of which the delivery of the scope that tells of the latest month decides; without `date` all records lie
    in the sending itself. Layouts of one `part` tell the same months, one after the other: a month that came in the
    older layout is replaced by the newer one.
    """

    column: str
    part: str | None = None
    date: str | None = None
    months_before: int = Field(default=3, ge=1)


class Unpivot(_Strict):
    """Headings that carry data. `heading` is a regular expression whose named groups become columns."""

    heading: str
    value: str
    consecutive: bool = Field(default=False, description="the periods in the headings follow each other without a gap")

    @property
    def groups(self) -> list[str]:
        return list(re.compile(self.heading).groupindex)


class ExtractedAt(_Strict):
    """Where the delivery says when it was drawn: a column, the footer, the name, or a JSON field."""

    column: str | None = None
    footer: str | None = None
    file_name: str | None = None
    field: str | None = None


class _Layout(_Strict):
    layout_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    columns: list[Column] = Field(default_factory=list)
    period: Period | None = None
    areas: list[AreaColumn] = Field(default_factory=list, description="the first one that is not empty names the area")
    agree: list[list[AreaName]] = Field(
        default_factory=list, description="columns that must mean one area; a text the crosswalk lacks says nothing"
    )
    series_columns: list[str] = Field(default_factory=list)
    series: list[Series] = Field(default_factory=list)
    key: list[str] = Field(default_factory=list, description="beside series, area and period")
    outside: list[Outside] = Field(default_factory=list)
    file_name: str | None = Field(default=None, description="its named groups, found in the name, become columns")
    extracted_at: ExtractedAt = ExtractedAt()
    selection: list[str] = Field(default_factory=list, description="columns that tell one query from another")
    window: MonthWindow | None = None
    breaks_rules_percent: float = Field(
        default=5, ge=0, le=100, description="above this share of records that break rules the file is refused"
    )
    ordered: list[tuple[str, str]] = Field(default_factory=list, description="dates, the first not after the second")
    # A column, field or dimension that qualifies a value and that nobody declared makes the value a part of the total.
    all_of: dict[str, list[str]] = Field(
        default_factory=dict, description="by undeclared heading or dimension: the values that leave nothing out"
    )
    remarks: list[str] = Field(default_factory=list, description="headings that say nothing of what the values count")
    began: int | None = Field(default=None, ge=1700, le=2099, description="the first year that the source tells of")

    @property
    def captured(self) -> list[str]:
        """Names of columns that do not stand in a field of their own."""
        return list(re.compile(self.file_name).groupindex) if self.file_name else []

    @property
    def cell_names(self) -> list[str]:
        """Names of the columns that cells have: those declared, and what stands beside a pseudonym."""
        beside = [f"{c.name}_{what}" for c in self.columns if c.pseudonym for what in ("kind", "key")]
        return [*(c.name for c in self.columns), *beside]

    @property
    def field_columns(self) -> list[Column]:
        """Columns that stand in the file under a heading of their own."""
        return [c for c in self.columns if c.name not in self.captured]

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"layout {self.layout_id} declares no column {name}")

    @model_validator(mode="after")
    def _names_exist(self) -> Any:
        names = {c.name for c in self.columns}
        if len(names) != len(self.columns):
            raise ValueError(f"layout {self.layout_id}: a column name stands twice")
        used = [*self.series_columns, *self.key, *self.selection, *(name for pair in self.ordered for name in pair)]
        used += [*(a.column for a in self.areas), *(o.column for o in self.outside)]
        used += [a.column for group in self.agree for a in group]
        used += self.period.columns if self.period else []
        used += [self.extracted_at.column] if self.extracted_at.column else []
        used += [c.status_column for c in self.columns if c.status_column]
        used += [name for name in (self.window.column, self.window.date) if name] if self.window else []
        for name in used:
            if name not in names:
                raise ValueError(f"layout {self.layout_id}: {name} is used but not declared as a column")
        for group in self.agree:
            if len({a.column for a in group}) < max(2, len(group)):
                raise ValueError(f"layout {self.layout_id}: agree needs two columns or more, none of them twice")
        numbers = {c.name for c in self.columns if c.type == "number"}
        codes = {c.name: set(c.codes.values()) for c in self.columns if c.type == "code"}
        for series in self.series:
            if len(series.key) != len(self.series_columns):
                raise ValueError(f"layout {self.layout_id}: series {series.key} needs {len(self.series_columns)} parts")
            for name in series.zero:
                if name not in numbers:
                    raise ValueError(
                        f"layout {self.layout_id}: zero of series {series.key}: {name} is no number column"
                    )
            for name, code in series.only.items():
                if code not in codes.get(name, ()):
                    raise ValueError(
                        f"layout {self.layout_id}: only of series {series.key}: {name} is no code column with {code!r}"
                    )
        return self


class _Tabular(_Layout):
    """Rows and columns: an optional title, heading rows, records, an optional footer. Blank rows are no records.

    `title` is matched against the first row that is not blank; its named groups become columns (as does the whole
    title, where a column named `title` is declared). Heading rows are joined per column with a blank.
    """

    title: str | None = None
    heading_rows: int = Field(default=1, ge=0, description="0: columns stand in their order, the name tells the layout")
    footer: str | None = None
    footer_required: bool = True
    unpivot: Unpivot | None = None
    final_newline: Literal["always", "never", "either"] = "either"

    @property
    def captured(self) -> list[str]:
        names = super().captured
        names += list(re.compile(self.title).groupindex) if self.title else []
        names += ["title"] if self.title else []
        names += [*self.unpivot.groups, self.unpivot.value] if self.unpivot else []
        return names


class Delimited(_Tabular):
    family: Literal["delimited"]
    delimiter: str = Field(min_length=1, max_length=1)
    encodings: list[str] = Field(default_factory=lambda: ["utf-8"])
    empty: Literal["refused", "lawful"] = Field(
        default="refused", description="lawful: by the owner's rules a file without a byte says that there was no case"
    )

    @model_validator(mode="after")
    def _is_told(self) -> Delimited:
        if self.heading_rows == 0 and not self.file_name:
            raise ValueError(f"layout {self.layout_id}: without headings only the file's name can tell the layout")
        named = {*self.selection, *([self.window.column] if self.window else [])}
        if self.empty == "lawful" and (self.heading_rows or not self.window or not named <= set(self.captured)):
            raise ValueError(
                f"layout {self.layout_id}: an empty file is lawful only without headings, and where the file's name "
                "says who sent it and which months it covers"
            )
        return self


class Workbook(_Tabular):
    """XLSX, the shown sheet that fits. `unpacked_limit_mb` and a ratio of 1 000 : 1 bound what is unpacked."""

    family: Literal["xlsx"]
    unpacked_limit_mb: int = 200


class JsonStat(_Layout):
    """json-stat2 (PxWeb v2). Column headings are dimension ids, plus `value`, `status` and `tableid`.

    `eliminated`: the code of the total that stands for a dimension which the query left out. PxWeb lets a query leave
    out only what its metadata call `elimination`, and sums over it.
    """

    family: Literal["jsonstat"]
    eliminated: dict[str, str] = Field(default_factory=dict)
    area_labels: list[str] = Field(
        default_factory=list,
        description="naming systems of areas' labels: one that means another area is a fault",
    )


class KoladaValues(_Layout):
    """Kolada v3 values: one record per kpi, municipality, period and gender."""

    family: Literal["kolada_values"]


class KoladaList(_Layout):
    """Kolada v3 metadata: one record per object; lists become JSON text."""

    family: Literal["kolada_list"]


class Document(_Layout):
    """Kept in the raw store, not read: metadata that holds no values. All of `json_fields` stand at the top level."""

    family: Literal["document"]
    json_fields: list[str]


Layout = Annotated[
    Delimited | Workbook | JsonStat | KoladaValues | KoladaList | Document, Field(discriminator="family")
]


class Source(_Strict):
    """One owner's recurring export."""

    source_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_sv: str
    name_en: str
    owner: str
    licence: str
    citation: str
    rhythm: Literal["monthly", "quarterly", "half_yearly", "yearly", "irregular"]
    scope: Literal["source", "period", "query"]
    supersedes: str | None = None
    personal: bool = False
    shrinks_by_percent: float = Field(default=10, ge=0, le=100, description="beyond this a delivery is told as shrunk")
    layouts: list[Layout]

    @model_validator(mode="after")
    def _layouts_differ(self) -> Source:
        ids = [layout.layout_id for layout in self.layouts]
        if len(set(ids)) != len(ids):
            raise ValueError(f"source {self.source_id}: a layout_id stands twice")
        return self

    def layout(self, layout_id: str) -> Layout:
        for layout in self.layouts:
            if layout.layout_id == layout_id:
                return layout
        raise KeyError(f"source {self.source_id} has no layout {layout_id}")
