"""Settings: where a value comes from, and the sentence that a wrong one gets."""

from __future__ import annotations

import os
from math import inf
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from models.folders import RELEASE
from streams.policy import POLICY
from streams.settings import OTHER_VARIABLES, PREFIX, Settings, SettingsError

PASSWORD = "correct-horse-battery"
SASL: dict[str, Any] = {"security_protocol": "SASL_SSL", "sasl_username": "tide"}


@pytest.fixture(autouse=True)
def _only_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours, and a working directory without tidegate.toml."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def _refusal(**given: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(**given)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_defaults() -> None:
    settings = Settings.load()
    assert settings.brokers == "localhost:9092"
    assert settings.topic_prefix == "moderation"
    assert settings.tasks == ["posts", "symptoms"]
    assert (settings.artifact, settings.policy) == (RELEASE, POLICY)
    assert settings.data_dir.is_absolute()


def test_command_line_before_environment_before_file_before_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _write(tmp_path / "tidegate.toml", 'group = "file"\ndrain_s = 3\nthreads = 3\ncache_size = 3')
    monkeypatch.setenv("TIDEGATE_GROUP", "environment")
    monkeypatch.setenv("TIDEGATE_DRAIN_S", "4")
    settings = Settings.load(group="command line", threads=None)
    assert settings.group == "command line"
    assert settings.drain_s == 4
    assert (settings.threads, settings.cache_size) == (3, 3)  # None on the command line means: not given
    assert settings.max_batch_rows is None


def test_another_file_by_name_replaces_the_one_in_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _write(tmp_path / "tidegate.toml", 'group = "here"')
    monkeypatch.setenv("TIDEGATE_CONFIG", str(_write(tmp_path / "other.toml", "threads = 2")))
    settings = Settings.load()
    assert (settings.group, settings.threads) == ("tidegate", 2)


def test_lists_are_comma_separated_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_TASKS", " symptoms , ")
    monkeypatch.setenv("TIDEGATE_BROKERS", "a:1, [::1]:65535")
    settings = Settings.load()
    assert settings.tasks == ["symptoms"]
    assert settings.brokers == "a:1,[::1]:65535"


WRONG = {
    "brokers": ["", "localhost", "localhost:", "localhost:0", "localhost:65536", "a:1,,b:2", "a b:1", "http://a:9092"],
    "topic_prefix": ["", "with space", "umläut", "x" * 201],
    "group": [""],
    "tasks": ["", "posts,comments"],
    "device": ["gpu"],
    "engine": ["torch"],
    "threads": ["0", "257", "two"],
    "max_batch_tokens": ["255", "1048577"],
    "max_batch_rows": ["0"],
    "max_in_flight_records": ["0", "1e9"],
    "max_in_flight_tokens": ["0"],
    "cache_size": ["-1"],
    "max_record_bytes": ["1"],
    "drain_s": ["0", "61", "nan", "soon"],
    "commit_interval_s": ["0"],
    "stuck_after_s": ["0", "nan"],
    "degrade_after_s": ["-1", "inf", "nan"],
    "dead_letter_max_ratio": ["1.01", "-0.1"],
    "dead_letter_min_records": ["0"],
    "dead_letter_max_consecutive": ["-1"],
    "security_protocol": ["TLS"],
    "sasl_mechanism": ["GSSAPI"],
    "log_level": ["LOUD"],
    "log_format": ["xml"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_and_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
    said = _refusal()
    assert said.startswith(f"Setting {name}")
    assert name in ("tasks",) or repr(value) in said


def test_the_sentence_says_what_is_allowed() -> None:
    assert _refusal(device="gpu") == "Setting device is 'gpu': it must be 'auto', 'cpu' or 'cuda'."
    assert _refusal(brokers="kafka") == "Setting brokers is 'kafka': must be host:port, several separated by commas."
    assert "greater than or equal to 1" in _refusal(threads=0)


FLOATS = [name for name, field in Settings.model_fields.items() if field.annotation is float]


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999"])
@pytest.mark.parametrize("name", FLOATS)
def test_a_number_without_an_end_is_refused(name: str, value: str) -> None:
    if name == "stuck_after_s" and value in ("inf", "1e999"):  # how that guard is switched off
        assert Settings.load(stuck_after_s=value).stuck_after_s == inf
    else:
        assert _refusal(**{name: value}).startswith(f"Setting {name} is {value!r}: it must be ")


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_BROKER", "localhost:9092")
    assert "TIDEGATE_BROKER is not a setting" in _refusal()


@pytest.mark.parametrize("name", [*sorted(OTHER_VARIABLES), "TIDEGATE_TEST_KAFKA"])
def test_variables_that_are_for_others_are_let_be(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(name, str(_write(tmp_path / "empty.toml", "")))
    assert Settings.load().group == "tidegate"


def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "tidegate.toml", "treads = 2")
    assert _refusal().startswith("treads is not a setting")


def test_an_unknown_argument_is_refused() -> None:
    assert _refusal(treads=2).startswith("treads is not a setting")


def test_a_wrong_value_in_the_file_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "tidegate.toml", "threads = [1]")
    assert _refusal().startswith("Setting threads is [1]")


@pytest.mark.parametrize("content", [b"group = ", b"group = '\xff'"])
def test_a_file_that_is_no_toml_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "tidegate.toml").write_bytes(content)
    assert "settings cannot be read" in _refusal()


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIDEGATE_CONFIG", str(tmp_path / "nowhere.toml"))
    assert "nowhere.toml" in _refusal()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load().group = "other"  # type: ignore[misc]


# Passwords


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    in_file = _write(tmp_path / "password", PASSWORD)
    for settings in (
        Settings.load(**SASL, sasl_password=PASSWORD),
        Settings.load(**SASL, sasl_password_file=in_file),
    ):
        assert settings.sasl_password is not None
        assert settings.sasl_password.get_secret_value() == PASSWORD
        for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
            assert PASSWORD not in shown


@pytest.mark.parametrize(
    "given",
    [
        {"sasl_password": [PASSWORD]},
        {"sasl_password": PASSWORD, "security_protocol": "SASL_SSL"},
        {"sasl_password": PASSWORD, "sasl_password_file": "elsewhere", **SASL},
        {"sasl_password": PASSWORD, **SASL, "threads": 0},
        {"sasl_password": PASSWORD, **SASL, "treads": 1},
    ],
)
def test_no_error_shows_the_password(given: dict[str, Any]) -> None:
    assert PASSWORD not in _refusal(**given)
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value)


def test_the_password_may_stand_in_a_file_with_a_newline_at_its_end(tmp_path: Path) -> None:
    settings = Settings.load(**SASL, sasl_password_file=_write(tmp_path / "password", f" {PASSWORD} \n"))
    assert settings.sasl_password is not None
    assert settings.sasl_password.get_secret_value() == f" {PASSWORD} "


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "nowhere" in _refusal(**SASL, sasl_password_file=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"security_protocol": "SASL_SSL"}, "sasl_username and sasl_password"),
        ({"security_protocol": "SASL_PLAINTEXT", "sasl_username": "tide"}, "sasl_password"),
        ({"security_protocol": "SASL_SSL", "sasl_password": PASSWORD}, "sasl_username"),
        ({**SASL, "sasl_password": PASSWORD, "sasl_password_file": "elsewhere"}, "not both"),
    ],
)
def test_sasl_needs_a_user_and_one_password(given: dict[str, Any], wanted: str) -> None:
    assert wanted in _refusal(**given)


def test_the_credentials_of_a_plain_connection_do_no_harm() -> None:
    settings = Settings.load(sasl_username="tide", sasl_password=PASSWORD)
    assert settings.security_protocol == "PLAINTEXT"


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "tidegate.toml", "group")
    assert "from tidegate.toml" in _refusal()


@pytest.mark.parametrize("name", ["ssl_cafile", "ssl_certfile", "ssl_keyfile"])
def test_files_for_tls_must_exist(name: str, tmp_path: Path) -> None:
    assert _refusal(**{name: str(tmp_path / "nowhere.pem")}).endswith("nowhere.pem': there is no such file.")
    there = _write(tmp_path / "there.pem", "")
    assert getattr(Settings.load(**{name: there}), name) == there


@pytest.mark.parametrize("name", ["data_dir", "artifact", "policy"])
def test_a_tilde_is_the_home_folder(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(f"TIDEGATE_{name.upper()}", "~/place")
    assert getattr(Settings.load(), name) == tmp_path / "place"


def test_author_history_in_a_topic_needs_a_key_that_all_workers_share(tmp_path: Path) -> None:
    key, short = tmp_path / "key", tmp_path / "short"
    key.write_bytes(b"k" * 32)
    short.write_bytes(b"  " + b"k" * 31 + b"\n")

    assert "author_state topic needs author_key_file" in _refusal(author_state="topic")
    assert Settings.load(author_state="topic", author_key_file=key).author_state == "topic"
    assert Settings.load(author_key_file=key).author_state == "disk"
    assert "shared_waves on needs author_key_file" in _refusal(shared_waves="on")
    assert Settings.load(shared_waves="on", author_key_file=key).shared_waves == "on"
    assert "holds less than 32 bytes" in _refusal(author_key_file=short)
    assert "there is no such file" in _refusal(author_key_file=tmp_path / "none")


def test_a_folder_where_the_file_should_be_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mount whose file is missing makes one; the defaults must not hold then."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tidegate.toml").mkdir()
    with pytest.raises(SettingsError, match=r"cannot be read from tidegate\.toml: Is a directory"):
        Settings.load()
