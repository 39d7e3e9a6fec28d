"""First stage, in a thread: bytes to a record, a record to text, text to tokens."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from models.serving.encoder import Encoder
from models.serving.types import Encoding
from schemas import InvalidRecord, Reason
from streams.duplicates import ScoreCache
from streams.failures import Failure
from streams.logs import place_of
from streams.record import UnreadableBatch
from streams.work import Work

logger = logging.getLogger(__name__)


class Preparer:
    """Gives every record of a chunk an encoding, the scores of its twin, or a failure. Raises nothing."""

    def __init__(self, encoder: Encoder, cache: ScoreCache, model_version: str, max_record_bytes: int) -> None:
        self._encoder = encoder
        self._cache = cache
        self._model_version = model_version
        self._max_record_bytes = max_record_bytes

    def __call__(self, chunk: Sequence[Work]) -> None:
        unseen: list[Work] = []
        for work in chunk:
            self._read(work)
            if work.failure is None and not self._seen_before(work):
                unseen.append(work)
        if unseen:
            self._encode(unseen)

    def _read(self, work: Work) -> None:
        if isinstance(work.raw.value, UnreadableBatch):
            work.failure = Failure(Reason.UNREADABLE_BATCH, work.raw.value.detail, "decode")
            return
        try:
            work.record = work.task.decode(work.raw.value, self._max_record_bytes)
            work.rendered = work.task.render(work.record)
        except InvalidRecord as error:
            work.failure = Failure(error.reason, error.detail, "decode")
        except Exception as error:
            work.failure = unexpected(error, "decode")

    def _seen_before(self, work: Work) -> bool:
        assert work.rendered is not None
        known = self._cache.get(self._model_version, work.rendered.text, work.task.heads)
        if known is None:
            return False
        work.scores, work.encoding = known
        return True

    def _encode(self, works: Sequence[Work]) -> None:
        try:
            encodings = self._encoder.encode([_text(work) for work in works])
        except Exception:
            for work in works:  # one text spoils the chunk: find it
                self._encode_alone(work)
            return
        for work, encoding in zip(works, encodings, strict=True):
            work.encoding = encoding

    def _encode_alone(self, work: Work) -> None:
        try:
            encodings: Sequence[Encoding] = self._encoder.encode([_text(work)])
            work.encoding = encodings[0]
        except Exception as error:
            work.failure = unexpected(error, "encode")


def unexpected(error: Exception, stage: str) -> Failure:
    """A defect of ours: the record gets a dead letter, the log gets the place."""
    logger.error("%s failed with %s", stage, place_of(error))
    return Failure(Reason.INTERNAL_ERROR, f"{stage} failed with {type(error).__name__}", stage)


def _text(work: Work) -> str:
    assert work.rendered is not None
    return work.rendered.text
