"""Posts, from bytes and scores to the messages that leave."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.serving.types import Scores
from schemas import InvalidRecord, Reason
from streams.tasks.base import Origin
from streams.tasks.posts.task import PostsTask
from tests.unit.streams.tasks.building import WALL_NOW, decide, kinds, parts, post_scores, posts_task

POST = {"id": "p1", "text": "you utter fool", "author": "ann"}


def test_an_ordinary_post_is_allowed_and_goes_to_labels_only() -> None:
    verdict, outputs = decide(posts_task(), POST, post_scores(toxicity=0.49), key=b"ann")

    assert [(kind, key) for kind, key, _ in outputs] == [("labels", b"ann")]
    assert (verdict["action"], verdict["labels"], verdict["reasons"], verdict["spans"]) == ("allow", [], [], [])
    assert verdict["scores"]["toxicity"] == 0.49
    assert verdict["sentiment"] == {"negative": 0.2, "neutral": 0.3, "positive": 0.5}
    assert verdict["source"] == {"topic": "moderation.in", "partition": 3, "offset": 41}
    assert (verdict["post_id"], verdict["task"], verdict["lang"]) == ("p1", "posts", "en")
    assert "ann" not in str(verdict)


def test_a_post_that_is_acted_on_goes_to_flags_too() -> None:
    verdict, outputs = decide(posts_task(), POST, post_scores(4, hate=0.9))

    assert kinds(outputs) == ["labels", "flags"]
    assert outputs[0][2] == outputs[1][2]
    assert (verdict["action"], verdict["reasons"]) == ("review", ["hate>=0.9"])


def test_spans_appear_only_under_a_label_that_asks_for_them() -> None:
    text = "😀 you\u200b utter fool"
    marked, _ = decide(posts_task(), {**POST, "text": text}, post_scores(5, 6, 7, insult=0.6))
    unmarked, _ = decide(posts_task(), {**POST, "text": text}, post_scores(5, 6, 7, spam=0.99))

    (span,) = marked["spans"]
    assert text[span["start"] : span["end"]] == "utter fool"
    assert unmarked["spans"] == []


def test_the_span_threshold_is_the_models_for_the_language() -> None:
    scores = post_scores(insult=0.6)
    assert "spans" in scores.heads
    scores.heads["spans"][:] = 0.55

    assert decide(posts_task(), POST, scores)[0]["spans"] != []
    chinese, _ = decide(posts_task(), {**POST, "text": "你真是个笨蛋"}, scores)
    assert (chinese["lang"], chinese["spans"]) == ("zh", [])


def test_times_add_up() -> None:
    verdict, _ = decide(posts_task(), POST, post_scores())

    assert verdict["timings_ms"] == {
        "admitted": 125.0,
        "prepared": 125.0,
        "queued": 250.0,
        "inferred": 250.0,
        "decided": 250.0,
        "total": 3000.0,
    }


def test_the_id_stands_for_content_model_and_policy_alone() -> None:
    first, _ = decide(posts_task(), POST, post_scores())
    same, _ = decide(posts_task(), POST, post_scores(hate=0.9), key=None, origin=Origin("other", 0, 0))
    other_text, _ = decide(posts_task(), {**POST, "text": "another"}, post_scores())
    other_policy, _ = decide(posts_task(support_labels=["self_harm", "hate"]), POST, post_scores())
    scores = post_scores()
    scores.engine_version = "m2"
    other_model, _ = decide(posts_task(), POST, scores)

    assert first["id"] == same["id"]
    assert len({first["id"], other_text["id"], other_policy["id"], other_model["id"]}) == 4


def test_outside_of_kafka_there_is_no_source() -> None:
    assert decide(posts_task(), POST, post_scores(), origin=None)[0]["source"] is None


def test_a_degraded_answer_says_so_and_lacks_the_optional_heads() -> None:
    scores = Scores("m1", degraded=True, heads={"post": post_scores(insult=0.99).heads["post"]})
    verdict, _ = decide(posts_task(), POST, scores)

    assert verdict["degraded"]
    assert (verdict["spans"], verdict["sentiment"]) == ([], None)


def test_missing_scores_are_a_defect_not_an_allowed_post() -> None:
    with pytest.raises(ValueError, match="no scores"):
        decide(posts_task(), POST, Scores("m1"))


def test_over_the_quota_an_action_becomes_a_review_and_redelivery_does_not_count() -> None:
    task = posts_task(quota={"window_s": 60, "limits": {"remove": 1}})
    spam = post_scores(spam=0.99)

    for _ in range(3):
        assert decide(task, POST, spam)[0]["action"] == "remove"
    verdict, outputs = decide(task, {**POST, "id": "p2"}, spam)

    assert (verdict["action"], verdict["reasons"]) == ("review", ["spam>=0.98", "quota"])
    assert "flags" in kinds(outputs)


def test_a_successor_changes_the_quota_when_it_takes_over_and_not_when_it_is_built() -> None:
    former = posts_task(quota={"window_s": 60, "limits": {"remove": 2}})
    successor = former.succeed(parts(posts={"quota": {"window_s": 60, "limits": {"remove": 1}}}))

    def action(task: PostsTask, name: str) -> Any:
        return decide(task, {"id": name, "text": "t"}, post_scores(spam=0.99))[0]["action"]

    assert [action(former, "1"), action(former, "2")] == ["remove", "remove"]
    successor.adopt()
    assert action(successor, "3") == "review", "what was counted counts on"


def test_without_a_quota_nothing_is_counted() -> None:
    task = posts_task(has_quota=False, quota={"window_s": 60, "limits": {"remove": 0}})

    assert decide(task, POST, post_scores(spam=0.99))[0]["action"] == "remove"


def test_a_severe_post_raises_an_alert_that_is_the_same_when_redelivered() -> None:
    task = posts_task()
    verdict, first = decide(task, POST, post_scores(threat=0.96))
    _, second = decide(task, POST, post_scores(threat=0.96))

    kind, key, alert = first[-1]
    assert (kind, key) == ("alerts", b"p1")
    assert (alert["kind"], alert["severity"], alert["subject"]) == ("severe_post", "critical", "p1")
    assert (alert["verdict_id"], alert["reasons"], alert["count"]) == (verdict["id"], ["threat>=0.95"], None)
    assert alert["source"] == verdict["source"]
    assert datetime.fromisoformat(alert["created_at"]) == datetime.fromtimestamp(WALL_NOW, UTC)
    assert second[-1][2]["id"] == alert["id"]


def test_self_harm_gets_a_person_and_an_alert_never_an_offender() -> None:
    task = posts_task()
    for number in range(10):
        post = {**POST, "id": f"p{number}", "text": f"number {number}"}
        verdict, outputs = decide(task, post, post_scores(self_harm=0.97))
        assert verdict["action"] == "review"
        assert [body["kind"] for kind, _, body in outputs if kind == "alerts"] == ["severe_post"]


def offend(task: Any, number: int, **fields: Any) -> list[dict[str, Any]]:
    post = {**POST, "id": f"p{number}", "text": f"number {number}", **fields}
    _, outputs = decide(task, post, post_scores(insult=0.95))
    return [body for kind, _, body in outputs if kind == "alerts"]


def test_a_repeat_offender_is_told_at_three_and_six_and_no_action_changes() -> None:
    task = posts_task()

    alerts = [offend(task, number) for number in range(7)]

    assert [len(each) for each in alerts] == [0, 0, 1, 0, 0, 1, 0]
    assert (alerts[2][0]["kind"], alerts[2][0]["subject"], alerts[2][0]["count"]) == ("repeat_offender", "ann", 3)
    assert alerts[2][0]["reasons"] == ["posts>=3"]
    assert offend(task, 2) == alerts[2], "the same alert when the record comes again"


def test_an_authors_history_changes_no_action() -> None:
    task = posts_task()
    posts = [{**POST, "id": f"p{number}", "text": f"number {number}"} for number in range(7)]

    verdicts = [decide(task, post, post_scores(hate=0.9))[0] for post in posts]

    assert [(each["action"], each["reasons"]) for each in verdicts] == [("review", ["hate>=0.9"])] * 7


def test_an_author_who_is_not_named_is_known_by_the_key() -> None:
    task = posts_task()
    post = {"id": "p", "text": "t"}
    for number in range(3):
        _, outputs = decide(task, {**post, "id": f"p{number}"}, post_scores(insult=0.95), key="键".encode())
    assert outputs[-1][1] == "键".encode()

    for number in range(9):
        _, outputs = decide(task, {**post, "id": f"q{number}"}, post_scores(insult=0.95), key=None)
        assert "alerts" not in kinds(outputs)


def test_history_moves_with_its_partition(tmp_path: Path) -> None:
    first, second = posts_task(tmp_path), posts_task(tmp_path)
    offend(first, 1)
    offend(first, 2)
    first.revoke({3})
    second.assign({3})

    assert offend(first, 3) == []
    (alert,) = offend(second, 3)
    assert alert["count"] == 3
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"ann" not in content


def test_a_partition_that_stays_is_not_read_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = posts_task(tmp_path)
    task.assign({3})
    offend(task, 1)
    task.checkpoint()
    (file,) = tmp_path.rglob("authors-3.json")
    file.write_text("damaged")

    task.assign({3, 4})
    task.revoke({4})
    assert caplog.text == ""
    offend(task, 2)
    assert [alert["count"] for alert in offend(task, 3)] == [3]


def test_a_checkpoint_survives_a_crash(tmp_path: Path) -> None:
    first = posts_task(tmp_path)
    first.assign({3})
    offend(first, 1)
    offend(first, 2)
    first.checkpoint()

    second = posts_task(tmp_path)
    second.assign({3})
    assert [alert["count"] for alert in offend(second, 3)] == [3]


def test_a_checkpoint_never_writes_the_file_of_a_partition_that_is_not_held(tmp_path: Path) -> None:
    """It is its new owner's: this worker would leave there only the few posts that came to it too late."""
    owner, former = posts_task(tmp_path), posts_task(tmp_path)
    owner.assign({3})
    offend(owner, 1)
    offend(owner, 2)
    owner.checkpoint()
    written = (tmp_path / "posts" / "authors-3.json").read_bytes()

    former.assign({3})
    former.revoke({3})
    offend(former, 9)
    former.checkpoint()
    assert (tmp_path / "posts" / "authors-3.json").read_bytes() == written


def test_a_folder_in_which_nothing_fits_is_told_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = posts_task(tmp_path)
    task.assign({3})
    offend(task, 1)
    (tmp_path / "posts" / "authors-3.json").mkdir()

    with caplog.at_level(logging.WARNING):
        task.checkpoint()
        posts_task(tmp_path).assign({3})

    assert f"is not saved in {tmp_path / 'posts'}: " in caplog.text
    assert "ann" not in caplog.text


def test_a_spam_wave_is_told_once_and_no_action_changes() -> None:
    task = posts_task(spam_wave={"authors": 5, "window_s": 600, "min_letters": 24, "max_groups": 100})
    alerts = []
    for number in range(9):
        text = f"Buy the golden watch today, number {number} is nearly free!"
        post = {"id": f"p{number}", "text": text, "author": f"a{number}"}
        verdict, outputs = decide(task, post, post_scores())
        alerts += [body for kind, _, body in outputs if kind == "alerts"]
        assert verdict["action"] == "allow"

    (alert,) = alerts
    assert (alert["kind"], alert["subject"], alert["count"]) == ("spam_wave", "p4", 5)


def test_a_verdict_says_what_was_wrong_with_the_record() -> None:
    post = {"id": "p", "text": "see you on the pier", "author": {"name": "secret"}, "lang": 5}
    verdict, _ = decide(posts_task(), post, post_scores())
    assert [warning.split(":")[0] for warning in verdict["warnings"]] == ["author", "lang"]
    assert "secret" not in str(verdict)
    assert decide(posts_task(), {**post, "author": "a", "lang": "en"}, post_scores())[0]["warnings"] == []


def test_a_null_value_is_refused_with_its_reason() -> None:
    with pytest.raises(InvalidRecord) as refused:
        posts_task().decode(None, 100)
    assert refused.value.reason is Reason.NULL_VALUE


@example("> quoted", [0.9] * 8)  # read in two ways
@given(st.text(min_size=1, max_size=80), st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_any_post_that_decodes_gets_a_valid_verdict(text: str, values: list[float]) -> None:
    scores = post_scores(1, 2, 3, 5, 8)
    assert "post" in scores.heads
    scores.heads["post"][:] = values
    try:
        verdict, _ = decide(posts_task(), {**POST, "text": text}, scores)
    except InvalidRecord:
        return
    for span in verdict["spans"]:
        assert 0 <= span["start"] < span["end"] <= len(text)


@pytest.mark.parametrize(("unassessed", "action"), [("allow", "allow"), ("review", "review")])
def test_the_policy_says_what_happens_to_a_post_that_could_not_be_read(unassessed: str, action: str) -> None:
    verdict, outputs = decide(posts_task(unassessed=unassessed), POST, None)

    assert (verdict["assessed"], verdict["scores"], verdict["labels"], verdict["spans"]) == (False, None, [], [])
    assert (verdict["action"], verdict["reasons"]) == (action, ["not_assessed"] if action == "review" else [])
    assert verdict["model_version"].startswith("m1-")
    assert kinds(outputs) == (["labels", "flags"] if action == "review" else ["labels"])


@pytest.mark.parametrize(
    ("unassessed", "read_share", "labels", "action", "reasons"),
    [
        ("allow", 0.3, {}, "allow", []),
        ("review", 0.95, {}, "allow", []),
        ("review", 0.3, {}, "review", ["not_read"]),
        ("review", 0.3, {"hate": 0.85}, "review", ["hate>=0.8", "not_read"]),
        ("review", 0.3, {"hate": 0.99}, "remove", ["hate>=0.98"]),
    ],
)
def test_a_post_of_which_little_was_read_is_treated_as_one_that_could_not_be(
    unassessed: str, read_share: float, labels: dict[str, float], action: str, reasons: list[str]
) -> None:
    task = posts_task(unassessed=unassessed, least_read=0.9)
    verdict, _ = decide(task, POST, post_scores(tokens=64, **labels), read_share=read_share)
    assert (verdict["action"], verdict["reasons"]) == (action, reasons)
    assert verdict["labels"] == [*labels]
    assert [warning.split(":")[0] for warning in verdict["warnings"]] == ["text"]


def test_a_post_that_was_read_warns_of_nothing() -> None:
    verdict, _ = decide(posts_task(), POST, post_scores())
    assert verdict["warnings"] == []
