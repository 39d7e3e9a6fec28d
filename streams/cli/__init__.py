"""The command line, `tidegate`: one module a group of commands, everything heavy imported inside the commands."""

from __future__ import annotations


def main() -> None:
    from streams.cli.app import build_app

    build_app()()
