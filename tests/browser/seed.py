"""What an operator has set up before the first seller comes: people, warehouses, the admission list.

Run as a program on a fresh database, with the operators' password in SEED_PASSWORD; prints the one-time
code secret of each account as JSON.
"""

from __future__ import annotations

import csv
import io
import json
import os

import django

django.setup()

from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.utils import decrypt  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from bantuo.apps.accounts.models import Role  # noqa: E402
from bantuo.apps.accounts.operations import activate_demo_factor, create_operator  # noqa: E402
from bantuo.apps.catalog.operations import import_category_list  # noqa: E402
from bantuo.apps.parties.operations import open_starter_warehouses  # noqa: E402
from bantuo.engine.books import load_book, starter_categories  # noqa: E402

ACTOR = "system:seed"
OPERATORS = {
    "reviewer": Role.REVIEWER,
    "reviewer2": Role.REVIEWER,
    "policy": Role.POLICY,
    "finance": Role.FINANCE,
    "warehouse": Role.WAREHOUSE,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
}


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    now, on = timezone.now(), timezone.localdate()
    for name, role in OPERATORS.items():
        user = create_operator(
            f"{name}@operator.example",
            name=f"示例 {name}",
            roles=[role],
            password=os.environ["SEED_PASSWORD"],
            now=now,
            actor=ACTOR,
        )
        activate_demo_factor(user)
    open_starter_warehouses(book=load_book(), on=on, now=now, actor=ACTOR)
    rows = list(csv.DictReader(io.StringIO(starter_categories())))
    import_category_list(rows, valid_from=on.replace(day=1), origin="starter list", now=now, actor=ACTOR)
    factors = Authenticator.objects.filter(type=Authenticator.Type.TOTP).select_related("user")
    print(json.dumps({factor.user.email: decrypt(factor.data["secret"]) for factor in factors}))


main()
