"""Policy files for tests: every label stands, and one action meets every post, whatever the model thinks."""

from pathlib import Path

from models.labels import POST_LABELS


def write_policy(
    folder: Path,
    *,
    action: str | None = None,
    limit: int = 1_000_000,
    severe: bool = False,
    offender_posts: int = 128,
    offender_window_s: float = 86_400.0,
    wave_authors: int = 1_000,
    alert_level: int = 0,
) -> Path:
    """A policy under which all posts get `action` (None: allow), of which `limit` an hour are automatic."""
    thresholds = "\n".join(f"thresholds.{label} = {{ en = 0.0, zh = 0.0, other = 0.0 }}" for label in POST_LABELS)
    actions = f"toxicity = {{ {action} = 0.0 }}" if action else ""
    path = folder / "policy.toml"
    path.write_text(f"""
version = "test"
[posts]
{thresholds}
span_labels = ["toxicity"]
support_labels = []
[posts.actions]
{actions}
[posts.severe]
{"toxicity = { high = 0.0 }" if severe else ""}
[posts.quota]
window_s = 3600.0
limits = {{ limit = {limit}, remove = {limit} }}
[posts.repeat_offender]
posts = {offender_posts}
window_s = {float(offender_window_s)}
max_authors = 1000
[posts.spam_wave]
authors = {wave_authors}
window_s = 600.0
min_letters = 24
max_groups = 1000
[symptoms]
conditions = 5
alert_level = {alert_level}
""")
    return path
