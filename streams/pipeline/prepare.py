"""First stage, in a thread: bytes to a record, a record to text, text to tokens."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from models.errors import place_of
from models.serving.reading import Reading
from models.text import identify_language
from schemas import InvalidRecord, Reason, unpack
from streams.pipeline.activation import Encodes
from streams.pipeline.failures import Failure, unexpected
from streams.pipeline.pictures import nothing_to_judge, pictures_of
from streams.pipeline.score_cache import ScoreCache
from streams.pipeline.work import Work, key_of
from streams.record import UnreadableBatch

logger = logging.getLogger(__name__)


class Preparer:
    """Gives every record of a chunk its readings, each with an encoding or the scores of a copy, or a failure.

    Raises nothing.
    """

    def __init__(self, cache: ScoreCache, max_record_bytes: int, looks_at_pictures: bool = False) -> None:
        self._looks_at_pictures = looks_at_pictures
        self._cache = cache
        self._max_record_bytes = max_record_bytes

    def __call__(self, chunk: Sequence[Work]) -> None:
        unseen: list[tuple[Work, Reading]] = []
        for work in chunk:
            if work.is_abandoned:
                continue  # without a reading it needs no scores
            if work.record is None:
                self._read(work)
                if not self._looks_at_pictures and work.failure is None and pictures_of(work):
                    work.failure = nothing_to_judge(work)
            if work.failure is None and not self._waits_for_pictures(work):
                unseen += [(work, reading) for reading in work.readings if not self._seen_before(work, reading)]
        together: dict[Encodes, list[tuple[Work, Reading]]] = {}
        for work, reading in unseen:
            together.setdefault(work.activation.reader_of(reading), []).append((work, reading))
        for reader, its_readings in together.items():
            self._encode(reader, its_readings)
        for work in chunk:
            _note_unknown(work)
        for work in dict.fromkeys(work for work, _ in unseen):
            if work.failure is None:
                self._refine(work)

    def _waits_for_pictures(self, work: Work) -> bool:
        """Its text is not read either until they were looked at: it has one verdict."""
        return self._looks_at_pictures and work.seen is None and bool(pictures_of(work))

    def _read(self, work: Work) -> None:
        if isinstance(work.raw.value, UnreadableBatch):
            work.failure = Failure(Reason.UNREADABLE_BATCH, work.raw.value.detail, "decode")
            return
        try:
            value = unpack(work.raw.value, work.raw.headers, self._max_record_bytes)
            work.record = work.task.decode(value, self._max_record_bytes)
            work.rendered = work.task.render(work.record)
            work.readings = work.rendered.ways
        except InvalidRecord as error:
            work.failure = Failure(error.reason, error.detail, "decode")
        except Exception as error:  # noqa: BLE001  a defect costs the record, not the worker
            work.failure = unexpected(error, "decode")

    def _seen_before(self, work: Work, reading: Reading) -> bool:
        known = self._cache.get(key_of(work, reading))
        if known is None:
            return False
        reading.scores, reading.encoding = known
        return True

    def _encode(self, reader: Encodes, unseen: Sequence[tuple[Work, Reading]]) -> None:
        try:
            reader.encode([reading for _, reading in unseen])
        except Exception as error:  # noqa: BLE001  one text spoils the chunk: it is found, and the others are read
            for work, reading in unseen:
                self._encode_alone(work, reading)
            if all(work.failure is None for work, _ in unseen):
                logger.warning("encode failed on a chunk, and on none of its texts alone: %s", place_of(error))

    def _encode_alone(self, work: Work, reading: Reading) -> None:
        try:
            work.activation.reader_of(reading).encode([reading])
        except Exception as error:  # noqa: BLE001  a defect costs the record, not the worker
            work.failure = unexpected(error, "encode")

    def _refine(self, work: Work) -> None:
        """Puts windows in place of what is too long, and takes out what the model does not know. Seldom has to."""
        reader_of = work.activation.reader_of
        if not any(one.scores is None and reader_of(one).needs_refining(one) for one in work.readings):
            return
        try:
            refined = [reader_of(way).refined(way) if way.scores is None else [way] for way in work.readings]
            self._note_what_is_read(work, refined[0])
            work.readings = [reading for parts in refined for reading in parts]
        except Exception as error:  # noqa: BLE001  a defect costs the record, not the worker
            work.failure = unexpected(error, "encode")
            return
        for reading in work.readings:
            if reading.scores is None:
                self._seen_before(work, reading)

    def _note_what_is_read(self, work: Work, parts: Sequence[Reading]) -> None:
        rendered = work.rendered
        assert rendered is not None
        read = {offset for part in parts for offset in part.offsets}
        said = rendered.text[rendered.start :]
        wanted = {offset for character, offset in zip(said, rendered.offsets, strict=False) if not character.isspace()}
        work.read_share = len(wanted & read) * 10_000 // max(1, len(wanted)) / 10_000  # 1 only where all of it was
        if parts and rendered.lang == "other":  # what is left of it may be English or Chinese
            rendered.lang = identify_language(" ".join(part.text[part.start :] for part in parts))


def _note_unknown(work: Work) -> None:
    """Before what is unknown is taken out of the text."""
    encoding = work.readings[0].encoding if work.readings else None
    if encoding is not None:
        work.unknown_share = encoding.unknown_share
