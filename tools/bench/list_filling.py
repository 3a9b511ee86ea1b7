"""A database as an operator's after years: sellers with applications in every state, and all behind them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bantuo.apps.sql import run_statement
from bantuo.engine.diagnosis import Evaluator

# Of a hundred sellers; the path of each state is the steps that its timeline has.
_SHARES = (
    ("draft", 5), ("assessed_fail", 15), ("rejected", 4), ("assessed_pass", 4), ("in_review", 2),
    ("needs_more", 2), ("withdrawn", 4), ("approved", 4), ("agreement_signed", 3), ("deposit_held", 2),
    ("active", 55),
)  # fmt: skip
_WAY = (
    "draft", "submitted", "assessed_pass", "in_review", "approved", "agreement_signed", "deposit_held",
    "warehouse_bound", "active",
)  # fmt: skip
_PATHS = {
    "assessed_fail": ("draft", "submitted", "assessed_fail"),
    "rejected": (*_WAY[:4], "rejected"),
    "needs_more": (*_WAY[:4], "needs_more"),
    "withdrawn": (*_WAY[:3], "withdrawn"),
}
_PAPERS = ("DOC-1", "DOC-2", "DOC-4", "DOC-5", "DOC-6")


def fill_database(number: int, *, evaluator: Evaluator, version_id: int, now: datetime) -> None:
    """`number` sellers, an application each, its timeline, report, papers, agreement, deposit."""
    paths = {state: _PATHS.get(state) or _WAY[: _WAY.index(state) + 1] for state, _ in _SHARES}
    gates = [
        {
            "rule": gate.rule_id,
            "class": gate.cite.rule.detail.get("failure_class"),
            "fixable": bool(gate.cite.rule.detail.get("fixable_now", False)),
        }
        for gate in evaluator.gates.gates
    ]
    told: dict[str, Any] = {
        "number": number,
        "now": now,
        "states": [state for state, share in _SHARES for _ in range(share)],
        "paths": json.dumps(paths),
        "gates": json.dumps(gates),
        "papers": list(_PAPERS),
        "version": version_id,
        "profile": json.dumps({"products": [_PRODUCT] * 5, "company": {"business_scope": "货物进出口" * 40}}),
    }
    for statement in _STATEMENTS:
        run_statement(statement, told)


_PRODUCT = {
    "sku": "SIM-LAMP-01",
    "title": "台灯 / Desk lamp",
    "category": "home-lamps",
    "sites": ["DE", "FR"],
}
_STATEMENTS = (
    """
    INSERT INTO parties_seller (marketplace, code, name, ship_from, programme_state, active_from, created_at)
    SELECT 'bench', 'SIM-' || lpad(i::text, 6, '0'), '示例商户 ' || i, '示例市', 'outside', NULL, %(now)s
    FROM generate_series(1, %(number)s) AS i
    """,
    """
    INSERT INTO accounts_user (email, name, password, language, roles, is_active, is_staff, is_superuser,
                               created_at, seller_id, sign_outs)
    SELECT 'seller-' || id || '@example.test', '示例用户 ' || id, '!', 'zh-hans', '{seller_owner}', TRUE,
           FALSE, FALSE, %(now)s, id, 0
    FROM parties_seller WHERE marketplace = 'bench'
    """,
    """
    INSERT INTO admission_application (seller_id, attempt, state, profile, revision, started_at, submitted_at,
                                       decided_at, open_gates, open_classes)
    SELECT s.id, 1, s.state, %(profile)s::jsonb || jsonb_build_object('code', s.code)
               || jsonb_build_object('company', jsonb_build_object('uscc', 'X' || lpad(s.id::text, 17, '0'))),
           0, s.at, CASE WHEN s.state <> 'draft' THEN s.at END, NULL, 0, '{}'
    FROM (SELECT id, code, (%(states)s::text[])[1 + id %% 100] AS state,
                 %(now)s::timestamptz - CASE
                     WHEN (%(states)s::text[])[1 + id %% 100] IN ('assessed_pass', 'in_review')
                     THEN (id %% 10) * interval '1 day' + interval '1 hour'
                     ELSE (id %% 730) * interval '1 day' + interval '40 days' END AS at
          FROM parties_seller WHERE marketplace = 'bench') s
    """,
    """
    INSERT INTO admission_applicationevent (seller_id, application_id, state, reason, happened_at, actor)
    SELECT a.seller_id, a.id, p.step, 'bench', a.started_at + (p.place - 1) * interval '9 hours', 'user:1'
    FROM admission_application a
    CROSS JOIN LATERAL (SELECT step, place FROM jsonb_array_elements_text(%(paths)s::jsonb -> a.state)
                        WITH ORDINALITY AS p(step, place)) p
    ORDER BY a.id, p.place
    """,
    """
    INSERT INTO admission_assessment (seller_id, application_id, policy_version_id, purpose, rated_on, passed,
                                      fit, warnings, assessed_at)
    SELECT seller_id, id, %(version)s, 'admission', submitted_at::date, state <> 'assessed_fail', '[]', '[]',
           submitted_at
    FROM admission_application WHERE submitted_at IS NOT NULL
    """,
    """
    INSERT INTO admission_finding (seller_id, assessment_id, rule, failure_class, status, observed, required,
                                   evidence_zh, evidence_en, fix_zh, fix_en, fixable_now)
    SELECT r.seller_id, r.id, g.told ->> 'rule', g.told ->> 'class',
           CASE WHEN NOT r.passed AND (g.place + r.id) %% 9 = 0 THEN 'fail' ELSE 'pass' END,
           '1', '≤ 0', '', '', '', '', (g.told ->> 'fixable')::bool
    FROM admission_assessment r
    CROSS JOIN jsonb_array_elements(%(gates)s::jsonb) WITH ORDINALITY AS g(told, place)
    """,
    """
    INSERT INTO admission_reviewitem (seller_id, application_id, subject, verdict, reason, decided_by,
                                      decided_at)
    SELECT seller_id, id, 'DOC-1', 'not_ok', 'bench', 'user:1', started_at + interval '36 hours'
    FROM admission_application WHERE state = 'rejected' AND id %% 500 <> 0
    """,
    """
    INSERT INTO admission_override (seller_id, application_id, rules, reason, requested_by, requested_at)
    SELECT seller_id, id, '{ELG-2}', 'bench', 'user:1', %(now)s
    FROM admission_application WHERE state = 'in_review' AND id %% 3 = 0
    """,
    """
    INSERT INTO admission_appeal (seller_id, application_id, reason, refused_by, opened_by, opened_at, answer)
    SELECT seller_id, id, 'bench', 'system', 'user:1', %(now)s, ''
    FROM admission_application WHERE state = 'in_review' AND id %% 3 = 1
    """,
    """
    INSERT INTO admission_agreement (seller_id, application_id, version, text_sha256, signed_by,
                                     signer_address, signed_at)
    SELECT seller_id, id, '1', repeat('0', 64), '示例签署人', '127.0.0.1', started_at + interval '2 days'
    FROM admission_application WHERE state IN ('agreement_signed', 'deposit_held', 'active')
    """,
    """
    INSERT INTO admission_deposit (seller_id, application_id, state, required_fen, rule, due_at, held_at)
    SELECT seller_id, id, CASE WHEN state = 'agreement_signed' THEN 'due' ELSE 'held' END, 2000000, 'DEP-1',
           started_at + interval '2 days',
           CASE WHEN state <> 'agreement_signed' THEN started_at + interval '3 days' END
    FROM admission_application WHERE state IN ('agreement_signed', 'deposit_held', 'active')
    """,
    """
    INSERT INTO admission_depositpayment (seller_id, deposit_id, channel, amount_fen, reference, reported_by,
                                          reported_at, reason, decided_by, decided_at, confirmed)
    SELECT seller_id, id, 'manual', required_fen, 'bench-' || id, 'user:1', due_at, '',
           CASE WHEN state = 'held' THEN 'user:1' END, CASE WHEN state = 'held' THEN held_at END,
           CASE WHEN state = 'held' THEN TRUE END
    FROM admission_deposit
    """,
    """
    INSERT INTO documents_document (seller_id, kind, subject, name, media_type, size_bytes, sha256, store_key,
                                    uploaded_by, uploaded_at, pages)
    SELECT a.seller_id, k.kind, '', k.kind || '.pdf', 'application/pdf', 200000, repeat('0', 64),
           'bench/' || a.seller_id || '/' || k.kind, 'user:1', a.started_at, 1
    FROM admission_application a CROSS JOIN unnest(%(papers)s::text[]) AS k(kind)
    """,
    """
    INSERT INTO documents_documentaccess (id, document_id, seller_id, subject, action, actor, reason, address,
                                          happened_at, previous_hash, entry_hash)
    SELECT row_number() OVER (ORDER BY id), id, seller_id, '', 'upload', 'user:1', '', '127.0.0.1',
           uploaded_at, 'bench-' || id - 1, 'bench-' || id
    FROM documents_document WHERE kind IN ('DOC-1', 'DOC-2')
    """,
    """
    INSERT INTO notices_notice (user_id, topic, outbox_id, payload, link, created_at, read_at,
                                mail_tries)
    SELECT u.id, 'review_waiting', s.id, '{}', 'operator:applications',
           %(now)s - s.id * interval '1 minute', CASE WHEN s.id %% 200 > 0 THEN %(now)s::timestamptz END, 0
    FROM parties_seller s CROSS JOIN accounts_user u WHERE u.email = 'bench@example.test'
    """,
)
