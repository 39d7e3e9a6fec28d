"""Records with pictures on their way: looked at once, judged with their text, and never lost."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from models.pictures.errors import NotLooked, PictureError
from models.pictures.hashing import fingerprint
from models.pictures.look import Look, look_at
from models.pictures.words import Box, Line
from schemas import Picture, PostVerdict, SymptomVerdict
from streams.pictures.desk import Desk
from streams.pictures.store import Store
from streams.score import score_lines
from streams.settings import Settings
from tests.support.drawn import as_file, meme, scene
from tests.support.tiny_artifact import write_tiny_artifact


class SameProcess:
    """A bench without children, and with an OCR that knows what it will see."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.words = words
        self.asked: list[bool] = []

    async def look(self, data: bytes, reads_words: bool, task: str) -> Look:
        self.asked.append(reads_words)
        lines = [Line(text, Box(0.1, 0.3 * n, 0.9, 0.3 * n + 0.1), 0.99) for n, text in enumerate(self.words)]
        return look_at(data, (lambda _: lines) if reads_words else None)

    async def stop(self) -> None: ...


def inline(image: Any) -> dict[str, str]:
    return {"data": base64.b64encode(as_file(image)).decode()}


def picture(image: Any) -> Picture:
    return Picture(**inline(image))


def desk_of(bench: Any, **given: Any) -> Desk:
    return Desk(bench, given.get("store"), given.get("known"), reads_words=True)


async def test_an_equal_picture_is_looked_at_once() -> None:
    bench = SameProcess()
    desk = desk_of(bench)
    for _ in range(3):
        (seen,) = await desk.look([picture(scene())], for_words=True)
        assert seen.look is not None
    assert len(bench.asked) == 1
    await desk.look([picture(scene())], for_words=False)
    assert bench.asked == [True, False], "without its words it is another look"


async def test_each_picture_that_somebody_is_done_with_is_progress() -> None:
    """Of a record with four that hang, too: else the worker would end as stuck before the fourth."""
    desk = desk_of(SameProcess())
    for one in (picture(scene()), Picture(ref="a.jpg")):
        before = desk.looked_at
        await desk.look([one], for_words=True)
        assert desk.looked_at > before


async def test_each_picture_has_its_own_fate() -> None:
    desk = desk_of(SameProcess())
    damaged = Picture(data=base64.b64encode(as_file(scene())[:400]).decode())
    first, second, third = await desk.look([picture(scene()), damaged, Picture(ref="a.jpg")], for_words=True)
    assert first.look is not None
    assert (second.refused, third.refused) == (NotLooked.DAMAGED, NotLooked.NO_STORE)
    assert second.warnings == ["images.1: not looked at (damaged)"]


async def test_what_lies_under_a_reference_enters_the_content(tmp_path: Path) -> None:
    desk = desk_of(SameProcess(), store=Store(str(tmp_path)))
    contents = []
    for seed in (1, 2):
        (tmp_path / "a.jpg").write_bytes(as_file(scene(seed=seed)))
        (seen,) = await desk.look([Picture(ref="a.jpg")], for_words=True)
        contents.append(seen.content)
    assert contents[0] != contents[1]


async def test_a_list_changes_without_a_restart_and_a_wrong_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("streams.pictures.desk.LIST_AGE_S", 0.0)
    path = tmp_path / "known.csv"

    def write(text: str, when: int) -> None:
        path.write_text(text, "utf-8")
        os.utime(path, (when, when))

    entry = fingerprint(scene()).hashes[0]
    write("hash,label,action,expires\n", 1)
    desk = desk_of(SameProcess(), known=path)
    assert (await desk.look([picture(scene())], for_words=False))[0].known is None
    write(f"hash,label,action,expires\n{entry},banned,remove,\n", 2)
    (seen,) = await desk.look([picture(scene())], for_words=False)
    assert seen.known is not None
    assert seen.known.entry.label == "banned"
    write("nonsense\n", 3)
    (seen,) = await desk.look([picture(scene())], for_words=False)
    assert seen.known is not None
    assert "The list before it stays in force." in caplog.text


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    artifact = write_tiny_artifact(tmp_path / "tiny").folder
    return Settings(artifact=artifact, data_dir=tmp_path, images="on", image_processes=1)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What OCR reads in every picture."""
    found: list[str] = []
    monkeypatch.setattr("models.pictures.bench.Bench", lambda *_: SameProcess(found))
    return found


def score(settings: Settings, task: str, *records: dict[str, Any]) -> list[dict[str, Any]]:
    lines = [json.dumps({"id": str(n), **record}).encode() for n, record in enumerate(records)]
    return [json.loads(answer) for answer in score_lines(lines, task, settings)]


def test_words_in_a_picture_are_judged_like_typed_ones(settings: Settings, words: list[str]) -> None:
    words[:] = ["you fool", "and more"]
    typed, shown = score(settings, "posts", {"text": "you fool"}, {"images": [inline(meme(["x"]))]})
    PostVerdict.model_validate(shown)
    assert all(shown["scores"][label] >= typed["scores"][label] for label in typed["scores"])
    assert shown["spans"] == []
    assert shown["lang"] == "en"
    (seen,) = shown["pictures"]
    assert (seen["looked_at"], seen["width"], seen["words_read"]) == (True, 800, True)
    assert "fool" not in json.dumps(shown)


def test_a_known_picture_acts_as_its_list_says(settings: Settings, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "known.csv"
    path.write_text(f"hash,label,action,expires\n{fingerprint(scene()).hashes[0]},banned,remove,\n", "utf-8")
    settings = settings.model_copy(update={"known_images": path})
    (verdict,) = score(settings, "posts", {"text": "hello", "images": [inline(scene().resize((320, 240)))]})
    assert verdict["action"] == "remove"
    assert "banned" in verdict["labels"]
    assert "known_picture:banned" in verdict["reasons"]
    assert verdict["pictures"][0]["known"]["label"] == "banned"


def test_a_picture_that_cannot_be_read_costs_no_record_that_has_a_text(settings: Settings, words: list[str]) -> None:
    nonsense = {"data": base64.b64encode(b"nonsense").decode()}
    with_text, alone = score(settings, "posts", {"text": "hello", "images": [nonsense]}, {"images": [nonsense]})
    assert with_text["warnings"] == ["images.0: not looked at (no known format)"]
    assert with_text["pictures"][0]["looked_at"] is False
    assert (alone["error"]["reason"], alone["error"]["stage"]) == ("unreadable_pictures", "look")


def test_the_policy_says_what_an_unread_picture_means(settings: Settings, words: list[str], tmp_path: Path) -> None:
    policy = settings.policy.read_text("utf-8").replace("[posts]", '[posts]\nunlooked_pictures = "review"', 1)
    (tmp_path / "policy.toml").write_text(policy, "utf-8")
    settings = settings.model_copy(update={"policy": tmp_path / "policy.toml"})
    (verdict,) = score(settings, "posts", {"text": "hello", "images": [{"ref": "gone.jpg"}]})
    assert (verdict["action"], verdict["reasons"]) == ("review", ["picture_not_looked_at"])


def test_no_patient_is_lost_for_a_photograph(settings: Settings, words: list[str]) -> None:
    nonsense = {"data": base64.b64encode(b"nonsense").decode()}
    told, measured, shown = score(
        settings, "symptoms", {"text": "a rash", "images": [nonsense]},
        {"vitals": {"heart_rate": 140}, "images": [nonsense]}, {"images": [inline(scene(128, 96))]},
    )  # fmt: skip
    for verdict in (told, measured, shown):
        SymptomVerdict.model_validate(verdict)
    assert told["assessed"]
    assert (measured["assessed"], measured["urgency"]["level"]) == (False, 2)
    assert "images.0: too small; take another picture" in shown["warnings"]
    assert shown["pictures"][0]["words_read"] is False, "nobody reads the words in a photograph of a patient"


def test_a_service_that_is_not_set_up_for_pictures_says_so(settings: Settings) -> None:
    settings = settings.model_copy(update={"images": "off"})
    text, alone = score(
        settings, "posts", {"text": "hello", "images": [inline(scene())]}, {"images": [inline(scene())]}
    )
    assert text["warnings"] == ["images: not looked at, because this service is not set up for pictures"]
    assert text["pictures"] == []
    assert alone["error"]["reason"] == "unreadable_pictures"


async def test_a_store_that_does_not_answer_is_waited_for_no_longer_than_said(tmp_path: Path) -> None:
    store = Store(str(tmp_path), fetch_s=0.01)
    store._read = lambda path: __import__("time").sleep(0.2) or b""  # type: ignore[method-assign]
    with pytest.raises(PictureError) as caught:
        await store.fetch(Picture(ref="a.jpg"))
    assert caught.value.reason is NotLooked.STORE_FAILED
    assert caught.value.cause == "no answer within 0.01 s"


async def test_a_store_that_fails_is_told_of_once_until_a_look_succeeds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.jpg").write_bytes(as_file(scene()))
    store = Store(str(tmp_path))
    desk = desk_of(SameProcess(), store=store)

    class Broken:
        def info(self, path: str) -> Any:
            raise ConnectionResetError(f"GET {path}")

    for _ in range(2):
        files, store._files = store._files, Broken()
        for _ in range(3):
            (seen,) = await desk.look([Picture(ref="a.jpg")], for_words=True)
            assert seen.refused is NotLooked.STORE_FAILED
        store._files = files
        (seen,) = await desk.look([Picture(ref="a.jpg")], for_words=True)
        assert seen.look is not None
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert all("(the_store_did_not_answer): ConnectionResetError at " in sentence for sentence in told)
    assert "a.jpg" not in caplog.text
