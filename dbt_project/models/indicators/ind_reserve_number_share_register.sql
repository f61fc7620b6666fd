-- Inpatient stays (vårdtillfällen) of persons with a reserve number (reservnummer), percent of all stays discharged in the
-- year, by the provider's region, counted from the patient register. They cannot be followed: what readmissions do not
-- see. The nation is all that deliver.
with facts as (
  select f.* exclude (numerator, denominator), case when f.value_status <> 'withheld' then n.value end as numerator,
    case when f.value_status <> 'withheld' then d.value end as denominator
  from {{ indicator_facts('fct_observations') }} as f
  join {{ ref('fct_observations') }} as n
    on n.topic_code = f.topic_code and n.source_id = f.source_id and n.area_code = f.area_code
    and n.area_level = f.area_level and n.period = f.period and n.measure = 'reserve_number_stay_count'
  join {{ ref('fct_observations') }} as d
    on d.topic_code = f.topic_code and d.source_id = f.source_id and d.area_code = f.area_code
    and d.area_level = f.area_level and d.period = f.period and d.measure = 'stay_count'
  where f.topic_code = 'reserve_numbers'
    and f.measure = 'reserve_number_percent'
)

{{ pooled_rows('facts') }}
