-- Folkmängd: json-stat2 answer of PxWebApi v2, population by month, region, age and sex.
{{ staged(source('cells', 'scb_population__json_stat'), division='day_after') }}
