"""Settings: what they are, what they may hold, and where they come from."""

from streams.settings.settings import Settings
from streams.settings.sources import METRICS_PORT_FILE, OTHER_VARIABLES, PREFIX, READY_FILE, SettingsError

__all__ = ["METRICS_PORT_FILE", "OTHER_VARIABLES", "PREFIX", "READY_FILE", "Settings", "SettingsError"]
