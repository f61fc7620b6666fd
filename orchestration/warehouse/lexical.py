"""The lexical contract: a declared column becomes SQL that lets a text pass only in its declared form, then types it.

Cells are text. DuckDB casts `'12.7'` to 13 and `'1_000'` to 1000 without a word, so no cast stands here without the
declared pattern before it, and none that would round: the number of decimals is counted first (docs/decisions/0003).
"""

from __future__ import annotations

from orchestration.sources.model import Column, Layout, Period
from orchestration.sql import quoted
from orchestration.warehouse.contradictions import contradictions

SCALE = 12
SHORT_DIGITS, SHORT_SCALE = 12, 6
MONTHS_SV = (
    "januari", "februari", "mars", "april", "maj", "juni",
    "juli", "augusti", "september", "oktober", "november", "december",
)  # fmt: skip
# Blank, no-break space, narrow no-break space and thin space: what owners write between groups of three digits.
_BLANKS = r"[ \x{00A0}\x{202F}\x{2009}]"


def number_pattern(column: Column) -> str:
    """The regular expression (RE2) of a number in its declared form, with groups: integer part, decimals, exponent."""
    sign = "-?" if column.negative else ""
    whole = r"(0|[1-9]\d*)"
    if column.thousands:
        whole = rf"(0|[1-9]\d{{0,2}}(?:{_BLANKS}\d{{3}})+|[1-9]\d*)"
    decimals = "" if column.integer else rf"(?:{'[.]' if column.decimal == '.' else ','}(\d+))?"
    exponent = r"(?:[Ee]([+-]?\d{1,3}))?" if column.exponent else ""
    return sign + whole + decimals + exponent


def number_value(column: Column) -> str:
    """SQL giving DECIMAL(28,12), or null where the text is no number in its declared form or would be rounded."""
    plain, matches, scale = _number_parts(column)
    # DuckDB parses a decimal of up to 18 digits forty times faster than a longer one (benchmarks/deliveries.md).
    short = "false" if column.exponent else f"length({plain}) <= {SHORT_DIGITS} and {scale} <= {SHORT_SCALE}"
    return (
        f"case when not ({matches} and {scale} <= {SCALE}) then null "
        f"when {short} then cast(try_cast({plain} as decimal(18,{SHORT_SCALE})) as decimal(28,{SCALE})) "
        f"else try_cast({plain} as decimal(28,{SCALE})) end"
    )


def has_more_decimals(column: Column) -> str:
    """SQL telling a number in its declared form that would be rounded from a text that is no number."""
    _, matches, scale = _number_parts(column)
    return f"{matches} and {scale} > {SCALE}"


def _number_parts(column: Column) -> tuple[str, str, str]:
    """SQL for the number as DuckDB writes it, for whether it has its declared form, and for its decimals."""
    text = f"trim({column.name})"
    plain = f"regexp_replace({text}, '{_BLANKS}', '', 'g')" if column.thousands else text
    if column.decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    matches = f"regexp_full_match({text}, {quoted(number_pattern(column))})"
    scale = "0"
    if not column.integer:
        scale = f"length(regexp_extract({plain}, '[.](\\d+)', 1))"
    if column.exponent:
        scale = f"({scale} - coalesce(try_cast(regexp_extract({plain}, '[Ee]([+-]?\\d+)', 1) as integer), 0))"
    return plain, matches, scale


def zero_means(layout: Layout, column: Column) -> dict[str, str]:
    """SQL conditions under which a 0 in the column stands for a missing value, by the status that it then has.

    Declared by series (`zero`). A correction that gives 0 is a figure, and stays.
    """
    keys: dict[str, list[str]] = {}
    for series in layout.series:
        if column.name in series.zero:
            keys.setdefault(series.zero[column.name], []).append("|".join(series.key))
    text = "concat_ws('|', " + ", ".join(f"trim({name})" for name in layout.series_columns) + ")"
    exponent = r"(?:E[+-]?\d{1,3})?" if column.exponent else ""
    decimals = "" if column.integer else rf"(?:{'[.]' if column.decimal == '.' else ','}0+)?"
    zero = f"{'-?' if column.negative else ''}0{decimals}{exponent}"
    written = (
        f"override_column is distinct from {quoted(column.name)} "
        f"and regexp_full_match(trim({column.name}), {quoted(zero)})"
    )
    return {
        status: written + (f" and {text} in ({', '.join(map(quoted, found))})" if layout.series_columns else "")
        for status, found in keys.items()
    }


def number_status(column: Column, zeros: dict[str, str] | None = None) -> str:
    """SQL giving a correction's status or the kind of missing of a declared marker, else `normal`.

    `zeros`: conditions under which a 0 is such a marker, by status (`zero_means`).
    """
    override = f"when override_column = {quoted(column.name)} and override_status is not null then override_status"
    text = f"trim({column.name})"
    whens = " ".join(
        f"when {text} = {quoted(marker)} then {quoted(status)}" for marker, status in column.missing.items()
    )
    whens += " ".join(f" when {condition} then {quoted(status)}" for status, condition in (zeros or {}).items())
    if not column.status_column:
        return f"case {override} {whens} else 'normal' end"
    # Only a missing value has a reason to be missing; a word that contradicts a value is a fault (`status_faults`).
    word = f"trim(coalesce({column.status_column}, ''))"
    absent = f"({text} is null or {text} in ({', '.join(map(quoted, ['', *column.missing]))}))"
    words = " ".join(
        f"when {absent} and {word} = {quoted(told)} then {quoted(status)}" for told, status in column.statuses.items()
    )
    return f"case {override} {words} {whens} else 'normal' end"


def status_faults(column: Column) -> list[tuple[str, str, str]]:
    """(SQL condition, rule, column) of a status word: one beside a value that it calls missing, or one undeclared."""
    if not column.status_column:
        return []
    word = f"trim(coalesce({column.status_column}, ''))"
    declared = ", ".join(map(quoted, column.statuses))
    contradicts = f"{word} in ({declared}) and {column.name}_value is not null and override_column is null"
    return [
        (f"{word} not in ('', {declared})", "R_MISSING_MARKER", column.status_column),
        (contradicts, "R_MISSING_MARKER", column.status_column),
    ]


def column_faults(column: Column) -> list[tuple[str, str]]:
    """(SQL condition, rule) of what a text may break, in the order in which it is told: the first that holds counts."""
    text = f"trim({column.name})"
    faults = []
    if column.type == "number":
        # A marker nobody declared, or a number in another form.
        broken = f"{column.name}_status = 'normal' and {column.name}_value is null"
        # `#DIV/0!` and `=B2/B3` are an error and a formula of a workbook, whatever digits are in them.
        digit = f"regexp_matches({text}, '^[^#=]*\\d')"
        faults = [
            (f"{broken} and {has_more_decimals(column)}", "R_SCALE"),
            (f"{broken} and {digit}", "R_NUMBER"),
            (broken, "R_MISSING_MARKER"),
        ]
    elif column.type == "code":
        if column.unknown == "quarantine":
            faults = [(f"{column.name}_code is null", "R_CODE")]
    elif column.pseudonym:
        faults = [(f"{column.name}_kind is null", "R_PATTERN")]
    elif column.type in ("date", "timestamp"):
        faults = [(f"{column.name}_value is null", "R_DATE")]
    elif column.pattern:
        faults = [(f"not regexp_matches({text}, {quoted(column.pattern)})", "R_PATTERN")]
    written = f"coalesce({text}, '') <> '' and " if column.blank else ""
    return [(written + condition, rule) for condition, rule in faults]


def code_value(column: Column) -> str:
    """SQL giving the declared code of a text, null where none is declared."""
    whens = " ".join(f"when {quoted(text)} then {quoted(code)}" for text, code in column.codes.items())
    return f"case trim({column.name}) {whens} end"


_PERIOD_PATTERNS = {
    "year": r"\d{4}",
    "year_range": r"\d{4}-\d{4}",
    "half_year": r"\d{4} H[12]",
    "half_year_sample": r"\d{4} H[12]",
    "year_month_sv": r"\d{4} \pL+",
    "month_year_sv": r"\pL+ \d{4}",
    "px_month": r"\d{4}M\d{2}",
    "day_sv": r"\d{1,2} \pL+ \d{4}",
    "last_day_of_year_before": r"\d{4}",
}


def _month_number(expression: str) -> str:
    whens = " ".join(f"when '{name}' then {number}" for number, name in enumerate(MONTHS_SV, start=1))
    return f"case lower({expression}) {whens} end"


def _period_start(form: str, text: str) -> str:
    year = f"try_cast(regexp_extract({text}, '(\\d{{4}})', 1) as integer)"
    match form:
        case "year" | "year_range":
            return f"make_date({year}, 1, 1)"
        case "last_day_of_year_before":
            return f"make_date({year} - 1, 12, 31)"
        case "half_year" | "half_year_sample":
            return f"make_date({year}, case when {text} like '%H1' then 1 else 7 end, 1)"
        case "year_month_sv" | "month_year_sv":
            month = _month_number(f"regexp_extract({text}, '(\\pL+)', 1)")
            return f"case when {month} is not null then make_date({year}, {month}, 1) end"
        case "px_month":
            month = f"try_cast(right({text}, 2) as integer)"
            return f"case when {month} between 1 and 12 then make_date({year}, {month}, 1) end"
        case "day_sv":
            month = _month_number(f"regexp_extract({text}, '(\\pL+)', 1)")
            day = f"lpad(regexp_extract({text}, '^(\\d{{1,2}})', 1), 2, '0')"
            return f"try_cast({year} || '-' || lpad(cast({month} as varchar), 2, '0') || '-' || {day} as date)"
    raise ValueError(f"unknown period format {form}")


_PERIOD_TYPE = {
    "year": "year",
    "year_range": "year_range",
    "half_year": "half_year",
    "half_year_sample": "sample",
    "year_month_sv": "month",
    "month_year_sv": "month",
    "px_month": "month",
    "day_sv": "day",
    "last_day_of_year_before": "day",
}
_END = {
    "year": "make_date(year({s}), 12, 31)",
    "half_year": "last_day(cast({s} + interval 5 month as date))",
    "half_year_sample": "last_day(cast({s} + interval 5 month as date))",
    "year_month_sv": "last_day({s})",
    "month_year_sv": "last_day({s})",
    "px_month": "last_day({s})",
    "day_sv": "{s}",
    "last_day_of_year_before": "{s}",
}
_NAME = {
    "year": "strftime({s}, '%Y')",
    "year_range": "replace({t}, '-', '/')",
    "half_year": "strftime({s}, '%Y') || '-' || right({t}, 2)",
    "half_year_sample": "strftime({s}, '%Y') || '-' || right({t}, 2)",
    "year_month_sv": "strftime({s}, '%Y-%m')",
    "month_year_sv": "strftime({s}, '%Y-%m')",
    "px_month": "strftime({s}, '%Y-%m')",
    "day_sv": "strftime({s}, '%Y-%m-%d')",
    "last_day_of_year_before": "strftime({s}, '%Y-%m-%d')",
}


def period_columns(period: Period) -> dict[str, str]:
    """SQL for `period_start, period_end, period_type, period`; all null where no declared format fits."""
    text = "concat_ws(' ', " + ", ".join(f"trim({name})" for name in period.columns) + ")"
    cases: dict[str, list[str]] = {"period_start": [], "period_end": [], "period_type": [], "period": []}
    for form in period.formats:
        start = _period_start(form, text)
        if form == "year_range":
            end = f"make_date(cast(right({text}, 4) as integer), 12, 31)"
            valid = f"left({text}, 4) <= right({text}, 4)"
        else:
            end = _END[form].format(s=f"({start})")
            valid = f"({start}) is not null and year({start}) between 1900 and 2099"
        when = f"when regexp_full_match({text}, {quoted(_PERIOD_PATTERNS[form])}) and {valid} then "
        cases["period_start"].append(when + start)
        cases["period_end"].append(when + end)
        cases["period_type"].append(when + quoted(_PERIOD_TYPE[form]))
        cases["period"].append(when + _NAME[form].format(s=f"({start})", t=text))
    return {name: "case " + " ".join(whens) + " end" for name, whens in cases.items()}


def _moment(column: Column) -> str:
    """SQL giving a date or timestamp, null where the text is none in its declared form."""
    text = f"trim({column.name})"
    if column.form == "ymd":
        iso = f"left({text}, 4) || '-' || substr({text}, 5, 2) || '-' || substr({text}, 7, 2)"
        return f"case when regexp_full_match({text}, '\\d{{8}}') then try_cast({iso} as date) end"
    pattern = r"\d{4}-\d{2}-\d{2}" + ("" if column.type == "date" else r" \d{2}:\d{2}:\d{2}")
    return f"case when regexp_full_match({text}, {quoted(pattern)}) then try_cast({text} as {column.type}) end"


def _identity(layout: Layout) -> list[str]:
    """SQL for what tells one record from another: series, key, area as written, and the values to compare."""

    def part(name: str) -> str:
        return f"coalesce({name}_code, trim({name}))" if layout.column(name).type == "code" else f"trim({name})"

    def joined(parts: list[str], alias: str) -> str:
        return f"concat_ws('|', {', '.join(parts)}) as {alias}" if parts else f"'' as {alias}"

    numbers = [c.name for c in layout.columns if c.type == "number" and c.compare]
    compared = [f"coalesce({n}_value::varchar, {n}_status)" for n in numbers]
    compared = compared or [f"coalesce({c.name}, '')" for c in layout.columns]
    unmapped = [f"when {c.name}_code is null then 'undeclared {c.name}'" for c in layout.columns
                if c.type == "code" and c.unknown == "unmapped"]  # fmt: skip
    outside = [f"when regexp_matches({o.column}, {quoted(o.pattern)}) then {quoted(o.reason)}" for o in layout.outside]
    reasons = " ".join([*outside, *unmapped])
    named = [(f"when coalesce(trim({a.column}), '') <> '' then", a) for a in layout.areas]
    texts = " ".join(f"{when} trim({a.column})" for when, a in named)
    systems = " ".join(f"{when} {quoted(a.system)}" for when, a in named)
    return [
        joined([f"trim({name})" for name in layout.series_columns], "series_key"),
        joined([part(name) for name in layout.key], "key_text"),
        joined(compared, "compare_text"),
        f"case {texts} end as area_text" if texts else "null::varchar as area_text",
        f"case {systems} end as area_system" if systems else "null::varchar as area_system",
        f"case {reasons} end as outside_reason" if reasons else "null::varchar as outside_reason",
    ]


def typed_select(layout: Layout, source_id: str, relation: str) -> str:
    """The SELECT of a layout's lexical view over `relation` (the cells of current deliveries, all text).

    Adds to the cells' columns: `<c>_value`, `<c>_status`, `<c>_code` by type, the period columns, `source_id`,
    `layout_id`, `series_key`, `key_text`, `compare_text` (what must be equal under one key), `area_text`,
    `area_system`, `outside_reason`, and `fault_code, fault_column`: the first fault in column order. `known_on` of the
    relation is the day of the export or of its receipt, the later: a period that begins after it is in the future.
    """
    removed: list[str] = []
    typed, faults = [], ["when fields_fault is not null then 'R_FIELDS|'"]
    for c in layout.columns:
        if c.type == "number":
            zeros = zero_means(layout, c)
            removed += zeros.values()
            typed += [f"{number_status(c, zeros)} as {c.name}_status"]
            typed += [f"case when {c.name}_status = 'normal' then {number_value(c)} end as {c.name}_value"]
        elif c.type == "code":
            typed += [f"{code_value(c)} as {c.name}_code"]
        elif c.type in ("date", "timestamp") and not c.pseudonym:
            typed += [f"{_moment(c)} as {c.name}_value"]
        faults += [f"when {condition} then '{rule}|{c.name}'" for condition, rule in column_faults(c)]
        faults += [f"when {condition} then '{rule}|{place}'" for condition, rule, place in status_faults(c)]
    for first, second in layout.ordered:
        faults.append(f"when {first}_value > {second}_value then 'R_DATES|{second}'")
    faults += [f"when {condition} then '{rule}|{place}'" for condition, rule, place in contradictions(layout)]
    if layout.window:
        faults.append(f"when period_key like 'outside %' then 'R_PERIOD|{layout.window.date or layout.window.column}'")
    if layout.period:
        typed += [f"{sql} as {name}" for name, sql in period_columns(layout.period).items()]
        outside = ["period is null", "period_start > try_cast(known_on as date)"]
        outside += [f"period_start < make_date({layout.began}, 1, 1)"] if layout.began else []
        faults.append(f"when {' or '.join(outside)} then 'R_PERIOD|{layout.period.columns[0]}'")
    else:
        typed += ["null::date as period_start", "null::date as period_end"]
        typed += ["null::varchar as period_type", "null::varchar as period"]
    typed += _identity(layout)
    columns = ",\n      ".join(typed)
    fault = "case " + " ".join(faults) + " end"
    every = "*"
    if removed:
        flag = f"case when {' or '.join(f'({condition})' for condition in removed)} then 'placeholder_removed' end"
        every = f"* replace (nullif(concat_ws('|', override_flag, {flag}), '') as override_flag)"
    return f"""
    with typed as (
      select {every}, {quoted(source_id)} as source_id, {quoted(layout.layout_id)} as layout_id,
      {columns}
      from {relation}
    ),
    judged as (select *, {fault} as fault from typed)
    select * exclude (fault), split_part(fault, '|', 1) as fault_code,
      nullif(split_part(fault, '|', 2), '') as fault_column
    from judged
    """
