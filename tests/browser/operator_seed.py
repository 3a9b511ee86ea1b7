"""What sellers and operators have done before an operator's journey begins, by the same operations.

Run as a program in the environment of the site, with the operators' password in SEED_PASSWORD and the wish
as JSON in its argument: `{"people": {address: role}, "shops": {code: stage}}`. Prints the one-time code
secret of each of these people as JSON.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import django

django.setup()

from allauth.mfa.models import Authenticator  # noqa: E402
from allauth.mfa.utils import decrypt  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bantuo.apps.accounts.models import Role, User  # noqa: E402
from bantuo.apps.accounts.operations import (  # noqa: E402
    activate_demo_factor,
    create_operator,
    create_seller_user,
)
from bantuo.apps.admission import operations as admission  # noqa: E402
from bantuo.apps.admission.models import Application  # noqa: E402
from bantuo.apps.admission.operations.agreements import (  # noqa: E402
    publish_starter_agreement,
    sign_current_agreement,
)
from bantuo.apps.admission.operations.appeals import open_appeal  # noqa: E402
from bantuo.apps.admission.operations.drafts import save_section, start_draft, submit_draft  # noqa: E402
from bantuo.apps.admission.operations.payments import MANUAL, PROOF_KIND, report_payment  # noqa: E402
from bantuo.apps.admission.operations.reviewing import reject_application  # noqa: E402
from bantuo.apps.admission.sections import SECTIONS, section_values  # noqa: E402
from bantuo.apps.documents.models import Document  # noqa: E402
from bantuo.apps.documents.operations import (  # noqa: E402
    keep_legal_representative,
    record_consent,
    store_document,
)
from bantuo.apps.erp.operations import SandboxCall, issue_key, record_call  # noqa: E402
from bantuo.apps.erp.queries import key_named  # noqa: E402
from bantuo.apps.parties.models import Warehouse  # noqa: E402
from bantuo.apps.parties.operations import NewSeller, register_sellers  # noqa: E402
from bantuo.channels.uploads import inspect_upload  # noqa: E402
from bantuo.interfaces.cli.demo_accounts import demo_profile  # noqa: E402
from bantuo.interfaces.web import consent  # noqa: E402
from bantuo.interfaces.web.papers import store, vault  # noqa: E402
from bantuo.interfaces.web.programme import programme_now  # noqa: E402
from tests.browser.papers import photograph  # noqa: E402

PROGRAMME = programme_now()
BOOK, ON, NOW = PROGRAMME.book, PROGRAMME.on, PROGRAMME.now
DECIDES: dict[str, Any] = {"policy_version_id": PROGRAMME.policy_version_id, "on": ON}
PAPERS = ("DOC-1", "DOC-2", "DOC-4", "DOC-5", "DOC-6")
LATER = ON + timedelta(days=3_000)


def when(actor: str) -> dict[str, Any]:
    return {"now": NOW, "actor": actor}


def apply(code: str, **metrics: Any) -> tuple[Application, User]:
    """A shop whose owner has handed everything in."""
    new = NewSeller("browser", code, f"示例家居店 {code}", None, "浙江省金华市义乌市")
    seller = register_sellers([new], **when("system:seed"))[code]
    owner = create_seller_user(
        f"{code.lower()}@shop.example", seller_id=seller, name="示例店主", roles=[Role.SELLER_OWNER],
        password=os.environ["SEED_PASSWORD"], **when("system:seed"),
    )  # fmt: skip
    by = when(owner.actor)
    hand_in_papers(seller, owner)
    call_sandbox(seller, owner)
    profile = demo_profile(ON)
    profile["metrics"] |= metrics
    draft = start_draft(seller, **by)
    for section in SECTIONS:
        if values := section_values(profile, section):
            save_section(draft.pk, section, values, revision=None, **by)
    submit_draft(draft.pk, evaluator=PROGRAMME.evaluator(), **DECIDES, **by)
    draft.refresh_from_db()
    return draft, owner


def hand_in_papers(seller: int, owner: User) -> None:
    """Consent, identity and a photograph of each paper."""
    by = when(owner.actor)
    record_consent(seller, version=consent.VERSION, text_sha256=consent.TEXT_SHA256, **by)
    keep_legal_representative(
        seller, name="张示例", number="11010519491231002X", expires_on=LATER, vault=vault(), address="", **by
    )
    for kind in PAPERS:
        hand_in(seller, kind, owner)


def hand_in(seller: int, kind: str, owner: User) -> Document:
    upload = inspect_upload(io.BytesIO(photograph(kind)), f"{kind}.jpg", size_max=10_000_000)
    month = f"{ON - timedelta(days=ON.day):%Y-%m}"
    return store_document(
        upload, seller_id=seller, kind=kind, subject=month if kind == "DOC-4" else "",
        expires_on=LATER if kind == "DOC-2" else None, vault=vault(), store=store(), address="",
        **when(owner.actor),
    )  # fmt: skip


def call_sandbox(seller: int, owner: User) -> None:
    key = key_named(issue_key(seller, vault=vault(), **when(owner.actor)).app_key)
    assert key is not None
    for number in range(int(BOOK.amount("ELG-12.calls", ON))):
        record_call(key, call=SandboxCall(f"{seller}-{number}", "3.2", 400 + number, True, "stock"), now=NOW)


def in_review(code: str) -> None:
    """Every gate passed; it waits for a reviewer."""
    draft, _owner = apply(code)
    assert draft.state == "assessed_pass", draft.state


def refused(code: str) -> None:
    """The evaluator refused it for its score."""
    draft, _owner = apply(code, dsr="4.5")
    assert draft.state == "assessed_fail", draft.state


def on_the_edge(code: str) -> None:
    """It waits for a reviewer, with a sell-through rate just above the gate of today."""
    draft, _owner = apply(code, sell_through="65.5%")
    assert draft.state == "assessed_pass", draft.state


def appealed(code: str) -> None:
    """The first reviewer of the wish refused it, and the seller objects."""
    draft, owner = apply(code)
    first = User.objects.get(email=next(iter(WISH["people"])))
    reject_application(
        draft.pk, causes={"DOC-1": "公章看不清"}, reason="营业执照公章看不清", **when(first.actor)
    )
    open_appeal(draft.seller_id, reason="公章清晰，请再看原件", document_ids=[], **when(owner.actor))


def signed(code: str) -> tuple[Application, User]:
    draft, owner = apply(code)
    admission.approve_applications([draft.seller_id], reason="papers are sound", **when("system:seed"))
    text = publish_starter_agreement(book=BOOK, on=ON, **when("system:seed"))
    sign_current_agreement(
        draft.seller_id, version=text.version, text_sha256=text.text_sha256, signed_by="张示例",
        address="203.0.113.7", book=BOOK, on=ON, **when(owner.actor),
    )  # fmt: skip
    return draft, owner


def paying(code: str) -> None:
    """The deposit is said to be paid by transfer, with the bank's proof."""
    draft, owner = signed(code)
    admission.demand_deposits([draft.seller_id], book=BOOK, on=ON, **when("system:seed"))
    proof = hand_in(draft.seller_id, PROOF_KIND, owner)
    due = BOOK.amount("DEP-1", ON)
    report_payment(
        draft.seller_id, channel=MANUAL, amount_fen=due, reference=f"TT-{code}", proof_id=proof.pk,
        **when(owner.actor),
    )  # fmt: skip


def leaving(code: str) -> None:
    """Active, then leaving, with the deposit's release asked for and its cooling days over."""
    draft, owner = signed(code)
    sellers = [draft.seller_id]
    admission.hold_deposits(sellers, book=BOOK, **DECIDES, **when("system:seed"))
    warehouse = Warehouse.objects.earliest("id")
    bindings = [(draft.seller_id, warehouse.pk, 150_000, "road quote")]
    admission.bind_and_activate(bindings, on=ON, **when("system:seed"))
    admission.begin_exit(sellers, reason="店铺停止经营", **when(owner.actor))
    admission.request_release(sellers, **when(owner.actor))
    began = ON - timedelta(days=90)
    admission.start_cooling(sellers, book=BOOK, on=began, **when("system:seed"))


STAGES: Mapping[str, Callable[[str], object]] = {
    "review": in_review, "edge": on_the_edge, "refused": refused, "appeal": appealed,
    "paying": paying, "leaving": leaving,
}  # fmt: skip
WISH: dict[str, dict[str, str]] = json.loads(sys.argv[1])


@transaction.atomic
def main() -> None:
    for email, role in WISH["people"].items():
        user = create_operator(
            email, name=email.partition("@")[0], roles=[role], password=os.environ["SEED_PASSWORD"],
            now=timezone.now(), actor="system:seed",
        )  # fmt: skip
        activate_demo_factor(user)
    for code, stage in WISH["shops"].items():
        STAGES[stage](code)
    factors = Authenticator.objects.filter(
        type=Authenticator.Type.TOTP, user__email__in=WISH["people"]
    ).select_related("user")
    print(json.dumps({factor.user.email: decrypt(factor.data["secret"]) for factor in factors}))


main()
