"""`tidegate models canary` and `guard`: a model that judges a share of the authors, by degrees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from streams.cli.control import How, HowOfModel, Percent, Workers, carry_out, print_json, shown
from streams.cli.models_control import check_model, model_entry
from streams.cli.moments import seconds
from streams.cli.options import expanded
from streams.cli.terminal import reporting, run

if TYPE_CHECKING:
    from schemas import Control
    from schemas.control import Guards
    from streams.control.state import State

DEFAULTS: Final = {"actions": 1.5, "dead_letters": 0.01, "p99": 2.0, "agreement": 0.1}
"""Limits of guards that nobody spoke of."""
OFF: Final = "off"


@expanded
def canary(
    address: Annotated[
        str | None, typer.Argument(help="Of the model. Default: the one that is on trial.", show_default=False)
    ] = None,
    share: Percent = 5.0,
    then: Annotated[
        str | None, typer.Option(help="Percentages that follow, such as 25,50. The command stays until the last.")
    ] = None,
    every: Annotated[str | None, typer.Option(help="From one degree to the next, such as 90s, 10m or 2h.")] = None,
    guard: Annotated[
        list[str] | None,
        typer.Option(help="NAME=LIMIT or NAME=off; see docs/changing.md.", show_default=False),
    ] = None,
    *,
    how: HowOfModel,
    workers: Workers,
) -> None:
    """Let another model judge a share of the authors. A guard that is broken rolls it back; so does `rollback`."""
    with reporting():
        degrees = _degrees(share, then)
        every_s = None if every is None else seconds(every, "--every")
        if (then is None) != (every is None):
            raise typer.BadParameter("--then and --every go together", param_hint="--then")
        _guards(guard or (), None)  # wrong ones are told before anything is done
        entry = None if address is None else model_entry(address, how)
        if how.dry_run and entry is not None:
            check_model(workers.settings(), entry)
        carry_out(partial(_wanted, entry, degrees, every_s, guard or (), how), how, workers)
        if then is not None and not how.dry_run:
            _tend(workers, until_end=False)


@expanded
def guard(*, workers: Workers) -> None:
    """Stay with a canary until it ends: take its next degree when that is due, and hold it to people's reviews."""
    with reporting():
        _tend(workers, until_end=True)


def _tend(workers: Workers, until_end: bool) -> None:
    """Ends with 1 where a guard has ended the canary."""
    from streams.control.change import GUARD, ConflictError
    from streams.control.tending import tend

    entry = run(tend(workers.settings(), until_end, partial(typer.echo, err=True)))
    if entry is None:
        raise ConflictError("No model is on trial, and none was.")
    if workers.as_json:
        print_json(shown(entry))
    elif not entry.active:
        typer.echo(f"{entry.version} judges nobody any more, by {entry.by}: {entry.note or 'nobody said why'}")
    if not entry.active and entry.by == GUARD:
        raise typer.Exit(1)


def _wanted(
    entry: Control | None, degrees: Sequence[float], every_s: float | None, given: Sequence[str], how: How, state: State
) -> Control:
    """The model that is named, or the one on trial, at these degrees. Guards that nobody speaks of stay as they are."""
    from streams.control.change import ConflictError

    base = entry or state.trial
    if base is None:
        raise ConflictError("No model is on trial: name the address of one.")
    fields: dict[str, Any] = {
        "name": "candidate",
        "judges": True,
        "share": degrees[0],
        "then": tuple(degrees[1:]),
        "every_s": every_s,
        "guards": _guards(given, None if state.trial is None else state.trial.guards),
        "by": how.by,
        "note": how.note,
    }
    return base.model_copy(update=fields)


def _degrees(share: float, then: str | None) -> list[float]:
    """Shares of 1, each larger than the one before it."""
    from schemas.control import MAX_DEGREES

    try:
        percent = [share, *(float(word) for word in (then or "").split(",") if word.strip())]
    except ValueError:
        raise typer.BadParameter(f"{then!r} are no percentages, such as 25,50", param_hint="--then") from None
    if sorted(set(percent)) != percent or not 0 < percent[-1] <= 100 or len(percent) > MAX_DEGREES:
        raise typer.BadParameter("each degree is larger than the one before it, and 100 at most", param_hint="--then")
    return [each / 100 for each in percent]


def _guards(given: Sequence[str], former: Guards | None) -> Guards:
    from pydantic import ValidationError

    from schemas.control import Guards

    limits: dict[str, Any] = dict(DEFAULTS) if former is None else former.model_dump()
    for word in given:
        name, _, limit = word.partition("=")
        if name not in Guards.model_fields or not limit:
            names = ", ".join(Guards.model_fields)
            raise typer.BadParameter(f"{word!r} is not NAME=LIMIT, NAME one of {names}", param_hint="--guard")
        limits[name] = None if limit == OFF else limit
    if limits.get("at_least", "") is None:
        del limits["at_least"]
    try:
        return Guards.model_validate(limits)
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(f"{first['loc'][0]}: {first['msg']}", param_hint="--guard") from None
