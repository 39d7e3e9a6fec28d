"""Lengths of time on the command line."""

from __future__ import annotations

import pytest
import typer

from streams.cli.moments import seconds


@pytest.mark.parametrize(("text", "length"), [("1", 1.0), ("90s", 90.0), ("1.5m", 90.0), ("8760h", 31_536_000.0)])
def test_a_length_has_a_unit_or_is_of_seconds(text: str, length: float) -> None:
    assert seconds(text, "--window") == length


@pytest.mark.parametrize("text", ["", "0", "0.9s", "-1h", "inf", "nan", "2d", "1000000h", f"{'9' * 400}h"])
def test_what_is_none_or_beyond_a_year_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no length of time"):
        seconds(text, "--window")
