"""The plan of batches: same seed, same rows, wherever a run starts again."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

pytest.importorskip("torch")

from models.examples import Example
from models.labels import POST_LABELS
from models.training.data_rules import DataRules
from models.training.sampling import Group, group_examples, plan_batches


def make_examples() -> list[Example]:
    examples = [Example("x", "en", "large", "A", "post") for _ in range(900)]
    examples += [Example("x", "zh", "small", "A", "post") for _ in range(60)]
    examples += [Example("x", "en", "visits", "B", "urgency", urgency=1) for _ in range(40)]
    for example in examples[:12]:
        example.post[POST_LABELS.index("threat")] = 1.0
    return examples


def make_batches(start: int, count: int) -> list[list[int]]:
    examples = make_examples()
    lengths = np.random.default_rng(3).integers(5, 90, len(examples))
    groups = group_examples(examples, DataRules(rare_labels={"threat": 0.1}))
    return [batch.tolist() for batch in islice(plan_batches(groups, lengths, 8, 7, start), count)]


def test_a_plan_resumes_at_any_batch() -> None:
    whole = make_batches(0, 700)
    assert make_batches(650, 50) == whole[650:]
    assert make_batches(0, 10) == whole[:10]


def test_small_sources_and_rare_labels_are_drawn_more_often_than_their_share() -> None:
    rows = [row for batch in make_batches(0, 700) for row in batch]
    counts = np.bincount(rows, minlength=1000) / len(rows)
    assert counts[900:960].sum() > 0.06 * 1.5
    assert counts[:12].sum() > 0.012 * 3
    assert (counts > 0).all()


def test_batches_cost_about_the_same() -> None:
    lengths = np.random.default_rng(3).integers(5, 90, 1000)
    costs = [len(batch) * max(lengths[row] for row in batch) for batch in make_batches(0, 300)]
    assert max(costs) <= 8 * 40 * 1.25


def test_a_task_keeps_its_share_where_all_its_sources_have_fixed_ones() -> None:
    groups = group_examples(make_examples(), DataRules(source_shares={"visits": 0.5}))
    whole = group_examples(make_examples(), DataRules())
    assert [g.share for g in groups if g.name == "urgency/visits"] == [
        pytest.approx(g.share) for g in whole if g.name == "urgency/visits"
    ]
    greedy = group_examples(make_examples(), DataRules(source_shares={"large": 0.9, "small": 0.9}))
    assert all(group.share >= 0 for group in greedy)


def test_a_share_may_be_that_of_a_source_in_one_language() -> None:
    examples = make_examples() + [Example("x", "zh", "large", "A", "post") for _ in range(100)]
    rules = DataRules(source_shares={"large": 0.2, "large zh": 0.3}, shares={"post": 1.0})
    groups = {group.name: group for group in group_examples(examples, rules)}
    named = [groups["post/large"], groups["post/large zh"]]
    assert [len(group.rows) for group in named] == [900, 100]
    assert [group.share for group in named] == pytest.approx([0.2, 0.3])


def test_shares_add_up_to_one() -> None:
    groups = group_examples(make_examples(), DataRules(rare_labels={"threat": 0.1}))
    assert sum(group.share for group in groups) == pytest.approx(1.0)


def test_every_domain_of_ordinary_text_is_drawn_alike() -> None:
    examples = make_examples()
    for number, example in enumerate(examples[:300]):
        example.domain = "news" if number % 10 else "recipes"
    groups = {group.name: group for group in group_examples(examples, DataRules(ordinary=0.2))}
    shares = [group.share for name, group in groups.items() if name.startswith("ordinary/")]
    assert len(groups["ordinary/news en"].rows) == 270
    assert shares == pytest.approx([0.1 * posts_share(groups)] * 2)
    assert len(groups["post/large"].rows) == 600


def posts_share(groups: dict[str, Group]) -> float:
    return sum(group.share for name, group in groups.items() if not name.startswith("urgency/"))
