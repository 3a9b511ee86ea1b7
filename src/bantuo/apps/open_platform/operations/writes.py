"""A call that changes something is done once: sent again, it is answered as before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bantuo.apps.open_platform.models import AccessGrant, SignedWrite
from bantuo.apps.open_platform.queries import token_hash

KEPT = timedelta(hours=5)  # a signature holds for two hours before and after our clock
SAME_SECOND = timedelta(seconds=5)


@transaction.atomic
def write_once(
    grant: AccessGrant, *, sign: str, work: Callable[[], Mapping[str, Any]], now: datetime
) -> tuple[Mapping[str, Any], bool]:
    """Do `work` unless a call with this signature was done before; its answer, and whether it is a repeat.

    The protocol has no nonce, and some clients sign by the second: what comes again within five
    seconds is done again, being absolute it changes nothing then. Later it would undo what was said
    since, so the first answer is given once more. What raises is not kept.
    """
    told = {"seller_id": grant.seller_id, "app_id": grant.app_id, "sign_hash": token_hash(sign)}
    kept, is_new = SignedWrite.objects.get_or_create(**told, defaults={"received_at": now})
    if not is_new and now - kept.received_at > SAME_SECOND and kept.answer is not None:
        return kept.answer, True
    answer = work()
    SignedWrite.objects.filter(pk=kept.pk).update(answer=answer)
    return answer, False


def forget_writes(*, now: datetime) -> int:
    """Delete what no repeated call can meet any more."""
    return SignedWrite.objects.filter(received_at__lt=now - KEPT).delete()[0]
