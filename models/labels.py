"""What the model answers, in the order of its outputs."""

from __future__ import annotations

from typing import Final

POST_LABELS: Final = ("toxicity", "insult", "hate", "threat", "sexual", "self_harm", "profanity", "spam")
SENTIMENTS: Final = ("negative", "neutral", "positive")
URGENCY_LEVELS: Final = (1, 2, 3, 4, 5)
"""1 is the most urgent, as in the Korean Triage and Acuity Scale."""
LANGUAGES: Final = ("en", "zh")
CONDITIONS: Final = (
    "acne", "allergic_rhinitis", "allergy", "arthritis", "bronchial_asthma", "cervical_spondylosis",
    "chickenpox", "common_cold", "dengue", "diabetes", "drug_reaction", "fungal_infection",
    "gastroesophageal_reflux_disease", "hand_foot_and_mouth_disease", "hemorrhoids", "hypertension",
    "impetigo", "infantile_diarrhea", "jaundice", "malaria", "migraine", "peptic_ulcer_disease",
    "pneumonia", "psoriasis", "typhoid", "upper_respiratory_tract_infection", "urinary_tract_infection",
    "varicose_veins",
)  # fmt: skip
"""The conditions of the symptom data; an artifact's manifest names the ones that its own head knows."""
