"""All that is sealed under the master key, in one list; sealed anew after the key was changed."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.db import transaction

from bantuo.apps.documents.operations.sealed import SEALED as PAPERS
from bantuo.apps.erp.operations.keys import SEALED as SANDBOX_KEYS
from bantuo.apps.integrations.operations.endpoints import SEALED as WEBHOOKS
from bantuo.apps.open_platform.operations.registering import SEALED as OPEN_APPS
from bantuo.apps.orders.operations.recipients import SEALED as RECIPIENTS
from bantuo.apps.sealing import Resealed, Resealer, reseal_column
from bantuo.apps.stock.operations.robots import SEALED as ROBOTS
from bantuo.interfaces.web.signin import SECOND_FACTOR

COLUMNS = (*PAPERS, *RECIPIENTS, *ROBOTS, *WEBHOOKS, *SANDBOX_KEYS, *OPEN_APPS)
# What allauth keeps in its JSON: the secret of a TOTP, the seed of recovery codes.
_FACTOR_SECRETS = ("secret", "seed")


def reseal_all(vault: Resealer) -> Iterator[Resealed]:
    """Bring all of it under the master key in use, kind by kind; may be stopped and begun again.

    What waits sealed in a session until the next page shows it is not reached: it is asked for again.
    """
    for column in COLUMNS:
        yield reseal_column(column, vault=vault)
    yield _reseal_second_factors(vault)


def _reseal_second_factors(vault: Resealer) -> Resealed:
    counts = [
        _reseal_factor(pk, vault) for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True)
    ]
    return Resealed("second factors", sum(c.sealed_anew for c in counts), sum(c.unopened for c in counts))


@transaction.atomic
def _reseal_factor(pk: int, vault: Resealer) -> Resealed:
    """One person's, under lock: a code that is used meanwhile changes the same JSON."""
    anew = unopened = 0
    factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
    for name in _FACTOR_SECRETS if factor is not None else ():
        kept = factor.data.get(name)
        sealed = base64.b64decode(kept) if kept else b""
        if not kept or vault.is_current(sealed):
            continue
        try:
            fresh = vault.reseal(sealed, context=SECOND_FACTOR)
        except ValueError:  # a vault refuses with one
            unopened += 1
            continue
        factor.data[name] = base64.b64encode(fresh).decode("ascii")
        anew += 1
    if anew:
        factor.save(update_fields=["data"])
    return Resealed("", anew, unopened)
