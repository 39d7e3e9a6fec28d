"""The kept corpus of the fuzzer, and whatever hypothesis makes of the same targets; `make fuzz` goes further."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, _same, read_json

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
KEPT = sorted(path for path in CORPUS.glob("*/*"))

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(blacklist_categories=()))
documents = st.dictionaries(
    st.text(max_size=5),
    st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=8),
)


def test_every_target_has_a_corpus() -> None:
    assert {path.parent.name for path in KEPT} == set(TARGETS)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_kept_does_no_harm(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150)
@given(value=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_do(name: str, value: bytes) -> None:
    TARGETS[name](value)


@given(documents, st.booleans(), st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))
def test_an_object_reads_as_the_standard_library_reads_it(
    document: dict[str, object], is_ascii: bool, encoding: str
) -> None:
    text = json.dumps(document, ensure_ascii=is_ascii)
    value = text.encode(encoding, "surrogatepass")
    read_json(value)


@given(st.text('{}[]":,0123456789eE+-.truefalsn \t\n\\u', max_size=60))
def test_what_nearly_is_json_reads_alike(text: str) -> None:
    read_json(text.encode())
    read_json(f'{{"a":{text}}}'.encode())


def test_the_comparison_sees_a_difference() -> None:
    assert not _same({"a": [1]}, {"a": [1.0]})
    assert not _same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert _same({"a": float("nan")}, {"a": float("nan")})
