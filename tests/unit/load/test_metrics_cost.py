"""`python -m load metrics`: drains in turns, and a scraper that cannot fail unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from load.capacity import Drained
from load.commands.metrics import Scrapes, account, in_order, scraping
from load.report import Report


@pytest.fixture
async def exposed(tmp_path: Path) -> AsyncIterator[Path]:
    """The file with the port of somebody who exposes metrics."""

    async def show(_: web.Request) -> web.Response:
        return web.Response(text="tidegate_up 1\n")

    app = web.Application()
    app.router.add_get("/metrics", show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (tmp_path / "port").write_text(f"{runner.addresses[0][1]}\n")
    yield tmp_path / "port"
    await runner.cleanup()


def report_of(without: list[float], with_port: list[float]) -> Report:
    report = Report("metrics", "", {})
    drained = [{n: Drained(rate, 1e6 / rate) for n, rate in enumerate(rates)} for rates in (without, with_port)]
    account(report, drained[0], drained[1], [Scrapes(3, 9_000)] * len(without), 5.0)
    return report


def test_neither_always_comes_after_the_other() -> None:
    assert [in_order(number) for number in range(4)] == [(False, True), (True, False)] * 2


def test_a_round_is_compared_with_itself() -> None:
    """The machine was half as fast in the second round: that is not the port's fault."""
    data = report_of([1000.0, 500.0, 1000.0], [995.0, 497.5, 1005.0]).data

    assert data["rate_ratio"] == {"median": 0.995, "low": 0.995, "high": 1.005}
    assert data["cpu_ratio"]["median"] == pytest.approx(1 / 0.995, abs=1e-4)
    assert data["target_met"] is True
    assert (data["scrapes"], data["scrape_bytes"]) == ([3, 3, 3], 9_000)


def test_more_than_a_percent_is_too_much() -> None:
    report = report_of([1000.0] * 3, [980.0, 989.0, 999.0])

    assert report.data["target_met"] is False
    assert "missed" in "\n".join(map(str, report._parts))


async def test_a_worker_is_asked_again_and_again(exposed: Path) -> None:
    async with scraping(exposed, 0.01) as scrapes:
        for _ in range(1000):
            if scrapes.count >= 3:
                break
            await asyncio.sleep(0.01)
    assert scrapes.count >= 3
    assert scrapes.size == len("tidegate_up 1\n")


async def test_a_worker_that_nobody_could_ask_was_not_measured_with_metrics(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="before it could be scraped"):
        async with scraping(tmp_path / "port", 0.01):
            await asyncio.sleep(0)


@pytest.fixture
def deserted(tmp_path: Path, unused_tcp_port: int) -> Path:
    """The file of somebody who has gone."""
    (tmp_path / "port").write_text(f"{unused_tcp_port}\n")
    return tmp_path / "port"


async def test_a_scrape_that_fails_ends_the_measurement(deserted: Path) -> None:
    with pytest.raises(aiohttp.ClientConnectionError):
        async with scraping(deserted, 0.01):
            await asyncio.sleep(0.5)
