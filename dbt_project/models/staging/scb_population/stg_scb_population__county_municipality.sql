-- Folkmängd: Excel saved as CSV, foreign-born by county, municipality and sex; total population is its fourth column.
{{ staged(source('cells', 'scb_population__county_municipality'), division='day_after') }}
