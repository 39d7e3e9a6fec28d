"""Training rows from reviews: what people say of posts, in the shape of the tables that `tidegate train` reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from models.labels import POST_LABELS
from models.text import content_hash
from schemas import Review
from streams.history import Place
from streams.reviews.standing import Reviews, is_sure

SPLITS: Final = ("train", "dev", "holdout")
TENTHS: Final = {0: "holdout", 1: "dev"}
"""Of the texts by their hash; all others train."""


class _Verdict(NamedTuple):
    labels: frozenset[str]
    lang: str
    places: list[Place]


class _Answer(NamedTuple):
    """What one review says, of a post that can still be read."""

    review: Review
    lang: str
    place: Place
    text: str
    labels: Mapping[str, int]
    """Of those that it speaks of: 1 or 0."""


class Row(NamedTuple):
    """A row of a table of posts, and where it comes from."""

    split: str
    fields: dict[str, Any]
    provenance: dict[str, Any]


@dataclass(slots=True)
class ReviewRows:
    """Take in all reviews, then all verdicts, and ask for the places of the posts; then for the rows. Pure."""

    reviews: Reviews = field(default_factory=Reviews)
    left_out: Counter[str] = field(default_factory=Counter)
    """Reviews, or texts, that make no row, by the reason."""
    _verdicts: dict[str, _Verdict] = field(default_factory=dict)

    def add_verdict(self, verdict: Mapping[str, Any], place: Place | None) -> None:
        """As JSON holds it; what is none is passed over, as is one that nobody reviewed."""
        match verdict:
            case {"id": str(identity), "lang": str(lang), "labels": list(labels)} if place is not None:
                if identity in self.reviews.verdicts:
                    fresh = _Verdict(frozenset(labels), lang, [])
                    self._verdicts.setdefault(identity, fresh).places.append(place)

    def places(self) -> set[Place]:
        """Of all posts that were reviewed."""
        return {place for verdict in self._verdicts.values() for place in verdict.places}

    def rows(self, texts: Mapping[Place, str]) -> list[Row]:
        """One for each text that people agree on.

        Args:
            texts: of the posts that can still be read.
        """
        self.left_out.clear()
        by_text: dict[str, dict[str | None, _Answer]] = {}
        for answer in self._answers(texts):
            by_text.setdefault(content_hash(answer.text), {})[answer.review.reviewer] = answer
        rows = []
        for identity, answers in by_text.items():
            if _is_disputed(list(answers.values())):
                self.left_out["disputed"] += 1
            elif not any(answer.labels for answer in answers.values()):
                self.left_out["says nothing of labels"] += 1
            else:
                rows.append(_row(identity, list(answers.values())))
        return rows

    def _answers(self, texts: Mapping[Place, str]) -> Iterator[_Answer]:
        for review in self.reviews.standing():
            verdict = self._verdicts.get(review.verdict_id)
            place = None if verdict is None else next((one for one in verdict.places if one in texts), None)
            if not is_sure(review):
                self.left_out["unsure"] += 1
            elif verdict is None:
                self.left_out["verdict is gone"] += 1
            elif place is None:
                self.left_out["post is gone"] += 1
            else:
                yield _Answer(review, verdict.lang, place, texts[place], _labels(review, verdict.labels))


def _labels(review: Review, judged: frozenset[str]) -> Mapping[str, int]:
    """What is said of the model's labels. A label that nobody speaks of is unknown, and no 0.

    Who names the right labels, or upholds the verdict, speaks of all; who would allow the post, of those that the
    verdict gave it.
    """
    if review.labels is not None:
        return {label: int(label in review.labels) for label in POST_LABELS}
    if review.decision == "upheld":
        return {label: int(label in judged) for label in POST_LABELS}
    return {label: 0 for label in POST_LABELS if label in judged and review.action == "allow"}


def _is_disputed(answers: Sequence[_Answer]) -> bool:
    """Whether one would allow what another would not, or a label is right to one and wrong to another."""
    if len({answer.review.action == "allow" for answer in answers}) > 1:
        return True
    return any(len({one.labels[label] for one in answers if label in one.labels}) > 1 for label in POST_LABELS)


def _row(identity: str, answers: Sequence[_Answer]) -> Row:
    """Of answers that agree; the last one is named as the source."""
    last = answers[-1]
    review = last.review
    topic, partition, offset = last.place
    number = f"{topic}/{partition}/{offset}"
    labels = {label: value for answer in answers for label, value in answer.labels.items()}
    split = TENTHS.get(int(identity, 16) % 10, "train")
    source = "reviews" if review.source is None else f"reviews_{review.source}"
    fields = {"id": number, "text": last.text, "lang": last.lang, "source": source, **labels}
    provenance = {
        "id": number,
        "split": split,
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "verdict_id": review.verdict_id,
        "post_id": review.post_id,
        "action": review.action,
        "decision": review.decision,
        "policy_label": review.policy_label,
        "reason": review.reason,
        "source": review.source,
        "sampled": review.sampled,
        "reviews": [answer.review.id for answer in answers],
    }
    return Row(split, fields, provenance)


def by_split(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for row in rows:
        found[row.split].append(row)
    return found
