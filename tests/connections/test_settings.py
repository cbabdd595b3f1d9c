"""Settings: defaults without a file, changes that keep the user's comments, and a broken file that stops nothing."""

import pytest

from services.bootstrap import build_services
from services.errors import UsageError
from services.paths import Paths
from services.settings import Settings, SettingsFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.toml"


def test_defaults_need_no_file(path):
    """Without a file everything has its default, and reading makes none."""
    assert SettingsFile(path).current == Settings()
    assert not path.exists()


def test_a_change_keeps_comments_and_other_settings(path):
    """Only the changed line differs."""
    path.write_text('# mine\ntheme = "storedeck-light" # for the day\nresult_budget_mb = 64\n')
    changed = SettingsFile(path).change(result_budget_mb=128, keymap={"app.help": "f1"})
    assert (changed.theme, changed.result_budget_mb, changed.keymap) == ("storedeck-light", 128, {"app.help": "f1"})
    assert path.read_text().startswith('# mine\ntheme = "storedeck-light" # for the day\nresult_budget_mb = 128\n')
    assert SettingsFile(path).current == changed


def test_a_broken_file_leaves_the_defaults_and_is_left_alone(path):
    """A typing error is told with its line, the program goes on, and nothing is written over it."""
    path.write_text("theme = storedeck\n")
    settings = SettingsFile(path)
    assert settings.current == Settings()
    assert "line 1" in settings.problem
    with pytest.raises(UsageError, match="line 1"):
        settings.change(theme="other")
    assert path.read_text() == "theme = storedeck\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "colour: no setting of that name"),
        ("theme = 5", "theme: 5 is not possible"),
        ("result_budget_mb = 0", "result_budget_mb: 0 is not possible"),
        ("result_budget_mb = true", "result_budget_mb: True is not possible"),
        ("keymap = { a = 1 }", "keymap: keys are text"),
    ],
)
def test_one_wrong_setting_costs_no_other(path, text, words):
    """A value that makes no sense is told and has its default; the others hold."""
    path.write_text(f"reduced_motion = true\n{text}\n")
    settings = SettingsFile(path)
    assert settings.current == Settings(reduced_motion=True)
    assert words in settings.problem


def test_services_read_settings_when_asked(tmp_path):
    """Building the services reads nothing; the settings come with the first look."""
    paths = Paths(tmp_path / "config", tmp_path / "state", tmp_path / "cache")
    services = build_services(paths)
    assert not paths.config.exists()
    assert services.settings.theme == "storedeck"
