{#
  From a lexical view to records that are accepted, quarantined or duplicates.

  The lexical view has typed every column and named the first fault of each record. Here the area is resolved through
  the dated crosswalk, the series through the declaration, and records with one key are compared: equal values, one is
  kept (from the newest export) and the others are duplicates; different values, all are quarantined (R_CONFLICT).
#}
{% macro staged(cells) %}
with cells as (
  select * from {{ cells }}
),

located as (
  select cells.*, aliases.area_code, aliases.area_level
  from cells
  left join {{ ref('seed_area_aliases') }} as aliases
    on aliases.system = cells.area_system
    and lower(aliases.alias) = lower(cells.area_text)
    and coalesce(cells.period_start, date '9999-12-31') between coalesce(aliases.valid_from, date '0001-01-01')
      and coalesce(aliases.valid_to, date '9999-12-31')
),

named as (
  select
    located.*,
    series.fact,
    series.topic_code,
    series.unit,
    series.attributes,
    coalesce(located.outside_reason, case when series.fact is null then 'series named by no declaration' end)
      as unmapped_reason,
    case
      when located.fault_code is not null then located.fault_code
      when located.area_text is not null and located.area_code is null and located.outside_reason is null then 'R_AREA'
    end as first_rule,
    concat_ws('|', located.series_key, coalesce(located.area_level, ''), coalesce(located.area_code, located.area_text, ''),
      coalesce(located.period, ''), located.key_text) as record_key
  from located
  left join {{ source('declared', 'series') }} as series
    on series.source_id = located.source_id
    and series.layout_id = located.layout_id
    and series.series_key = located.series_key
),

compared as (
  select
    *,
    row_number() over same_key as nth,
    first_rule is null
      and min(compare_text) over (partition by first_rule is null, record_key)
      <> max(compare_text) over (partition by first_rule is null, record_key) as conflicts
  from named
  window same_key as (
    partition by first_rule is null, record_key
    order by extracted_at desc, delivery_sha256, file, line, column_name
  )
)

select
  * exclude (fault_code, fault_column, first_rule, nth, conflicts, outside_reason),
  case
    when first_rule is not null or conflicts then 'quarantined'
    when nth > 1 then 'duplicate'
    else 'accepted'
  end as record_status,
  case when conflicts then 'R_CONFLICT' else first_rule end as rule_code,
  case
    when fault_code is not null then fault_column
    when first_rule = 'R_AREA' then 'area_text'
  end as rule_column,
  unmapped_reason is null as mapped
from compared
{% endmacro %}

{# Records a fact may use. #}
{% macro accepted(model) %}
(select * from {{ model }} where record_status = 'accepted' and mapped)
{% endmacro %}
