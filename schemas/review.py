"""What people tell the service: reviews of verdicts."""

from __future__ import annotations

from schemas.base import Input
from schemas.text import Identifier, Reference, Time
from schemas.verdicts import Action


class Review(Input):
    """A person's decision on a post that was sent to review."""

    verdict_id: Identifier
    post_id: Identifier
    action: Action
    reviewer: Reference | None = None
    time: Time | None = None
