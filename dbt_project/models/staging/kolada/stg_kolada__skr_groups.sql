-- Kolada: Membership of SKR's grouping of municipalities, 2023.
{{ staged(source('cells', 'kolada__skr_groups')) }}
