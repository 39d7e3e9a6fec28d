"""What is sent must be the same for a seed, all different, and of the lengths that were asked for."""

import orjson

from load.scenarios import SCENARIOS
from load.texts import REALISTIC, SHORT, Writer
from schemas import Post, SymptomRecord


def test_a_seed_sends_the_same_records() -> None:
    first, again = (list(SCENARIOS["mixed"].payloads(300, seed=7)) for _ in range(2))

    assert first == again
    assert first != list(SCENARIOS["mixed"].payloads(300, seed=8))


def test_no_two_texts_are_alike() -> None:
    writer = Writer(seed=1, lengths=SHORT)

    texts = {writer.text(number).casefold() for number in range(20_000)}

    assert len(texts) == 20_000


def test_lengths_are_mixed_and_bounded() -> None:
    writer = Writer(seed=1)
    words = sorted(len(writer.text(number).split()) for number in range(4_000))

    assert 1 <= words[0] <= 3
    assert words[-1] <= REALISTIC.longest + 1
    assert words[len(words) * 99 // 100] > 40


def test_good_records_are_valid_and_carry_their_number() -> None:
    for number, payload in enumerate(SCENARIOS["mixed"].payloads(500, seed=3)):
        model = Post if payload.kind == "posts" else SymptomRecord
        assert model.model_validate(orjson.loads(payload.value)).id == str(number)


def test_shares_are_kept() -> None:
    payloads = list(SCENARIOS["bad-input"].payloads(5_000, seed=1))

    bad = sum(payload.key.startswith(b"bad") for payload in payloads)
    symptoms = sum(payload.kind == "symptoms" for payload in payloads)

    assert 400 < bad < 600
    assert 400 < symptoms < 600


def test_some_posts_bring_pictures_and_some_pictures_come_again() -> None:
    payloads = list(SCENARIOS["pictures"].payloads(400, seed=1))

    posts = [Post.read(orjson.loads(payload.value)) for payload in payloads]
    files = [image.data for post in posts for image in post.images or ()]
    assert 50 < len(files) < 110
    assert 0.5 * len(files) < len(set(files)) < 0.9 * len(files)
    assert not any(post.warnings for post in posts)
    assert payloads == list(SCENARIOS["pictures"].payloads(400, seed=1))
