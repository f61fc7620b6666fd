-- Readmissions (återinskrivningar) by area and period, each under the method that defines it. One title stands for
-- several measures, so the method is part of the key and no series crosses it (definitions_to_settle).
-- Those of the patient register and of OMOP sites are counted here, under each method of `seed_readmission_methods`.
-- The attachment prints the numerator of the 30-day measure as 0 beside a share above 0: a placeholder, removed.
with records as (
  select {{ shared_key() }}, coalesce(attributes->>'sex', 'total') as sex, attributes, value_value, value_status, numerator_value,
    denominator_value, denominator_status, ci_low_value, ci_high_value, unit, source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_skr_hsr__attachment')) }}
  where fact = 'fct_readmissions'

  union all

  select {{ shared_key() }}, gender_code, attributes, value_value, value_status, null, null, null, null, null, unit,
    source_id, delivery_sha256, override_flag
  from {{ accepted(ref('stg_kolada__data')) }}
  where fact = 'fct_readmissions'
),

described as (
  select *,
    attributes->>'age_group' as age_group,
    attributes->>'method_code' as method_code,
    attributes->>'diagnosis_set' as diagnosis_set,
    cast(attributes->>'follow_up_days' as integer) as follow_up_days,
    attributes->>'attribution' as attribution,
    coalesce(numerator_value = 0 and value_value > 0, false) as placeholder
  from records
),

-- From rows, by method: a year in which a method could judge nobody, since no diagnosis is coded, has no share.
counted as (
  select
    y.area_code,
    y.area_level,
    cast(y.year as varchar) as period,
    'year' as period_type,
    make_date(y.year, 1, 1) as period_start,
    make_date(y.year, 12, 31) as period_end,
    y.sex,
    case when m.age_min is null then 'total' else m.age_min || '+' end as age_group,
    y.method_code,
    coalesce(m.index_set, 'any') as diagnosis_set,
    m.window_last as follow_up_days,
    case when y.source_id = 'patient_register' then m.attribution else 'unknown' end as attribution,
    y.index_stay_count > 0 as is_judged,
    y.readmission_count,
    y.index_stay_count,
    {{ wilson_percent('y.readmission_count', 'y.index_stay_count') }} as limits,
    {{ value_flags(["'derived'", "case when y.partial then 'partial_coverage' end",
      "case when y.provisional then 'provisional' end"]) }} as value_flags,
    y.source_id,
    d.delivery_sha256,
    d.lineage_id
  from {{ ref('int_readmissions__yearly') }} as y
  join {{ ref('seed_readmission_methods') }} as m using (method_code)
  left join {{ ref('int_readmissions__deliveries') }} as d on d.source_id = y.source_id and d.year = y.year
)

select
  {{ shared_key() }},
  sex,
  age_group,
  method_code,
  diagnosis_set,
  follow_up_days,
  attribution,
  case when not placeholder then cast(numerator_value as bigint) end as numerator,
  cast(denominator_value as bigint) as denominator,
  ci_low_value as ci_low,
  ci_high_value as ci_high,
  case when ci_low_value is not null then cast(0.95 as decimal(5, 4)) end as ci_level,
  case when ci_low_value is not null then 'as_published' end as ci_method,
  'readmission_percent' as measure,
  value_value as value,
  unit,
  value_status,
  {{ record_flags(["case when placeholder then 'placeholder_removed' end",
    "case when year(period_start) >= try_cast(attributes->>'break_from' as integer) then 'break' end"]) }} as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from described

union all

select
  {{ shared_key() }},
  sex,
  age_group,
  method_code,
  diagnosis_set,
  follow_up_days,
  attribution,
  null, null, null, null, null, null,
  'index_stay_count',
  denominator_value,
  'stays',
  denominator_status,
  {{ record_flags(["case when year(period_start) >= try_cast(attributes->>'break_from' as integer) then 'break' end"]) }},
  source_id,
  delivery_sha256,
  null
from described
where denominator_status is not null
  -- The measure carries denominators at all; a method that never gives one has no such row.
  and method_code in (select method_code from described where denominator_value is not null)

union all

-- A share and its two counts; the number of readmissions stands with its base, so that what hides one hides the other.
select
  {{ shared_key() }},
  sex,
  age_group,
  method_code,
  diagnosis_set,
  follow_up_days,
  attribution,
  case when is_judged and measure <> 'index_stay_count' then readmission_count end,
  case when is_judged and measure <> 'index_stay_count' then index_stay_count end,
  case when measure = 'readmission_percent' then cast(limits.low as decimal(28, 12)) end,
  case when measure = 'readmission_percent' then cast(limits.high as decimal(28, 12)) end,
  case when measure = 'readmission_percent' and limits is not null then cast(0.95 as decimal(5, 4)) end,
  case when measure = 'readmission_percent' and limits is not null then 'wilson' end,
  measure,
  case when is_judged then cast(case measure
    when 'readmission_percent' then 100.0 * readmission_count::double / index_stay_count
    when 'readmission_count' then readmission_count
    else index_stay_count
  end as decimal(28, 12)) end,
  case when measure = 'readmission_percent' then 'percent' else 'stays' end,
  case when is_judged then 'normal' else 'not_applicable' end,
  case when is_judged then value_flags else '' end,
  source_id,
  delivery_sha256,
  lineage_id
from counted
cross join (values ('readmission_percent'), ('index_stay_count'), ('readmission_count')) as measures (measure)
