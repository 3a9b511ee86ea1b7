"""Columns that hold secrets sealed under the master key: each app names its own, a new key reaches all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import models, transaction

_ROWS = 200


class Resealer(Protocol):
    """A vault with the master key in use and those before it; it refuses with a ValueError."""

    def is_current(self, sealed: bytes) -> bool: ...
    def reseal(self, sealed: bytes, *, context: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where one kind of secret is kept, and what the secret of a row belongs to."""

    kind: str
    model: type[models.Model]
    field: str
    context: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Resealed:
    """Of one kind: how many were sealed anew, and how many do not open under any key of the vault."""

    kind: str
    sealed_anew: int
    unopened: int


def reseal_column(column: SealedColumn, *, vault: Resealer) -> Resealed:
    """Bring every secret of a column under the master key in use, in small transactions.

    May be stopped and begun again at any point. What does not open is left as it is.
    """
    anew = unopened = 0
    for ids in _stale(column, vault):
        with transaction.atomic():
            rows = column.model._base_manager.select_for_update(no_key=True).filter(pk__in=ids)
            changed = []
            for row in rows.order_by("pk"):
                sealed = _sealed(row, column.field)
                if sealed is None or vault.is_current(sealed):
                    continue
                try:
                    fresh = vault.reseal(sealed, context=column.context(row))
                except ValueError:
                    unopened += 1
                    continue
                setattr(row, column.field, fresh)
                changed.append(row)
            column.model._base_manager.bulk_update(changed, [column.field])
            anew += len(changed)
    return Resealed(column.kind, anew, unopened)


def _stale(column: SealedColumn, vault: Resealer) -> Iterator[list[int]]:
    """The ids of what is sealed under a former key, some at a time, in their order."""
    last = 0
    held = column.model._base_manager.filter(**{f"{column.field}__isnull": False}).order_by("pk")
    while rows := list(held.filter(pk__gt=last).values_list("pk", column.field)[:_ROWS]):
        last = rows[-1][0]
        if ids := [pk for pk, sealed in rows if not vault.is_current(bytes(sealed))]:
            yield ids


def _sealed(row: models.Model, field: str) -> bytes | None:
    sealed = getattr(row, field)
    return None if sealed is None else bytes(sealed)
