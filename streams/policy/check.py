"""What is wrong with the rules of a policy, or looks like it, before anybody relies on them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final, Literal

from models.artifact import Artifact
from models.labels import POST_LABELS
from streams.policy.file import Policy
from streams.policy.rulebook import CompiledRule, bars_of, compile_rules, facts_of, failing_examples
from streams.policy.rules import SEVERITIES
from streams.policy.text import words_of
from streams.policy.ways import Way, ways_of

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a rule, a list or a set of keywords."""

    severity: Literal["error", "warning"]
    kind: str
    subject: str
    detail: str


def findings(policy: Policy, artifact: Artifact, today: date) -> list[Finding]:
    """Errors first.

    Raises:
        PolicyError: the rules cannot be compiled.
        ArtifactError: the model lacks an operating point that is asked for.
    """
    rules = compile_rules(policy, artifact)
    empty = [name for name, table in policy.lists.items() if not _entries(policy, name, today)]
    bars = bars_of(policy, artifact)
    ways = {rule.name: ways_of(rule.rule.when, bars, empty) for rule in rules}
    found = [
        *_examples(rules),
        *_expired(policy, rules, today),
        *_dead(rules, ways),
        *_shadowed(rules, ways),
        *_capped(rules, ways),
        *_on_two_lists(policy, today),
        *_overlapping(policy),
        *_unused(policy),
        *_labels_of_its_own(rules),
    ]
    return sorted(found, key=lambda one: (one.severity, one.kind, one.subject))


def _examples(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    for rule in rules:
        for fault in failing_examples(rule):
            yield Finding("error", "example", rule.name, fault)


def _expired(policy: Policy, rules: Sequence[CompiledRule], today: date) -> Iterator[Finding]:
    for rule in rules:
        if rule.rule.expires is not None and rule.rule.expires <= today:
            yield Finding("warning", "expired", rule.name, f"expired on {rule.rule.expires}; it does nothing any more")
    for name, table in policy.lists.items():
        gone = len(table.entries) - len(_entries(policy, name, today))
        if gone:
            yield Finding("warning", "expired", name, f"{gone} of {len(table.entries)} entries have expired")


def _dead(rules: Sequence[CompiledRule], ways: Mapping[str, Sequence[Way] | None]) -> Iterator[Finding]:
    for rule in rules:
        known = ways[rule.name]
        if known is None:
            yield Finding("warning", "unchecked", rule.name, "can hold in too many ways to look at all of them")
        elif not known:
            yield Finding("error", "dead", rule.name, "can never fire: what it asks for excludes itself")


def _implies(ways: Mapping[str, Sequence[Way] | None], one: CompiledRule, other: CompiledRule) -> bool:
    """Whether the other holds wherever the one does, as far as that can be told without the texts."""
    mine, theirs = ways[one.name], ways[other.name]
    return bool(mine) and bool(theirs) and all(any(way.implies(its) for its in theirs or ()) for way in mine or ())


def _shadowed(rules: Sequence[CompiledRule], ways: Mapping[str, Sequence[Way] | None]) -> Iterator[Finding]:
    for rule in rules:
        for other in rules:
            if other is rule or other.rule.mode != "on" or rule.rule.mode == "off" or other.until < rule.until:
                continue
            if not _implies(ways, rule, other) or not _does_as_much(other, rule):
                continue
            if other.name > rule.name and _implies(ways, other, rule) and _does_as_much(rule, other):
                continue  # twice the same: the first is named, not both
            yield Finding(
                "warning", "shadowed", rule.name, f"adds nothing: wherever it holds, {other.name} does as much"
            )
            break


def _does_as_much(other: CompiledRule, rule: CompiledRule) -> bool:
    more, less = other.rule.then, rule.rule.then
    alerts = [-1 if alert is None else SEVERITIES.index(alert) for alert in (more.alert, less.alert)]
    return (
        other.action >= rule.action
        and other.most <= rule.most
        and set(more.labels) >= set(less.labels)
        and alerts[0] >= alerts[1]
        and (less.note is None or more.note == less.note)
    )


def _capped(rules: Sequence[CompiledRule], ways: Mapping[str, Sequence[Way] | None]) -> Iterator[Finding]:
    """An action against a cap: always, or at least on an example."""
    acting = [rule for rule in rules if rule.action and rule.rule.mode != "off"]
    for cap in rules:
        if cap.rule.then.at_most is None or cap.rule.mode == "off":
            continue
        for rule in acting:
            if rule.action <= cap.most:
                continue
            if _implies(ways, rule, cap):
                wanted, most = rule.action.name.lower(), cap.rule.then.at_most
                detail = f"its {wanted} never comes about: {cap.name} allows {most} at most"
                yield Finding("error", "conflict", rule.name, detail)
            elif numbers := _examples_of_both(rule, cap):
                detail = f"{cap.name} caps it on example {numbers[0]} of must_match, at {cap.rule.then.at_most}"
                yield Finding("warning", "conflict", rule.name, detail)


def _examples_of_both(rule: CompiledRule, cap: CompiledRule) -> list[int]:
    return [n for n, example in enumerate(rule.rule.must_match, start=1) if cap.test(facts_of(example))]


def _on_two_lists(policy: Policy, today: date) -> Iterator[Finding]:
    for one, other in combinations(sorted(policy.lists), 2):
        kinds = {policy.lists[one].kind, policy.lists[other].kind}
        same = policy.lists[one].of == policy.lists[other].of and policy.lists[one].salt == policy.lists[other].salt
        if same and kinds == {"allow", "block"}:
            both = _entries(policy, one, today) & _entries(policy, other, today)
            if both:
                yield Finding(
                    "error", "conflict", one, f"{len(both)} entries are on {other}, too, which is its opposite"
                )


def _entries(policy: Policy, name: str, today: date) -> set[str]:
    """Those that have not expired, as they are compared."""
    return {
        " ".join(words_of(entry.value)) if policy.lists[name].of == "keywords" else entry.value.casefold()
        for entry in policy.lists[name].entries
        if entry.expires is None or entry.expires > today
    }


def _overlapping(policy: Policy) -> Iterator[Finding]:
    """Sets of keywords that share some, keyword lists among them."""
    sets = {name: [" ".join(words_of(word)) for word in table.words] for name, table in policy.keywords.items()}
    sets |= {
        f"{name} (list)": [" ".join(words_of(entry.value)) for entry in table.entries]
        for name, table in policy.lists.items()
        if table.of == "keywords"
    }
    for name, words in sets.items():
        if len(set(words)) < len(words):
            yield Finding("warning", "repeated", name, f"{len(words) - len(set(words))} keywords are there twice")
    for one, other in combinations(sorted(sets), 2):
        if both := sorted(set(sets[one]) & set(sets[other])):
            more = f" and {len(both) - _SHOWN} more" if len(both) > _SHOWN else ""
            shown = ", ".join(both[:_SHOWN])
            yield Finding("warning", "overlap", one, f"shares {len(both)} keywords with {other}: {shown}{more}")


def _unused(policy: Policy) -> Iterator[Finding]:
    leaves = [leaf for rule in policy.rules for leaf, _ in rule.when.leaves()]
    yield from _not_asked_for("list", policy.lists, {leaf.list_ for leaf in leaves})
    yield from _not_asked_for("set of keywords", policy.keywords, {leaf.keywords for leaf in leaves})


def _not_asked_for(what: str, names: Collection[str], asked: Collection[str | None]) -> Iterator[Finding]:
    for name in names:
        if name not in asked:
            yield Finding("warning", "unused", name, f"no rule asks for this {what}")


def _labels_of_its_own(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    for rule in rules:
        for label in rule.rule.then.labels:
            if label not in POST_LABELS:
                yield Finding(
                    "warning", "label", rule.name, f"{label} is no label of the model; is it meant to be your own?"
                )
