"""The check by file: JSON and the XLSX template, every problem by its place, every trap refused."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from PIL import Image

from bantuo.interfaces.public.check_files import read_answers
from bantuo.interfaces.public.check_sheet import COLUMNS, KEYS, SheetUnusable, read_workbook
from bantuo.interfaces.web.programme import programme_now
from tests.interfaces.public.visitors import EN, ZH, answers, groups, post, upload
from tests.processes import ROOT

pytestmark = pytest.mark.django_db
READY = (ROOT / "examples" / "seller_ready.json").read_bytes()


def filled() -> dict[str, str]:
    """The answers sheet of a seller who is ready today."""
    told = answers()
    return {
        "company.registered_on": told["registered_on"],
        "company.business_scope": told["business_scope"],
        "company.licence_address": told["licence_address"],
        "company.operating_address": told["operating_address"],
        "documents": "DOC-1、doc-2,DOC-4;DOC-5, DOC-6",
        "bank.account_evidence": "basic_account_filing",
        "bank.statements[0].month": told["month"],
        "bank.statements[0].turnover_fen": "620,000.00",
        "bank.statements[0].cross_border": "是",
        "brand.authorisation": "none",
        "brand.registered": "yes",
        "categories": "home-lamps, home-storage",
        "metrics.sell_through": "80%",
        "metrics.dsr": "4.83",
        "metrics.dsr_logistics": "4.82",
        "metrics.disputes": "0.4%",
        "metrics.serious_complaints": "0",
        "metrics.orders_per_day": "400",
        "metrics.return_rate": "3%",
        "metrics.tenure_months": "18.0",
        "metrics.customs_anomalies": "'0",
        "erp": "yes",
        "erp.api_version": "3.2",
        "erp.probe.p95_ms": "850",
        "erp.probe.calls": "120",
    }


LAMP = {
    "sku": "LAMP-01", "category": "home-lamps", "apparel": "no", "electrical": "yes", "battery": "否",
    "sites": "DE, ES", "epr_de_packaging": "DE1234567890123", "epr_de_weee": "DE12345678",
    "attributes_required": "20", "attributes_missing": "0", "listed_times": "1", "weight_g": "1200",
    "length_mm": "300", "width_mm": "250", "height_mm": "200",
}  # fmt: skip


def workbook(
    told: Mapping[str, Any], products: Sequence[Mapping[str, Any]] = (LAMP,), *, sheet: str = "answers"
) -> bytes:
    """A template as somebody has filled it in; numbers stay numbers, as a spreadsheet types them."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        first = book.add_worksheet(sheet)
        first.write_row(0, 0, ("key", "value", "含义"))
        for row, (key, value) in enumerate(told.items(), start=1):
            first.write_string(row, 0, key)
            first.write_string(row, 1, value) if isinstance(value, str) else first.write_number(row, 1, value)
        second = book.add_worksheet("products")
        names = [key.path for key in COLUMNS]
        second.write_row(0, 0, names)
        for row, product in enumerate(products, start=1):
            for name, value in product.items():
                column = names.index(name)
                if isinstance(value, str):
                    second.write_string(row, column, value)
                else:
                    second.write_number(row, column, value)
    return made.getvalue()


def problems(content: bytes) -> list[tuple[str, str, str]]:
    """Row, field and value of everything that is wrong with a workbook."""
    answer = upload("seller.xlsx", content)
    assert answer.status_code == 422
    return [(p["row"], p["field"], p["value"]) for p in answer.context["answers"].problems]


def test_the_shipped_example_passes_as_json() -> None:
    assert set(groups(upload("seller.json", READY))) == {"pass", "not_applicable"}


def test_a_filled_in_template_passes() -> None:
    assert set(groups(upload("seller.xlsx", workbook(filled())))) == {"pass", "not_applicable"}


def test_the_template_reads_back_as_nothing_said() -> None:
    answer = Client().get("/check/template.xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="bantuo-check.xlsx"'
    assert read_workbook(answer.content) == ({"code": "check"}, {})
    sheet = fastexcel.read_excel(answer.content).load_sheet("answers").to_polars()
    assert sheet["key"].to_list() == [key.path for key in KEYS]


def test_no_erp_is_an_answer() -> None:
    told = {**filled(), "erp": "否", "erp.api_version": "", "erp.probe.p95_ms": "", "erp.probe.calls": ""}
    assert "ELG-11" in groups(upload("seller.xlsx", workbook(told)))["fail"]


def test_bad_cells_are_named_by_sheet_row_field_and_value() -> None:
    told = {**filled(), "metrics.serious_complaints": "some", "brand.registered": "perhaps"}
    rows = list(told)
    found = problems(workbook(told, [LAMP, {**LAMP, "sku": "B", "weight_g": "heavy"}]))
    assert found == [
        (f"answers {rows.index('brand.registered') + 2}", "brand.registered", "perhaps"),
        (f"answers {rows.index('metrics.serious_complaints') + 2}", "metrics.serious_complaints", "some"),
        ("products 3", "weight_g", "heavy"),
    ]


def test_what_the_schema_refuses_is_traced_back_to_its_cell() -> None:
    told = {**filled(), "metrics.sell_through": "0.65"}
    row = list(told).index("metrics.sell_through") + 2
    assert (f"answers {row}", "metrics.sell_through", "0.65") in problems(workbook(told))
    found = problems(workbook(filled(), [LAMP, {**LAMP, "sku": "B", "weight_g": "0"}]))
    assert found == [("products 3", "products[1].weight_g", 0)]


@pytest.mark.parametrize(
    ("product", "field", "value"),
    [
        ({**LAMP, "sku": ""}, "sku", ""),
        ({**LAMP, "sku": "1.23E+17"}, "sku", "1.23E+17"),
        ({**LAMP, "sku": 12345678901234567}, "sku", "1.23457E+16"),
        ({**LAMP, "apparel": "maybe"}, "apparel", "maybe"),
        ({**LAMP, "attributes_missing": "21"}, "products[0].attributes_missing", 21),
    ],
)  # fmt: skip
def test_traps_of_a_spreadsheet_are_named(product: dict[str, Any], field: str, value: object) -> None:
    assert ("products 2", field, value) in problems(workbook(filled(), [product]))


def test_bad_cells_are_explained_in_chinese_too() -> None:
    content = workbook({**filled(), "metrics.serious_complaints": "some"})
    file = SimpleUploadedFile("seller.xlsx", content)
    answer = post({"upload": "1", "file": file}, headers=ZH)
    assert [problem["rule"] for problem in answer.context["answers"].problems] == ["必须是整数"]


def test_a_product_twice_is_refused() -> None:
    assert ("products 3", "products[1].sku", "LAMP-01") in problems(workbook(filled(), [LAMP, LAMP]))


def test_a_merged_cell_counts_for_its_first_row() -> None:
    found = problems(workbook(filled(), [LAMP, {**LAMP, "sku": ""}]))
    assert found == [("products 3", "sku", "")]


def test_an_unknown_key_or_column_or_sheet_is_named() -> None:
    assert ("answers 2", "metrics.moon", "1") in problems(workbook({"metrics.moon": "1"}))
    assert problems(workbook(filled(), sheet="Sheet1")) == [("", "answers", "")]
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("answers").write_row(0, 0, ("a", "b"))
    assert {field for _, field, _ in problems(made.getvalue())} == {"key", "value"}


def test_a_spreadsheet_that_says_65_percent_as_a_number_is_refused_not_guessed() -> None:
    """0.65 could be 65 % or 0.65 %."""
    told = {**filled(), "metrics.disputes": 0.004}
    assert "metrics.disputes" in {field for _, field, _ in problems(workbook(told))}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not"),
        (b"[]", "seller profile"),
        (b'{"code": "a", "code": "b"}', "twice"),
        (b'{"code": "S1", "metrics": {"dsr": NaN}}', ""),
        (b'{"code": "S1", "surprise": 1}', "not a seller profile"),
        (b"[" * 5_000, ""),
        (b'{"code": "\\ud800"}', "not a seller profile"),
        (b"\xff\xfe\x00", ""),
        (b"", ""),
    ],
)  # fmt: skip
def test_json_that_is_no_profile_says_why(content: bytes, said: str) -> None:
    answer = upload("seller.json", content)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'class="note note-bad" role="alert"' in shown or "invalid-feedback" in shown
    assert said in shown


def test_a_wrong_type_in_disguise_is_told_what_it_is() -> None:
    answer = upload("seller.xlsx", b"%PDF-1.7 not a workbook")
    assert answer.status_code == 422
    assert "PDF" in answer.context["answers"].message


def test_a_picture_is_not_a_profile() -> None:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG")
    answer = upload("seller.png", made.getvalue())
    assert answer.context["answers"].message == "Only a JSON file or an XLSX workbook is taken here."


def test_a_zip_bomb_is_refused_unopened() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", b"0" * 300_000_000)
    assert len(made.getvalue()) < 2_000_000
    answer = upload("seller.xlsx", made.getvalue())
    assert (answer.status_code, answer.context["answers"].profile) == (422, None)


def test_entities_in_the_xml_of_a_workbook_are_refused() -> None:
    source, made = io.BytesIO(workbook(filled())), io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                content = content.replace(
                    b"<workbook", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><workbook', 1
                )
            new.writestr(name, content)
    assert upload("seller.xlsx", made.getvalue()).status_code == 422


def test_two_hundred_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=tmp_path, suffix=".json") as huge:
        huge.truncate(200 * 1024 * 1024)
        file = TemporaryUploadedFile("seller.json", "application/json", 200 * 1024 * 1024, None)
        file.file = huge  # type: ignore[assignment]
        told = read_answers(file)
    assert told.profile is None
    assert "200" in told.message


def test_a_large_but_allowed_file_is_answered_and_not_carried_on_when_too_large() -> None:
    profile = json.loads(READY)
    first = profile["products"][0]
    title = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(300))
    profile["products"] = [
        {**first, "sku": f"L-{n}", "title": title[n % 200 :] + str(n * 7919)} for n in range(1500)
    ]
    answer = upload("seller.json", json.dumps(profile, ensure_ascii=False).encode())
    assert answer.status_code == 200
    assert programme_now().on.isoformat() in str(answer.context["assessment"].at)


def test_a_form_is_not_mistaken_for_a_file() -> None:
    assert post(answers()).status_code == 200
    assert Client().get("/check/", headers=EN).status_code == 200


def test_a_workbook_without_products_is_answered() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("answers")
        sheet.write_row(0, 0, ("key", "value"))
        sheet.write_row(1, 0, ("metrics.dsr", "4.79"))
    profile, places = read_workbook(made.getvalue())
    assert (profile, places) == ({"code": "check", "metrics": {"dsr": "4.79"}}, {"metrics.dsr": "answers 2"})
    with pytest.raises(SheetUnusable):
        read_workbook(b"PK\x03\x04 broken")
