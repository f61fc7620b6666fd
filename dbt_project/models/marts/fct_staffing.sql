-- Licensed health care staff per 100 000 inhabitants by county and profession (legitimerad personal).
-- People in all industries, not only in health care, and no nation row: Socialstyrelsen gives none and none is made,
-- since no population of that year is among the deliveries to weight the counties by.
select
  {{ shared_key() }},
  'all' as sector,
  ownership_code as ownership,
  industry_code as industry,
  topic_code as profession_code,
  'total' as sex,
  null::boolean as includes_agency,
  null::decimal(28, 12) as denominator,
  'population' as denominator_kind,
  'per_100000' as measure,
  value_value as value,
  unit,
  value_status,
  '' as value_flags,
  source_id,
  delivery_sha256,
  null::varchar as lineage_id
from {{ accepted(ref('stg_sos_staff__per_100000')) }}
