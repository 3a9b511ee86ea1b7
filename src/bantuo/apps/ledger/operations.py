"""Post to the double-entry books and reverse what was posted: balanced, once, and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.ledger.queries import stored_amounts, stored_entries
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.clock import business_date

Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One business fact in money: debits positive, credits negative, each with the rule behind it."""

    seller_id: int
    kind: str
    reference: str
    business_date: date
    postings: Sequence[tuple[str, int, str]]  # account code, amount in fen, rule id

    @property
    def key(self) -> Key:
        """What makes posting the same fact twice impossible."""
        return self.seller_id, self.kind, self.reference

    @property
    def amounts(self) -> dict[str, int]:
        """Fen per account, accounts with nothing left out."""
        sums: dict[str, int] = {}
        for account, fen, _ in self.postings:
            sums[account] = sums.get(account, 0) + fen
        return {account: fen for account, fen in sums.items() if fen}


class UnbalancedEntry(ValueError):
    """An entry whose postings do not sum to zero."""


class EmptyEntry(ValueError):
    """An entry that moves no money at all."""


class EntryDiffers(ValueError):
    """The fact has already been posted with other amounts."""


class EntryUnknown(LookupError):
    """No entry has this id."""


@transaction.atomic
def post_entries(entries: Sequence[NewEntry], *, now: datetime, policy_version_id: int) -> list[int]:
    """Post every entry once; returns the entry id of each, in the order given.

    Idempotent by (seller, kind, reference): a repeated entry answers with the stored id. Raises
    UnbalancedEntry, EmptyEntry or EntryDiffers, and then nothing of the batch is posted.
    """
    wanted = _distinct(entries)
    added = _add_entries(list(wanted.values()), now=now, policy_version_id=policy_version_id)
    repeated = wanted.keys() - added.keys()
    ids = added | _check_repeated({key: wanted[key] for key in repeated})
    _add_postings([(ids[key], wanted[key]) for key in sorted(added)])
    emit_events(
        "ledger.posted",
        [(key[0], f"entry:{ids[key]}", {"kind": key[1], "reference": key[2]}) for key in sorted(added)],
        at=now,
    )
    return [ids[entry.key] for entry in entries]


@transaction.atomic
def reverse_entries(ids: Sequence[int], *, now: datetime, reason: str, actor: str) -> list[int]:
    """Cancel entries by mirror postings; returns the reversing entry of each, in the order given.

    The stored postings are negated, nothing is computed again. An entry is reversed at most once.
    Raises EntryUnknown.
    """
    known = {r[0] for r in fetch_rows("SELECT id FROM ledger_entry WHERE id = ANY(%s)", [list(ids)])}
    if missing := sorted(set(ids) - known):
        raise EntryUnknown(f"no ledger entry {missing[0]}")
    added = _mirror(sorted(known), now=now, reason=reason, actor=actor)
    emit_events(
        "ledger.reversed",
        [
            (seller, f"entry:{old}", {"by": new, "reason": reason, "actor": actor})
            for seller, old, new in added
        ],
        at=now,
    )
    stored = dict(
        fetch_rows("SELECT reverses_id, id FROM ledger_entry WHERE reverses_id = ANY(%s)", [list(ids)])
    )
    return [stored[entry_id] for entry_id in ids]


def _distinct(entries: Iterable[NewEntry]) -> dict[Key, NewEntry]:
    """One entry per key, each balanced and moving something."""
    wanted: dict[Key, NewEntry] = {}
    for entry in entries:
        amounts = entry.amounts
        if total := sum(amounts.values()):
            raise UnbalancedEntry(f"{entry.kind} {entry.reference}: the postings sum to {total} fen")
        if not amounts:
            raise EmptyEntry(f"{entry.kind} {entry.reference}: every posting is zero")
        if amounts != wanted.setdefault(entry.key, entry).amounts:
            raise EntryDiffers(f"{entry.kind} {entry.reference}: twice in one batch with other amounts")
    return wanted


def _add_entries(entries: Sequence[NewEntry], *, now: datetime, policy_version_id: int) -> dict[Key, int]:
    rows = [(*entry.key, entry.business_date) for entry in sorted(entries, key=lambda entry: entry.key)]
    added = fetch_rows(
        """
        INSERT INTO ledger_entry (seller_id, kind, reference, business_date, posted_at, policy_version_id,
                                  reason, actor)
        SELECT i.*, %s, %s, '', ''
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::date[]) AS i(seller, kind, reference, day)
        ON CONFLICT (seller_id, kind, reference) DO NOTHING RETURNING seller_id, kind, reference, id
        """,
        [now, policy_version_id, *columns_of(rows, 4)],
    )
    return {(r[0], r[1], r[2]): r[3] for r in added}


def _check_repeated(repeated: Mapping[Key, NewEntry]) -> dict[Key, int]:
    """The stored ids of entries that were here before, whose amounts must be the same."""
    ids = stored_entries(repeated)
    amounts = stored_amounts(ids.values())
    for key, entry in repeated.items():
        if amounts[ids[key]] != entry.amounts:
            raise EntryDiffers(f"{entry.kind} {entry.reference}: already posted with other amounts")
    return ids


def _add_postings(entries: Iterable[tuple[int, NewEntry]]) -> None:
    """One posting per entry and account; its rule is that of the account's first posting."""
    rows = []
    for entry_id, entry in entries:
        rules = {account: rule for account, _, rule in reversed(entry.postings)}
        rows += [(entry.seller_id, entry_id, a, fen, rules[a]) for a, fen in entry.amounts.items()]
    run_statement(
        """
        INSERT INTO ledger_posting (seller_id, entry_id, account_id, amount_fen, rule)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[])
        """,
        columns_of(rows, 5),
    )


def _mirror(ids: Sequence[int], *, now: datetime, reason: str, actor: str) -> list[tuple[int, int, int]]:
    """Add the reversals that are not there yet: (seller, entry reversed, reversing entry)."""
    added = fetch_rows(
        """
        INSERT INTO ledger_entry (seller_id, kind, reference, business_date, posted_at, policy_version_id,
                                  reverses_id, reason, actor)
        SELECT seller_id, 'reversal', 'entry:' || id, %s, %s, policy_version_id, id, %s, %s
        FROM ledger_entry WHERE id = ANY(%s) ORDER BY id
        ON CONFLICT DO NOTHING RETURNING seller_id, reverses_id, id
        """,
        [business_date(now, zone=settings.TIME_ZONE), now, reason, actor, list(ids)],
    )
    run_statement(
        """
        INSERT INTO ledger_posting (seller_id, entry_id, account_id, amount_fen, rule)
        SELECT p.seller_id, r.new_id, p.account_id, -p.amount_fen, p.rule
        FROM unnest(%s::bigint[], %s::bigint[]) AS r(old_id, new_id)
        JOIN ledger_posting p ON p.entry_id = r.old_id ORDER BY p.id
        """,
        columns_of([(old, new) for _, old, new in added], 2),
    )
    return [(r[0], r[1], r[2]) for r in added]
