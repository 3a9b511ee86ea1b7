"""The admission list as a file: read with all its traps, compared, then published from a day on."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import ApplicationState
from bantuo.apps.catalog.models import CategoryDraft, CategoryList
from bantuo.apps.catalog.operations import import_category_list, list_skus
from bantuo.apps.catalog.queries import admitted_categories
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.operator.policy_people import make_applicant, next_month, sign_in

pytestmark = pytest.mark.django_db

HEAD = "code,group,name_zh,name_en\n"
LAMPS = "home-lamps,home_garden,灯具照明,Lamps\n"
KITCHEN = "home-kitchen,home_garden,厨房用具,Kitchenware\n"


def upload(client: Client, content: bytes | str, name: str = "list.csv") -> str:
    data = content.encode() if isinstance(content, str) else content
    response = client.post(
        "/operator/categories/upload/", {"file": SimpleUploadedFile(name, data)}, follow=True
    )
    assert response.status_code == 200
    return str(response.content.decode())


def uploaded(client: Client, content: bytes | str, name: str = "list.csv") -> CategoryDraft:
    upload(client, content, name)
    return CategoryDraft.objects.latest("id")


def publish(client: Client, draft: CategoryDraft, **changed: Any) -> Any:
    told = {"valid_from": next_month(programme_now().on).isoformat(), "origin": "notice 9"}
    return client.post(f"/operator/categories/uploads/{draft.pk}/publish/", told | changed)


def list_lamps(seller: int, *codes: str) -> None:
    skus = [make.new_sku(seller, code) for code in codes]
    list_skus(skus, book=make.the_book(), on=make.DAY, now=make.NOW, actor=make.ACTOR)


def workbook(rows: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def test_a_new_list_is_compared_published_and_decides_from_its_day() -> None:
    client, today = sign_in(Role.POLICY), programme_now().on
    make.make_categories("home-lamps", "old-toys")
    make_applicant("TOYS", state=ApplicationState.ACTIVE)
    seller = make_applicant("LAMPS", state=ApplicationState.ACTIVE)
    list_lamps(seller, "A-1")
    draft = uploaded(client, HEAD + LAMPS + KITCHEN)
    response = client.get(f"/operator/categories/uploads/{draft.pk}/")
    changes = response.context["changes"]
    assert [entry.code for entry in changes.added] == ["home-kitchen"]
    assert [entry.code for entry in changes.removed] == ["old-toys"]
    assert [(old.name_zh, new.name_zh) for old, new in changes.renamed] == [("home-lamps", "灯具照明")]
    assert publish(client, draft).status_code == 302
    first = next_month(today)
    assert admitted_categories(today) == {"home-lamps", "old-toys"}
    assert admitted_categories(first - timedelta(1)) == {"home-lamps", "old-toys"}
    assert admitted_categories(first) == {"home-lamps", "home-kitchen"}
    published = CategoryList.objects.get(valid_from=first)
    assert (published.origin, published.imported_by) == ("notice 9", draft.created_by)


def test_sellers_whose_category_falls_out_are_named() -> None:
    client = sign_in(Role.POLICY)
    seller = make_applicant("LAMPS", state=ApplicationState.ACTIVE)
    make.make_categories("home-lamps", "home-storage", "home-kitchen")
    list_lamps(seller, "A-1", "A-2")
    draft = uploaded(client, HEAD + KITCHEN)
    falling = client.get(f"/operator/categories/uploads/{draft.pk}/").context["falling"]
    assert [(f.code, f.categories, f.skus) for f in falling] == [("LAMPS", ("home-lamps", "home-storage"), 2)]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (HEAD + LAMPS, "list.csv"),
        ("\ufeff" + HEAD + LAMPS, "list.csv"),
        ((HEAD + LAMPS).encode("gbk"), "list.csv"),
        (HEAD + "'home-lamps,home_garden, 灯具照明 ,Lamps\n,,,\n", "LIST.CSV"),
        ("编码,一级类目,中文名称,英文名称,备注\nhome-lamps,home_garden,灯具照明,Lamps,x\n", "list.csv"),
        (
            workbook(
                [["Code", "Group", "Name_ZH", "Name_EN"], ["home-lamps", "home_garden", "灯具照明", "Lamps"]]
            ),
            "list.xlsx",
        ),
        (
            workbook(
                [
                    ["code", "group", "name_zh", "name_en"],
                    ["'home-lamps", "home_garden", "灯具照明", "Lamps"],
                    [None, None, "", ""],
                ]
            ),
            "list.xlsx",
        ),
    ],
    ids=["plain", "bom", "gbk", "apostrophe", "chinese heads", "xlsx", "xlsx apostrophe"],
)
def test_the_traps_of_files_are_read_through(content: bytes | str, name: str) -> None:
    draft = uploaded(sign_in(Role.POLICY), content, name)
    assert draft.problems == []
    assert draft.rows == [
        {"code": "home-lamps", "group": "home_garden", "name_zh": "灯具照明", "name_en": "Lamps"}
    ]


def test_an_id_that_excel_has_kept_as_a_number_is_read_whole_or_refused() -> None:
    head = ["code", "group", "name_zh", "name_en"]
    rows = [head, [200001075, "g", "甲", "A"], [1234567890123456789, "g", "乙", "B"]]
    draft = uploaded(sign_in(Role.POLICY), workbook(rows), "list.xlsx")
    assert draft.rows[0]["code"] == "200001075"
    assert [(p["row"], p["field"], p["reason"]) for p in draft.problems] == [(2, "code", "shortened")]


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("", "list.csv", "Choose a file that is not empty"),
        (HEAD + LAMPS, "list.txt", "Upload an XLSX or CSV file, not .txt"),
        (HEAD + LAMPS, "list.xlsx", "the content is something else"),
        (b"PK\x03\x04 no workbook", "list.xlsx", "not a readable workbook"),
        (b"PK\x03\x04", "list.csv", "the content is an XLSX"),
        (b"\xff\xfe\x00\x01", "list.csv", "NUL"),
        ("code,group\na,b\n", "list.csv", "Columns missing: name_zh, name_en"),
        (HEAD + "a,b,c,d,e,f\n", "list.csv", "not a regular CSV"),
        ("x" * (5 * 1024 * 1024 + 1), "list.csv", "larger than 5 MB"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_reason(content: bytes | str, name: str, told: str) -> None:
    assert told in upload(sign_in(Role.POLICY), content, name)
    assert CategoryDraft.objects.count() == 0


def test_a_file_that_unpacks_to_gigabytes_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (101 * 1024 * 1024))
    assert "unpacks to far more" in upload(sign_in(Role.POLICY), buffer.getvalue(), "list.xlsx")


def test_every_bad_row_is_named_with_field_value_and_rule() -> None:
    client = sign_in(Role.POLICY)
    rows = [
        ",home_garden,甲,A",
        "a b,g,甲,A",
        "1.2E+17,g,甲,A",
        "x,g,甲,A",
        "x,g,乙,B",
        f"{'y' * 81},g,甲,A",
        "z,g,,Z",
    ]
    draft = uploaded(client, HEAD + "\n".join(rows) + "\n")
    found = [(p["row"], p["field"], p["reason"], p["rule"]) for p in draft.problems]
    assert found == [
        (1, "code", "missing", "ELG-6"),
        (2, "code", "not_a_code", "ELG-6"),
        (3, "code", "shortened", "ELG-6"),
        (5, "code", "twice", "ELG-6"),
        (6, "code", "too_long", "ELG-6"),
        (7, "name_zh", "missing", "ELG-6"),
    ]
    page = client.get(f"/operator/categories/uploads/{draft.pk}/").content.decode()
    assert "the code stands twice" in page
    assert publish(client, draft).status_code == 422
    assert CategoryList.objects.count() == 0


def test_a_list_without_rows_is_refused() -> None:
    draft = uploaded(sign_in(Role.POLICY), HEAD)
    assert [p["reason"] for p in draft.problems] == ["empty"]


def test_nobody_is_told_otherwise_for_a_day_that_has_begun() -> None:
    client, today = sign_in(Role.POLICY), programme_now().on
    make.make_categories("home-lamps")
    draft = uploaded(client, HEAD + KITCHEN)
    for day in (today, today - timedelta(1)):
        response = publish(client, draft, valid_from=day.isoformat())
        assert response.status_code == 422
        assert "must be after today" in response.content.decode()
    assert CategoryList.objects.count() == 1


def test_the_first_list_may_begin_today() -> None:
    client, today = sign_in(Role.POLICY), programme_now().on
    draft = uploaded(client, HEAD + LAMPS)
    assert client.get(f"/operator/categories/uploads/{draft.pk}/").context["valid_from"] == today
    assert publish(client, draft, valid_from=today.isoformat()).status_code == 302
    assert admitted_categories(today) == {"home-lamps"}


def test_two_lists_of_the_same_day_do_not_meet() -> None:
    client = sign_in(Role.POLICY)
    make.make_categories("home-lamps")
    first, second = uploaded(client, HEAD + LAMPS), uploaded(client, HEAD + KITCHEN)
    assert publish(client, first).status_code == 302
    response = publish(client, second)
    assert "Another list begins on that day already" in response.content.decode()
    assert publish(client, first).status_code == 302
    assert CategoryList.objects.count() == 2


def test_a_discarded_upload_stays_closed() -> None:
    client = sign_in(Role.POLICY)
    draft = uploaded(client, HEAD + LAMPS)
    for _ in range(2):
        client.post(f"/operator/categories/uploads/{draft.pk}/discard/")
    assert publish(client, draft).status_code == 422
    assert CategoryList.objects.count() == 0


@pytest.mark.parametrize("changed", [{"origin": ""}, {"valid_from": "soon"}, {"valid_from": ""}])
def test_a_day_and_a_source_are_needed(changed: dict[str, str]) -> None:
    client = sign_in(Role.POLICY)
    assert publish(client, uploaded(client, HEAD + LAMPS), **changed).status_code == 422


def test_the_list_can_be_searched_and_taken_out_and_put_in_again() -> None:
    client = sign_in(Role.POLICY)
    make.make_categories("home-lamps", "home-storage")
    rows = client.get("/operator/categories/?q=lamp").context["table"].rows
    assert [row.record.code for row in rows] == ["home-lamps"]
    content = client.get("/operator/categories/?export=upload").content
    assert pl.read_excel(io.BytesIO(content)).columns == ["code", "group", "name_zh", "name_en"]
    draft = uploaded(client, content, "again.xlsx")
    changes = client.get(f"/operator/categories/uploads/{draft.pk}/").context["changes"]
    assert (changes.added, changes.removed, changes.renamed, changes.kept) == ((), (), (), 2)


def test_the_template_can_be_uploaded() -> None:
    client = sign_in(Role.POLICY)
    draft = uploaded(client, client.get("/operator/categories/template/").content, "template.xlsx")
    assert (draft.problems, len(draft.rows)) == ([], 1)


def test_without_a_list_the_page_says_what_applicants_are_told_by() -> None:
    assert "starter list" in sign_in(Role.AUDITOR).get("/operator/categories/").content.decode()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR])
def test_other_operators_read_and_do_not_act(role: Role) -> None:
    draft, client = uploaded(sign_in(Role.POLICY), HEAD + LAMPS), sign_in(role)
    for address in ("", f"uploads/{draft.pk}/", "template/"):
        assert client.get(f"/operator/categories/{address}").status_code == 200
    for address in ("upload/", f"uploads/{draft.pk}/publish/", f"uploads/{draft.pk}/discard/"):
        assert client.post(f"/operator/categories/{address}").status_code == 403


def test_the_list_asks_as_much_for_one_category_as_for_three() -> None:
    client, asked, today = sign_in(Role.POLICY), [], programme_now().on
    client.get("/operator/categories/")  # whatever a process reads once only
    for day, codes in ((today - timedelta(2), ["a"]), (today - timedelta(1), ["a", "b", "c"])):
        rows = [{"code": c, "group": "g", "name_zh": c, "name_en": c} for c in codes]
        import_category_list(rows, valid_from=day, origin="test", now=make.NOW, actor="operator:test")
        with CaptureQueriesContext(connection) as queries:
            client.get("/operator/categories/")
        asked.append(len(queries))
    assert asked[0] == asked[1]
