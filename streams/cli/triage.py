"""`tidegate triage explain`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from streams.cli.score import open_lines
from streams.cli.terminal import AsJson, printable, reporting, settings_from, stdout

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.tasks.symptoms.explanation import Explainer

_BESIDE: Final = {
    "model": "the model alone",
    "unassessed": "the policy of what the model cannot read",
    "photograph": "a photograph alone",
}
"""Who may hold a level beside the protocol."""


def explain(
    file: Annotated[Path, typer.Argument(help="Symptom records, one a line; - is standard input.")] = Path("-"),
    artifact: Annotated[Path | None, typer.Option(help="Model folder.", show_default=False)] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file.", show_default=False)] = None,
    protocol: Annotated[Path | None, typer.Option(help="Triage protocol.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Say for each record what was found, which rules fired, and what would have changed the level."""
    with reporting():
        settings = settings_from(artifact=artifact, policy=policy, protocol=protocol)
        with open_lines(file) as lines:
            explanations = list(_explanations([line.rstrip(b"\r\n") for line in lines], settings))
        for explanation in explanations:
            if as_json:
                import orjson

                typer.echo(orjson.dumps(explanation).decode())
            else:
                _show(explanation)


def _explanations(lines: list[bytes], settings: Settings) -> Iterator[dict[str, Any]]:
    """The model's answer comes by the same way as in `tidegate score`."""
    import orjson

    from streams.score import score_lines

    explainer = open_explainer(settings)
    for line, answer in zip(lines, score_lines(lines, "symptoms", settings), strict=True):
        verdict = orjson.loads(answer)
        yield verdict if "error" in verdict else explainer.explain(line, verdict)


def open_explainer(settings: Settings) -> Explainer:
    """One that explains verdicts of these settings. Raises ProtocolError or PolicyError."""
    from streams.policy import Policy
    from streams.tasks.symptoms.assessment import Assessor
    from streams.tasks.symptoms.explanation import Explainer

    policy = Policy.load(settings.policy).symptoms
    return Explainer(Assessor.load(settings.protocol), settings.max_record_bytes, policy)


def _show(explanation: dict[str, Any]) -> None:
    console = stdout()
    if "error" in explanation:
        error = explanation["error"]
        console.print(f"line {error['line']}: {error['reason']}: {error['detail']}", markup=False)
        return
    console.print(f"{printable(explanation['record_id'])}: level {explanation['level']}", style="bold", markup=False)
    told = f"model {explanation['model_level'] or '-'}, protocol {explanation['protocol_level'] or '-'}"
    if explanation["photograph_level"] is not None:
        told += f", photographs {explanation['photograph_level']}"
    console.print(f"  {told}")
    for kind, line in shown(explanation):
        console.print(f"  {kind:<9} {line}", markup=False)


def shown(explanation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What people read of it: of each line its kind and the rest."""
    for one in explanation["findings"]:
        yield "found", f"{one['name']}: {one['assertion']} ({printable(one['text'])})"
    for one in explanation["numbers"]:
        points = f", {one['points']} early-warning points" if one["points"] else ""
        yield "number", f"{one['measure'].replace('_', ' ')} {one['value']:g}{points}"
    for one in explanation["rules"]:
        yield "rule", f"{one['level']} {one['rule'].replace('_', ' ')}: {', '.join(one['because'])} [{one['source']}]"
    if held := _held(explanation):
        yield "held", held
    for one in explanation["would_change"]:
        behind = f" ({one['rule'].replace('_', ' ')})" if "rule" in one else f" (now {one['now']})"
        yield "change", f"level {one['level']} if {one['if']}{behind}"
    for warning in explanation["warnings"]:
        yield "warning", warning


def _held(explanation: dict[str, Any]) -> str | None:
    """Why there may be no change that would make it less urgent."""
    level, held_by = explanation["level"], explanation["held_by"]
    beside = [f"{_BESIDE[one]} says {level}" for one in held_by if one in _BESIDE]
    if beside:
        said = f"stays {level} without any rule" if "protocol" in held_by else "no rule set it"
        return f"{said}: {' and '.join(beside)}"
    if held_by == ["protocol"] and not any(one["level"] > level for one in explanation["would_change"]):
        return "no one finding or vital sign carries it alone (age and weeks of pregnancy are not tried)"
    return None
