"""Posts: scores become labels, spans, an action, and alerts about posts, authors and waves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from models.labels import POST_LABELS, SENTIMENTS
from models.serving.reading import Reading
from models.serving.spans import marked
from models.serving.types import Scores
from models.text import identify_language, readings
from schemas import Post, Sighting
from streams.pictures.words import WordsInPicture
from streams.policy import Action
from streams.policy.base import DAY_S, EPOCH_DAY
from streams.policy.conditions import Facts
from streams.policy.judge import Judge
from streams.policy.pictures import with_pictures
from streams.policy.rules import FALLBACK_THRESHOLD, Ruling
from streams.record import Outgoing
from streams.tasks.base import Case, Change, Parts, Rendered, Task
from streams.tasks.outputs import OVER_QUOTA, Alarm, lone_alert, outputs, timings_ms, verdict_id, warnings
from streams.tasks.posts import POSTS
from streams.tasks.posts.crowds import Sign
from streams.tasks.posts.memory import Memory, author_of
from streams.tasks.posts.sample import is_drawn


class PostsTask(Task[Post]):
    """Every verdict goes to `labels`, one that acts to `flags` too, alerts to `alerts`.

    An author is the record's `author`, or its key, which stands for the author. Same content, model and
    policy always lead to the same decision; over the quota an action becomes a review and `reasons` end with
    `quota`.
    """

    declaration = POSTS

    def __init__(self, parts: Parts, memory: Memory) -> None:
        point = parts.artifact.operating_point(parts.policy.posts.operating_point)
        self._judge = Judge.build(parts.policy, parts.artifact)
        self._span_thresholds = point.thresholds.get("spans", {})
        self.policy_version = parts.policy_version
        self._model_version = parts.artifact.version
        self._policy = parts.policy.posts
        self._review_share = parts.review_share
        self._memory = memory
        self._clock = parts.clock
        self._wall_clock = parts.wall_clock

    @classmethod
    def build(cls, parts: Parts) -> PostsTask:
        folder = None if parts.state is None else parts.state / POSTS.name
        return cls(parts, Memory.open(parts, folder))

    def decode(self, value: bytes | None, max_bytes: int) -> Post:
        return Post.decode(value, max_bytes)

    def render(self, record: Post) -> Rendered:
        ways = tuple(Reading(way.text, way.offsets) for way in readings(record.text))
        return Rendered(identify_language(ways[0].text, record.lang), ways)

    def decide(self, case: Case[Post]) -> list[Outgoing]:
        scores, lang = case.scores, case.rendered.lang
        values = _label_scores(scores)
        model_version = self._model_version if scores is None else scores.model_version
        identity = verdict_id(POSTS.name, model_version, self.policy_version, case.content)
        # Memory knows a post by its content: one that comes again under another model or policy is no second one.
        remembered = verdict_id(POSTS.name, "", "", case.content)
        self._count(case, remembered)
        signs, waves = self._witness(case, remembered)
        ruling, _ = self._judge.rule(self._facts(case, values, remembered))
        ruling = with_pictures(ruling, case.seen, self._policy)
        action, reasons = self._within_quota(ruling, identity)
        alarms = self._alarms(case, remembered, waves, ruling)
        verdict: dict[str, Any] = {
            "schema_version": 1,
            "id": identity,
            "task": POSTS.name,
            "post_id": case.record.id,
            "source": None if case.origin is None else case.origin._asdict(),
            "lang": lang,
            "action": _NAMES[action],
            "sampled": action is Action.ALLOW and case.is_live and is_drawn(case.origin, self._review_share),
            "labels": ruling.labels,
            "reasons": reasons,
            "assessed": scores is not None,
            "read_share": case.read_share,
            "scores": None if values is None else dict(zip(POST_LABELS, values, strict=True)),
            "spans": self._spans(case) if ruling.marks_spans else (),
            "sentiment": _sentiment(scores),
            "model_version": model_version,
            "policy_version": self.policy_version,
            "pictures": self._pictures(case),
            "degraded": scores is not None and scores.degraded,
            "warnings": warnings(case),
            "rules": ruling.rules,
            "timings_ms": timings_ms(case.moments, self._clock()),
        }
        kinds = ("labels",) if action is Action.ALLOW else ("labels", "flags")
        leaving = outputs(case, verdict, kinds, alarms, self._wall_clock(), _NAMES[action])
        self._memory.tell(case, signs, identity, case.sent_at(self._clock(), self._wall_clock()))
        return [*leaving, *self._memory.leaving()]

    def _count(self, case: Case[Post], identity: str) -> None:
        """A post counts for the rate of its author, where a rule asks for one."""
        if window_s := self._judge.rulebook.rate_window_s:
            sent_at = case.sent_at(self._clock(), self._wall_clock())
            self._memory.count(case, identity, sent_at, window_s)

    def _witness(self, case: Case[Post], identity: str) -> tuple[list[Sign], list[Alarm]]:
        sent_at = case.sent_at(self._clock(), self._wall_clock())
        return self._memory.witness(case, identity, sent_at, self._judge.rulebook.asks_for_crowds)

    def _facts(self, case: Case[Post], values: list[float] | None, identity: str) -> Facts:
        """As of the time at which the post was sent, so that a redelivery is told the same."""
        sent_at = case.sent_at(self._clock(), self._wall_clock())
        record, author = case.record, author_of(case)
        in_pictures = [one.text for one in case.readings if isinstance(one, WordsInPicture)]
        return Facts(
            case.rendered.lang,
            values,
            day=EPOCH_DAY + int(sent_at // DAY_S),
            texts=tuple(dict.fromkeys((record.text, *(way.text for way in case.rendered.ways), *in_pictures))),
            kind=record.kind or "",
            thread=record.thread or "",
            author=author,
            account_age_s=record.account_age_s(sent_at),
            rate=lambda what, window_s: self._memory.rate(case, identity, sent_at, what, window_s),
            read_share=case.read_share,
            crowd=lambda kind: self._memory.waves.company.of(identity, kind),
            strikes=lambda window_s, half_life_s: self._memory.strikes(case, identity, sent_at, window_s, half_life_s),
        )

    def _within_quota(self, ruling: Ruling, identity: str) -> tuple[Action, tuple[str, ...]]:
        quota = self._memory.quota
        if quota is None or quota.allows(ruling.action, identity, self._clock()):
            return ruling.action, ruling.reasons
        return Action.REVIEW, (*ruling.reasons, OVER_QUOTA)

    def _alarms(self, case: Case[Post], identity: str, waves: list[Alarm], ruling: Ruling) -> list[Alarm]:
        sent_at = case.sent_at(self._clock(), self._wall_clock())
        strikes = self._memory.strike(case, identity, sent_at) if ruling.is_offence else []
        alarms = [*strikes, *waves]
        if ruling.severity is not None:
            alarms.append(Alarm("severe_post", ruling.severity, case.record.id, ruling.severe_reasons))
        if ruling.alert is not None:
            alarms.append(Alarm("policy_rule", ruling.alert, case.record.id, ruling.alert_reasons))
        return alarms

    def _spans(self, case: Case[Post]) -> list[dict[str, int]]:
        if case.scores is None or case.scores.degraded:
            return []
        known = self._span_thresholds
        threshold = known.get(case.rendered.lang, max(known.values(), default=FALLBACK_THRESHOLD))
        own = [reading for reading in case.readings if not isinstance(reading, WordsInPicture)]
        return [{"start": first, "end": last} for first, last in marked(own, threshold)]

    def _pictures(self, case: Case[Post]) -> list[dict[str, Any]]:
        """What was seen in each, with the blocks of text that any label stands for."""
        blocks: dict[int, list[dict[str, Any]]] = {}
        for reading in case.readings if case.seen else ():
            if isinstance(reading, WordsInPicture) and reading.scores is not None:
                labels = self._judge.bars.judge(_label_scores(reading.scores) or [], case.rendered.lang).labels
                if labels:
                    blocks.setdefault(reading.picture, []).append({"box": reading.box, "labels": labels})
        return [one.as_dict() | {"words": blocks.get(one.number, [])} for one in case.seen or ()]

    def succeed(self, parts: Parts) -> PostsTask:
        return PostsTask(parts, self._memory)

    def adopt(self) -> None:
        self._memory.adopt(self._policy)

    def assign(self, partitions: Collection[int], total: int | None = None) -> None:
        self._memory.assign(partitions, total)

    def restore(self, partition: int, changes: Sequence[Change]) -> int:
        return self._memory.offenders.restore(partition, changes)

    @property
    def recall_s(self) -> float:
        return self._memory.waves.crowds.longest_window_s

    def sighted(self, values: Sequence[bytes | None]) -> tuple[list[Outgoing], int]:
        raised, unused = self._memory.waves.sighted(values)
        return [self._alert(sighting, alarm) for sighting, alarm in raised], unused

    def _alert(self, sighting: Sighting, alarm: Alarm) -> Outgoing:
        source = sighting.source
        about = {"id": sighting.verdict_id, "task": POSTS.name, "source": source and source.model_dump()}
        return lone_alert(about, alarm, self._wall_clock())

    def revoke(self, partitions: Collection[int]) -> None:
        self._memory.offenders.revoke(partitions)

    def checkpoint(self) -> None:
        self._memory.offenders.checkpoint()


_NAMES: Final = {action: action.name.lower() for action in Action}


def _label_scores(scores: Scores | None) -> list[float] | None:
    """None: the model could read nothing."""
    if scores is None:
        return None
    if "post" not in scores.heads:
        raise ValueError("the engine returned no scores for a post")
    values: list[float] = scores.heads["post"].tolist()
    return values


def _sentiment(scores: Scores | None) -> dict[str, float] | None:
    sentiment = None if scores is None else scores.heads.get("sentiment")
    return None if sentiment is None else dict(zip(SENTIMENTS, sentiment.tolist(), strict=True))
