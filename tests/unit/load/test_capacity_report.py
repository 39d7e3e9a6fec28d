"""`python -m load capacity`: each drain beside the engine before and after it, and the highest rate that was held."""

from __future__ import annotations

import pytest

from load.capacity import Drained, Verdict
from load.commands.capacity import Turns, account
from load.engine_rate import EngineRate
from load.report import Report


def test_what_is_told_follows_from_what_was_measured() -> None:
    report = Report("Capacity", "python -m load capacity", {})
    engine = [EngineRate(100, rate, 7.3, 1234.5, 1.21) for rate in (90.0, 100.0, 110.0)]
    tried = [Verdict(150.0, True, 0.4, 3), Verdict(170.0, False, 9.0, 300)]
    account(report, Turns(2, engine, [Drained(171.0, 2222.0), Drained(168.0, 2224.0)], tried))
    assert report.data["shares_of_engine"] == [0.9, 0.8], "two workers, beside the mean of the engines around them"
    assert (report.data["share_of_engine"], report.data["target_met"]) == (0.85, True)
    assert report.data["sustained_per_s"] == 150.0
    assert report.data["sustained_share_of_engine"] == pytest.approx(0.75)
    said = "\n".join(map(str, report._parts))
    assert "| bare engine x 2 | 200 |" in said
    assert "Target: 85%, met with 85.0%." in said
    assert "| 170 | 9 | 300 | fell behind |" in said
