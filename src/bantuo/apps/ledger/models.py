"""Double-entry books in integer fen. Entries balance by a deferred constraint and never change."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller
from bantuo.apps.policies.models import PolicyVersion


class Account(models.Model):
    """A line of the chart of accounts; a balance is per seller × account."""

    code = models.TextField(primary_key=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    kind = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["asset", "liability", "income", "expense"]), name="account_kind_known"
            ),
        ]


class Entry(models.Model):
    """One business fact in money. (seller, kind, reference) makes posting it twice impossible."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    kind = models.TextField()
    reference = models.TextField()
    business_date = models.DateField()
    posted_at = models.DateTimeField()
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, db_index=False)
    reverses = models.OneToOneField("self", models.PROTECT, null=True)
    reason = models.TextField(default="", help_text="why an entry was reversed; empty where the kind says it")
    actor = models.TextField(default="", help_text="who reversed; empty where an operation posted")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "kind", "reference"], name="entry_once"),
        ]


class Posting(models.Model):
    """Debit positive, credit negative; the postings of an entry sum to zero at commit.

    No index of its own for the seller, who leads the unique key, nor for the dozen accounts.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, db_index=False)
    amount_fen = models.BigIntegerField()
    rule = models.TextField(help_text="the policy rule that explains the amount")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "entry", "account"], name="posting_account_once"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="posting_not_zero"),
        ]
