"""The metrics: what each is called and what it counts, once, for who exposes them, reads them and describes them.

No label holds anything of a record: each takes its values from a set that is known beforehand, or names a partition,
a version or a process.
"""

from __future__ import annotations

from typing import Final

from streams.health.family import Family

BUILD_INFO: Final = Family(
    "tidegate_build_info", "gauge", "Always 1; the versions that judge.", ("version", "model", "policy")
)
RECORDS: Final = Family("tidegate_records", "counter", "Records taken in.", ("task",))
VERDICTS: Final = Family(
    "tidegate_verdicts",
    "counter",
    "Verdicts that left. Of symptom records the action is the level of urgency.",
    ("task", "action", "degraded"),
)
DEAD_LETTERS: Final = Family("tidegate_dead_letters", "counter", "Records that got no verdict.", ("reason",))
ALERTS: Final = Family("tidegate_alerts", "counter", "Alerts that left.", ("kind", "severity"))
LANGUAGES: Final = Family("tidegate_languages", "counter", "Verdicts by the language of the text.", ("task", "lang"))
LABELS: Final = Family(
    "tidegate_labels",
    "counter",
    "Labels over their thresholds, of posts; several on one count each.",
    ("label", "lang"),
)
HIGHEST_SCORE: Final = Family("tidegate_highest_score", "histogram", "A post's highest score of any label.", ("lang",))
OVER_QUOTA: Final = Family(
    "tidegate_over_quota", "counter", "Automatic actions that became a review because the quota was used up.", ("task",)
)
QUOTA_REACHED: Final = Family(
    "tidegate_quota_reached", "gauge", "1 if an action became a review for the quota within the last minute."
)
STAGE_DURATION: Final = Family(
    "tidegate_stage_duration_seconds",
    "histogram",
    "Where the time of a live record went, from its intake on.",
    ("stage",),
)
VERDICT_DURATION: Final = Family(
    "tidegate_verdict_duration_seconds",
    "histogram",
    "From a live record's Kafka timestamp (over HTTP: its intake) to its acknowledged verdict.",
    ("task",),
)
BATCH_ROWS: Final = Family("tidegate_batch_rows", "histogram", "Texts in a batch of the engine.")
BATCH_TOKENS: Final = Family("tidegate_batch_tokens", "histogram", "Tokens in a batch of the engine, without padding.")
PADDED_TOKENS: Final = Family("tidegate_padded_tokens", "counter", "Tokens that the engine ran, with padding.")
ENGINE_BUSY: Final = Family("tidegate_engine_busy_seconds", "counter", "Time in which the engine ran.")
EARLY_ROWS: Final = Family(
    "tidegate_early_rows", "counter", "Texts that the early exit answered: in a cascade, skimming, or under overload."
)
CACHE_HITS: Final = Family("tidegate_cache_hits", "counter", "Texts whose scores were remembered.")
CACHE_MISSES: Final = Family("tidegate_cache_misses", "counter", "Texts whose scores were not.")
IN_FLIGHT_RECORDS: Final = Family("tidegate_in_flight_records", "gauge", "Records between intake and their answer.")
IN_FLIGHT_TOKENS: Final = Family("tidegate_in_flight_tokens", "gauge", "Estimated tokens between the same.")
OLDEST: Final = Family(
    "tidegate_oldest_in_flight_seconds",
    "gauge",
    "Age of the oldest record in flight; 0 where there is none.",
    where="every",
)
PROGRESS_AGE: Final = Family(
    "tidegate_progress_age_seconds",
    "gauge",
    "Since a record was last done with; 0 while none is in flight.",
    where="every",
)
LOOP_AGE: Final = Family(
    "tidegate_loop_age_seconds", "gauge", "Since the event loop last turned; a second is ordinary.", where="every"
)
READY: Final = Family("tidegate_ready", "gauge", "1 if /readyz says so.", where="every")
LIVE: Final = Family("tidegate_live", "gauge", "1 if /livez says so.", where="every")

SETTLED: Final = Family(
    "tidegate_settled", "counter", "Records whose offset was released to be committed.", where="worker"
)
AHEAD: Final = Family(
    "tidegate_ahead_records",
    "gauge",
    "Records that were answered ahead of one that holds their offsets back; a crash repeats them.",
    where="worker",
)
PARTITIONS: Final = Family("tidegate_partitions", "gauge", "Partitions that this worker reads.", where="worker")
RELEASED_OFFSET: Final = Family(
    "tidegate_released_offset",
    "gauge",
    "Everything before it is done with; it is committed within commit_interval_s.",
    ("topic", "partition"),
    "worker",
)
LAG_RECORDS: Final = Family(
    "tidegate_lag_records",
    "gauge",
    "Offsets from the first record that is not done with to the end of the log, as the broker last told it.",
    ("topic", "partition"),
    "worker",
)
LAG_SECONDS: Final = Family(
    "tidegate_lag_seconds",
    "gauge",
    "Age of the first record that is not done with, at least since nothing of the partition moved; 0 without lag.",
    ("topic", "partition"),
    "worker",
)
CONTROL_AGE: Final = Family(
    "tidegate_control_age_seconds",
    "gauge",
    "Since the control topic was last read; a second is ordinary, more while a model is loaded. The worker goes by the "
    "last known state. 0 with control off.",
    where="worker",
)
WAVES_AGE: Final = Family(
    "tidegate_waves_age_seconds",
    "gauge",
    "Since what workers tell each other of waves was last read; a second is ordinary. 0 with shared_waves off.",
    where="worker",
)
RESTORING: Final = Family(
    "tidegate_restoring_partitions",
    "gauge",
    "Partitions of whose authors it was not read to the end what is known; their records wait for it, 30 s at most.",
    where="worker",
)
OVERLOADED: Final = Family(
    "tidegate_overloaded", "gauge", "1 while the early exit answers posts because of an overload.", where="worker"
)
CANARY_SHARE: Final = Family(
    "tidegate_canary_share", "gauge", "Of the authors, whom a candidate judges; 0 without a canary.", where="worker"
)
CANARY_BREACHES: Final = Family(
    "tidegate_canary_breaches", "counter", "Canaries that a guard has ended on this worker.", ("guard",), "worker"
)
DRIFT: Final = Family(
    "tidegate_drift",
    "gauge",
    "Population stability index of the last day's verdicts against the day of reference; 0 until there are both.",
    ("task", "trait"),
    "worker",
)

REQUESTS: Final = Family(
    "tidegate_requests", "counter", "Requests that were answered.", ("interface", "status"), "gateway"
)
REQUEST_DURATION: Final = Family(
    "tidegate_request_duration_seconds", "histogram", "From a request's head to its answer.", ("interface",), "gateway"
)
REQUESTS_IN_WORK: Final = Family("tidegate_requests_in_work", "gauge", "Requests being answered.", where="gateway")
WAITING_TOKENS: Final = Family(
    "tidegate_waiting_tokens", "gauge", "Estimated tokens of what waits outside of the pipeline.", where="gateway"
)

WORKER_UP: Final = Family(
    "tidegate_worker_up",
    "gauge",
    "1 if the process of `--workers` with this number answered the scrape.",
    ("worker",),
    "supervisor",
)

REVIEWED_AGE: Final = Family(
    "tidegate_reviewed_age_seconds",
    "gauge",
    "Since the figures of reviews were last published, or the process started.",
    where="assessor",
)
REVIEWED_WINDOW: Final = Family(
    "tidegate_reviewed_window_seconds",
    "gauge",
    "Length of the window that the figures of reviews are of; less than was asked for where memory held no more.",
    where="assessor",
)
REVIEWED_VERDICTS: Final = Family(
    "tidegate_reviewed_verdicts", "gauge", "Verdicts of the window that people reviewed.", ("task", "lang"), "assessor"
)
REVIEWED_ACTIONS: Final = Family(
    "tidegate_reviewed_action_precision",
    "gauge",
    "Share of the reviewed actions that were right.",
    ("task", "lang", "action", "bound"),
    "assessor",
)
REVIEWED_LABELS: Final = Family(
    "tidegate_reviewed_label_precision",
    "gauge",
    "Share of the reviewed labels that were right.",
    ("task", "lang", "label", "bound"),
    "assessor",
)
REVIEWED_MISSED: Final = Family(
    "tidegate_reviewed_missed",
    "gauge",
    "Share of the reviewed allowed posts, drawn at random, that should not have been allowed.",
    ("task", "lang", "bound"),
    "assessor",
)
REVIEWED_RECALL: Final = Family(
    "tidegate_reviewed_recall",
    "gauge",
    "Recall of the actions, by what was missed.",
    ("task", "lang", "bound"),
    "assessor",
)
REVIEWED_LABEL_RECALL: Final = Family(
    "tidegate_reviewed_label_recall",
    "gauge",
    "Recall of a label, by what was missed.",
    ("task", "lang", "label", "bound"),
    "assessor",
)
REVIEWED_AGREEMENT: Final = Family(
    "tidegate_reviewed_agreement",
    "gauge",
    "Share of the pairs of reviewers of one verdict who agree on the action.",
    ("task", "lang", "bound"),
    "assessor",
)
REVIEWED_KAPPA: Final = Family(
    "tidegate_reviewed_kappa",
    "gauge",
    "Cohen's kappa of the same: 0 for chance, 1 for always.",
    ("task", "lang"),
    "assessor",
)

FAMILIES: Final = tuple(value for value in list(globals().values()) if isinstance(value, Family))
"""All of them, in the order of this file."""
