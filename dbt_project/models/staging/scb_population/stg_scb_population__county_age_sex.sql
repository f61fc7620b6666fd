-- Folkmängd: Plain CSV, population by single year of age, sex and county.
{{ staged(source('cells', 'scb_population__county_age_sex')) }}
