"""The model card, written from the manifest, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.artifact import Cascade, Manifest
from models.training.compare import summary_table
from models.training.recipe import Recipe

_COMPARISON = """## Networks of the run and linear models, side by side on dev, in points

Each with its own calibration and thresholds. `post` figures are means over label and language where dev holds at least
15 positives; spans character F1, sentiment macro-F1, condition accuracy, urgency quadratic kappa.
"""
_POST_TABLES = {
    "post": "posts",
    "written_post": "written sentences whose families were kept out of training",
    "early_post": "the tiny student alone",
    "cascade_post": "the cascade",
}

_INTRO = """# Model card: {name} {version}

One multilingual encoder ({base}: {structure}) with heads for posts in English and Chinese (eight labels, toxic spans,
sentiment) and for symptom records (condition, urgency). Made by `tidegate train` of this repository:
{path}. Format {format}, quantisation `{quantisation}`.

## Intended use

Sorting posts for human moderators, and ordering symptom records by urgency for trained staff. Scores are
probabilities calibrated on the dev rows below; the mix of a live stream differs, so set policy thresholds on
your own data. **Triage output is decision support, never a diagnosis**, and no record may be turned away on it.
Not for: judging people, evidence, languages other than English and Chinese, or action without appeal.

## Known failures and limits

- Irony, context outside of the post, quotation and counter-speech are often misjudged. Identity-directed hate without
  slurs is rare in the real training posts; what the model knows of it comes mostly from sentences written for this
  project ({written:,} training rows), whose style is narrower than life.
- Threat, sexual and self-harm posts are few in the data. **Chinese threat and profanity have written sentences only**;
  Chinese spans have no labels, and what the model marks there is carried over from English.
- **Chinese self_harm has real positives only, and sexual has few rows at all.** Their negatives, and part of those of
  spam, are weak: unlabelled tier A and B rows that a word filter passed were taken as 0 ({weak}). {implied}
  Calibration and thresholds look at such rows of dev too; the dev figures below do not.
- Chinese spam negatives are noisy (tier C) or synthetic phone turns (tier A).
- Chinese sentiment knows reviews and no neutral class. English sentiment, part of the conditions and self_harm were
  taught by tier C data (no licence stated), because tiers A and B hold none.
- Conditions: {conditions} classes. {real_records:,} real records, most of them template-like paraphrases, cover 28 of
  them; the others are known from {made_records:,} records generated from a knowledge graph and from tables of ours that
  no clinician reviewed. A high score there is no evidence of clinical skill.
- Urgency was learned from {urgency_rows:,} emergency visits of one study, in which levels 1 and 5 are rare, and from
  the generated records, whose levels follow general triage principles.
- Dev figures on fewer than 100 rows carry wide error bars: `tidegate evaluate` prints them.
- Spelling tricks were seen in {augment:.0%} of the training texts; the commonest are undone before the model reads.
"""


def write_card(manifest: Manifest, recipe: Recipe) -> str:
    """Markdown with use, limits, dev figures, parity and every source."""
    dev: Mapping[str, Any] = manifest.metrics.get("dev", {})
    training = manifest.metrics.get("training", {})
    parts = [_intro(manifest, recipe)]
    parts.append(f"Training of the last stage: {_sentence(training)}.\n" if training else "")
    if manifest.metrics.get("comparison"):
        parts += [_COMPARISON, summary_table(manifest.metrics["comparison"])]
    parts.append("## Dev figures of the model that ships\n")
    for head, title in _POST_TABLES.items():
        if dev.get(head):
            parts += [f"### {title}\n", _table(["label", "lang"], _nested(dev[head]))]
    others = {
        (head, lang): figures for head in ("spans", "sentiment", "condition", "urgency")
        for lang, figures in dev.get(head, {}).items()
    }  # fmt: skip
    parts += [f"### {head} ({lang})\n\n{_sentence(figures)}\n" for (head, lang), figures in others.items()]
    parts += ["### share flagged among posts that nobody labelled for the label\n"]
    parts += [_table(["label", "lang"], _nested(dev.get("flagged_unlabelled", {})))]
    if manifest.cascade is not None:
        parts += ["## Cascade\n", _cascade(manifest.cascade)]
    parts += ["## Export\n", _sentence(manifest.metrics.get("parity", {})) + "\n", "## Sources\n"]
    rows: dict[tuple[str, ...], Mapping[str, Any]] = {
        (s.name,): {"task": s.task, "tier": s.tier, "rows": s.rows} for s in manifest.sources
    }
    parts += [_table(["source"], rows)]
    parts.append("Share-alike sources (tier B) ask for attribution and share-alike of the data itself.\n")
    return "\n".join(parts)


def _intro(manifest: Manifest, recipe: Recipe) -> str:
    def count(*tasks: str, names: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> int:
        return sum(
            s.rows for s in manifest.sources
            if s.task in tasks and (not names or s.name in names) and s.name not in without
        )  # fmt: skip

    generated = ("knowledge_graph",)
    return _INTRO.format(
        name=manifest.name,
        version=manifest.version,
        base=manifest.base,
        structure=_structure(manifest),
        path=_path(manifest.metrics.get("training", {}), recipe),
        format=manifest.format,
        quantisation=manifest.quantisation,
        written=count("post", names=("handwritten", "contrast")),
        weak=_weak(recipe),
        implied=_implied(recipe),
        conditions=len(manifest.heads["condition"].labels),
        real_records=count("condition", without=generated),
        made_records=count("condition", names=generated),
        urgency_rows=count("urgency", without=generated),
        augment=recipe.data.augment,
    )


def _structure(manifest: Manifest) -> str:
    """What the network is, by the shape that it has."""
    shape = {name: int(value) for name, value in manifest.shape.items()}
    return (
        f"{shape['layers']} layers of {shape['attention_heads']} attention heads and {shape['feed_forward']} neurons, "
        f"{shape['vocabulary']:,} word pieces"
    )


def _path(training: Mapping[str, Any], recipe: Recipe) -> str:
    """How this network came about; an earlier stage of a run may be exported, too. A note knows better than recipes."""
    if "note" in training:
        return "trained as the note below tells, not plainly by its recipe"
    stage = training.get("stage", "")
    said = ["trained on labels"]
    if stage in ("student", "distilled") and recipe.teacher is not None and not recipe.teacher.name:
        said.insert(0, f"started as the lowest layers of a network of {recipe.teacher.layers} layers, its teacher")
    if stage == "distilled":
        said += ["then pruned"] if recipe.pruning is not None else []
        said += ["trained on the teacher's answers and labels" if recipe.teacher is not None else "trained again"]
    return ", ".join(said)


def _implied(recipe: Recipe) -> str:
    said = [f"{label} 0 was taken as {' and '.join(others)} 0" for label, others in recipe.data.implied.items()]
    return f"Where nobody labelled them, {', '.join(said)}." if said else ""


def _cascade(cascade: Cascade) -> str:
    bars = ", ".join(f"{label} {bar:.3f}" for label, bar in cascade.clean_below.items())
    return (
        f"The tiny student (the lowest layers with a head of their own) answers a post whose scores are all below "
        f"these bars: {bars}. On dev it answers {cascade.answered_early:.1%} of the posts that the whole model does "
        f"not flag, and loses {cascade.flags_lost:.2%} of those that it does.\n"
    )


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
