"""From which score on something happens, as a policy says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from streams.policy.base import Probability, Table


class ActionScores(Table):
    """The lowest score for each action; None: never."""

    limit: Probability | None = None
    review: Probability | None = None
    remove: Probability | None = None

    @model_validator(mode="after")
    def _rises(self) -> ActionScores:
        scores = [score for score in (self.limit, self.review, self.remove) if score is not None]
        if scores != sorted(scores):
            raise ValueError("must not ask for a lower score for a stronger action")
        return self


class SevereScores(Table):
    """The lowest score for an alert of each severity."""

    high: Probability
    critical: Probability | None = None

    @model_validator(mode="after")
    def _rises(self) -> SevereScores:
        if self.critical is not None and self.critical < self.high:
            raise ValueError("must not ask for a lower score for a stronger alert")
        return self


class PictureLabel(ActionScores):
    """Of a class of a picture classifier: from which probability on it is a label, acts, and raises an alert."""

    stands: Probability = 0.5
    """From here on it stands in the verdict's labels. Nothing happens below it."""
    high: Probability | None = None
    critical: Probability | None = None

    @model_validator(mode="after")
    def _alerts_rise(self) -> PictureLabel:
        if self.high is not None and self.critical is not None and self.critical < self.high:
            raise ValueError("must not ask for a lower score for a stronger alert")
        return self

    @property
    def does_something(self) -> bool:
        """Beside standing in a verdict."""
        return any(score is not None for score in (self.limit, self.review, self.remove, self.high, self.critical))


class PhotoRule(Table):
    """Of a finding in a photograph: from which probability on it is evidence, and how urgent that makes a patient."""

    stands: Probability = 0.8
    level: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    """At least so urgent; None: it changes no level. A level can be raised by it and never lowered."""
