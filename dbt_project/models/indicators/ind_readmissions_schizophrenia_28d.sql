-- Readmission within 28 days after in-patient care for schizophrenia, percent, pooled over four years by the owner,
-- with the owner's intervals. No counts are delivered, so the nation is the owner's too.
with facts as (
  select *
  from {{ indicator_facts('fct_readmissions') }} as rows_of_fact
  where method_code = 'sos_schizophrenia_28d'
    and measure = 'readmission_percent'
)

{{ as_published('facts') }}
