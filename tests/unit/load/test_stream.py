"""The realistic stream is what its report says: copies by Zipf's law, one in ten unclean, four in ten Chinese."""

from collections import Counter

import orjson

from load.scenarios import SCENARIOS
from load.sentences import CHINESE_UNCLEAN, ENGLISH_UNCLEAN
from load.stream import COPIES_SHARE, POPULAR
from load.texts import REALISTIC


def _texts(count: int, seed: int = 1) -> list[str]:
    return [orjson.loads(one.value)["text"] for one in SCENARIOS["stream"].payloads(count, seed)]


def test_a_seed_sends_the_same_stream() -> None:
    assert _texts(300, 7) == _texts(300, 7)
    assert _texts(300, 7) != _texts(300, 8)


def test_three_in_ten_are_popular_and_the_first_of_them_the_most() -> None:
    texts = _texts(40_000)
    often = [count for _, count in Counter(texts).most_common() if count > 1]

    assert 0.2 < sum(often) / len(texts) < COPIES_SHARE
    assert often[0] > 1.5 * often[2] > 1.5 * often[10]
    assert len(often) < POPULAR


def test_one_in_ten_is_unclean_and_four_in_ten_are_chinese() -> None:
    texts = set(_texts(10_000))
    unclean = [text for text in texts if any(part in text for part in (*ENGLISH_UNCLEAN, *CHINESE_UNCLEAN))]

    assert 0.08 < len(unclean) / len(texts) < 0.12
    assert 0.35 < sum(not text.isascii() for text in texts) / len(texts) < 0.45


def test_lengths_are_those_of_the_unique_posts() -> None:
    words = sorted(len(text.split()) for text in _texts(10_000) if text.isascii())

    assert 10 <= words[len(words) // 2] <= 24
    assert words[-1] <= REALISTIC.longest + 20
    assert words[len(words) * 99 // 100] > 50


def test_ids_are_numbers_in_order_though_texts_come_again() -> None:
    ids = [orjson.loads(one.value)["id"] for one in SCENARIOS["stream"].payloads(100, 1)]

    assert ids == [str(number) for number in range(100)]
