-- People of 65 and above among all inhabitants on 31 December, percent, by county, year and sex. The nation is the
-- ratio of sums over counties. Years with disclosure noise (from 2025) are left out: noise adds up in a sum.
with facts as (
  select * from {{ people_from_age(65) }} as people
)

{{ ratio_of_sums('facts') }}
