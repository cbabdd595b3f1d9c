"""Files and variables of the vendors' own tools, in the shape that `sandbox --json` prints."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from services.errors import UsageError
from services.stores.trove import clouds

Entries = dict[str, dict[str, Any]]

_ODPS_KEYS: Final = {
    "end_point": "endpoint",
    "tunnel_endpoint": "tunnel_endpoint",
    "project_name": "project",
    "schema_name": "schema",
    "access_id": "access_key_id",
    "quota_name": "quota",
    "region_name": "region",
}
_ODPS_SECRETS: Final = {"access_key": "access_key_secret", "sts_token": "sts_token", "access_token": "sts_token"}
_ODPS_VARIABLES: Final = {
    "endpoint": ("ODPS_ENDPOINT", "MAXCOMPUTE_ENDPOINT"),
    "tunnel_endpoint": ("ODPS_TUNNEL_ENDPOINT",),
    "project": ("ODPS_PROJECT_NAME", "ODPS_PROJECT", "MAXCOMPUTE_PROJECT"),
    "access_key_id": ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ODPS_STS_ACCESS_KEY_ID", "ODPS_ACCESS_ID"),
    "region": ("ODPS_REGION_NAME",),
    "quota": ("QUOTA_NAME",),
}
_ODPS_SECRET_VARIABLES: Final = {
    "access_key_secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ODPS_STS_ACCESS_KEY_SECRET", "ODPS_ACCESS_KEY"),
    "sts_token": ("ALIBABA_CLOUD_SECURITY_TOKEN", "ODPS_STS_TOKEN"),
    "bearer_token": ("ODPS_BEARER_TOKEN",),
}


def odps_config(text: str) -> Entries:
    """The profile of `odps_config.ini`: lines of `name=value` as the vendor's client reads them.

    Raises:
        UsageError: it names no project or no endpoint.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith(("#", "!", ";")):
            found[name.strip().lower()] = value.strip()
    fields: dict[str, Any] = {own: found[name] for name, own in _ODPS_KEYS.items() if found.get(name)}
    if not {"endpoint", "project"} <= fields.keys():
        raise UsageError(
            "--from odps_config.ini: it has no end_point or no project_name",
            hint="Give it both, or use `storedeck profiles add maxcompute`.",
        )
    return {"maxcompute": fields | {"secrets": {own: found[n] for n, own in _ODPS_SECRETS.items() if found.get(n)}}}


def from_variables(environ: Mapping[str, str] = os.environ) -> Entries:
    """What the vendors' variables describe; secrets are told by the names of their variables, below `variables`."""
    return _odps_variables(environ) | _openstack_variables(environ)


def _openstack_variables(environ: Mapping[str, str]) -> Entries:
    fields, variables = clouds.from_variables(environ)
    if not {"auth_url", "cloud"} & fields.keys():
        return {}
    return {"trove": {**fields, "variables": variables}}


def _odps_variables(environ: Mapping[str, str]) -> Entries:
    def first(names: tuple[str, ...]) -> str:
        return next((name for name in names if environ.get(name)), "")

    fields: dict[str, Any] = {
        field: environ[name] for field, names in _ODPS_VARIABLES.items() if (name := first(names))
    }
    if not {"endpoint", "project"} <= fields.keys():
        return {}
    variables = {field: name for field, names in _ODPS_SECRET_VARIABLES.items() if (name := first(names))}
    return {"maxcompute": fields | {"variables": variables}}


def clouds_file(file: str) -> Entries:
    """A profile for each cloud of a clouds.yaml and the secure.yaml beside it.

    A cloud that cannot be opened becomes a profile that names it and says why when it is opened.

    Raises:
        UsageError: the file cannot be read.
    """
    found, _ = clouds.all_clouds(file)
    return {name: _cloud(name, cloud) for name, cloud in found.items()}


def _cloud(name: str, cloud: Mapping[str, Any]) -> dict[str, Any]:
    try:
        fields = clouds.fields_of(name, cloud)
    except UsageError:
        return {"kind": "trove", "cloud": name}
    secrets = {field: fields.pop(field) for field in clouds.SECRETS & fields.keys()}
    return {"kind": "trove", **fields, "secrets": secrets}


CLOUDS_FILES: Final = frozenset(("clouds.yaml", "clouds.yml"))

READERS: Final[dict[str, Callable[[str], Entries]]] = {"odps_config.ini": odps_config}
"""By the name of the file."""


def entries_of(file: str, text: str) -> Any:
    """The entries of a file by its name; every other file is JSON.

    Raises:
        ValueError: it is no JSON.
        UsageError: it lacks what a profile needs.
    """
    if Path(file).name in CLOUDS_FILES:
        return clouds_file(file)
    reader = READERS.get(Path(file).name)
    return json.loads(text) if reader is None else reader(text)
