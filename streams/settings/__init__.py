"""Settings: what they are, what they may hold, and where they come from."""

from streams.settings.settings import Settings
from streams.settings.sources import OTHER_VARIABLES, PREFIX, READY_FILE, SettingsError

__all__ = ["OTHER_VARIABLES", "PREFIX", "READY_FILE", "Settings", "SettingsError"]
