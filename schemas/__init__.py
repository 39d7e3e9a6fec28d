"""What travels: every message of the service, in and out. pydantic and orjson, nothing else."""

from schemas.alert import Alert
from schemas.comparison import Comparison
from schemas.control import Control
from schemas.dead_letter import DeadLetter
from schemas.event import Event
from schemas.picture import Picture
from schemas.post import Post
from schemas.quality import Quality
from schemas.reasons import InvalidRecord, Reason
from schemas.review import Review
from schemas.sighting import Sighting
from schemas.strike import Strike
from schemas.symptoms import Context, SymptomRecord, Vitals
from schemas.verdicts import (
    Condition,
    Evidence,
    FiredRule,
    PostScores,
    PostVerdict,
    Sentiment,
    Source,
    Span,
    SymptomVerdict,
    TimingsMs,
    Urgency,
)
from schemas.wire import unpack

__all__ = [
    "Alert",
    "Comparison",
    "Condition",
    "Context",
    "Control",
    "DeadLetter",
    "Event",
    "Evidence",
    "FiredRule",
    "InvalidRecord",
    "Picture",
    "Post",
    "PostScores",
    "PostVerdict",
    "Quality",
    "Reason",
    "Review",
    "Sentiment",
    "Sighting",
    "Source",
    "Span",
    "Strike",
    "SymptomRecord",
    "SymptomVerdict",
    "TimingsMs",
    "Urgency",
    "Vitals",
    "unpack",
]
