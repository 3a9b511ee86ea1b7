"""The OpenAPI document: as committed, with examples that fit it, and what the server answers fits it too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client

from bantuo.interfaces.api.document import document, operations
from tests.processes import start_process

SNAPSHOT = Path(__file__).parent / "openapi.json"
_CODE = "from tests.interfaces.api.schema_runner import main; main()"


def test_the_document_is_the_committed_one() -> None:
    """After a wanted change: python -m tests.interfaces.api.write_snapshot."""
    assert document() == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


@pytest.mark.django_db
def test_the_document_is_served_with_a_page_to_read() -> None:
    served = Client().get("/api/v3.2/openapi.json")
    assert served.json() == document()
    assert served.json()["openapi"] == "3.1.0"
    page = Client().get("/api/v3.2/").content.decode()
    for path, method, operation in operations(document()):
        assert f'id="{operation["operationId"]}"' in page
        assert f"{method.upper()} {path}" in page


@pytest.mark.parametrize(
    "operation", [told for _, _, told in operations(document())], ids=lambda told: told["operationId"]
)
def test_every_operation_has_examples_that_fit(operation: dict[str, Any]) -> None:
    bodies = list(operation.get("requestBody", {}).get("content", {}).values())
    answers = [
        content
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for content in answer["content"].values()
    ]
    assert answers
    for content in [*bodies, *answers]:
        schema = {**content["schema"], "components": document()["components"]}
        jsonschema.validate(content["example"], schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.processes
def test_whatever_is_sent_the_answer_fits_the_document(scratch_database: str) -> None:
    process = start_process(_CODE, "25", url=scratch_database)
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err[-3000:]
    told = json.loads(out.splitlines()[-1])
    assert told == {"operations": len(list(operations(document()))), "faults": {}}
