from django.db import migrations

CHART = (
    ("bank", "银行存款", "Bank", "asset"),
    ("buyer_funds", "代收买家货款", "Funds received from buyers", "asset"),
    ("seller_payable", "应付卖家款", "Payable to sellers", "liability"),
    ("seller_deposit", "履约保证金", "Deposits held for sellers", "liability"),
    ("fee_base_service", "基础服务费收入", "Base service fee", "income"),
    ("fee_fulfilment", "浮动履约费收入", "Fulfilment fee", "income"),
    ("fee_transfer", "转运费收入", "Transfer surcharge", "income"),
    ("fee_packing", "打包费收入", "Packing fee", "income"),
    ("fee_labelling", "贴标费收入", "Labelling fee", "income"),
    ("fee_photo_qc", "拍照质检费收入", "Photo quality check fee", "income"),
    ("fee_measured_difference", "实测差额", "Difference found by measuring", "income"),
)


def add_chart(apps, schema_editor):
    account = apps.get_model("ledger", "Account")
    for code, name_zh, name_en, kind in CHART:
        account.objects.get_or_create(
            code=code, defaults={"name_zh": name_zh, "name_en": name_en, "kind": kind}
        )


def remove_chart(apps, schema_editor):
    apps.get_model("ledger", "Account").objects.filter(code__in=[row[0] for row in CHART]).delete()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [migrations.RunPython(add_chart, remove_chart)]
