"""How often an ordinary post may be labelled: what models are fitted to, and measured against."""

from __future__ import annotations

from typing import Final

PER_THOUSAND: Final = 5.0
"""Ordinary posts of 1,000 in any domain that the balanced operating point may label."""
