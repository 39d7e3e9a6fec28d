"""What the model answers, in the order of its outputs."""

from __future__ import annotations

from typing import Final, Literal, get_args

POST_LABELS: Final = ("toxicity", "insult", "hate", "threat", "sexual", "self_harm", "profanity", "spam")
SENTIMENTS: Final = ("negative", "neutral", "positive")
URGENCY_LEVELS: Final = (1, 2, 3, 4, 5)
"""1 is the most urgent, as in the Korean Triage and Acuity Scale."""
LANGUAGES: Final = ("en", "zh")
CLASS_HEADS: Final = ("sentiment", "condition", "urgency")
"""Heads of which one class is true; a row names it by its position."""
CONDITIONS: Final = (
    "acne", "allergic_rhinitis", "allergy", "arthritis", "bronchial_asthma", "cervical_spondylosis",
    "chickenpox", "common_cold", "dengue", "diabetes", "drug_reaction", "fungal_infection",
    "gastroesophageal_reflux_disease", "hand_foot_and_mouth_disease", "hemorrhoids", "hypertension",
    "impetigo", "infantile_diarrhea", "jaundice", "malaria", "migraine", "peptic_ulcer_disease",
    "pneumonia", "psoriasis", "typhoid", "upper_respiratory_tract_infection", "urinary_tract_infection",
    "varicose_veins",
    "acute_copd_exacerbation_infection", "acute_dystonic_reactions", "acute_laryngitis", "acute_otitis_media",
    "acute_pulmonary_edema", "acute_rhinosinusitis", "allergic_sinusitis", "anaphylaxis", "anemia",
    "atrial_fibrillation", "boerhaave_syndrome", "bronchiectasis", "bronchiolitis", "bronchitis",
    "bronchospasm_acute_asthma_exacerbation", "chagas_disease", "chronic_rhinosinusitis", "cluster_headache",
    "croup", "ebola", "epiglottitis", "guillain_barre_syndrome", "hiv_initial_infection", "influenza",
    "inguinal_hernia", "laryngospasm", "localized_edema", "myasthenia_gravis", "myocarditis",
    "pancreatic_neoplasm", "panic_attack", "paroxysmal_supraventricular_tachycardia", "pericarditis",
    "possible_nstemi_stemi", "pulmonary_embolism", "pulmonary_neoplasm", "sarcoidosis",
    "scombroid_food_poisoning", "spontaneous_pneumothorax", "spontaneous_rib_fracture", "stable_angina",
    "systemic_lupus_erythematosus", "tuberculosis", "unstable_angina", "viral_pharyngitis", "whooping_cough",
)  # fmt: skip
"""The 28 conditions of the symptom data, then the 46 more of the knowledge graph; an artifact's manifest names the ones
that its own head knows."""

NO_CONDITION: Final = "none_of_these"
CONDITION_CLASSES: Final = (*CONDITIONS, NO_CONDITION)
"""What the head of conditions chooses from: a complaint may be about none of the conditions that it knows."""

PhotoFinding = Literal["wound", "ulcer_like", "rash_like", "lesion"]
PHOTO_FINDINGS: Final[tuple[PhotoFinding, ...]] = get_args(PhotoFinding)
"""All that may be said of a patient's photograph: what is to be seen, never what it is."""
NO_FINDING: Final = "none"
