"""One message of each kind for the documentation: what a reader sees first, and what the tests hold to the models."""

from __future__ import annotations

from typing import Any, Final

Document = dict[str, Any]

_SOURCE: Final = {"topic": "moderation.posts", "partition": 2, "offset": 1841}
_VERSIONS: Final = {"model_version": "2026.11.24-9f3c01ab", "policy_version": "1-5c0de7aa"}
_TIMINGS_MS: Final = {"admitted": 0.1, "prepared": 5.2, "queued": 0.9, "inferred": 9.8, "decided": 0.6, "total": 21.7}

POST: Final[Document] = {
    "id": "c-20931",
    "text": "Nobody wants you here, you pathetic clown. 滚出去!",
    "author": "u-77",
    "lang": "en",
    "kind": "reply",
    "thread": "t-102",
    "time": "2026-11-24T09:15:00Z",
}

POST_VERDICT: Final[Document] = {
    "schema_version": 1,
    "id": "3b1f0f6e5a7d4c2f9a60d2c4be7713a8",
    "task": "posts",
    "post_id": "c-20931",
    "source": _SOURCE,
    "lang": "en",
    "action": "limit",
    "labels": ["toxicity", "insult"],
    "reasons": ["toxicity>=0.9"],
    "scores": {
        "toxicity": 0.9514,
        "insult": 0.8891,
        "hate": 0.0412,
        "threat": 0.0063,
        "sexual": 0.0021,
        "self_harm": 0.0017,
        "profanity": 0.1204,
        "spam": 0.0009,
    },
    "spans": [{"start": 27, "end": 41}],
    "sentiment": {"negative": 0.9312, "neutral": 0.0601, "positive": 0.0087},
    **_VERSIONS,
    "degraded": False,
    "assessed": True,
    "read_share": 1.0,
    "warnings": [],
    "rules": [],
    "sampled": False,
    "timings_ms": _TIMINGS_MS,
}

SYMPTOM_RECORD: Final[Document] = {
    "id": "r-318",
    "text": "Chest tightness since this morning, sweating, the pain goes into the left arm.",
    "patient": "p-5521",
    "age": 58,
    "sex": "male",
    "body_part": "chest",
    "vitals": {"heart_rate": 118, "systolic": 96, "saturation": 93, "pain": 8},
    "context": {"injury": False, "arrival": "ambulance", "consciousness": "alert"},
    "time": "2026-11-24T09:16:30Z",
}

SYMPTOM_VERDICT: Final[Document] = {
    "schema_version": 1,
    "id": "d80a4c1be2a94f63b5f1c07e6d3392f4",
    "task": "symptoms",
    "record_id": "r-318",
    "source": {"topic": "moderation.symptoms", "partition": 0, "offset": 77},
    "urgency": {"level": 2, "probabilities": [0.0312, 0.1933, 0.5101, 0.2102, 0.0552]},
    "conditions": [
        {"condition": "heart_attack", "probability": 0.4127},
        {"condition": "hypertension", "probability": 0.1608},
    ],
    "body_parts": ["chest", "limb"],
    "evidence": [
        {
            "text": "red flag: chest pain with sweating (urgency 3 raised to 2)",
            "start": None,
            "end": None,
            "weight": 1.0,
        },
        {"text": "Chest tightness", "start": 0, "end": 15, "weight": 1.0},
        {"text": "sweating", "start": 36, "end": 44, "weight": 1.0},
        {"text": "heart rate 118", "start": None, "end": None, "weight": 0.67},
    ],
    "disclaimer": (
        "Decision support for trained staff: not a diagnosis, and no reason to wait. In doubt, see the patient."
    ),
    **_VERSIONS,
    "degraded": False,
    "assessed": True,
    "read_share": 1.0,
    "warnings": [],
    "timings_ms": _TIMINGS_MS,
}

ALERT: Final[Document] = {
    "schema_version": 1,
    "id": "70c2f1a3e95b4d188a6de0b35f42c911",
    "kind": "repeat_offender",
    "severity": "high",
    "task": "posts",
    "subject": "u-77",
    "verdict_id": "3b1f0f6e5a7d4c2f9a60d2c4be7713a8",
    "reasons": ["posts>=3"],
    "count": 3,
    "created_at": "2026-11-24T09:15:00.412Z",
    "source": _SOURCE,
}

DEAD_LETTER_HEADERS: Final[Document] = {
    "reason": "missing_field",
    "detail": "text: Field required",
    "stage": "decode",
    "original-topic": "moderation.posts",
    "original-partition": "2",
    "original-offset": "1842",
    "attempts": "1",
    "failed-at": "2026-11-24T09:15:00.431Z",
}

REVIEW: Final[Document] = {
    "id": "rv-8814",
    "verdict_id": "3b1f0f6e5a7d4c2f9a60d2c4be7713a8",
    "post_id": "c-20931",
    "action": "remove",
    "decision": "overturned",
    "reviewer": "team-2",
    "reason": "targets_a_person",
    "policy_label": "harassment-2",
    "labels": ["toxicity", "insult", "hate"],
    "spans": [{"start": 17, "end": 41}],
    "note": "Second time this week.",
    "source": "console",
    "sampled": False,
    "supersedes": "rv-8790",
    "time": "2026-11-24T09:40:12Z",
}

CONTROL: Final[Document] = {
    "kind": "model",
    "name": "default",
    "version": "2026.11.24-9f3c01ab",
    "active": True,
    "address": "s3://models/2026.11.24",
    "digest": "5d1f0a6b8c3e47f29a60d2c4be7713a83b1f0f6e5a7d4c2f9a60d2c4be7713a8",
    "revision": 5,
    "expected": 4,
    "by": "ana",
    "at": "2026-11-24T09:40:12Z",
    "note": "finds more spam",
}

EVENT: Final[Document] = {
    "schema_version": 1,
    "id": "0b7d0c9e6f6a4f5fb4f8d5f6f6d0a1c2",
    "kind": "activated",
    "created_at": "2026-11-24T09:40:16.240Z",
    "group": "tidegate",
    "worker": "host-1-4711-3f",
    "change": {
        "kind": "model",
        "name": "default",
        "revision": 5,
        "version": "2026.11.24-9f3c01ab",
        "digest": "5d1f0a6b8c3e47f29a60d2c4be7713a83b1f0f6e5a7d4c2f9a60d2c4be7713a8",
        "active": True,
        "by": "ana",
        "note": "finds more spam",
    },
    "reason": None,
    "running": {
        **_VERSIONS,
        "tasks": ["posts", "symptoms"],
        "revisions": [{"kind": "model", "name": "default", "revision": 5}],
        "refused": [],
    },
    "drift": None,
}

COMPARISON: Final[Document] = {
    "schema_version": 1,
    "id": "a3d1f06e5b7d4c2f9a60d2c4be771e55",
    "task": "posts",
    "revision": 2,
    "source": _SOURCE,
    "verdict": POST_VERDICT["id"],
    "lang": "en",
    "active": {
        **_VERSIONS,
        "has_verdict": True,
        "action": "limit",
        "labels": ["toxicity", "insult"],
        "level": None,
        "inferred_ms": 9.8,
    },
    "candidate": {
        "model_version": "2026.12.01-1b2c3d4e",
        "policy_version": "1-77e1c0aa",
        "has_verdict": True,
        "action": "review",
        "labels": ["toxicity", "insult", "threat"],
        "level": None,
        "inferred_ms": 10.4,
    },
}

_LIMIT: Final[Document] = {"value": 0.92, "low": 0.8412, "high": 0.9617, "rows": 75}
_NO_FIGURE: Final[Document] = {"value": None, "low": None, "high": None, "rows": 0}
_FIGURES: Final[Document] = {
    "verdicts": 41250,
    "reviewed": 115,
    "precision": {
        "actions": {"limit": _LIMIT, "review": _NO_FIGURE, "remove": _NO_FIGURE},
        "labels": {"insult": _LIMIT},
    },
    "appeals": _NO_FIGURE,
    "missed": {
        "of_allowed": {"value": 0.025, "low": 0.0044, "high": 0.1288, "rows": 40},
        "recall": {"value": 0.4922, "low": 0.1468, "high": 0.8519},
        "labels": {},
        "sample": {"proposed": 40, "reviewed": 40},
    },
    "agreement": {
        "items": 12,
        "agreed": 11,
        "kappa": 0.8125,
        "share": {"value": 0.9167, "low": 0.6461, "high": 0.9851, "rows": 12},
    },
}

QUALITY: Final[Document] = {
    "schema_version": 1,
    "id": "6c2f9a60d2c4be7713a83b1f0f6e5a7d",
    "task": "posts",
    "since": "2026-11-23T09:12:00Z",
    "until": "2026-11-24T09:15:00.240Z",
    "complete": True,
    "reviews": 131,
    "superseded": 2,
    "unsure": 1,
    "without_verdict": 0,
    "unreadable": 0,
    "figures": _FIGURES,
    "languages": {"en": _FIGURES},
}

SIGHTING: Final[Document] = {
    "schema_version": 1,
    "kind": "text",
    "author": "5d3a9c04e17b62",
    "key_check": "b1946ac92492d234",
    "sent_at": "2026-11-24T09:15:00.123000Z",
    "post_id": "c-4475",
    "verdict_id": "0f3c5a77d1be4e0d9c84aa51e2b60f19",
    "source": {"topic": "moderation.posts", "partition": 1, "offset": 42},
    "keys": "a7d4e90b1c35f286",
    "words": "8e21f05b6d934ac7c4107be29f5d38a601f9d2648cb3e57a",
    "prints": [],
}

STRIKE: Final[Document] = {
    "schema_version": 1,
    "author": "5d3a9c04e17b62",
    "key_check": "b1946ac92492d234",
    "content_id": "3b1f0f6e5a7d4c2f9a60d2c4be7713a8",
    "sent_at": "2026-11-24T09:15:00.123000Z",
    "count": 3,
}
