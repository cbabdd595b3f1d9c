"""What a configuration group changes about an instance: its version's own values, the group's, and those in effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.errors import Refused
from services.stores.trove.rest import item, path_of
from services.stores.trove.servers import RESTART_REQUIRED
from services.stores.trove.service import Service
from services.stores.trove.tables import Row

SIZE: Final = re.compile(r"(\d+)\s*([kmgt])b?", re.I)
POWERS: Final = {"k": 1, "m": 2, "g": 3, "t": 4}
SWITCHES: Final = {"on": 1, "true": 1, "yes": 1, "off": 0, "false": 0, "no": 0}


def plain(value: Any) -> Any:
    """A value as it can be compared: templates write sizes with units, switches as words, and quote texts."""
    if isinstance(value, list) and value:
        # The service reads `a = 1  # b = c` of its templates as two values.
        value = value[0]
    text = str(value).strip().strip("'")
    if (size := SIZE.fullmatch(text)) is not None:
        return int(size[1]) * 1024 ** POWERS[size[2].lower()]
    if text.lower() in SWITCHES:
        return SWITCHES[text.lower()]
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def defaults(service: Service, instance: str) -> dict[str, Any]:
    """The values that the instance's version and flavor give it, by name."""
    what = f"configuration of {instance}"
    found = item(service.rest.get(path_of("instances", instance, "configuration"), what), "instance", what)
    values = found.get("configuration")
    return dict(values) if isinstance(values, Mapping) else {}


def default_values(service: Service, instance: str) -> Iterable[Row]:
    """Those as rows."""
    return ({"name": name, "value": value} for name, value in sorted(defaults(service, instance).items()))


def changed_values(service: Service, instance: str) -> Iterable[Row]:
    """Only what the attached group sets to something else, and which values ask for a restart.

    The service applies a group at once where all of its values can be, else none of them before the restart. It does
    not tell the values in effect: they are the group's, but unknown while the instance waits for its restart.
    """
    data = service.instance_data(instance)
    group = data.get("configuration")
    if not isinstance(group, Mapping):
        return
    what = f"configuration group {group.get('name', '')}"
    found = item(service.rest.get(path_of("configurations", str(group.get("id", ""))), what), "configuration", what)
    own, static = defaults(service, instance), _static_parameters(service, data)
    is_waiting = data.get("status") == RESTART_REQUIRED
    for name, value in sorted((found.get("values") or {}).items()):
        if name in own and plain(own[name]) == plain(value):
            continue
        yield {
            "name": name,
            "default": own.get(name),
            "group": value,
            "live": None if is_waiting else value,
            "restart_needed": is_waiting and name in static,
        }


def _static_parameters(service: Service, data: Mapping[str, Any]) -> set[str]:
    """The parameters that take effect with a restart."""
    datastore = data.get("datastore") or {}
    name, version = str(datastore.get("type")), str(datastore.get("version"))
    try:
        found = service.parameters(name, service.version_id(name, version))
    except Refused:
        return set()
    return {str(one.get("name")) for one in found if one.get("restart_required")}
