-- Regionala indelningar: Municipalities with their county, one row each.
{{ staged(source('cells', 'scb_geography__municipality_county')) }}
