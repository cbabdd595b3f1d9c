"""`spec`: every command, option, store kind and feature as JSON, read off the parser itself."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from services.cli.output.writers import Format
from services.connections.profile import Environment
from services.errors import UsageError
from services.stores.registry import KINDS

if TYPE_CHECKING:
    from services.cli.parser import Commands, Parser
    from services.cli.run import Run
    from services.stores.kinds import ProfileField, StoreKind


def add(commands: Commands) -> None:
    """Add the command."""
    commands.add(
        "spec", "Describe every command, option, store kind and feature as JSON.", partial(show, commands.whole)
    )


def show(parser: Parser, run: Run) -> int | None:
    """`spec`: always one JSON object."""
    asked = getattr(run.args, "format", "json")
    if asked not in ("json", "jsonl"):
        raise UsageError(f"spec: --format {asked} is not possible", hint="It is always one JSON object.")
    with run.output(Format.JSONL) as output:
        output.record(specification(parser))
    return None


def specification(parser: Parser) -> dict[str, Any]:
    """The whole specification."""
    from services.stores.features import Feature, Guarantee

    return {
        "program": parser.prog,
        "options": _options(parser),
        "commands": _commands(parser),
        "formats": [kind.value for kind in Format],
        "exit_codes": EXIT_CODES,
        "kinds": [_kind(kind) for kind in KINDS],
        "environments": [environment.value for environment in Environment],
        "features": [feature.value for feature in Feature],
        "guarantees": {guarantee.value: guarantee.promise for guarantee in Guarantee},
    }


EXIT_CODES = {
    "0": "done",
    "1": "the store, a statement or a row was refused",
    "2": "usage",
    "3": "could not connect or sign in",
    "4": "timed out",
    "5": "at least one conflict",
    "6": "finished with rejected records",
    "130": "interrupted",
}


def _commands(parser: argparse.ArgumentParser) -> list[dict[str, Any]]:
    """The commands directly below a parser, each with those below it."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found.append(_command(name, below))
    return found


def _command(name: str, parser: argparse.ArgumentParser) -> dict[str, Any]:
    return {
        "name": name,
        "description": parser.description,
        "usage": " ".join(parser.format_usage().removeprefix("usage: ").split()),
        "arguments": [_argument(action) for action in _plain(parser) if not action.option_strings],
        "options": _options(parser),
        "commands": _commands(parser),
    }


def _plain(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]


def _options(parser: argparse.ArgumentParser) -> list[dict[str, Any]]:
    return [_argument(action) for action in _plain(parser) if action.option_strings]


def _argument(action: argparse.Action) -> dict[str, Any]:
    metavar = action.metavar if isinstance(action.metavar, str) else None
    takes_value = action.nargs != 0
    return {
        "name": action.option_strings[-1] if action.option_strings else (metavar or action.dest),
        "names": list(action.option_strings),
        "value": (metavar or action.dest.upper()) if takes_value else None,
        "choices": [str(choice) for choice in action.choices] if action.choices else None,
        "required": action.required,
        "repeatable": isinstance(action, argparse._AppendAction),
        "help": action.help,
    }


def _kind(kind: StoreKind) -> dict[str, Any]:
    return {
        "kind": kind.kind,
        "title": kind.title,
        "tag": kind.tag,
        "installed": kind.is_installed,
        "install": kind.install_command if kind.extra else None,
        "fields": [_field(field) for field in kind.fields],
        "features": sorted(feature.value for feature in _features(kind)),
    }


def _features(kind: StoreKind) -> frozenset[Any]:
    """What its class says before it connects; a connected store may have fewer."""
    from importlib import import_module

    module, _, name = kind.target.partition(":")
    try:
        features: frozenset[Any] = getattr(import_module(module), name).features
    except ImportError:
        return frozenset()
    return features


def _field(field: ProfileField) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "help": field.help,
        "default": field.default or None,
        "secret": field.is_secret,
        "required": field.is_required,
        "choices": list(field.choices) or None,
    }
