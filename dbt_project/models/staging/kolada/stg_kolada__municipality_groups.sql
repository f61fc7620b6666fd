-- Kolada: Groups of municipalities and their members.
{{ staged(source('cells', 'kolada__municipality_groups')) }}
