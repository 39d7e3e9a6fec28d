"""Live precision, misses and agreement, from reviews and the verdicts that they are about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas import Review
from streams.reviews.agreement import agreements
from streams.reviews.figures import Totals, agreed, answers_of, figures
from streams.reviews.judged import Judged, Verdict, read_verdict
from streams.reviews.standing import Reviews, is_sure


@dataclass(slots=True)
class ReviewReport:
    """Take in all reviews first, then all verdicts. Keeps of a verdict only what is reviewed."""

    reviews: Reviews = field(default_factory=Reviews)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """Those that are reviewed."""
    totals: dict[str, Totals] = field(default_factory=dict)
    """Of all verdicts, by language."""
    unreadable: int = 0

    def add_review(self, review: Review) -> None:
        self.reviews.add(review)

    def add_verdict(self, verdict: Mapping[str, Any]) -> None:
        """As JSON holds it. One that was delivered twice counts twice in the totals, and once where it is reviewed."""
        if (read := read_verdict(verdict)) is None:
            self.unreadable += 1
            return
        identity, known = read
        self.count(known, 1)
        if known.sampled:
            self.propose(identity, known.lang)
        if identity in self.reviews.verdicts:
            self.keep(identity, known)

    def count(self, known: Verdict, number: int) -> None:
        """So many verdicts that say this, into the totals alone."""
        totals = self._totals(known.lang)
        totals.actions[known.action] += number
        totals.labels.update(dict.fromkeys(known.labels, number))

    def propose(self, identity: str, lang: str) -> None:
        """A verdict that the service drew at random."""
        self._totals(lang).proposed.add(identity)

    def keep(self, identity: str, known: Verdict) -> None:
        """One that is reviewed.

        The same text at another place has the same verdict: it is of the sample if it was drawn anywhere.
        """
        former = self.verdicts.get(identity)
        was_drawn = former is not None and former.sampled
        self.verdicts[identity] = known._replace(sampled=known.sampled or was_drawn)

    def _totals(self, lang: str) -> Totals:
        return self.totals.setdefault(lang, Totals())

    def right(self) -> tuple[int, int]:
        """Of the verdicts that were reviewed, appeals aside, how many were right, and how many they are."""
        usual = self._judged(self.reviews.usual())
        return sum(one.is_right for one in usual), len(usual)

    def _judged(self, last: Mapping[str, Review]) -> list[Judged]:
        """By the last word on each verdict."""
        return [Judged(self.verdicts[one], review) for one, review in last.items() if one in self.verdicts]

    def report(self) -> dict[str, Any]:
        """The figures, and how far each two reviewers agree, by their names: see docs/policy.md."""
        found = self.figures()
        pairs = agreements(answers_of(self.reviews.standing()).values())
        found["agreement"]["pairs"] = [
            {"reviewers": list(pair), **agreed(one)}
            for pair, one in sorted(pairs.items(), key=lambda both: -both[1].items)
        ]
        return found

    def figures(self) -> dict[str, Any]:
        """What JSON can hold, of all together and of each language; it names nobody."""
        standing = self.reviews.standing()
        sure = [review for review in standing if is_sure(review)]
        last = {review.verdict_id: review for review in sure}
        judged = self._judged(last)
        answers = answers_of(standing)
        return {
            "reviews": len(self.reviews),
            "superseded": len(self.reviews) - len(standing),
            "unsure": len(standing) - len(sure),
            "without_verdict": len(last) - len(judged),
            "unreadable": self.unreadable,
            **figures(judged, answers.values(), Totals.together(self.totals.values())),
            "languages": {lang: self._of(lang, judged, answers) for lang in sorted(self.totals)},
        }

    def _of(self, lang: str, judged: Iterable[Judged], answers: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """Reviews speak no language: theirs is that of the verdict, where it is known."""
        own = [one for one in judged if one.verdict.lang == lang]
        said = [some for one, some in answers.items() if one in self.verdicts and self.verdicts[one].lang == lang]
        return figures(own, said, self.totals[lang])
