"""The samples on the page, run as they stand there: what they send is the seller's evidence."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.operations.drafts import start_draft
from bantuo.apps.admission.queries.drafts import composed_profile
from bantuo.apps.erp.models import ProbeCall
from bantuo.apps.erp.operations import open_secret
from bantuo.apps.erp.queries import active_key, erp_evidence
from bantuo.interfaces.web.papers import vault
from tests.apps.factories import ACTOR, NOW, make_sellers
from tests.interfaces.sandbox.conftest import Server


@pytest.fixture
def seller(server: Server) -> int:
    (made,) = make_sellers("S1")
    return made


@pytest.fixture
def page(server: Server, seller: int, settings: Settings) -> str:
    """The page of a seller that has just made its key."""
    settings.BASE_URL = f"http://127.0.0.1:{server.server_port}"
    user = User.objects.create_user("owner@example.com", seller_id=seller, roles=[Role.SELLER_OWNER])
    client = Client()
    client.force_login(user)
    answer = client.post("/seller/erp/key/", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def sample(page: str, element: str) -> str:
    found = re.search(rf'id="{element}"[^>]*>(.*?)</code>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def run(*command: str, secret: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "BANTUO_SECRET": secret}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


def secret_of(seller: int) -> str:
    key = active_key(seller)
    assert key is not None
    return open_secret(key, vault=vault())


def test_the_python_sample_makes_a_hundred_calls_that_are_evidence(
    page: str, seller: int, tmp_path: Path
) -> None:
    script = tmp_path / "sample.py"
    script.write_text(sample(page, "sample-python"), encoding="utf-8")
    done = run(sys.executable, "-I", str(script), "100", secret=secret_of(seller))

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 101
    times = sorted(ProbeCall.objects.filter(seller_id=seller).values_list("took_ms", flat=True))
    shown = {"api_version": "3.2", "probe": {"calls": 100, "p95_ms": times[94], "method": "signed_calls"}}
    assert erp_evidence(seller) == shown
    assert composed_profile(start_draft(seller, now=NOW, actor=ACTOR))["erp"] == shown


@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("openssl"), reason="needs curl and openssl")
def test_the_curl_sample_makes_a_call(page: str, seller: int) -> None:
    done = run("bash", "-c", sample(page, "sample-curl"), secret=secret_of(seller))

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["accepted"] == 1
    assert ProbeCall.objects.filter(seller_id=seller).count() == 1


def test_a_wrong_secret_is_told_in_the_answers_own_words(page: str, seller: int, tmp_path: Path) -> None:
    script = tmp_path / "sample.py"
    script.write_text(sample(page, "sample-python"), encoding="utf-8")
    done = run(sys.executable, "-I", str(script), secret="not-the-secret")

    assert done.returncode == 1
    problem = json.loads(done.stderr)
    assert problem["type"] == "urn:bantuo:sandbox:signature-wrong"
    assert problem["signed_lines"][:2] == ["GET", "/sandbox/v3.2/ping"]
    assert erp_evidence(seller) is None
