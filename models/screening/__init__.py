"""Screening of training rows: blocked texts, duplicates, contradictions, likely label errors."""

from models.screening.rules import ScreeningRules
from models.screening.screened import Drop, Screened, screening_key
from models.screening.screener import screen, screen_once

__all__ = ["Drop", "Screened", "ScreeningRules", "screen", "screen_once", "screening_key"]
