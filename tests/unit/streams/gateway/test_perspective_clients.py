"""Clients of Perspective that nobody here wrote, pointed at a server of ours."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import perspective
import pytest
from googleapiclient.discovery import build, build_from_document
from googleapiclient.errors import HttpError

from streams.gateway import comments, discovery
from streams.gateway.keys import Keys, add_key
from tests.support.gateway import Running, running, settings_for

REQUEST = {"comment": {"text": "you are an idiot"}, "requestedAttributes": {"TOXICITY": {}, "THREAT": {}}}
DISCOVERY = "/$discovery/rest?version=v1alpha1"


def discovered(gateway: Running, key: str = "unused") -> Any:
    """The call that Perspective's own documentation shows, with another address."""
    return build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=gateway.url + DISCOVERY,
        static_discovery=False,
    )


@pytest.fixture(params=["discovered", "from_document"])
def service(gateway: Running, request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "discovered":
        service = discovered(gateway)
    else:
        document = discovery.document("https://commentanalyzer.example/")
        service = build_from_document(
            document, developerKey="unused", client_options={"api_endpoint": gateway.url + "/"}
        )
    yield service
    service.close()


def test_analyze(service: Any) -> None:
    answer = service.comments().analyze(body=REQUEST).execute()
    scores = {name: one["summaryScore"]["value"] for name, one in answer["attributeScores"].items()}
    assert scores == {"TOXICITY": 0.982, "THREAT": 0.018}
    assert answer["languages"] == ["en"]


def test_spans_count_utf16_units(service: Any) -> None:
    text = "😀\U00020000 you are an idiot"
    body = REQUEST | {"comment": {"text": text}, "spanAnnotations": True}
    (span,) = service.comments().analyze(body=body).execute()["attributeScores"]["TOXICITY"]["spanScores"]
    assert text.encode("utf-16-le")[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") == "idiot"


def test_an_error_is_read(service: Any) -> None:
    with pytest.raises(HttpError) as raised:
        service.comments().analyze(body=REQUEST | {"languages": ["fr"]}).execute()
    assert raised.value.status_code == 400
    assert raised.value.reason == "Attribute TOXICITY does not support request languages: fr"
    (detail,) = raised.value.error_details
    assert detail["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


def test_suggestscore_without_brokers(service: Any) -> None:
    body = {"comment": {"text": "a day"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
    with pytest.raises(HttpError) as raised:
        service.comments().suggestscore(body=body).execute()
    assert raised.value.status_code == 501
    assert "TIDEGATE_BROKERS" in raised.value.reason


def test_the_key_of_the_client_is_ours(tiny_artifact: Path, tmp_path: Path) -> None:
    given = add_key(tmp_path / "keys.toml", "reader", ["score"], 10, 20)
    keys = Keys.load(tmp_path / "keys.toml")
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        with discovered(gateway, given) as service:
            assert service.comments().analyze(body=REQUEST).execute()["attributeScores"]
        with discovered(gateway, "wrong") as service, pytest.raises(HttpError) as raised:
            service.comments().analyze(body=REQUEST).execute()
    assert raised.value.status_code == 401


def test_for_a_thousand_texts_the_spans_are_those_of_the_verdict(gateway: Running) -> None:
    chosen = random.Random(7)
    pieces = ["idiot", "damn", "😀", "\U00020000", "傻", "👩‍👧", "you", "are", "é", ".", "\n"]
    texts = [" ".join(chosen.choices(pieces, k=chosen.randint(1, 12))) for _ in range(1000)]
    records = [{"id": str(number), "text": text, "lang": "en"} for number, text in enumerate(texts)]
    verdicts = gateway.post("/v1/verdicts", {"records": records}).document["verdicts"]
    compared = 0
    for text, verdict in zip(texts, verdicts, strict=True):
        wanted = [text[span["start"] : span["end"]] for span in verdict.get("spans", ())]
        if not wanted or "toxicity" not in verdict["labels"]:
            continue
        body = {"comment": {"text": text}, "languages": ["en"], "requestedAttributes": {"TOXICITY": {}}}
        answer = gateway.post("/v1alpha1/comments:analyze", body | {"spanAnnotations": True}).document
        found = answer["attributeScores"]["TOXICITY"]["spanScores"]
        units = text.encode("utf-16-le")
        assert [units[2 * one["begin"] : 2 * one["end"]].decode("utf-16-le") for one in found] == wanted
        compared += 1
    assert compared > 500


def test_the_package_named_perspective(gateway: Running) -> None:
    api = perspective.PerspectiveAPI("unused")
    api.api_client.url = gateway.url + "/v1alpha1/{endpoint}"
    assert api.analyze_comment("you are an idiot", requested_attributes={"TOXICITY": {}, "THREAT": {}})


def test_the_document_names_the_fields_that_are_read_and_given() -> None:
    described = orjson.loads(discovery.FILE.read_bytes())["schemas"]
    for name, schema in described.items():
        assert sorted(schema["properties"]) == sorted(getattr(comments, name).model_fields), name
        assert schema["id"] == name


def test_the_document_names_the_address_by_which_it_was_asked(gateway: Running) -> None:
    document = gateway.get(DISCOVERY, host="moderation.example:8470").document
    assert document["rootUrl"] == "http://moderation.example:8470/"
    assert gateway.get(DISCOVERY, x_forwarded_proto="https").document["rootUrl"].startswith("https://")
    assert gateway.get("/$discovery/rest?version=v2").status == 404
