-- Licensed nurses (sjuksköterskor) in work per 100 000 inhabitants, by county: all industries, public and private
-- employers. Not primary care, and heads rather than full-time equivalents. There is no nation: the delivery gives
-- none, and rates without their heads and population cannot be weighted.
with facts as (
  select *
  from {{ indicator_facts('fct_staffing') }} as rows_of_fact
  where profession_code = 'nurse'
    and measure = 'per_100000'
    and sector = 'all'
    and ownership = 'all'
    and industry = 'all'
    and sex = 'total'
)

{{ without_nation('facts') }}
