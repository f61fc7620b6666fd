-- Every spell and episode as an index stay under each method: eligible or why not, readmitted or not, and when. Nothing is
-- stored: 12 years of a country times four methods would be 130 million rows, and the facts need their counts alone.
{{ config(materialized='view', tags=['monthly']) }}
{{ readmission_index() }}
