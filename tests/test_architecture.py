"""What import-linter cannot see: foreign keys as strings, keys led by the seller, numbers in code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, Model, UniqueConstraint

from bantuo.apps.parties.models import Seller

SRC = Path(__file__).parent.parent / "src" / "bantuo"
STACK = [
    "contenttypes", "auth", "events", "parties", "accounts", "policies", "ledger", "catalog", "stock",
    "orders", "warehouse", "customs", "aftersales", "settlement", "documents", "erp", "admission", "health",
    "integrations", "open_platform", "notices", "simulate",
]  # fmt: skip
MODELS = [model for model in apps.get_models() if model.__module__.startswith("bantuo")]

# Whose rows belong to no single seller, and why. Everything else names its seller.
NOT_OWNED = {
    "events.OutboxEvent": "may concern no single seller; a plain seller_id, so that it outlives the row",
    "parties.Seller": "is the seller",
    "parties.Warehouse": "serves many sellers",
    "admission.AgreementText": "the operator's",
    "notices.Notice": "is a person's, who may be an operator",
    "notices.NoticePreference": "is a person's",
    "policies.PolicyVersion": "the programme's",
    "policies.PolicyDraft": "the programme's",
    "policies.PolicyAmendment": "the programme's",
    "catalog.CategoryDraft": "the operator's",
    "ledger.Account": "the chart is the same for all",
    "catalog.CategoryList": "the operator's",
    "catalog.AdmittedCategory": "the operator's",
    "orders.IntakeRefusal": "the seller may be what was not known",
    "integrations.ApiKey": "may be a marketplace's own",
    "integrations.ApiToken": "its client's",
    "integrations.KeptAnswer": "its key's",
    "integrations.ApiCall": "its key's",
    "open_platform.OpenApp": "the operator registers it; a private one names its seller in `private_to`",
    "orders.CutOver": "one day of the whole programme",
    "orders.SavedFilter": "is a person's, who may be an operator",
    "orders.OrderImport": "a marketplace's file holds orders of many sellers",
    "orders.OrderImportRow": "a row of such a file, whose seller may be unknown",
    "stock.WarnedDay": "one day of the whole programme",
    "warehouse.Handover": "a manifest holds parcels of many sellers",
    "settlement.Run": "one run pays many sellers",
}
# Unique keys that do not begin with the seller, and why.
NOT_LED_BY_SELLER = {
    "ledger.Entry.reverses": "one to one with an entry, whose seller leads",
    "warehouse.Parcel.order": "one to one with an order, whose seller leads",
    "warehouse.HandoverParcel.parcel": "one to one with a parcel, whose seller leads",
    "customs.ExportList.parcel": "one to one with a parcel, whose seller leads",
    "admission.Deposit.application": "one to one with an application, whose seller leads",
    "accounts.User.email": "one person signs in by one address, whatever the seller",
    "documents.Document.store_key": "a random name in the store, which knows no sellers",
    "documents.DocumentAccess.entry_hash": "one chain over all papers",
    "stock.RecentSales.balance": "one to one with a balance, whose seller leads",
    "open_platform.AccessGrant.access_hash": "comes with a signed call, before the seller is known",
    "open_platform.AccessGrant.refresh_hash": "comes with a signed call, before the seller is known",
    "open_platform.AccessGrant.former_hash": "comes with a signed call, before the seller is known",
    "open_platform.AuthCode.code_hash": "comes with a signed call, before the seller is known",
    "open_platform.AuthCode.grant": "one to one with a grant, whose seller leads",
    "erp.SandboxKey.app_key": "comes with a signed call, before the seller is known",
}


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}.{model.__name__}"


def _modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((SRC / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_foreign_keys_point_down_the_stack(model: type[Model]) -> None:
    own = STACK.index(model._meta.app_label)
    for field in model._meta.get_fields():
        target = field.related_model
        if not isinstance(field, Field) or not isinstance(target, type) or not issubclass(target, Model):
            continue
        label = target._meta.app_label
        assert STACK.index(label) <= own, f"{_name(model)}.{field.name} points up to {label}"


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_every_table_is_a_sellers_or_says_why_not(model: type[Model]) -> None:
    fields = {field.name: field for field in model._meta.fields}
    owner = fields.get("seller")
    if model._meta.app_label == "simulate":  # a replay's staging area, emptied with its replay
        return
    if _name(model) == "accounts.User":  # a seller's people name it; a constraint refuses the others one
        return
    assert (owner is None) is (_name(model) in NOT_OWNED)
    assert owner is None or (owner.related_model is Seller and not owner.null)


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_the_seller_leads_every_unique_key_of_what_it_owns(model: type[Model]) -> None:
    if _name(model) in NOT_OWNED or model._meta.app_label == "simulate":
        return
    keys = {
        key.name: key.fields[0]
        for key in model._meta.constraints
        if isinstance(key, UniqueConstraint) and key.fields
    }
    keys.update(
        {field.name: field.name for field in model._meta.fields if field.unique and not field.primary_key}
    )
    others = {f"{_name(model)}.{name}" for name, lead in keys.items() if lead != "seller"}
    assert others == {name for name in NOT_LED_BY_SELLER if name.startswith(f"{_name(model)}.")}


def test_imports_stand_at_the_top() -> None:
    """Deferred imports hide cycles."""
    deferred = [
        f"{path.relative_to(SRC)}:{inner.lineno}"
        for path in _modules(".")
        for node in _nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert deferred == []


def test_no_float_comes_near_money_weight_or_a_threshold() -> None:
    found = [
        f"{path.relative_to(SRC)}:{getattr(node, 'lineno', 0)}"
        for path in _modules("core", "apps")
        for node in _nodes(path)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]
    assert found == []


def test_modules_are_named_after_what_they_hold() -> None:
    vague = {
        "utils",
        "util",
        "helpers",
        "helper",
        "manager",
        "managers",
        "handler",
        "handlers",
        "data",
        "info",
    }
    assert [str(path.relative_to(SRC)) for path in _modules(".") if path.stem in vague] == []


def test_numbers_of_the_programme_live_in_its_book() -> None:
    """Seen in code they would stay when the book changes: 3.5 %, 2.2 %, 99.2 %, ¥20,000, ÷6000, 4.78 …"""
    programme = {350, 220, 992_000, 2_000_000, 6000, 47_800}
    found = [
        f"{path.relative_to(SRC)}:{node.lineno}: {node.value}"
        for path in _modules("core", "apps")
        for node in _nodes(path)
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in programme
    ]
    assert found == []


def test_files_and_functions_stay_small() -> None:
    files = {path: path.read_text(encoding="utf-8").count("\n") for path in _modules(".")}
    assert {str(path.relative_to(SRC)): lines for path, lines in files.items() if lines > 400} == {}
    functions = {
        f"{path.relative_to(SRC)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in files
        for node in _nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in functions.items() if lines > 50} == {}
