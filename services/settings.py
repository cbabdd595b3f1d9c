"""The user's settings: defaults in one place, changes in `settings.toml` with its comments kept."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from services.errors import UsageError
from services.files import locked, write_whole


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults.

    Attributes:
        theme: name of a theme.
        keymap_preset: name of a whole set of keys, `default` or `vim`.
        keymap: keys by binding id, with commas, in place of the preset's.
        result_budget_mb: rows of one result set held in memory before they go to a mapped file.
        session_budget_mb: rows of all result sets of one session held in memory.
        spill_budget_mb: mapped files of one session before loading stops.
        page_rows: rows asked for in one page, 0 for the store's own number.
        reduced_motion: no spinners, no smooth scrolling, no blinking.
        history_size: statements kept in the history.
        completion: a list of names opens while one types in the SQL console; without, ctrl+space opens it.
    """

    theme: str = "storedeck"
    keymap_preset: str = "default"
    keymap: Mapping[str, str] = field(default_factory=dict)
    result_budget_mb: int = 256
    session_budget_mb: int = 512
    spill_budget_mb: int = 4096
    page_rows: int = 0
    reduced_motion: bool = False
    history_size: int = 5000
    completion: bool = True


_POSITIVE: Final = frozenset({"result_budget_mb", "session_budget_mb", "spill_budget_mb", "history_size"})


class SettingsFile:
    """`settings.toml`, read when first asked. A broken file leaves the defaults and says what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self._current: Settings | None = None

    @property
    def current(self) -> Settings:
        """The settings now; `problem` says why some or all are the defaults."""
        if self._current is None:
            self._current = self._read()
        return self._current

    def change(self, **values: Any) -> Settings:
        """Write new values for some settings; all others in the file stay as they are.

        Raises:
            UsageError: a value is not possible, or the file is broken and was left alone.
        """
        import tomlkit

        with locked(self.path):
            data = self.path.read_bytes() if self.path.exists() else b""
            self._current = _settings(_load(self.path, data) | values)
            document = tomlkit.parse(data.decode("utf-8"))
            for name, value in values.items():
                document[name] = dict(value) if isinstance(value, Mapping) else value
            write_whole(self.path, tomlkit.dumps(document).encode("utf-8"))
        self.problem = ""
        return self._current

    def _read(self) -> Settings:
        self.problem = ""
        try:
            data = _load(self.path, self.path.read_bytes())
        except FileNotFoundError:
            return Settings()
        except UsageError as error:
            self.problem = error.message
            return Settings()
        good = Settings()
        for name, value in data.items():
            try:
                good = replace(good, **{name: _checked(name, value)})
            except UsageError as error:
                self.problem = error.message
        return good


def _load(path: Path, data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        hint = "Correct that line in an editor. The file was left as it is."
        raise UsageError(f"{path}: {error}", hint=hint) from error


def _settings(data: Mapping[str, Any]) -> Settings:
    return Settings(**{name: _checked(name, value) for name, value in data.items()})


def _checked(name: str, value: Any) -> Any:
    default = next((getattr(Settings(), known.name) for known in fields(Settings) if known.name == name), None)
    if default is None:
        names = ", ".join(known.name for known in fields(Settings))
        raise UsageError(f"{name}: no setting of that name", hint=f"The settings are {names}.")
    wanted = Mapping if isinstance(default, Mapping) else type(default)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is int):
        raise UsageError(f"{name}: {value!r} is not possible", hint=f"It looks like {default!r}.")
    if wanted is Mapping and not all(isinstance(keys, str) for keys in value.values()):
        raise UsageError(f"{name}: keys are text", hint='Write "console.run" = "f5,ctrl+j".')
    if isinstance(value, int) and not isinstance(value, bool) and value < (1 if name in _POSITIVE else 0):
        raise UsageError(f"{name}: {value} is not possible", hint="Give a number above 0.")
    return value
