-- Regionala indelningar: Counties.
{{ staged(source('cells', 'scb_geography__counties')) }}
