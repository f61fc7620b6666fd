{#
  From a lexical view to records that are accepted, quarantined or duplicates.

  The lexical view has typed every column and named the first fault of each record. Here the area is resolved through
  the dated crosswalk, the series through the declaration, and records with one key are compared: equal values, one is
  kept (from the newest export) and the others are duplicates; different values, all are quarantined (R_CONFLICT).

  `answers`: the deliveries of the layout answer queries that overlap, and `recency` is each one's place in time. Of one
  key with different values the newest answer's counts and the older records are duplicates; R_CONFLICT is left for one
  answer that contradicts itself. A record is withdrawn, and a duplicate too, where a newer answer tells of more than
  half of the areas that its own answer told of, for the same series, period, level of area and key, and not of this one:
  it was then asked for and is not there any more (docs/decisions/0017).

  Few records share a key, and only those are sorted: a first pass counts keys by their hash, a second compares the
  records whose hash stands more than once, and the last takes all records through. What only served to compare is not
  kept: place and rule lead back to the cells. Of row-level layouts only the `columns` named (SQL) are kept, and of the
  place what differs within a delivery, the line: a column of text costs as much as judging two.

  A `windowed` layout (macros/windows.sql) is taken through window by window, and records are compared within what the
  newest delivery replaces whole, which is within a delivery: so the first pass names the few that repeat a key, and the
  second reads no other. `month`: it gets the column `window_month`; `sending`: `window_from` and `window_to`.

  `division='day_after'`: the owner gives a period by the division of the day after its end (SCB: December by the
  division of the next 1 January), so an area is looked up on that day, and on the period's own first day where it is
  unknown then. Without it, on the first day.
#}
{% macro staged(cells, columns=none, windowed=none, division=none, answers=false) %}
{%- set told = cells ~ (' where ' ~ delivered_in_window(cells, windowed) if windowed and not all_months() else '') %}
{#- What a row-level layout tells records apart by is its key; that of an aggregate is series, area and period too. -#}
{%- set key_hash = 'hash(key_text, period_key)' if windowed else 'hash(record_key)' %}
{%- set comparable = 'true' if windowed else 'first_rule is null' %}
{%- if windowed and execute and not cells.is_cte %}
  {%- set comparable = named_deliveries(repeating_deliveries(told, key_hash)) %}
{%- endif %}
with cells as not materialized (
  select * from {{ told }}
),

dated as (
  select system, lower(alias) as alias, area_code, area_level, coalesce(valid_from, date '0001-01-01') as first_day,
    coalesce(valid_to, date '9999-12-31') as last_day
  from {{ ref('seed_area_aliases') }}
),

-- A name that means two areas at one time means none: it is not guessed at.
aliases as (
  select one.system, one.alias, one.area_code, one.area_level, one.first_day, one.last_day
  from dated as one
  join dated as other
    on other.system = one.system and other.alias = one.alias
    and other.first_day <= one.last_day and one.first_day <= other.last_day
  group by all
  having count(*) = 1
),

located as not materialized (
  {%- if division == 'day_after' %}
  select cells.*, coalesce(next_division.area_code, aliases.area_code) as area_code,
    coalesce(next_division.area_level, aliases.area_level) as area_level
  from cells
  left join aliases as next_division
    on next_division.system = cells.area_system
    and next_division.alias = lower(cells.area_text)
    and cells.period_end + 1 between next_division.first_day and next_division.last_day
  {%- else %}
  select cells.*, aliases.area_code, aliases.area_level
  from cells
  {%- endif %}
  left join aliases
    on aliases.system = cells.area_system
    and aliases.alias = lower(cells.area_text)
    and coalesce(cells.period_start, date '9999-12-31') between aliases.first_day and aliases.last_day
),

named as not materialized (
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
      coalesce(located.period, ''), located.key_text
      {%- if windowed %}, located.period_key{% endif %}) as record_key
  from located
  left join {{ source('declared', 'series') }} as series
    on series.source_id = located.source_id
    and series.layout_id = located.layout_id
    and series.series_key = located.series_key
),

repeated as materialized (
  select {{ key_hash }} as key_hash
  from {{ 'cells' if windowed else 'named' }}
  where {{ comparable }}
  group by key_hash
  having count(*) > 1
),

candidates as materialized (
  select delivery_sha256, file, line, column_name, record_key, compare_text, extracted_at, first_rule
    {%- if answers %}, recency{% endif %}
  from named
  where {{ comparable }} and {{ key_hash }} in (select key_hash from repeated)
),

{%- if answers %}

areas_told as materialized (
  select series_key, period, area_level, key_text, recency, delivery_sha256, area_code
  from named
  where area_code is not null and period is not null
  group by all
),

sizes as (
  select series_key, period, area_level, key_text, recency, delivery_sha256, count(*) as areas
  from areas_told
  group by all
),

-- Of an older answer's slice, the newer answers that tell of more than half of its areas.
asked_again as materialized (
  select older.series_key, older.period, older.area_level, older.key_text, older.delivery_sha256,
    newer.delivery_sha256 as newer_sha256
  from areas_told as older
  join areas_told as newer
    on newer.series_key = older.series_key and newer.period = older.period and newer.area_level = older.area_level
    and newer.key_text = older.key_text and newer.area_code = older.area_code and newer.recency > older.recency
  join sizes
    on sizes.series_key = older.series_key and sizes.period = older.period and sizes.area_level = older.area_level
    and sizes.key_text = older.key_text and sizes.delivery_sha256 = older.delivery_sha256
  group by all
  having count(*) * 2 > any_value(sizes.areas)
),

withdrawn as materialized (
  select distinct told.series_key, told.period, told.area_level, told.key_text, told.delivery_sha256, told.area_code
  from areas_told as told
  join asked_again using (series_key, period, area_level, key_text, delivery_sha256)
  where not exists (
    select 1 from areas_told as newer
    where newer.delivery_sha256 = asked_again.newer_sha256 and newer.series_key = told.series_key
      and newer.period = told.period and newer.area_level = told.area_level and newer.key_text = told.key_text
      and newer.area_code = told.area_code
  )
),

newest as materialized (
  select record_key, max(recency) as recency, min(compare_text) <> max(compare_text) as differs
  from candidates
  where first_rule is null
  group by record_key
),

compared as materialized (
  select
    candidates.delivery_sha256,
    candidates.line,
    candidates.column_name,
    row_number() over (
      partition by candidates.record_key, not superseded
      order by candidates.recency desc, candidates.extracted_at desc, candidates.delivery_sha256, file, line, column_name
    ) + case when superseded then 1 else 0 end as nth,
    min(compare_text) over (partition by candidates.record_key, not superseded)
      <> max(compare_text) over (partition by candidates.record_key, not superseded) and not superseded as conflicts
  from (
    select candidates.*, newest.differs and candidates.recency < newest.recency as superseded
    from candidates
    join newest using (record_key)
    where candidates.first_rule is null
  ) as candidates
)
{%- else %}

compared as materialized (
  select
    delivery_sha256,
    line,
    column_name,
    row_number() over same_key as nth,
    min(compare_text) over (partition by record_key) <> max(compare_text) over (partition by record_key) as conflicts
  from candidates
  where first_rule is null
  window same_key as (
    partition by record_key
    order by extracted_at desc, delivery_sha256, file, line, column_name
  )
)
{%- endif %}

select
  {%- if columns %}
  named.delivery_sha256, named.line,
  {{ columns | join(', ') }},
  {%- if windowed == 'month' %}
  {{ month_of_key('period_key') }} as window_month,
  {%- elif windowed == 'sending' %}
  cast({{ sending_from('period_key') }} as date) as window_from,
  cast({{ sending_to('period_key') }} as date) as window_to,
  {%- endif %}
  {%- else %}
  named.* exclude (
    fault_code, fault_column, first_rule, outside_reason, record_key, key_text, compare_text, area_text, area_system,
    scope_key, period_key, fields_fault, extracted_at, known_on, recency, override_column, override_status
  ),
  {%- endif %}
  case
    when first_rule is not null or conflicts then 'quarantined'
    when nth > 1 {% if answers %}or withdrawn.delivery_sha256 is not null {% endif %}then 'duplicate'
    else 'accepted'
  end as record_status,
  case when conflicts then 'R_CONFLICT' else first_rule end as rule_code,
  case
    when fault_code is not null then fault_column
    when first_rule = 'R_AREA' then 'area_text'
  end as rule_column,
  unmapped_reason is null as mapped
from named
left join compared
  on compared.delivery_sha256 = named.delivery_sha256
  and compared.line = named.line
  and compared.column_name is not distinct from named.column_name
{%- if answers %}
left join withdrawn
  on withdrawn.delivery_sha256 = named.delivery_sha256
  and withdrawn.series_key = named.series_key
  and withdrawn.period = named.period
  and withdrawn.area_level = named.area_level
  and withdrawn.key_text = named.key_text
  and withdrawn.area_code = named.area_code
{%- endif %}
{% endmacro %}

{# The deliveries among cells (SQL, with its condition) that hold two records of one key. #}
{% macro repeating_deliveries(told, key_hash) %}
{%- do return(run_query('select distinct delivery_sha256 from (select delivery_sha256 from ' ~ told
  ~ ' group by delivery_sha256, ' ~ key_hash ~ ' having count(*) > 1) order by delivery_sha256').columns[0].values()) %}
{% endmacro %}

{# Records a fact may use. #}
{% macro accepted(model) %}
(select * from {{ model }} where record_status = 'accepted' and mapped)
{% endmacro %}
