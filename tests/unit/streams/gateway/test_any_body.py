"""Whatever comes in a body, the answer is an answer or says what is wrong: never a defect, and always in shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.gateway import Running

BODIES: dict[str, dict[str, Any]] = {
    "/v1/moderations": {"input": ["a day", "you"], "model": "any"},
    "/v1/verdicts": {"id": "1", "text": "a day", "author": "a", "lang": "en", "records": None},
    "/v1/verdicts?task=symptoms": {"id": "1", "text": "fever", "age": 7, "records": None},
    "/v1/posts": {"id": "1", "text": "a day"},
    "/v1alpha1/comments:analyze": {
        "comment": {"text": "a day", "type": "PLAIN_TEXT"},
        "requestedAttributes": {"TOXICITY": {"scoreThreshold": 0.1}},
        "languages": ["en"],
        "spanAnnotations": True,
        "clientToken": "c",
        "context": {"entries": []},
    },
    "/v1alpha1/comments:suggestscore": {"comment": {"text": "a"}, "attributeScores": {}, "context": None},
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(10**30), float("nan"), float("inf"), "\ud83d", "\x00", "a" * 30_000]),
    st.floats(),
    st.text(max_size=20),
)
NAMES = st.sampled_from(["text", "id", "type", "TOXICITY", "summaryScore", "value", "records", "input", ""])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)


@st.composite
def bodies(draw: st.DrawFn, path: str) -> bytes:
    """A good body with something else in some of its places."""
    document = dict(BODIES[path])
    for name in draw(st.sets(st.sampled_from(sorted(document)), max_size=2)):
        document[name] = draw(VALUES)
    body = json.dumps(document).encode()
    return body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 9)) == 0 else body


def check(gateway: Running, path: str, body: bytes) -> None:
    answer = gateway.post(path, body)
    assert answer.status < 500 or answer.status == 501, (answer, body)
    if answer.status >= 400:
        assert answer.document["error"]["message"]


@pytest.mark.parametrize("path", BODIES)
def test_a_body_is_answered(gateway: Running, path: str) -> None:
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(bodies(path))
    def run(body: bytes) -> None:
        check(gateway, path, body)

    run()


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "inner",
    ["[" * depth + "]" * depth for depth in (300, 900, 1000, 5000)] + ["9" * 400, "9" * 5000, "1e999", "-Infinity"],
    ids=str.__len__,
)
@pytest.mark.parametrize("half", ["", '"\\ud83d", '])
def test_deep_and_long_values_are_answered(gateway: Running, path: str, inner: str, half: str) -> None:
    for name in ("records", "input", "comment", "text", "context"):
        good = {key: value for key, value in BODIES[path].items() if key != name and value is not None}
        check(gateway, path, f'{json.dumps(good)[:-1]}, "{name}": [{half}{inner}]}}'.encode())
