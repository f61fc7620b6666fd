"""A workbook as Socialstyrelsen's database writes it: prefixed elements, texts inline, no cell references.

The archive is stored and not compressed, with a fixed date: a compressor's version would change the bytes. A part that
the original lacks, `docProps/core.xml`, says that the data are synthetic.
"""

from __future__ import annotations

import io
from decimal import Decimal
from xml.sax.saxutils import escape
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_XML = '<?xml version="1.0" encoding="utf-8"?>'
_MAIN = 'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WIDTHS = ("21", "64.5", "30", "15", "7.5", "40.5")
# Style 0 plain, 1 heading, 2 shaded text, 3 number, 4 shaded number.
_STYLES = (
    f'{_XML}<x:styleSheet {_MAIN}><x:numFmts><x:numFmt numFmtId="166" formatCode="#,##0.00" /></x:numFmts>'
    '<x:fonts><x:font><x:sz val="10" /><x:name val="Arial" /></x:font>'
    '<x:font><x:b /><x:sz val="10" /><x:name val="Arial" /></x:font></x:fonts>'
    '<x:fills><x:fill><x:patternFill patternType="none" /></x:fill>'
    '<x:fill><x:patternFill patternType="gray125" /></x:fill>'
    '<x:fill><x:patternFill patternType="solid"><x:fgColor rgb="FFEEF1F3" /></x:patternFill></x:fill></x:fills>'
    "<x:borders><x:border><x:left /><x:right /><x:top /><x:bottom /><x:diagonal /></x:border></x:borders>"
    '<x:cellXfs><x:xf fontId="0" fillId="0" borderId="0" /><x:xf fontId="1" fillId="0" borderId="0" applyFont="1" />'
    '<x:xf fontId="0" fillId="2" borderId="0" applyFill="1" />'
    '<x:xf numFmtId="166" fontId="0" fillId="0" borderId="0" />'
    '<x:xf numFmtId="166" fontId="0" fillId="2" borderId="0" applyFill="1" /></x:cellXfs></x:styleSheet>'
)


def _relationship(kind: str, target: str, id: str) -> str:
    return f'<Relationship Type="{kind}" Target="{target}" Id="{id}" />'


def _cell(value: str | Decimal, shaded: bool, heading: bool = False) -> str:
    if isinstance(value, Decimal):
        return f'<x:c s="{4 if shaded else 3}" t="n"><x:v>{value}</x:v></x:c>'
    style = 1 if heading else 2 if shaded else 0
    return f'<x:c s="{style}" t="str"><x:v>{escape(value)}</x:v></x:c>'


def _sheet(title: str, headings: list[str], rows: list[list[str | Decimal]], footer: str) -> str:
    lines = [_cell(title, False), "".join(_cell(text, False, heading=True) for text in headings)]
    lines += ["".join(_cell(value, i % 2 == 1) for value in row) for i, row in enumerate(rows)]
    lines.append(_cell(footer, False))
    columns = "".join(
        f'<x:col min="{i}" max="{i}" width="{width}" customWidth="1" />' for i, width in enumerate(_WIDTHS, start=1)
    )
    data = "".join(f"<x:row>{line}</x:row>" for line in lines)
    merged = '<x:mergeCells><x:mergeCell ref="A2:A2" /></x:mergeCells>'
    return (
        f"{_XML}<x:worksheet {_MAIN}><x:cols>{columns}</x:cols><x:sheetData>{data}</x:sheetData>{merged}</x:worksheet>"
    )


def workbook(title: str, headings: list[str], rows: list[list[str | Decimal]], footer: str) -> bytes:
    """One sheet "Tabell": title row, heading row, rows (numbers as numeric cells), footer row."""
    core = f"{_PACKAGE}/metadata/core-properties"
    parts = {
        "xl/workbook.xml": f'{_XML}<x:workbook {_MAIN}><x:sheets><x:sheet name="Tabell" sheetId="1" r:id="R1" '
        f'xmlns:r="{_OFFICE}" /></x:sheets></x:workbook>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        + _relationship(f"{_OFFICE}/officeDocument", "/xl/workbook.xml", "R1")
        + _relationship(f"{_PACKAGE}/relationships/metadata/core-properties", "/docProps/core.xml", "R2")
        + "</Relationships>",
        "xl/worksheets/sheet1.xml": _sheet(title, headings, rows, footer),
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        + _relationship(f"{_OFFICE}/worksheet", "/xl/worksheets/sheet1.xml", "R1")
        + _relationship(f"{_OFFICE}/styles", "/xl/styles.xml", "R2")
        + "</Relationships>",
        "xl/styles.xml": _STYLES,
        "docProps/core.xml": f'{_XML}<cp:coreProperties xmlns:cp="{core}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:description>Syntetiska data</dc:description></cp:coreProperties>",
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="xml" ContentType="{_TYPE}.sheet.main+xml" />'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml" />'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml" />'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml" /></Types>',
    }
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, text in parts.items():
            info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 0, 0
            archive.writestr(info, text.encode())
    return out.getvalue()
