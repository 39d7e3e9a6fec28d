"""The model card, written from the manifest and from the limits that the recipe names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.artifact import Cascade, Manifest
from models.augmentation import contrast, written
from models.factory.compare import summary_table
from models.factory.markdown import markdown_table, with_section
from models.factory.operating_card import OPERATING, operating_section
from models.factory.triage_card import TRIAGE, triage_section
from models.labels import LANGUAGES, POST_LABELS
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

- Irony, context outside of the post, quotation and counter-speech are often misjudged.
{limits}
- Dev figures on fewer than 100 rows carry wide error bars: `tidegate evaluate` prints them.
- Spelling tricks were seen in {augment:.0%} of the training texts; the commonest are undone before the model reads.
"""
_DEV = "## Dev figures"
_CASCADE = "## Cascade"
_FEW = 50
"""Positives of a label in dev below which the card warns of its figures."""


def write_card(manifest: Manifest, recipe: Recipe) -> str:
    """Markdown with use, limits, dev figures, parity and every source."""
    dev: Mapping[str, Any] = manifest.metrics.get("dev", {})
    training = manifest.metrics.get("training", {})
    parts = [_intro(manifest, recipe)]
    parts.append(f"Training of the last stage: {_sentence(training)}.\n" if training else "")
    if manifest.metrics.get("comparison"):
        parts += [_COMPARISON, summary_table(manifest.metrics["comparison"])]
    parts.append(f"{_DEV} of the model that ships\n")
    for head, title in _POST_TABLES.items():
        if dev.get(head):
            parts += [f"### {title}\n", markdown_table(["label", "lang"], _nested(dev[head]))]
    others = {
        (head, lang): figures for head in ("spans", "sentiment", "condition", "urgency")
        for lang, figures in dev.get(head, {}).items()
    }  # fmt: skip
    parts += [f"### {head} ({lang})\n\n{_sentence(figures)}\n" for (head, lang), figures in others.items()]
    parts += ["### share flagged among posts that nobody labelled for the label\n"]
    parts += [markdown_table(["label", "lang"], _nested(dev.get("flagged_unlabelled", {})))]
    if manifest.cascade is not None:
        parts += [f"{_CASCADE}\n", _cascade(manifest.cascade, "dev")]
    parts += ["## Export\n", _sentence(manifest.metrics.get("parity", {})) + "\n", "## Sources\n"]
    rows: dict[tuple[str, ...], Mapping[str, Any]] = {
        (s.name,): {"task": s.task, "tier": s.tier, "rows": s.rows} for s in manifest.sources
    }
    parts += [markdown_table(["source"], rows)]
    parts.append("Share-alike sources (tier B) ask for attribution and share-alike of the data itself.\n")
    return "\n".join(parts)


def refitted_card(card: str, old_version: str, manifest: Manifest) -> str:
    """The card of an artifact that was fitted to a suite after its export: what that changed is said anew."""
    card = card.replace(old_version, manifest.full_version)
    card = with_section(card, OPERATING, operating_section(manifest.metrics["operating"]), before=_DEV)
    if manifest.cascade is not None:
        card = with_section(card, _CASCADE, _cascade(manifest.cascade, "the suite above"), before="## Export")
    return card


def measured_card(card: str, manifest: Manifest) -> str:
    """The card of an artifact whose triage was measured after its export: `metrics.triage` is said anew."""
    return with_section(card, TRIAGE, triage_section(manifest.metrics["triage"]), before=_DEV)


def _intro(manifest: Manifest, recipe: Recipe) -> str:
    return _INTRO.format(
        name=manifest.name,
        version=manifest.full_version,
        base=manifest.base,
        structure=_structure(manifest),
        path=_path(manifest.metrics.get("training", {}), recipe),
        format=manifest.format,
        quantisation=manifest.quantisation,
        limits="\n".join(f"- {limit}" for limit in (*recipe.limits, *_limits(manifest), *_taken_as_zero(recipe))),
        augment=recipe.data.augment,
    )


def _limits(manifest: Manifest) -> list[str]:
    """What follows from the sources and from the labels of dev."""
    posts: Mapping[str, Any] = manifest.metrics.get("dev", {}).get("post", {})
    counts = {
        f"{label} {lang}": (posts.get(label, {}).get(lang) or {"rows": 0, "positives": 0})
        for label in POST_LABELS for lang in LANGUAGES
    }  # fmt: skip
    said = {
        "No post of dev is labelled for": [name for name, found in counts.items() if not found["rows"]],
        "Dev has positives alone, so precision means nothing, for": [
            name for name, found in counts.items() if 0 < found["rows"] == found["positives"]
        ],
        f"Dev has fewer than {_FEW} positives of": [
            f"{name} ({found['positives']})"
            for name, found in counts.items() if found["rows"] > found["positives"] < _FEW
        ],
        "Taught by data that states no licence (tier C):": sorted(
            {f"{source.name} ({source.task})" for source in manifest.sources if source.tier == "C"}
        ),
    }  # fmt: skip
    limits = [f"{start} {', '.join(names)}." for start, names in said.items() if names]
    if rows := _rows(manifest, "post", *written.SOURCES, contrast.SOURCE):
        limits.append(
            f"{rows:,} training posts were written for this project or made of others; their style is narrow."
        )
    if rows := _rows(manifest, "condition", "knowledge_graph") + _rows(manifest, "urgency", "knowledge_graph"):
        limits.append(
            f"{rows:,} symptom records were generated from a knowledge graph and tables that no clinician reviewed: "
            "a high score there is no evidence of clinical skill."
        )
    return limits


def _rows(manifest: Manifest, task: str, *sources: str) -> int:
    return sum(source.rows for source in manifest.sources if source.task == task and source.name in sources)


def _taken_as_zero(recipe: Recipe) -> list[str]:
    """What was learned from nulls."""
    weak = [
        f"{label} {lang} {rows:,}"
        for label, langs in recipe.data.weak_negatives.items() for lang, rows in langs.items()
    ]  # fmt: skip
    implied = [f"{label} 0 was taken as {' and '.join(others)} 0" for label, others in recipe.data.implied.items()]
    said = []
    if weak:
        said.append(
            f"Weak negatives: unlabelled rows that a word filter passed were taken as 0, at most {', '.join(weak)}. "
            "Calibration and thresholds look at such rows of dev too; the dev figures below do not."
        )
    return said + ([f"Where nobody labelled them, {', '.join(implied)}."] if implied else [])


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


def _cascade(cascade: Cascade, chosen_on: str) -> str:
    bars = ", ".join(f"{label} {bar:.3f}" for label, bar in cascade.clean_below.items())
    return (
        f"The tiny student (the lowest layers with a head of their own) answers a post whose scores are all below "
        f"these bars: {bars}. On {chosen_on} it answers {cascade.answered_early:.1%} of the posts that the whole model "
        f"does not flag, and loses {cascade.flags_lost:.2%} of those that it does.\n"
    )


def _nested(figures: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {(label, lang): values for label, langs in figures.items() for lang, values in langs.items()}


def _sentence(figures: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items()) or "none"
