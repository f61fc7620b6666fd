-- Everything else that is accepted and declared: surveys, visits, beds, drugs, key figures. Avoidable stays are counted here:
-- the number, the crude rate, and the rate standardised to the population that its measure names; and stays of persons with
-- a reserve number, whom no follow-up reaches.
with records as (
  select {{ shared_key() }}, topic_code, sex_code as sex, coalesce(attributes->>'age_group', 'total') as age_group, attributes,
    value_value, value_status, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_varden_i_siffror__export')) }} where fact = 'fct_observations'
  union all
  select {{ shared_key() }}, topic_code, coalesce(attributes->>'sex', 'total'), coalesce(attributes->>'age_group', 'total'),
    attributes, value_value, value_status, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_skr_hsr__attachment')) }} where fact = 'fct_observations'
  union all
  select {{ shared_key() }}, topic_code, gender_code, coalesce(attributes->>'age_group', 'total'), attributes, value_value,
    value_status, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_kolada__data')) }} where fact = 'fct_observations'
  union all
  select {{ shared_key() }}, topic_code, coalesce(attributes->>'sex', 'total'), coalesce(attributes->>'age_group', 'total'),
    attributes, value_value, value_status, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_sos_region_survey__named_doctor')) }}
  {% for layout in ['drugs_csv', 'drugs_xlsx'] %}
  union all
  -- The drug group's ATC code is part of the topic: one row, one measure.
  select {{ shared_key() }}, topic_code || '_' || lower(regexp_extract(drug, '^(\S+)', 1)), sex_code, {{ age_group('age') }},
    attributes, value_value, value_status, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_sos_statdb__' ~ layout)) }}
  {% endfor %}
),

-- From the patient register, by year.
counted as (
  select
    area_code,
    area_level,
    year,
    'avoidable_stays_20' as topic_code,
    sex,
    '20+' as age_group,
    measure,
    case measure
      when 'avoidable_stay_count' then cast(stays as decimal(28, 12))
      when 'avoidable_stays_per_100000' then case when not population_missing then cast(crude_rate as decimal(28, 12)) end
      else cast(standardised_rate as decimal(28, 12))
    end as value,
    case when measure = 'avoidable_stay_count' then 'stays' else 'per_100000' end as unit,
    case
      when measure = 'avoidable_stay_count' then 'normal'
      when population_missing then 'missing_at_source'
      when starts_with(measure, 'avoidable_stays_esp') and stays < 10 then 'not_applicable'
      else 'normal'
    end as value_status,
    partial,
    provisional,
    is_noisy or band_dropped as estimated,
    {{ one_delivery('deliveries') }} as delivery_sha256,
    {{ lineage_id('deliveries') }} as lineage_id
  from {{ ref('int_avoidable__rates') }}
  cross join (
    values ('avoidable_stay_count'), ('avoidable_stays_per_100000'), ('avoidable_stays_esp2013_per_100000')
  ) as measures (measure)
  where people > 0

  union all

  select
    area_code,
    area_level,
    year,
    'reserve_numbers',
    'total',
    'total',
    measure,
    cast(case measure
      when 'stay_count' then stays
      when 'reserve_number_stay_count' then reserve_stays
      else 100.0 * reserve_stays::double / stays
    end as decimal(28, 12)),
    case when measure = 'reserve_number_percent' then 'percent' else 'stays' end,
    'normal',
    partial,
    provisional,
    false,
    delivery_sha256,
    lineage_id
  from {{ ref('int_stays__reserve_numbers') }}
  cross join (
    values ('stay_count'), ('reserve_number_stay_count'), ('reserve_number_percent')
  ) as measures (measure)
)

select
  {{ shared_key() }},
  topic_code,
  sex,
  age_group,
  topic_code as measure,
  value_value as value,
  unit,
  value_status,
  {{ record_flags(["case when year(period_start) >= try_cast(attributes->>'break_from' as integer) then 'break' end"]) }}
    as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from records

union all

select
  area_code,
  area_level,
  cast(year as varchar),
  'year',
  make_date(year, 1, 1),
  make_date(year, 12, 31),
  topic_code,
  sex,
  age_group,
  measure,
  value,
  unit,
  value_status,
  {{ value_flags(["'derived'", "case when partial then 'partial_coverage' end",
    "case when provisional then 'provisional' end", "case when estimated then 'estimated' end"]) }},
  'patient_register',
  delivery_sha256,
  lineage_id
from counted
