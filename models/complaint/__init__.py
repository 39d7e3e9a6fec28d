"""What a complaint says: findings and how they are meant, vital signs, ages.

`findings.toml` lists the findings that are known, `context.toml` the words that say how they are meant. Whatever finds
them gives `Mention`s: `PhraseFinder` by phrases and scopes, and `JoinedFinder`, which ships, by what passages are like,
too.
"""

from models.complaint.catalogue import Catalogue, ClinicalFinding, load_catalogue
from models.complaint.fields import record_line, with_numbers
from models.complaint.finder import FEVER, FEVER_FROM, PhraseFinder
from models.complaint.joined import JoinedFinder
from models.complaint.mention import Assertion, Finder, Mention
from models.complaint.numbers import Told, read_numbers
from models.complaint.parts import BodyParts
from models.complaint.reading import Reading

__all__ = [
    "FEVER",
    "FEVER_FROM",
    "Assertion",
    "BodyParts",
    "Catalogue",
    "ClinicalFinding",
    "Finder",
    "JoinedFinder",
    "Mention",
    "PhraseFinder",
    "Reading",
    "Told",
    "load_catalogue",
    "read_numbers",
    "record_line",
    "with_numbers",
]
