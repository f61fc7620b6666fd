-- Hälso- och sjukvårdspersonal per 100 000 invånare: Title with the selection, profession and region down, years across, footer with the day of the draw.
{{ staged(source('cells', 'sos_staff__per_100000')) }}
