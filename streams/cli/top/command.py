"""`tidegate top`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from streams.cli.terminal import AsJson, reporting, settings_from, stdout

if TYPE_CHECKING:
    from streams.cli.top.figures import Figures

DEFAULT_PORT: Final = 9470


def top(
    url: Annotated[
        list[str] | None,
        typer.Option(help="host:port of a worker, gateway or supervisor; several times.", show_default=False),
    ] = None,
    interval: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Look twice, show once, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show rates, latency, lag, versions and actions of running processes, from their metrics."""
    with reporting(interrupted=0):
        from streams.cli.top.scrape import checked

        urls = [checked(one) for one in url or [_own_address()]]
        looks = _looks(urls, interval)
        if once:
            figures = next(looks)
            _print(figures, as_json)
            raise typer.Exit(0 if figures.is_anyone_there else 1)
        if as_json or not stdout().is_terminal:
            for figures in looks:
                _print(figures, as_json)
        else:
            _show(looks)


def _own_address() -> str:
    settings = settings_from()
    return f"{settings.metrics_host}:{settings.metrics_port or DEFAULT_PORT}"


def _looks(urls: list[str], interval_s: float) -> Iterator[Figures]:
    """Never ends. One that is away is asked again each time."""
    from streams.cli.top.figures import figures
    from streams.cli.top.scrape import scrape_all

    before = scrape_all(urls)
    while True:
        time.sleep(interval_s)
        after = scrape_all(urls)
        yield figures(urls, before, after)
        before = after


def _print(figures: Figures, as_json: bool) -> None:
    import orjson

    from streams.cli.top.view import rendered

    if as_json:
        typer.echo(orjson.dumps(figures).decode())
    else:
        stdout().print(rendered(figures))


def _show(looks: Iterator[Figures]) -> None:
    from rich.live import Live

    from streams.cli.top.view import rendered

    with Live(console=stdout(), screen=True, auto_refresh=False) as live:
        for figures in looks:
            live.update(rendered(figures), refresh=True)
