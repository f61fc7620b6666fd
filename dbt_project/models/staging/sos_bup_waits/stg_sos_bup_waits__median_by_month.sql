-- Väntetider till barn- och ungdomspsykiatrin: Title with the selection, a row of years, a row of months, regions down, footer.
{{ staged(source('cells', 'sos_bup_waits__median_by_month')) }}
