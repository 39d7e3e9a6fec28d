"""What screening looks for; a section of a recipe."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ScreeningRules(BaseModel):
    """The defaults suit the release data; a folder of your own may want other limits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exact_duplicates: bool = True
    near_duplicates: float = Field(0.85, gt=0.6, le=1)
    """Jaccard similarity of character 5-grams (Chinese: 3-grams) from which on two rows are one; 1 turns it off."""
    conflicts: bool = True
    suspects: bool = True
    suspect_confidence: float = Field(0.9, gt=0.5, lt=1)
    """Out-of-fold probability of the opposite label from which on a label is suspected."""
    suspect_share_limit: float = Field(0.02, ge=0, le=1)
    """At most this share of a source's rows loses one label; a source above it disagrees by its definition."""
    trusted_labels: tuple[str, ...] = ("threat", "sexual", "self_harm")
    """Labels never suspected: where positives are this rare, a linear model takes most of them for errors (35 of the
    132 sexual ones)."""
    folds: int = Field(5, ge=2)
    paired_sources: tuple[str, ...] = ("hatemoji_build", "handwritten", "contrast")
    """Sources of matched pairs, where one word is meant to decide: never near duplicates, never suspected."""
    trusted_sources: tuple[str, ...] = ("implicit_hate_safenlp", "swsr", "toxigen_safenlp")
    """Sources on groups of people where no single word decides: never suspected. Of 17 of their suspects that were
    judged by eye 3 were wrong, elsewhere 74 of 128; to mask them would take the hardest negatives away."""
