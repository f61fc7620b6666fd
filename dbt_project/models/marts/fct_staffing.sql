-- Licensed health care staff per 100 000 inhabitants by county and profession (legitimerad personal).
-- People in all industries, not only in health care, and no nation row: Socialstyrelsen gives none and none is made,
-- since no population of that year is among the deliveries to weight the counties by.
select
  {{ shared_key() }},
  coalesce(attributes->>'sector', 'all') as sector,
  ownership_code as ownership,
  industry_code as industry,
  topic_code as profession_code,
  coalesce(attributes->>'sex', 'total') as sex,
  cast(attributes->>'includes_agency' as boolean) as includes_agency,
  null::decimal(28, 12) as denominator,
  coalesce(attributes->>'denominator_kind', 'population') as denominator_kind,
  case unit when 'persons' then 'head_count' when 'fte' then 'fte' when 'percent' then 'share_percent'
    else 'per_100000' end as measure,
  value_value as value,
  unit,
  value_status,
  {{ record_flags(["case when year(period_start) >= try_cast(attributes->>'break_from' as integer) then 'break' end"]) }}
    as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from {{ accepted(ref('stg_sos_staff__per_100000')) }}
