-- Socialstyrelsens statistikdatabas, läkemedel: Workbook with a title row, one heading row and a source row.
{{ staged(source('cells', 'sos_statdb__drugs_xlsx'), answers=true) }}
