"""Pictures on a record's way: when they are looked at, and what of them the text model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from models.text import identify_language
from schemas import Picture, Reason
from streams.errors import TidegateError
from streams.pictures.seen import Seen
from streams.pictures.words import words_in_pictures
from streams.pipeline.failures import Failure
from streams.pipeline.work import Work
from streams.settings import Settings
from streams.settings.fields import picture_model
from streams.tasks import declared


class Looks(Protocol):
    """What the pipeline calls of a Desk."""

    looked_at: float

    async def look(self, pictures: Sequence[Picture], for_words: bool, task: str) -> list[Seen]: ...

    async def stop(self) -> None: ...


class NoPicturesError(TidegateError):
    """Pictures are asked for, and what looks at them is not installed."""

    exit_code = 2


def open_desk(settings: Settings) -> Looks | None:
    """Where pictures are looked at; None where they are not.

    Raises:
        NoPicturesError, StoreError, KnownPicturesError, ArtifactError, SourceError: it cannot be set up as the settings
            say.
    """
    if settings.images == "off":
        return None
    try:
        from models.pictures.bench import Bench
        from streams.pictures.desk import Desk
        from streams.pictures.served import open_served
        from streams.pictures.store import Store
    except ImportError:
        raise NoPicturesError("images = on needs: pip install 'tidegate[images]'.") from None
    reads_words = settings.image_words == "on"
    store = None if settings.image_store is None else Store(settings.image_store)
    wanted = [picture_model(one) for one in settings.image_models]
    served = open_served(wanted, settings.data_dir / "picture-models", declared())
    return Desk(Bench(settings.image_processes, reads_words, served), store, settings.known_images, reads_words)


def pictures_of(work: Work) -> Sequence[Picture]:
    """Those that the record brings."""
    return getattr(work.record, "images", None) or ()


def add_words(work: Work, seen: Sequence[Seen]) -> None:
    """Enters what was seen: text in pictures is read beside the record's own."""
    work.seen = seen
    rendered = work.rendered
    assert rendered is not None
    readings = words_in_pictures(seen)
    has_text = bool(rendered.text[rendered.start :].strip())
    if not has_text and readings:
        rendered.lang = identify_language(" ".join(one.text for one in readings))
    work.readings = [*(work.readings if has_text else ()), *readings]
    if not has_text and all(one.look is None for one in seen):
        work.failure = nothing_to_judge(work)


def nothing_to_judge(work: Work) -> Failure | None:
    """Of a record without text, none of whose pictures was looked at; vital signs are enough for a patient."""
    if work.record.said.strip() or getattr(work.record, "vitals", None):
        return None
    detail = "the record has no text, and none of its pictures was looked at"
    return Failure(Reason.UNREADABLE_PICTURES, detail, "look")
