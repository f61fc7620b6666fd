-- Avoidable stays (påverkbar slutenvård), one row each: episodes of care whose first stay has a main diagnosis of the set
-- `avoidable_20`, of people of 20 and above on admission. After Socialstyrelsen's core indicator K09; illustrative, since the
-- owner's list is not known. Deaths and reserve numbers are events too. Row-level, never published.
{{ config(
  materialized='incremental', incremental_strategy='replace_window', on_schema_change='fail', tags=['monthly'],
  meta={'window': {'column': 'episode_month', 'look_ahead_days': 1}}
) }}
with codes as (
  select distinct main_diagnosis as code
  from {{ ref('int_episodes__episodes') }}
  where main_diagnosis is not null and {{ in_window('episode_month') }}
),

listed as (
  select distinct codes.code
  from codes
  join {{ ref('seed_diagnosis_sets') }} as sets on starts_with(codes.code, sets.code_prefix)
  where sets.diagnosis_set = 'avoidable_20'
)

select
  e.source_id, e.site, e.person_key, e.stay_id, e.residence_region, e.sex, year(e.until) as year,
  least({{ whole_years('e.birth_date', 'e.admission_date') }} // 5 * 5, 90) as age_from,
  e.episode_month
from {{ ref('int_episodes__episodes') }} as e
join listed on listed.code = e.main_diagnosis
where e.until < date '9999-12-31' and {{ in_window('e.episode_month') }}
  and {{ whole_years('e.birth_date', 'e.admission_date') }} >= 20
