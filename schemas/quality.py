"""What people's reviews say about the verdicts of the last hours or days, out."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from schemas.base import Identified, Part


class Interval(Part):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


class Figure(Part):
    """A share of rows with its 95 % interval (Wilson's); null without a row."""

    value: float | None
    low: float | None
    high: float | None
    rows: int


class Actions(Part):
    """Of all but `allow`."""

    limit: Figure
    review: Figure
    remove: Figure


class Precision(Part):
    """How often a verdict was right, appeals aside."""

    actions: Actions
    labels: dict[str, Figure]


class Sample(Part):
    """Allowed posts that the service drew at random."""

    proposed: int
    reviewed: int


class Missed(Part):
    """What drawn allowed posts tell of all allowed ones."""

    of_allowed: Figure = Field(description="Those that should not have been allowed.")
    recall: Interval | None = Field(description="Of actions: what was acted on, of what should have been.")
    labels: dict[str, Interval] = Field(
        description="Recall of each label; empty where a review of a drawn post does not say for which labels it asks."
    )
    sample: Sample


class Agreement(Part):
    """Of reviewers who saw the same verdict, on the action; all pairs together."""

    items: int
    agreed: int
    kappa: float | None = Field(description="Cohen's: 0 for chance, 1 for always.")
    share: Figure


class Figures(Part):
    """Of some verdicts."""

    verdicts: int = Field(description="Reviewed or not.")
    reviewed: int = Field(description="With a last word of somebody who is sure, appeals aside.")
    precision: Precision
    appeals: Figure = Field(description="Appeals that were right.")
    missed: Missed
    agreement: Agreement


class Quality(Identified):
    """The figures of `tidegate reviews report` over a sliding window. Each message says all of it; the last counts."""

    task: str
    since: datetime = Field(description="Verdicts and reviews with a Kafka timestamp from then on.")
    until: datetime = Field(description="Up to the ends that the topics had at this time.")
    complete: bool = Field(description="False: the window is shorter than asked for, since memory held no more.")
    reviews: int = Field(description="A review that was sent again counts once.")
    superseded: int = Field(description="Reviews that another one takes the place of.")
    unsure: int
    without_verdict: int = Field(description="Reviewed verdicts that are not of the window.")
    unreadable: int = Field(description="Messages that are no review, or no verdict.")
    figures: Figures = Field(description="Of all verdicts.")
    languages: dict[str, Figures] = Field(description="Of those in each language: `en`, `zh`, `other`.")
