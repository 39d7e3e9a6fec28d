"""Text rules shared by training and serving: cleaning, masking, disguises undone, language by script, fingerprints.

`cleaning` gives the one text that training reads, `reading` the one or two that the service scores. What a disguise is,
standards say first: HTML's character references (`markup`), the escapes of JSON and of addresses (`escapes`), Unicode's
compatibility forms (`styles`), its TR39 confusables (`confusables`), its composed letters (`marks`). Where they are
silent, a word of `plain_words` has to come out: of mixed case (`casing`), of letters kept apart (`spacing`,
`separators`, `han`) or drawn out (`stretching`), of signs for letters (`signs`), of slips (`typos`). What stands around
a whole text is no disguise, but passes for a report of what somebody else said (`framing`). `folding` has them in
order, sure steps and guesses apart.

A step is a function from a text to its `Changes`, which say what stands in place of a character; so every character
that is left knows its place in the original. `scanning` keeps plain posts from paying for any of this.
"""

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
