-- Regionenkät om fast läkarkontakt: One row per region, one column per question, as printed in the report (there is no export).
{{ staged(source('cells', 'sos_region_survey__named_doctor')) }}
