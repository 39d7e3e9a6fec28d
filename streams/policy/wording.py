"""Rules in words, for people who never saw the file."""

from __future__ import annotations

from typing import Final

from streams.policy.tables import Condition, CrowdKind, Effects

_CROWDS: Final[dict[CrowdKind, str]] = {
    "joins": "new accounts",
    "copies": "authors of nearly this text",
    "picture_copies": "authors of nearly this picture",
}
_UNITS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def condition_words(condition: Condition) -> str:
    """`spam at least 0.6 and not (language is en or on list partners)`"""
    if condition.not_ is not None:
        return f"not {_grouped(condition.not_)}"
    if condition.parts:
        word = " and " if condition.all_ else " or "
        return word.join(map(_grouped, condition.parts))
    if condition.label is not None:
        return _score_words(condition)
    for name, some in (("language", condition.lang), ("kind", condition.kind), ("thread", condition.thread)):
        if some:
            return f"{name} is {' or '.join(some)}"
    for name, value in (
        ("has words of", condition.keywords),
        ("text is like", condition.regex),
        ("on list", condition.list_),
    ):
        if value:
            return f"{name} {value}"
    if condition.strikes is not None:
        within = f" in {duration(condition.window_s)}" if condition.window_s else ""
        fading = f", fading by half in {duration(condition.half_life_s)}" if condition.half_life_s else ""
        return f"author acted on {condition.strikes} times{within}{fading}"
    if condition.rate is not None:
        what, needed = condition.rate
        return f"{needed} {what} of the author in {duration(condition.window_s or 0.0)}"
    if condition.crowd is not None:
        kind, needed = condition.crowd
        return f"author one of {needed} {_CROWDS[kind]}"
    return f"account younger than {duration(condition.account_younger_than_s or 0.0)}"


def _grouped(part: Condition) -> str:
    words = condition_words(part)
    return f"({words})" if len(part.parts) > 1 else words


def _score_words(condition: Condition) -> str:
    limits = [
        *([f"at least {condition.at_least:g}"] if condition.at_least is not None else []),
        *([f"below {condition.below:g}"] if condition.below is not None else []),
        *([f"over its {condition.point} threshold"] if condition.point else []),
    ]
    return f"{condition.label} {' and '.join(limits) or 'over its threshold'}"


def effect_words(effects: Effects) -> str:
    """`review, label spam, alert high`"""
    said = [
        effects.action,
        effects.at_most and f"at most {effects.at_most}",
        effects.labels and f"label {', '.join(effects.labels)}",
        effects.alert and f"alert {effects.alert}",
        effects.note and f"note: {effects.note}",
    ]
    return ", ".join(word for word in said if word)


def duration(seconds: float) -> str:
    """In the largest unit that divides it."""
    size, unit = next((one for one in _UNITS if seconds % one[0] == 0), _UNITS[-1])
    count = seconds / size
    return f"{count:g} {unit}{'' if count == 1 else 's'}"
