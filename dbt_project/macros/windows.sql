{#
  Monthly facts are replaced window by window: months [window_start, window_end). The two dates are vars, wide open by
  default, so that a bare `dbt build` is a full build; where both are left so, the run's partitions are told in the
  environment as VARDLAGRET_WINDOW_START and VARDLAGRET_WINDOW_END. The environment is read only while a model is built,
  since dbt parses the whole project anew for a var that has changed, once for each window of a backfill.

  A windowed model is `incremental` with the strategy `replace_window` and says in its meta, for the planner:
    window: {column: <DATE, the first day of the row's month>, look_ahead_days: <days after the month that it reads>}
  Rows that belong to several months (diagnoses, sent for three at a time) give their first and last: `column` and
  `to_column`; a window replaces every row that reaches into it.

  What has no month yet (a stay still open, a record whose date is no date) lies in the partition `open_month()`, which
  belongs to every window.
#}
{% macro is_wide_open(first_day, day_after) -%}
{{ return(first_day == '0001-01-01' and day_after == '9999-12-31') }}
{%- endmacro %}

{% macro window_bound(name) -%}
{%- set told = var(name) | string -%}
{%- if execute and is_wide_open(var('window_start') | string, var('window_end') | string) -%}
{{ return(env_var('VARDLAGRET_' ~ name | upper, told)) }}
{%- endif -%}
{{ return(told) }}
{%- endmacro %}

{% macro first_day() -%}
{{ return(window_bound('window_start')) }}
{%- endmacro %}

{# The first day after the window. #}
{% macro day_after() -%}
{{ return(window_bound('window_end')) }}
{%- endmacro %}

{% macro window_start() -%}
cast('{{ first_day() }}' as date)
{%- endmacro %}

{% macro window_end() -%}
cast('{{ day_after() }}' as date)
{%- endmacro %}

{% macro open_month() -%}
date '9999-12-01'
{%- endmacro %}

{# Whether a row's month, a DATE, belongs to the run's window. #}
{% macro in_window(column) -%}
(({{ column }} >= {{ window_start() }} and {{ column }} < {{ window_end() }}) or {{ column }} = {{ open_month() }})
{%- endmacro %}

{# Whether rows from one month to another, both included, reach into the run's window. #}
{% macro reaches_into_window(from_column, to_column) -%}
({{ from_column }} < {{ window_end() }} and {{ to_column }} >= {{ window_start() }})
{%- endmacro %}

{# Whether the run builds all months: then nothing need be looked up to leave months out. #}
{% macro all_months() -%}
{{ return(is_wide_open(first_day(), day_after())) }}
{%- endmacro %}

{#
  The same for cells, as a comparison of texts, which DuckDB holds against each Parquet file's least and greatest key
  without reading it: `open` and `outside ...` are greater than any month.
#}
{% macro key_in_window(period_key) -%}
({{ period_key }} >= '{{ first_day()[:7] }}'
  and ({{ period_key }} < '{{ day_after()[:7] }}' or {{ period_key }} >= 'a'))
{%- endmacro %}

{#
  Records of the window, of current deliveries that hold any. `windowed`: whether a record's period key is its own month,
  or the sending that it came with.
#}
{% macro delivered_in_window(cells, windowed) -%}
{%- set of_window %}
  {%- if windowed == 'month' %}{{ key_in_window('period_key') }}
  {%- else %}{{ reaches_into_window(sending_from('period_key'), sending_to('period_key')) }}
  {%- endif %}
{%- endset %}
{%- if execute %}
  {%- set found = run_query("select distinct delivery_sha256 from " ~ source('declared', 'deliveries')
    ~ " where case when source_id || '__' || layout_id = '" ~ cells.identifier ~ "' and records > 0 then " ~ of_window
    ~ " else false end order by delivery_sha256").columns[0].values() %}
  {%- if found %}{{ named_deliveries(found) }} and {{ of_window }}{% else %}false{% endif %}
{%- endif %}
{%- endmacro %}

{# Cells of these deliveries: named one by one, DuckDB opens no other file. #}
{% macro named_deliveries(found) -%}
{% if found %}delivery_sha256 in ('{{ found | join("', '") }}'){% else %}false{% endif %}
{%- endmacro %}

{# The month of a cell's period key (`2024-05`); `open`, and what lies outside its delivery's months, have none. #}
{% macro month_of_key(period_key) -%}
coalesce(try_cast({{ period_key }} || '-01' as date), {{ open_month() }})
{%- endmacro %}

{# First and last month of a sending (docs/register.md): `2013`; `2024-05`, three months before; `2024-05_2024-02_2024-02`. #}
{% macro sending_from(sending) -%}
case length({{ sending }})
  when 4 then cast({{ sending }} || '-01-01' as date)
  when 7 then cast({{ sending }} || '-01' as date) - interval 3 month
  else cast(substr({{ sending }}, length({{ sending }}) - 14, 7) || '-01' as date)
end
{%- endmacro %}

{% macro sending_to(sending) -%}
case length({{ sending }})
  when 4 then cast({{ sending }} || '-12-01' as date)
  when 7 then cast({{ sending }} || '-01' as date) - interval 1 month
  else cast(right({{ sending }}, 7) || '-01' as date)
end
{%- endmacro %}

{# dbt's hook for the strategy: the window goes and comes anew in one transaction, also what the owner withdrew. #}
{% macro get_incremental_replace_window_sql(arg_dict) %}
{%- set window = config.require('meta')['window'] -%}
{%- if 'to_column' in window -%}
  {%- set replaced = reaches_into_window(window['column'], window['to_column']) -%}
{%- else -%}
  {%- set replaced = in_window(window['column']) -%}
{%- endif -%}
{%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
delete from {{ arg_dict['target_relation'] }} where {{ replaced }};
insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }};
{% endmacro %}

{#
  dbt's own question, answered with a condition: a monthly table is made anew from all months, or from one window where
  the run says that the others follow. With a window alone all other months would be gone.
#}
{% macro should_full_refresh() %}
{%- set asked = config.get('full_refresh') -%}
{%- if asked is none -%}{%- set asked = flags.FULL_REFRESH -%}{%- endif -%}
{%- if asked and 'monthly' in model.tags and not all_months() and env_var('VARDLAGRET_FRESH', '') != '1' -%}
  {{ exceptions.raise_compiler_error(
    model.name ~ " holds months, and a full refresh of " ~ first_day() ~ " to " ~ day_after()
    ~ " would lose all others. Leave --full-refresh out, or build all months") }}
{%- endif -%}
{{ return(asked) }}
{% endmacro %}
