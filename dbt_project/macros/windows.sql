{#
  Monthly facts are replaced window by window: months [window_start, window_end), the two dates given as vars from the
  run's partitions. Wide open by default, so that a bare `dbt build` is a full build.

  A windowed model is `incremental` with the strategy `replace_window` and says in its meta, for the planner:
    window: {column: <DATE, the first day of the row's month>, look_ahead_days: <days after the month that it reads>}
  What has no month yet (a stay still open, a record whose date is no date) lies in the partition `open_month()`, which
  belongs to every window.
#}
{% macro window_start() -%}
cast('{{ var("window_start") }}' as date)
{%- endmacro %}

{% macro window_end() -%}
cast('{{ var("window_end") }}' as date)
{%- endmacro %}

{% macro open_month() -%}
date '9999-12-01'
{%- endmacro %}

{# Whether a row's month, a DATE, belongs to the run's window. #}
{% macro in_window(column) -%}
(({{ column }} >= {{ window_start() }} and {{ column }} < {{ window_end() }}) or {{ column }} = {{ open_month() }})
{%- endmacro %}

{# The month of a cell's period key (`2024-05`); `open`, and what lies outside its delivery's months, have none. #}
{% macro month_of_key(period_key) -%}
coalesce(try_cast({{ period_key }} || '-01' as date), {{ open_month() }})
{%- endmacro %}

{# dbt's hook for the strategy: the window goes and comes anew in one transaction, also what the owner withdrew. #}
{% macro get_incremental_replace_window_sql(arg_dict) %}
{%- set column = config.require('meta')['window']['column'] -%}
{%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
delete from {{ arg_dict['target_relation'] }} where {{ in_window(column) }};
insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }};
{% endmacro %}
