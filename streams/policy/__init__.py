"""The policy: which scores become labels, actions and alerts."""

from streams.policy.file import (
    Action,
    Policy,
    PolicyError,
    PostPolicy,
    QuotaPolicy,
    RepeatOffenderPolicy,
    SpamWavePolicy,
)

__all__ = ["Action", "Policy", "PolicyError", "PostPolicy", "QuotaPolicy", "RepeatOffenderPolicy", "SpamWavePolicy"]
