"""`tidegate triage check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.policy import show_findings
from streams.cli.terminal import AsJson, reporting, settings_from


def check(
    file: Annotated[
        Path | None, typer.Argument(help="Triage protocol. Default: the one in the settings.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the examples of a protocol's rules, and look for rules that can never fire.

    Exit codes: 0 nothing is wrong; 1 something is; 2 the file is no protocol.
    """
    with reporting():
        from streams.tasks.symptoms.assessment import Assessor
        from streams.tasks.symptoms.check import findings

        assessor = Assessor.load(settings_from(protocol=file).protocol)
        found = findings(assessor)
        rules = assessor.protocol.rules.values()
        examples = sum(len(rule.fires) + len(rule.spares) for rule in rules)
        show_findings(found, f"protocol {assessor.protocol.version}: {len(rules)} rules, {examples} examples", as_json)
        if found:
            raise typer.Exit(1)
