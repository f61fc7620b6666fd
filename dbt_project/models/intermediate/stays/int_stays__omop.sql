-- Stays at OMOP sites: visits that are inpatient, or emergency and inpatient. A transfer is coded where the visit before
-- is another stay of the same person, or where the visit is from or to a place whose word means a hospital
-- (seed_omop_transfers); home is no transfer. A death counts as in hospital when it is
-- no later than the stay's end (int_episodes). Source: OMOP CDM 5.4; the readings are choices (docs/omop.md).
{{ config(tags=['monthly']) }}
with visits as (
  select * from {{ ref('stg_omop__visit_occurrence') }} where record_status = 'accepted' and visit_kind = 'inpatient'
),

words as (
  select word, direction in ('in', 'both') as means_in, direction in ('out', 'both') as means_out
  from {{ ref('seed_omop_transfers') }}
)

select
  'omop' as source_id,
  v.site,
  v.visit_id as stay_id,
  v.person_key,
  p.birth_date,
  d.death_date,
  p.sex,
  v.start_date as admission_date,
  v.end_date as discharge_date,
  before.visit_id is not null
    or coalesce({{ as_word('v.admitted_from') }} in (select word from words where means_in), false) as transferred_in,
  coalesce({{ as_word('v.discharged_to') }} in (select word from words where means_out), false) as transferred_out,
  false as deceased,
  cast(date_trunc('month', v.end_date) as date) as discharge_month
from visits as v
left join visits as before
  on before.site = v.site and before.person_key = v.person_key and before.visit_id = v.preceding_visit_id
left join (select * from {{ ref('stg_omop__person') }} where record_status = 'accepted') as p
  on p.site = v.site and p.person_key = v.person_key
left join (
  select site, person_key, min(death_date) as death_date
  from {{ ref('stg_omop__death') }}
  where record_status = 'accepted'
  group by site, person_key
) as d on d.site = v.site and d.person_key = v.person_key
