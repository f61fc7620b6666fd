-- Avoidable inpatient stays (påverkbar slutenvård) per 100 000 people of 20 and above, counted from the patient register and
-- standardised to esp2013. Illustrative: neither the owner's diagnosis list nor the standard is known. The nation is the
-- regions that deliver, together. The fact has no interval of its own; it is computed beside it.
with facts as (
  select f.* exclude (numerator, denominator, ci_low, ci_high)
    {%- for of_rates, column in [('stays', 'numerator'), ('people', 'denominator'), ('standardised_low', 'ci_low'),
      ('standardised_high', 'ci_high')] %},
    case when f.value_status <> 'withheld' then r.{{ of_rates }} end as {{ column }}
    {%- endfor %}
  from {{ indicator_facts('fct_observations') }} as f
  join {{ ref('int_avoidable__rates') }} as r
    on r.area_code = f.area_code and r.area_level = f.area_level and cast(r.year as varchar) = f.period and r.sex = f.sex
  where f.topic_code = 'avoidable_stays_20'
    and f.measure = 'avoidable_stays_esp2013_per_100000'
)

{{ pooled_rows('facts') }}
