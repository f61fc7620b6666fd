-- Regionala indelningar: Municipalities.
{{ staged(source('cells', 'scb_geography__municipalities')) }}
