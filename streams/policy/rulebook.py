"""The [[rules]] of a policy, compiled once: which of them fire on a post, and what that makes of the ruling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.artifact import OPERATING_POINTS, Artifact
from models.labels import POST_LABELS
from streams.policy.base import LANGUAGES, Action, PolicyError
from streams.policy.conditions import Bars, Facts, Terms, Test, compiled, day_of
from streams.policy.file import Policy
from streams.policy.rules import SEVERITIES, Ruling, bars
from streams.policy.tables import Example, Rule
from streams.policy.text import Atom, Expressions, Finder, Phrases, atom


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule that can be asked."""

    rule: Rule
    test: Test
    until: int
    reason: str
    entry: Mapping[str, Any]
    """How a verdict shows it."""
    is_offence: bool
    """It acts, for something other than a support label and other than what the author did before."""

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def most(self) -> Action:
        """REMOVE for a rule that caps nothing."""
        return Action[(self.rule.then.at_most or "remove").upper()]

    @property
    def action(self) -> Action:
        """ALLOW for a rule that asks for none."""
        return Action[(self.rule.then.action or "allow").upper()]


class Rulebook:
    """All rules that are not off. Use `build`."""

    def __init__(self, rules: Sequence[CompiledRule], span_labels: frozenset[str]) -> None:
        self.rules = tuple(rules)
        self._span_labels = span_labels
        self.rate_window_s = max(
            (leaf.window_s or 0.0 for each in rules for leaf, _ in each.rule.when.leaves() if leaf.rate is not None),
            default=0.0,
        )
        """The longest that a rule asks for posts or mentions in; 0: none does."""
        self.asks_for_crowds = any(leaf.crowd for each in rules for leaf, _ in each.rule.when.leaves())

    @classmethod
    def build(cls, policy: Policy, artifact: Artifact) -> Rulebook:
        """Compiles the rules and runs their examples, those of rules that are off too.

        Raises:
            PolicyError: an example of a rule does not do what it says, or the expressions are too large together.
            ArtifactError: the model lacks an operating point that is asked for.
        """
        rules = compile_rules(policy, artifact)
        for rule in rules:
            if faults := failing_examples(rule):
                raise PolicyError(f"The policy's rule {rule.name}: {faults[0]}.")
        return cls([rule for rule in rules if rule.rule.mode != "off"], policy.posts.span_labels)

    def sift(self, facts: Facts) -> tuple[list[CompiledRule], list[CompiledRule]]:
        """Rules that fire, and rules of which that cannot be told from what is known."""
        fired: list[CompiledRule] = []
        unsure: list[CompiledRule] = []
        facts.found = None
        for rule in self.rules:
            if facts.day < rule.until:
                holds = rule.test(facts)
                if holds:
                    fired.append(rule)
                elif holds is None:
                    unsure.append(rule)
        return fired, unsure

    def ruling_with(self, ruling: Ruling, fired: Sequence[CompiledRule]) -> Ruling:
        """What the scores led to, with what these rules add.

        The most severe action of all wins, then caps of allow-lists lower it. Rules in shadow are only noted.
        """
        on = [rule for rule in fired if rule.rule.mode == "on"]
        acting = sorted((rule for rule in on if rule.action), key=lambda rule: -rule.action)
        action = max([ruling.action, *(rule.action for rule in acting)])
        capping = [rule for rule in on if rule.most < action]
        capped = min([action, *(rule.most for rule in capping)])
        labels = dict.fromkeys([*ruling.labels, *(label for rule in on for label in rule.rule.then.labels)])
        alerting = [rule for rule in on if rule.rule.then.alert is not None]
        return replace(
            ruling,
            labels=tuple(labels),
            action=capped,
            reasons=(
                *(rule.reason for rule in acting if rule.action > ruling.action),
                *ruling.reasons,
                *(rule.reason for rule in acting if rule.action <= ruling.action),
                *(rule.reason for rule in capping),
            ),
            is_offence=bool(capped) and (ruling.is_offence or any(rule.is_offence for rule in acting)),
            marks_spans=ruling.marks_spans or not self._span_labels.isdisjoint(labels),
            rules=tuple(rule.entry for rule in fired),
            alert=max((str(rule.rule.then.alert) for rule in alerting), key=SEVERITIES.index, default=None),
            alert_reasons=tuple(rule.reason for rule in alerting),
        )


def compile_rules(policy: Policy, artifact: Artifact) -> list[CompiledRule]:
    """Of all modes, by name. Raises what `build` raises, but for examples."""
    terms = Terms(bars_of(policy, artifact), policy.lists, _finder(policy))
    support = policy.posts.support_labels
    return [
        CompiledRule(
            rule,
            compiled(rule.when, terms),
            day_of(rule.expires),
            f"rule:{rule.name} (history)" if rule.is_historic else f"rule:{rule.name}",
            _entry(rule),
            rule.then.action is not None
            and not rule.is_historic
            and not (rule.then.labels and support.issuperset(rule.then.labels)),
        )
        for rule in policy.rules
    ]


def _entry(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "mode": rule.mode,
        "action": rule.then.action,
        "at_most": rule.then.at_most,
        "labels": rule.then.labels,
        "note": rule.then.note,
        "history": rule.is_historic,
    }


def bars_of(policy: Policy, artifact: Artifact) -> dict[str | None, Bars]:
    """Of the operating points that rules ask for; None: the thresholds that the policy goes by."""
    asked = {leaf.point for rule in policy.rules for leaf, _ in rule.when.leaves() if leaf.point}
    found: dict[str | None, Bars] = {}
    for point in (None, *(name for name in OPERATING_POINTS if name in asked)):
        thresholds = artifact.operating_point(point or policy.posts.operating_point).thresholds
        own = policy.posts if point is None else policy.posts.model_copy(update={"thresholds": {}})
        by_lang = {lang: bars(own, thresholds, lang) for lang in LANGUAGES}
        found[point] = {label: {lang: by_lang[lang][i] for lang in LANGUAGES} for i, label in enumerate(POST_LABELS)}
    return found


def _finder(policy: Policy) -> Finder:
    """Only what a rule asks for is looked for. Raises PolicyError."""
    leaves = [leaf for rule in policy.rules for leaf, _ in rule.when.leaves()]
    phrases = Phrases()
    domains: dict[str, list[tuple[Atom, int]]] = {}
    try:
        for name in dict.fromkeys(leaf.keywords for leaf in leaves if leaf.keywords):
            for word in policy.keywords[name].words:
                phrases.add(word, atom("keywords", name))
        for name in dict.fromkeys(leaf.list_ for leaf in leaves if leaf.list_):
            table, what = policy.lists[name], atom("list", name)
            for entry in table.entries:
                if table.of == "keywords":
                    phrases.add(entry.value, what, day_of(entry.expires))
                elif table.of == "domains":
                    domains.setdefault(entry.value.casefold().strip("."), []).append((what, day_of(entry.expires)))
        return Finder(Expressions(leaf.regex for leaf in leaves if leaf.regex), phrases, domains)
    except ValueError as error:
        raise PolicyError(f"The policy cannot be compiled: {error}.") from None


def failing_examples(rule: CompiledRule) -> list[str]:
    """A sentence for each example that is not met as it should be; it names its number and quotes nothing."""
    faults = []
    for wanted, examples in ((True, rule.rule.must_match), (False, rule.rule.must_not_match)):
        kind = "must_match" if wanted else "must_not_match"
        for number, example in enumerate(examples, start=1):
            if bool(rule.test(facts_of(example))) is not wanted:
                said = "does not match" if wanted else "matches"
                faults.append(f"example {number} of {kind} {said}")
    return faults


def facts_of(example: Example) -> Facts:
    """On the first of all days, when nothing has expired."""
    from models.text import readings

    texts = dict.fromkeys([example.text, *(way.text for way in readings(example.text))] if example.text else [""])
    return Facts(
        lang=example.lang,
        scores=[example.scores.get(label, 0.0) for label in POST_LABELS],
        day=1,
        texts=tuple(texts),
        kind=example.kind,
        thread=example.thread,
        author=example.author,
        account_age_s=example.account_age_s,
        strikes=lambda window_s, half_life_s: example.strikes,
        rate=lambda what, window_s: example.posts if what == "posts" else example.mentions,
        crowd=lambda kind: int(getattr(example, kind)),
    )
