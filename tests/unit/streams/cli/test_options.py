"""Options that are fields of a dataclass: a command line cannot tell them from parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from streams.cli.options import expanded

Speed = Annotated[float, typer.Option(min=1, help="Of the wind.")]


@dataclass(frozen=True, slots=True)
class Weather:
    place: Annotated[str, typer.Option(help="Where.")]
    speed: Speed = 3.0
    is_dry: Annotated[bool, typer.Option("--dry")] = False


@dataclass(frozen=True, slots=True)
class Storm(Weather):
    speed: Speed = 60.0


def invoke(command: object, *arguments: str) -> tuple[int, str]:
    app = typer.Typer(add_completion=False)
    app.command("sail")(expanded(command))  # type: ignore[arg-type]
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", "TERM": "dumb"})
    return result.exit_code, result.output


def sail(ship: str, *, weather: Storm, crew: int = 2) -> None:
    """Leave the harbour."""
    typer.echo(f"{ship} {weather!r} {crew}")


def sail_written_out(
    ship: str,
    place: Annotated[str, typer.Option(help="Where.")],
    speed: Speed = 60.0,
    is_dry: Annotated[bool, typer.Option("--dry")] = False,
    crew: int = 2,
) -> None:
    """Leave the harbour."""


def test_a_command_gets_the_dataclass() -> None:
    said = invoke(sail, "ketch", "--place", "bay", "--dry", "--crew", "5")
    assert said == (0, f"ketch {Storm('bay', 60.0, True)!r} 5\n")
    assert invoke(sail, "ketch", "--place", "bay", "--speed", "9") == (0, f"ketch {Storm('bay', 9.0, False)!r} 2\n")


@pytest.mark.parametrize("arguments", [("--help",), ("ketch",), ("ketch", "--place", "bay", "--speed", "0.5"), ()])
def test_help_and_errors_are_those_of_a_command_that_is_written_out(arguments: tuple[str, ...]) -> None:
    assert invoke(sail, *arguments) == invoke(sail_written_out, *arguments)
