"""The accounting and the view of the demo."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from schemas import (
    Alert,
    Condition,
    PostScores,
    PostVerdict,
    Source,
    Span,
    SymptomVerdict,
    TimingsMs,
    Urgency,
)
from schemas.verdicts import KnownPicture, PictureSeen, WordsBox
from streams.cli.demo import runner
from streams.cli.demo.children import Children, DemoError
from streams.cli.demo.runner import _pictures
from streams.cli.demo.stream import Pictures
from streams.cli.demo.summary import print_pictures, print_summary, print_urgent, print_verdict
from streams.cli.demo.tally import Tally, percentile
from streams.cli.demo.urgent import Why, open_explaining
from streams.cli.demo.view import LiveView, PlainView, highlighted, panel_heights
from streams.settings import Settings

PLACE = ("moderation.posts", 1, 7)
WHY = Why(("seizure (present)", "fever (absent)"), "seizure now (seizure_ongoing) [WHO: ETAT]", ("stridor",))
LABELS = ("toxicity", "insult", "hate", "threat", "sexual", "self_harm", "profanity", "spam")


def timings(total: float = 12.0) -> TimingsMs:
    return TimingsMs(admitted=0, prepared=1, queued=1, inferred=4, decided=2, total=total)


def post_verdict(offset: int = 7, labels: tuple[str, ...] = ()) -> PostVerdict:
    return PostVerdict(
        id=f"v{offset}",
        source=Source(topic="moderation.posts", partition=1, offset=offset),
        model_version="m",
        policy_version="p",
        degraded=False,
        assessed=True,
        read_share=1.0,
        timings_ms=timings(),
        task="posts",
        post_id="p0001",
        lang="en",
        scores=PostScores(**dict.fromkeys(LABELS, 0.5)),
        labels=list(labels),
        spans=[Span(start=4, end=9)],
        sentiment=None,
        action="review" if labels else "allow",
        reasons=[],
    )


def symptom_verdict(level: int = 2) -> SymptomVerdict:
    return SymptomVerdict(
        id="s",
        source=Source(topic="moderation.symptoms", partition=0, offset=0),
        model_version="m",
        policy_version="p",
        degraded=False,
        assessed=True,
        read_share=1.0,
        timings_ms=timings(),
        task="symptoms",
        record_id="s001",
        conditions=[Condition(condition="migraine", probability=0.8)],
        urgency=Urgency(level=level, probabilities=[0.1, 0.6, 0.1, 0.1, 0.1]),
        body_parts=[],
        evidence=[],
        disclaimer="",
    )


def alert() -> Alert:
    return Alert(
        id="a",
        kind="spam_wave",
        severity="high",
        task="posts",
        subject="p0001",
        verdict_id="v",
        reasons=["authors>=20"],
        count=20,
        created_at=datetime(2026, 5, 1, tzinfo=UTC),
        source=None,
    )


@pytest.mark.parametrize("answer_first", [False, True])
def test_a_record_and_its_answer_meet_in_either_order(answer_first: bool) -> None:
    tally = Tally(expected=1)
    steps: list[Callable[[], None]] = [
        lambda: tally.add_sent(PLACE, "p1", 10.0),
        lambda: tally.add_verdict(post_verdict(), 10.02),
    ]
    for step in reversed(steps) if answer_first else steps:
        step()
    assert tally.is_complete()
    assert tally.latencies_ms() == pytest.approx([20.0])
    stages = tally.mean_stages_ms()
    assert stages["reading"] == pytest.approx(4.0)
    assert stages["delivery"] == pytest.approx(8.0)
    assert sum(stages.values()) == pytest.approx(20.0)


def test_a_dead_letter_is_an_answer() -> None:
    tally = Tally(expected=1)
    tally.add_sent(PLACE, "b1", 1.0)
    tally.add_dead_letter(PLACE, "invalid_json", 1.1)
    assert tally.is_complete()


def test_what_is_missing_repeated_stray_or_refused_is_not_complete() -> None:
    def told(tally: Tally) -> str:
        console = Console(file=io.StringIO(), width=200)
        print_verdict(console, tally)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    missing, repeated, stray, refused = (Tally(expected=2) for _ in range(4))
    for tally in (missing, repeated, stray, refused):
        tally.add_sent(PLACE, "p1", 1.0)
        tally.add_verdict(post_verdict(), 1.1)
        assert tally.is_complete()
    missing.add_sent(("moderation.posts", 1, 8), "p2", 1.0)
    repeated.add_dead_letter(PLACE, "invalid_json", 1.2)
    stray.add_verdict(post_verdict(offset=99), 1.2)
    refused.add_refused("p2")
    for tally, says in (
        (missing, "1 records got no answer: p2 (moderation.posts 1 @8)"),
        (repeated, "answered more than once: p1"),
        (stray, "never sent: ? (moderation.posts 1 @99)"),
        (refused, "not acknowledged by the broker: p2"),
    ):
        assert not tally.is_complete()
        assert says in told(tally)


def test_nothing_sent_is_not_complete() -> None:
    assert not Tally(expected=3).is_complete()


def test_percentiles_by_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.5) == 0


def test_the_summary_says_what_the_tally_counted() -> None:
    tally = Tally(expected=2)
    tally.add_sent(PLACE, "p1", 1.0)
    tally.add_verdict(post_verdict(labels=("insult",)), 1.05)
    tally.add_flag(post_verdict(labels=("insult",)))
    tally.add_verdict(symptom_verdict(), 1.05)
    tally.add_alert(alert())
    console = Console(file=io.StringIO(), width=160)
    print_summary(console, tally, 3.0)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    for part in (
        "1 records",
        "2 (review 1)",
        "level 2 1",
        "1 (insult 1)",
        "1 (spam_wave 1)",
        "p50 50.0 ms",
        "inferred 4.0",
    ):
        assert part in shown


def test_plain_lines_and_the_live_table_show_the_same_things() -> None:
    texts = {"p0001": "you idiot \u200b there", "s001": "headache"}
    plain = Console(file=io.StringIO(), width=160)
    live = Console(file=io.StringIO(), width=160, height=40, force_terminal=True)
    table = LiveView(live, Tally(expected=9), texts)
    for view in (PlainView(plain, texts), table):
        view.flag(post_verdict(labels=("insult",)))
        view.triage(symptom_verdict(), WHY)
        view.alert(alert())
    live.print(table._render())
    for console in (plain, live):
        assert isinstance(console.file, io.StringIO)
        shown = console.file.getvalue()
        for part in ("review", "insult", "migraine 0.80", "headache", "spam wave x20", WHY.found, WHY.behind):
            assert part in shown


@pytest.mark.parametrize(
    ("level", "text", "found", "behind"),
    [
        (2, "my 3 week old has a fever of 101.3 F, no cough", "fever (present), cough (absent)", "fever below three"),
        (1, "no fever, she is not breathing", "not breathing (present), fever (absent)", "not breathing (not_br"),
        (2, "no cough", "cough (absent)", "no rule: the model's own level"),
        (2, "a nice day", "nothing that the rules know", "no rule: the model's own level"),
    ],
)
def test_an_urgent_patient_is_explained(level: int, text: str, found: str, behind: str) -> None:
    explain = open_explaining(Settings(), {"s001": json.dumps({"id": "s001", "text": text}).encode()})
    why = explain(symptom_verdict(level))
    assert why is not None
    assert why.found == found
    assert why.behind.startswith(behind)
    assert why.rule is None or "[WHO" in why.rule, "its source"


def test_only_urgent_patients_that_were_sent_are_explained() -> None:
    explain = open_explaining(Settings(), {"s001": b'{"id": "s001", "text": "a cough"}'})
    assert explain(symptom_verdict(3)) is None
    assert explain(symptom_verdict(1).model_copy(update={"record_id": "unknown"})) is None


def test_the_end_lists_every_urgent_patient_with_the_rule() -> None:
    tally = Tally(expected=2)
    console = Console(file=io.StringIO(), width=200)
    print_urgent(console, tally, {})
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
    tally.add_urgent(symptom_verdict(), Why((), None))
    tally.add_urgent(symptom_verdict(1), WHY)
    print_urgent(console, tally, {"s001": "he is [i]seizing[/i]"})
    shown = console.file.getvalue()
    for part in (
        "he is [i]seizing[/i]",
        WHY.findings[0],
        "[WHO: ETAT]; also stridor",
        "no rule: the model's own level",
    ):
        assert part in shown
    assert shown.index("seizure now") < shown.index("no rule"), "the most urgent first"


def test_abuse_is_marked_and_invisible_marks_are_shown() -> None:
    text = highlighted("you idiot\u200b", [Span(start=4, end=9)])
    assert text.plain == "you idiot\\u200b"
    marked = [text.plain[span.start : span.end] for span in text.spans if span.style == "bold red"]
    assert "".join(marked) == "idiot"


@pytest.mark.parametrize("rows", [10, 24, 30, 50, 200])
def test_the_table_fits_the_screen(rows: int) -> None:
    heights = panel_heights(rows)
    assert min(heights) >= 1
    assert sum(heights) + 3 + 6 <= max(rows, 12)


async def test_a_worker_that_cannot_start_fails_the_demo_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_CONFIG", "/dev/null")
    with pytest.raises(DemoError) as failed:
        async with Children(tmp_path) as children:
            await children.start_worker({"TIDEGATE_BROKERS": "no port here"})
    assert "The worker ended at its start" in str(failed.value)
    assert "Setting brokers" in failed.value.log


async def test_a_child_that_dies_later_is_noticed(tmp_path: Path) -> None:
    async with Children(tmp_path) as children:
        await children.start_broker()
        children._running["broker"].kill()
        with pytest.raises(DemoError, match="The broker ended before the demo did"):
            await children.until_one_ends()


def test_what_became_of_pictures_is_shown() -> None:
    seen = {"media_type": "image/jpeg", "width": 9, "height": 9, "frames": 1, "frames_seen": 1, "words_read": True}
    words = WordsBox(box=[0.1, 0.1, 0.9, 0.2], labels=["insult"])
    known = KnownPicture(label="known_advert", distance=8)
    verdict = post_verdict(labels=("insult",)).model_copy(
        update={
            "pictures": [PictureSeen(number=0, looked_at=True, known=known, words=[words], **seen)],
            "warnings": ["images.1: not looked at (damaged)"],
        }
    )
    tally = Tally(expected=2)
    console = Console(file=io.StringIO(), width=160)
    tally.add_verdict(post_verdict(), 1.0)
    print_pictures(console, tally, {})
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""
    tally.add_verdict(verdict, 1.0)
    print_pictures(console, tally, {"p0001": "a meme"})
    for part in ("a meme", "review", "its text: insult", "known: known_advert, 8 of 256", "images.1: not looked at"):
        assert part in console.file.getvalue()


def test_without_the_extra_the_demo_has_no_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(_pictures(tmp_path).records) == 4
    monkeypatch.setattr(runner, "find_spec", lambda name: None)
    assert _pictures(tmp_path) == Pictures()
