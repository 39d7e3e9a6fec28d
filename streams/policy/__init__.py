"""The policy: which scores become labels, actions and alerts."""

from streams.policy.base import Action, PolicyError
from streams.policy.file import (
    POLICY,
    Policy,
    PostPolicy,
    QuotaPolicy,
    RepeatOffenderPolicy,
    SpamWavePolicy,
    SymptomPolicy,
)

__all__ = [
    "POLICY",
    "Action",
    "Policy",
    "PolicyError",
    "PostPolicy",
    "QuotaPolicy",
    "RepeatOffenderPolicy",
    "SpamWavePolicy",
    "SymptomPolicy",
]
