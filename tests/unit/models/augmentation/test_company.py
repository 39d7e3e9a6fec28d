"""Short rows inside ordinary text: what they said alone they say there, and nothing else changes."""

from __future__ import annotations

import numpy as np

from models.augmentation.company import GUEST, LEAST, MOST, SOURCE, in_company
from models.examples import Example
from models.labels import POST_LABELS

QUIET = (
    "The bus was late again. We stood in the rain and talked about the garden. Nobody minded much, it was warm. " * 2
)
RUHIG = "今天的公交车又晚点了。我们站在雨里聊院子里的花。天气不冷，大家都不着急。回家以后煮了一锅汤。" * 2


def post(text: str, lang: str = "en", domain: str = "", **labels: float) -> Example:
    values = np.array([labels.get(label, np.nan) for label in POST_LABELS], dtype=np.float32)
    return Example(text, lang, "forum", "A", "post", post=values, family="f", raw=text, id="7", domain=domain)


HOSTS = [
    post(QUIET, domain="diary", toxicity=0, threat=0),
    post(RUHIG, "zh", domain="diary", toxicity=0, threat=0),
    post("Short.", domain="diary", toxicity=0),
    post("Somebody swore here. " * 12, domain="diary", profanity=1),
]


def test_rows_keep_what_they_said_and_know_no_more_than_both() -> None:
    rude = post("you are a fool", toxicity=1, insult=1, threat=0, spam=0)
    grob = post("你就是个蠢货", "zh", toxicity=1, insult=1)
    copies = in_company([*HOSTS, rude, grob], 5.0, seed=1)
    assert len(copies) == 6, "three fifths are harmful; there is no harmless row"
    for copy in copies:
        guest = rude if copy.lang == "en" else grob
        labels = dict(zip(POST_LABELS, copy.post, strict=True))
        assert guest.text in copy.text
        assert len(copy.text) <= MOST[copy.lang] + 2
        assert len(copy.text) - len(guest.text) >= LEAST * MOST[copy.lang]
        assert (labels["toxicity"], labels["insult"]) == (1, 1)
        assert np.isnan(labels["spam"]), "of which the host says nothing"
        assert labels["threat"] == 0 or copy.lang == "zh"
        assert (copy.source, copy.domain, copy.raw, copy.id, copy.family) == (SOURCE, "", "", "", "f")
        assert "swore" not in copy.text


def test_the_row_may_stand_anywhere() -> None:
    copies = in_company([*HOSTS, post("you are a fool", toxicity=1)], 60.0, seed=2)
    places = {copy.text.index("you are a fool") for copy in copies}
    assert 0 in places
    assert max(places) > 100
    assert any(copy.text.endswith("you are a fool") for copy in copies)


def test_spans_move_along() -> None:
    row = Example("such an idiot", "en", "spans", "B", "spans", spans=((8, 13),), post=post("", toxicity=1).post)
    copies = in_company([*HOSTS, row], 8.0, seed=3)
    assert copies
    for copy in copies:
        assert copy.spans is not None
        assert [copy.text[a:b] for a, b in copy.spans] == ["idiot"]
        assert (copy.task, copy.tier) == ("spans", "B")


def test_harmless_rows_are_put_there_too_and_rare_labels_as_often_as_common_ones() -> None:
    rude = [post(f"you fool number {n}", toxicity=1) for n in range(50)]
    kind = [post(f"thanks a lot {n}", toxicity=0) for n in range(50)]
    copies = in_company([*HOSTS, *rude, *kind, post("i will find you", threat=1)], 1.0, seed=4)
    threats = sum("find you" in copy.text for copy in copies)
    assert abs(threats - sum("fool" in copy.text for copy in copies)) <= 1
    assert 0.3 < sum("thanks" in copy.text for copy in copies) / len(copies) < 0.5


def test_long_rows_and_languages_without_hosts_stay_alone() -> None:
    assert in_company([*HOSTS, post("x" * (GUEST["en"] + 1), toxicity=1)], 5.0, seed=5) == []
    assert in_company([HOSTS[1], post("you are a fool", toxicity=1)], 5.0, seed=5) == []


def test_the_same_seed_gives_the_same_copies() -> None:
    rows = [*HOSTS, post("you are a fool", toxicity=1)]
    assert [c.text for c in in_company(rows, 9.0, 6)] == [c.text for c in in_company(rows, 9.0, 6)]
    assert [c.text for c in in_company(rows, 9.0, 6)] != [c.text for c in in_company(rows, 9.0, 7)]
