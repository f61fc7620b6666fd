-- People with a named doctor (fast läkarkontakt) among those listed, percent, as the regions answered. The survey's own
-- national figure is the plain mean of 17 regions' shares and is left out: a nation is weighted or absent.
with facts as (
  select *
  from {{ indicator_facts('fct_observations') }} as rows_of_fact
  where topic_code = 'named_doctor_share'
    and area_level not in ('nation', 'nation_part')
)

{{ without_nation('facts') }}
