"""Clouds as OpenStack's tools write them down: clouds.yaml with its secure.yaml, and the OS_* variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from services.errors import ExtraMissing, UsageError

FILE_VARIABLE: Final = "OS_CLIENT_CONFIG_FILE"
CLOUD_VARIABLE: Final = "OS_CLOUD"
VARIABLES_CLOUD: Final = "envvars"
"""The name of the cloud that the OS_* variables describe, as OpenStack's own tools call it."""

AUTH_KEYS: Final[Mapping[str, str]] = {
    "auth_url": "auth_url",
    "username": "username",
    "user_id": "user_id",
    "password": "password",
    "project_name": "project_name",
    "tenant_name": "project_name",
    "project_id": "project_id",
    "tenant_id": "project_id",
    "user_domain_name": "user_domain_name",
    "user_domain_id": "user_domain_id",
    "project_domain_name": "project_domain_name",
    "project_domain_id": "project_domain_id",
    "domain_name": "user_domain_name",
    "application_credential_id": "application_credential_id",
    "application_credential_name": "application_credential_name",
    "application_credential_secret": "application_credential_secret",
    "token": "token",
    "endpoint": "service_url",
}
"""What stands under `auth`, and the profile's field for it; also the tails of the OS_* variables, in capitals."""

OWN_KEYS: Final[Mapping[str, str]] = {
    "region_name": "region_name",
    "interface": "interface",
    "cacert": "ca_file",
    "api_timeout": "timeout_seconds",
    "database_endpoint_override": "service_url",
}
"""What stands beside `auth`."""

SECRETS: Final = frozenset({"password", "application_credential_secret", "token"})

STRATEGIES: Final[Mapping[str, str]] = {
    "v2password": "keystone2",
    "rackspace_apikey": "rax",
    "password": "keystone",
    "v3password": "keystone",
    "token": "keystone",
    "v3token": "keystone",
    "admin_token": "keystone",
    "v3applicationcredential": "keystone",
}
"""Words after `auth_type` and the profile's `auth_strategy` for each."""

_VARIABLE_KEYS: Final[Mapping[str, str]] = {
    **{f"OS_{key}".upper(): field for key, field in AUTH_KEYS.items() if key != "endpoint"},
    "OS_REGION_NAME": "region_name",
    "OS_INTERFACE": "interface",
    "OS_ENDPOINT_TYPE": "interface",
    "OS_CACERT": "ca_file",
    "OS_DATABASE_ENDPOINT_OVERRIDE": "service_url",
}


def cloud_fields(name: str, file: str = "") -> dict[str, str]:
    """The profile's fields, secrets among them, that the cloud of that name has in clouds.yaml.

    Args:
        file: a clouds.yaml; empty searches where OpenStack's own tools do.
    Raises:
        UsageError: there is no file, no such cloud in it, or it asks for what cannot be given.
    """
    if name == VARIABLES_CLOUD:
        return {field: value for field, value in _of_variables().items() if field != "cloud"}
    found, path = all_clouds(file)
    if name not in found:
        names = ", ".join(found) or "none"
        raise UsageError(f"cloud: {name!r} is not in {path}", hint=f"Its clouds: {names}.")
    return fields_of(name, found[name])


def all_clouds(file: str = "") -> tuple[dict[str, Mapping[str, Any]], Path]:
    """The clouds of a file by name, completed by the secure.yaml beside it; and where the file is.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    path = Path(file) if file else _searched()
    data = _loaded(path)
    for name in ("secure.yaml", "secure.yml"):
        secure = path.with_name(name)
        if secure.is_file():
            data = _merged(data, _loaded(secure))
    clouds = data.get("clouds")
    if not isinstance(clouds, Mapping):
        raise UsageError(f"{path}: it has no `clouds`", hint="A clouds.yaml has a key `clouds` with a name for each.")
    return {str(key): value for key, value in clouds.items() if isinstance(value, Mapping)}, path


def _searched() -> Path:
    """The first clouds.yaml of the places where OpenStack's tools look."""
    given = os.environ.get(FILE_VARIABLE, "")
    if given:
        return Path(given)
    config = Path(os.environ.get("XDG_CONFIG_HOME", "") or Path.home() / ".config")
    folders = (Path.cwd(), config / "openstack", Path("/etc/openstack"))
    for folder in folders:
        for name in ("clouds.yaml", "clouds.yml"):
            if (folder / name).is_file():
                return folder / name
    places = ", ".join(str(folder) for folder in folders)
    raise UsageError("clouds.yaml: there is none", hint=f"It is looked for at ${FILE_VARIABLE} and in {places}.")


def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        import yaml
    except ImportError as error:
        hint = 'Run: uv tool install "storedeck[trove]"'
        raise ExtraMissing(f"{path}: the reader of YAML is not installed", hint=hint) from error
    try:
        with path.open(encoding="utf-8") as file:
            data = yaml.safe_load(file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', '') or error}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: no YAML: {_place(error)}") from error
    if not isinstance(data, Mapping):
        raise UsageError(f"{path}: it holds no names and values")
    return data


def _place(error: Any) -> str:
    """Where YAML breaks off, without the text there: it may be a secret."""
    mark = getattr(error, "problem_mark", None)
    words = str(getattr(error, "problem", "") or "it cannot be read")
    return f"line {mark.line + 1}, column {mark.column + 1}: {words}" if mark is not None else words


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both, key by key all the way down; the second wins."""
    result = dict(one)
    for key, value in other.items():
        known = result.get(key)
        is_deep = isinstance(known, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(known, value) if is_deep else value  # type: ignore[arg-type]
    return result


def fields_of(name: str, cloud: Mapping[str, Any]) -> dict[str, str]:
    """The profile's fields of one cloud.

    Raises:
        UsageError: it asks for a way to sign in, or to go without checking certificates, that there is not.
    """
    auth = cloud.get("auth")
    fields = _known(auth if isinstance(auth, Mapping) else {}, AUTH_KEYS) | _known(cloud, OWN_KEYS)
    regions = cloud.get("regions")
    if "region_name" not in fields and isinstance(regions, list) and regions:
        first = regions[0]
        fields["region_name"] = str(first.get("name", "") if isinstance(first, Mapping) else first)
    if cloud.get("verify") is False or cloud.get("insecure") is True:
        hint = "Name the authority that signed the certificate as `cacert`; certificates are always checked."
        raise UsageError(f"cloud {name}: `verify: false` is not possible", hint=hint)
    word = str(cloud.get("auth_type") or "")
    if word and word not in STRATEGIES:
        hint = f"Possible are {', '.join(STRATEGIES)}."
        raise UsageError(f"cloud {name}: auth_type {word!r} is not possible", hint=hint)
    if word and STRATEGIES[word] != "keystone":
        fields["auth_strategy"] = STRATEGIES[word]
    return fields


def _known(data: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, str]:
    """The fields of those keys that are there, the first key of a field winning."""
    found: dict[str, str] = {}
    for key, field in keys.items():
        value = data.get(key)
        if value not in (None, "") and not isinstance(value, Mapping | list):
            found.setdefault(field, str(value))
    return found


def from_variables(environ: Mapping[str, str] = os.environ) -> tuple[dict[str, str], dict[str, str]]:
    """The profile's fields that the OS_* variables give, and for its secrets the names of their variables."""
    fields = {field: value for field, value in _known(environ, _VARIABLE_KEYS).items() if field not in SECRETS}
    if environ.get(CLOUD_VARIABLE):
        fields["cloud"] = environ[CLOUD_VARIABLE]
    strategy = STRATEGIES.get(environ.get("OS_AUTH_TYPE", ""), "keystone")
    if strategy != "keystone":
        fields["auth_strategy"] = strategy
    variables = {
        field: variable for variable, field in _VARIABLE_KEYS.items() if field in SECRETS and environ.get(variable)
    }
    return fields, variables


def _of_variables() -> dict[str, str]:
    """The cloud that the variables themselves describe, secrets among the fields."""
    fields, variables = from_variables()
    return {**fields, **{field: os.environ[variable] for field, variable in variables.items()}}
