"""`tidegate policy dry-run`: what another policy, or another model, would have changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.control import print_json
from streams.cli.moments import span
from streams.cli.policy import ModelFolder, opened
from streams.cli.terminal import AsJson, Brokers, Prefix, reporting, settings_from

if TYPE_CHECKING:
    from streams.cli.rescoring import Rescoring
    from streams.settings import Settings


def dry_run(
    policy: Annotated[Path | None, typer.Option(help="The policy in question.", show_default=False)] = None,
    against: Annotated[
        Path | None, typer.Option(help="Compare with this one, not with what the verdicts say.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="ISO 8601, by the verdicts' time.", show_default=False)
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO 8601, not included.", show_default=False)] = None,
    file: Annotated[
        Path | None, typer.Option(help="Verdicts, one a line, in place of the topic.", show_default=False)
    ] = None,
    with_posts: Annotated[
        bool, typer.Option("--with-posts", help="Read the posts' topic, too, for rules on their text.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="Score the posts anew with this model folder.", show_default=False)
    ] = None,
    artifact: ModelFolder = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
) -> None:
    """Judge stored verdicts anew by their scores, and say what another policy would have changed. Changes nothing.

    With --model by the scores of another model, whose thresholds count then: that takes as long as scoring does.
    """
    with reporting():
        from streams.cli.backtests import replayed, show_report
        from streams.policy.backtest import Backtest
        from streams.policy.judge import Judge

        if file is not None and with_posts:
            raise typer.BadParameter("a file's lines carry what is known of their posts", param_hint="--with-posts")
        if model is not None and artifact is not None:
            raise typer.BadParameter("--model brings its own thresholds", param_hint="--artifact")
        folder = model or artifact
        new, known = opened(policy, folder)
        old = None if against is None else Judge.build(opened(against, folder)[0], known)
        test = Backtest(Judge.build(new, known), datetime.now(UTC).date().toordinal(), old)
        times = span(since, until)
        settings = settings_from(brokers=brokers, topic_prefix=prefix)
        anew = None if model is None else _rescoring(settings_from(artifact=model, policy=policy))
        replayed(test, settings, times, file, with_posts or model is not None, anew)
        report = {"policy": new.version_with(), "model": known.version, **test.report()}
        if anew is not None:
            report |= {"rescored": anew.rescored, "not_rescored": anew.missing}
        if as_json:
            print_json(report)
        else:
            show_report(report)


def _rescoring(settings: Settings) -> Rescoring:
    from streams.cli.rescoring import Rescoring
    from streams.score import Scorer
    from streams.tasks.posts import POSTS

    return Rescoring(Scorer(POSTS.name, settings))
