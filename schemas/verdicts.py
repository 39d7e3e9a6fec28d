"""Verdicts, out: one for every record that could be read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Identified, Part

Probability = Annotated[float, Field(ge=0, le=1)]
Action = Literal["allow", "limit", "review", "remove"]


class Source(Part):
    """Where the record stood."""

    topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)


class TimingsMs(Part):
    """Where the record's time went, in milliseconds. All but the total add up to the time since intake."""

    admitted: float = Field(description="Waiting at the gate, while too much is in flight.")
    prepared: float = Field(description="Decoding, cleaning and tokenising, and waiting for it.")
    queued: float = Field(description="Waiting for the engine.")
    inferred: float = Field(description="From the batch being formed to its scores: padding and inference.")
    decided: float = Field(description="From the scores to the serialised verdict, handed to the producer.")
    total: float = Field(description="From the record's Kafka timestamp to the serialised verdict.")


class Span(Part):
    """Half-open interval of Unicode code points of the original text."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Sentiment(Part):
    """Probabilities that sum up to 1."""

    negative: Probability
    neutral: Probability
    positive: Probability


class PostScores(Part):
    """Independent probabilities; calibrated on the model's dev data."""

    toxicity: Probability
    insult: Probability
    hate: Probability
    threat: Probability
    sexual: Probability
    self_harm: Probability
    profanity: Probability
    spam: Probability


class WordsBox(Part):
    """A block of text in a picture that labels stand for."""

    box: Annotated[list[Probability], Field(min_length=4, max_length=4)] = Field(
        description="Left, top, right and bottom, as shares of the picture's width and height."
    )
    labels: list[str]


class KnownPicture(Part):
    """A picture of the operator's list."""

    label: str
    distance: int = Field(ge=0, le=31, description="Bits in which the two PDQ hashes differ.")


class PictureClass(Part):
    """A class of a picture classifier that the operator serves. Reported; the policy names those that do something."""

    model: str
    version: str
    label: str
    probability: Probability = Field(description="Of several frames the highest.")


class PictureSeen(Part):
    """What was seen in one of the record's pictures. Nothing of its metadata beside size and format."""

    number: int = Field(ge=0, description="Of the picture in the record's `images`.")
    looked_at: bool = Field(description="False: the warnings say why.")
    media_type: str | None
    width: int | None = Field(description="As it is shown, in pixels.")
    height: int | None
    frames: int | None = Field(description="More than 1 for a moving picture.")
    frames_seen: int
    words_read: bool = Field(description="Whether text in it was looked for.")
    known: KnownPicture | None
    classes: list[PictureClass] = Field(
        default_factory=list, description="Of the picture classifiers that are served for the task."
    )
    words: list[WordsBox] = Field(description="The blocks of text that labels stand for; never the text.")


class Verdict(Identified):
    """What all verdicts say. The same content, model and policy always give the same `id`; a verdict that was delivered
    twice has the same `source`, too.
    """

    source: Source | None = Field(description="Null outside of Kafka (`tidegate score`).")
    model_version: str
    policy_version: str
    degraded: bool = Field(description="Answered under overload with less than the whole model.")
    assessed: bool = Field(default=True, description="False: the model knows too few of the words, and says nothing.")
    read_share: Probability = Field(
        default=1.0,
        description="Of the text's characters: a very long one is read in parts, and unknown words are left out.",
    )
    pictures: list[PictureSeen] = Field(
        default_factory=list, description="One for each picture, where the service looks at pictures."
    )
    timings_ms: TimingsMs
    warnings: list[str] = Field(
        default_factory=list,
        description="What was wrong with the record and what was done about it, each `field: ...`; never quotes it.",
    )


class FiredRule(Part):
    """One of the policy's own rules that held for the post."""

    name: str
    mode: Literal["on", "shadow"] = Field(description="A rule in shadow is noted and changes nothing.")
    action: Action | None = Field(description="What it asks for at least.")
    at_most: Action | None = Field(description="What it allows at most: a rule on an allow-list.")
    labels: list[str]
    note: str | None
    history: bool = Field(description="It asked what the author did before: the same post may meet it or not.")


class PostVerdict(Verdict):
    """The verdict on a post. It never repeats the text or the author."""

    task: Literal["posts"]
    post_id: str
    lang: Literal["en", "zh", "other"]
    scores: PostScores | None = Field(description="Null where `assessed` is false.")
    labels: list[str] = Field(description="Labels over their threshold, and those that rules of the policy add.")
    spans: list[Span] = Field(description="Toxic passages, where a label asks for them.")
    sentiment: Sentiment | None = Field(
        description="Null where the early exit answered: a clean post of a cascade, or any under overload."
    )
    action: Action
    reasons: list[str] = Field(
        description="What led to the action: scores, `rule:NAME` for the policy's own rules, `quota` where the quota "
        "changed it."
    )
    rules: list[FiredRule] = Field(
        default_factory=list, description="The policy's own rules that held, those in shadow included."
    )
    sampled: bool = Field(
        default=False, description="It was allowed, and drawn at random: a review of it tells what was missed."
    )


class Condition(Part):
    """A likely condition; no diagnosis."""

    condition: str
    probability: Probability


class Urgency(Part):
    """How soon the patient should be seen."""

    level: int = Field(ge=1, le=5, description="1 is the most urgent.")
    probabilities: Annotated[list[Probability], Field(min_length=5, max_length=5)] | None = Field(
        description="The model's, level 1 first; a rule of triage can make `level` more urgent than they say. "
        "Null where `assessed` is false."
    )


class Evidence(Part):
    """A finding of the rules in the record: checkable, and no attribution of the model's scores."""

    text: str
    start: int | None = Field(
        description="In the record's `text`; null for a rule, a field, a listed symptom or a photograph."
    )
    end: int | None
    weight: Probability


class SymptomVerdict(Verdict):
    """Decision support on a symptom record, never a diagnosis."""

    task: Literal["symptoms"]
    record_id: str
    conditions: list[Condition] = Field(description="Ranked, most probable first.")
    urgency: Urgency
    body_parts: list[str]
    evidence: list[Evidence]
    disclaimer: str
