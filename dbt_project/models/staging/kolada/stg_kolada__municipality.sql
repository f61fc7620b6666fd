-- Kolada: Municipalities and regions.
{{ staged(source('cells', 'kolada__municipality')) }}
