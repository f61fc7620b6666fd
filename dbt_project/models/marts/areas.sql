-- Areas (områden): nation, nation without Gotland, counties (län), regions, municipalities (kommuner), with dates.
select * from {{ ref('seed_areas') }}
