"""The model card, written from the manifest, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.artifact import Manifest
from models.training.recipe import Recipe

_INTRO = """# Model card: {name} {version}

One multilingual encoder ({base}, {layers} of its layers, {vocabulary:,} word pieces) with heads for posts in
English and Chinese (eight labels, toxic spans, sentiment) and for symptom records (condition, urgency).
Made by `tidegate train` and `tidegate export` of this repository. Format {format}, quantisation `{quantisation}`.

## Intended use

Sorting posts for human moderators, and ordering symptom records by urgency for trained staff. Scores are
probabilities calibrated on the dev rows below; the mix of a live stream differs, so set policy thresholds on
your own data. **Triage output is decision support, never a diagnosis**, and no record may be turned away on it.
Not for: judging people, evidence, languages other than English and Chinese, or action without appeal.

## Known failures and limits

- Identity-directed hate without slurs, irony, quotation and counter-speech are often misjudged; the training
  posts over-represent abuse that mentions groups, so neutral mentions of groups score too high.
- Threat, sexual and self-harm posts are few in the data. **Chinese threat and profanity have no labelled rows**;
  what the model knows of them is carried over from English. Chinese spans have no labels either.
- **Chinese self_harm has positives only, and sexual has few rows at all.** Their negatives, and part of those of
  spam, are weak: unlabelled tier A and B rows that a word filter passed were taken as 0 ({weak}). Calibration and
  thresholds of these labels look at such rows of dev too; the dev figures below do not.
- Posts that hold a link look like spam to it more often than they should.
- Chinese spam negatives are noisy (tier C) or synthetic phone turns (tier A).
- Chinese sentiment knows reviews and no neutral class. English sentiment, all conditions and self_harm were
  taught by tier C data (no licence stated), because tiers A and B hold none.
- Conditions: {conditions} classes from {condition_rows:,} records, most of them template-like paraphrases. A high
  score there is no evidence of clinical skill. Urgency was learned from {urgency_rows:,} emergency visits of one
  study; levels 1 and 5 are rare in it. Dev figures on fewer than 100 rows carry wide error bars.
- Urgency of free text alone, without vital signs, is unreliable: those visits all had short complaints and vitals.
  A runny nose or a request for a repeat prescription can come out as level 2, a mild rash even as level 1.
- Spelling tricks (leetspeak, spacing, look-alikes, homophones) were seen in {augment:.0%} of the training posts only.
"""


def write_card(manifest: Manifest, recipe: Recipe) -> str:
    """Markdown with use, limits, dev figures, parity and every source."""
    rows = {task: sum(s.rows for s in manifest.sources if s.task == task) for task in ("condition", "urgency")}
    intro = _INTRO.format(
        name=manifest.name,
        version=manifest.version,
        base=manifest.base,
        layers=recipe.base.layers,
        vocabulary=recipe.base.vocabulary,
        format=manifest.format,
        quantisation=manifest.quantisation,
        weak=_weak(recipe),
        conditions=len(manifest.heads["condition"].labels),
        condition_rows=rows["condition"],
        urgency_rows=rows["urgency"],
        augment=recipe.data.augment,
    )
    dev: Mapping[str, Any] = manifest.metrics.get("dev", {})
    training = manifest.metrics.get("training", {})
    parts = [intro, f"Training: {_sentence(training)}.\n" if training else "", "## Dev figures of the int8 model\n"]
    for head in ("post", "early_post"):
        parts += [f"### {head}\n", _table(["label", "lang"], _nested(dev.get(head, {})))]
    others = {
        (head, lang): figures for head in ("spans", "sentiment", "condition", "urgency")
        for lang, figures in dev.get(head, {}).items()
    }  # fmt: skip
    parts += [f"### {head} ({lang})\n\n{_sentence(figures)}\n" for (head, lang), figures in others.items()]
    parts += ["### share flagged among posts that nobody labelled for the label\n"]
    parts += [_table(["label", "lang"], _nested(dev.get("flagged_unlabelled", {})))]
    baseline = manifest.metrics.get("baseline", {})
    if baseline:
        parts += [
            "### baseline: TF-IDF and logistic regression on the same rows\n",
            _table(["label", "lang"], _nested(baseline)),
        ]
    parts += ["## Export\n", _sentence(manifest.metrics.get("parity", {})) + "\n", "## Sources\n"]
    parts.append(
        _table(
            ["source"],
            {(s.name,): {"task": s.task, "tier": s.tier, "rows": s.rows} for s in manifest.sources},
        )
    )
    parts.append("Share-alike sources (tier B) ask for attribution and share-alike of the data itself.\n")
    return "\n".join(parts)


def _weak(recipe: Recipe) -> str:
    said = [
        f"{label} {lang} up to {rows:,} rows" for label, langs in recipe.data.weak_negatives.items()
        for lang, rows in langs.items()
    ]  # fmt: skip
    return ", ".join(said) or "none"


def _nested(figures: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {(label, lang): values for label, langs in figures.items() for lang, values in langs.items()}


def _table(keys: list[str], rows: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    """A markdown table; columns are those of any row, in order of appearance."""
    columns = list(dict.fromkeys(name for figures in rows.values() for name in figures))
    lines = [[*keys, *columns], ["---"] * (len(keys) + len(columns))]
    lines += [[*key, *(_show(figures.get(column)) for column in columns)] for key, figures in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _show(value: Any) -> str:
    return (
        ""
        if value is None
        else f"{value:,}"
        if isinstance(value, int)
        else f"{value:.3f}"
        if isinstance(value, float)
        else str(value)
    )


def _sentence(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items()) or "none"
