"""Spam waves: near-identical text from many authors, and nothing else."""

import random

import pytest

import streams.tasks.posts.waves
from streams.policy import SpamWavePolicy
from streams.tasks.posts.crowd import MAX_AUTHORS
from streams.tasks.posts.waves import Sketch, SpamWaves, sketch

ENGLISH = "Hello friend, earn money quickly from home with this trusted method, click below and join us today"
CHINESE = "想赚钱的朋友加我微信免费领取红包每天轻松收入上千元名额有限先到先得"


def waves(authors: int = 20, window_s: float = 600.0, min_letters: int = 24, max_groups: int = 1000) -> SpamWaves:
    return SpamWaves(SpamWavePolicy(authors=authors, window_s=window_s, min_letters=min_letters, max_groups=max_groups))


def send(found: SpamWaves, texts: list[str], first_author: int = 1, step_s: float = 1.0) -> list[int]:
    counts = (
        found.add(text, first_author + i, f"v{first_author + i}", 1e9 + i * step_s) for i, text in enumerate(texts)
    )
    return [count for count in counts if count is not None]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_an_alert_at_the_bar_and_at_each_doubling(text: str) -> None:
    assert send(waves(), [text] * 100) == [20, 40, 80]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Buy the golden watch today, it is nearly free!", "BUY   the golden watch; today it is nearly free"),
        ("Buy the golden watch today, it is nearly free", "Buuuuy the gollden watch todayyyy, it is nearly freeee"),
        ("Get 500 coins right now [URL] my friends", "Get 73 coins right now, my friends [URL] [PHONE]"),
        ("get the golden watch today my friend", "get the golden watch today my friend"),
        ("Ｂｕｙ ｔｈｅ ｇｏｌｄｅｎ ｗａｔｃｈ ｔｏｄａｙ", "Buy the golden watch today"),
        ("加我微信,领取888元红包,名额有限", "加我微信 领取6元红包!!名额有限。。。"),
    ],
)
def test_what_spammers_vary_for_free_does_not_count(one: str, other: str) -> None:
    assert sketch(one, 20).keys[0] == sketch(other, 20).keys[0]


def test_texts_resemble_each_other_when_they_share_half_of_their_words() -> None:
    def resemble(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        return Sketch((1,), one).resembles(Sketch((2,), other))

    assert resemble((1, 2, 3), (1, 2, 4))
    assert not resemble((1, 2, 3, 4), (1, 2, 5, 6))
    assert resemble((7,), (7,))
    assert not resemble((), ())
    assert Sketch((1,), (2,)).resembles(Sketch((1,), (3,))), "the same letters"


def test_six_words_have_neighbours_and_five_have_copies_only() -> None:
    words = ["golden", "watches", "nearly", "gratis", "today", "everywhere"]
    assert [len(set(sketch(" ".join(words[:count]), 20).keys)) for count in (5, 6)] == [1, 5]


def test_short_words_do_not_count_and_two_bytes_a_letter_are_words_too() -> None:
    assert len(sketch("abc abcd abcde bcdef cdefg defgh", 20).smallest) == 5
    assert len(sketch("купите золотые часы сегодня почти даром", 20).smallest) == 6
    assert len(sketch("想赚钱的朋友加我微信", 20).smallest) == 9


def test_so_many_letters_are_enough() -> None:
    assert sketch("abcdefghij", 10).keys
    assert not sketch("abcdefghi", 10).keys


def test_two_authors_may_be_a_wave() -> None:
    assert send(waves(authors=2), [ENGLISH] * 4) == [2, 4]


def test_texts_without_a_word_in_common_have_no_key_in_common() -> None:
    other = "silver bracelets almost gratis right tomorrow morning somewhere"
    assert not set(sketch(ENGLISH, 24).keys) & set(sketch(other, 24).keys)


def test_a_changed_word_or_two_still_counts() -> None:
    chance = random.Random(3)
    fillers = ("amazing", "brother", "sister", "weekend", "fantastic", "really")
    texts = []
    for _ in range(60):
        words = ENGLISH.split()
        for place in chance.sample(range(len(words)), 2):
            words[place] = chance.choice(fillers)
        texts.append(" ".join(words))

    assert send(waves(), texts)[:1] == [20]


def test_changed_chinese_characters_still_count() -> None:
    chance = random.Random(5)
    texts = []
    for _ in range(60):
        place = chance.randrange(len(CHINESE))
        texts.append(CHINESE[:place] + chance.choice("天地玄黄宇宙洪荒") + CHINESE[place + 1 :])

    assert send(waves(), texts)[:1] == [20]


@pytest.mark.parametrize("text", ["ok", "谢谢", "Thank you so much!", "新年快乐", "👍👍👍👍", "[URL] [USER] 123456789"])
def test_greetings_and_thanks_are_no_wave(text: str) -> None:
    assert send(waves(), [text] * 200) == []


def test_different_texts_on_one_subject_are_no_wave() -> None:
    chance = random.Random(7)
    words = [f"{a}{b}" for a in ("alpha", "brava", "carol", "delta", "eager") for b in "bcdfghjklmnpqrstvwxyz"]
    texts = ["the weather about this city " + " ".join(chance.sample(words, 12)) for _ in range(400)]

    assert send(waves(), texts) == []


def test_one_author_is_no_wave_however_often() -> None:
    found = waves()

    assert all(found.add(ENGLISH, 7, f"v{i}", 1e9 + i) is None for i in range(100))
    assert len(found) == 0


def test_redelivery_changes_nothing_and_raises_the_same_alert() -> None:
    found = waves(authors=3)

    assert send(found, [ENGLISH] * 2) == []
    assert send(found, [ENGLISH] * 2) == []
    assert found.add(ENGLISH, 3, "v3", 1e9 + 3) == 3
    assert found.add(ENGLISH, 3, "v3", 1e9 + 3) == 3
    assert found.add(ENGLISH, 1, "v1", 1e9 + 4) is None


def test_authors_outside_the_window_do_not_count() -> None:
    assert send(waves(), [ENGLISH] * 200, step_s=32.0) == []
    assert send(waves(), [ENGLISH] * 200, step_s=30.0)[:1] == [20]


def test_a_new_wave_of_the_same_text_alerts_again() -> None:
    found = waves(authors=3)
    assert send(found, [ENGLISH] * 3) == [3]
    assert found.add(ENGLISH, 100, "w1", 1e9 + 10_000) is None
    assert found.add(ENGLISH, 100, "v3", 1e9 + 10_000) is None, "the old wave is over"
    assert found.add(ENGLISH, 101, "w2", 1e9 + 10_001) is None
    assert found.add(ENGLISH, 102, "w3", 1e9 + 10_002) == 3


def test_a_group_that_made_room_for_another_is_forgotten() -> None:
    """Whichever was seen least recently, with all its keys."""
    found = waves(authors=4, max_groups=2)
    second = "Silver bracelets are almost gratis right now, tomorrow they are gone"
    third = "Cheap flights towards every island, hurry because seats are limited"
    assert send(found, [ENGLISH] * 3) == []
    assert send(found, [second] * 3, first_author=11) == []
    assert send(found, [ENGLISH], first_author=1) == [], "seen again, so the other one is older"
    assert send(found, [third] * 2, first_author=21) == []

    assert send(found, [second], first_author=14) == [], "its authors start anew"
    assert len(found) == 2
    assert send(waves(authors=4, max_groups=2), [ENGLISH] * 4) == [4]
    assert send(found, [third] * 2, first_author=23) == [4], "this one stayed"


def test_an_author_who_comes_again_is_remembered_for_longer() -> None:
    found = waves(authors=3, window_s=600.0)
    for author, at in ((1, 0), (2, 1), (1, 500), (3, 700)):
        count = found.add(ENGLISH, author, f"v{author}-{at}", 1e9 + at)
    assert count is None, "the second one is gone"
    assert found.add(ENGLISH, 4, "v4", 1e9 + 710) == 3, "the first one is not"


def test_a_record_that_comes_again_late_does_not_age_its_author() -> None:
    found = waves(authors=3, window_s=600.0)
    for author, at in ((1, 500), (2, 501), (1, 0)):
        found.add(ENGLISH, author, f"v{author}-{at}", 1e9 + at)
    assert found.add(ENGLISH, 3, "v3", 1e9 + 1000) == 3


def test_memory_is_bounded() -> None:
    found = waves(authors=1000, max_groups=50)
    for number in range(300):
        text = " ".join(f"{word}{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}{'uvw'[number // 100]}"
                        for word in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh"))  # fmt: skip
        send(found, [text, text], first_author=2 * number + 1)
    assert len(found) == 50

    crowd = waves(authors=1000)
    for author in range(MAX_AUTHORS + 1000):
        crowd.add(ENGLISH, author + 1, f"v{author}", 1e9)
    assert len(next(iter(crowd._groups)).crowd) == MAX_AUTHORS


def test_odd_characters_are_no_trouble() -> None:
    found = waves()

    assert send(found, ["\ud800\udfff" * 30, "İ" * 40, "\0" * 60, "", "ﬁ" * 60]) == []


def test_of_all_groups_together_no_more_authors_are_remembered_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The groups that were seen least recently go: of three with forty authors each the first."""
    monkeypatch.setattr(streams.tasks.posts.waves, "MAX_REMEMBERED", 100)
    found = waves()
    texts = [ENGLISH, CHINESE, "Buy the golden watches today, everything is nearly gratis for our friends"]
    for text in texts:
        assert send(found, [text] * 40) == [20, 40]
    assert len(found) == 2
    assert send(found, [texts[2]] * 40, first_author=41) == [80]
    assert len(found) == 1
    assert send(found, [ENGLISH] * 19, first_author=100) == [20], "it was forgotten and begins anew"
