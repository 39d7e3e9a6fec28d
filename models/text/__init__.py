"""Text rules shared by training and serving: cleaning, masking, folding, language by script, fingerprints."""

from models.text.cleaning import NormalisedText, normalise
from models.text.fingerprints import content_hash, fingerprint, is_blocked
from models.text.language import detect_language, identify_language
from models.text.reading import readings

__all__ = [
    "NormalisedText",
    "content_hash",
    "detect_language",
    "fingerprint",
    "identify_language",
    "is_blocked",
    "normalise",
    "readings",
]
