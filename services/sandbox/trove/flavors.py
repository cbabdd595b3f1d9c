"""Flavors, limits and quotas."""

from __future__ import annotations

from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.model import Flavor
from services.sandbox.trove.views import View, stamp

RATE = 2000
_VERBS = ("POST", "PUT", "DELETE", "GET")


def flavor_view(call: Call, flavor: Flavor) -> View:
    """`id` is a number or null; `str_id` is the one to use."""
    is_number = flavor.id.isdecimal() and not flavor.id.startswith("0")
    return {
        "id": int(flavor.id) if is_number else None,
        "links": call.links("flavors", flavor.id),
        "name": flavor.name,
        "ram": flavor.ram,
        "vcpus": flavor.vcpus,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "local_storage": flavor.ephemeral,
        "str_id": flavor.id,
    }


def list_flavors(call: Call) -> Reply:
    return Reply(200, {"flavors": [flavor_view(call, one) for one in call.cloud.flavors.values()]})


def show(call: Call) -> Reply:
    flavor = call.cloud.flavors.get(call.names["id"])
    if flavor is None:
        raise not_found(call.names["id"])
    return Reply(200, {"flavor": flavor_view(call, flavor)})


def list_limits(call: Call) -> Reply:
    """First the absolute ones, then the rates."""
    absolute: View = {"verb": "ABSOLUTE"}
    absolute |= {f"max_{name}": limit for name, limit in call.cloud.limits(call.project).items()}
    moment = f"{stamp(call.cloud.now())}Z"
    rates = [
        {
            "nextAvailable": moment,
            "remaining": RATE,
            "unit": "MINUTE",
            "value": RATE,
            "verb": verb,
            "uri": "*/mgmt" if is_managed else "*",
            "regex": "^/mgmt" if is_managed else ".*",
        }
        for verb, is_managed in [*((verb, False) for verb in _VERBS), ("POST", True)]
    ]
    return Reply(200, {"limits": [absolute, *rates]})


def show_quotas(call: Call) -> Reply:
    """The own project's for everyone, any project's for administrators."""
    project = call.names["project"]
    if project != call.project and not call.is_admin:
        raise Refusal(403, f"Operation not allowed for tenant {call.project}.")
    used = call.cloud.usage(project)
    rows = [
        {"resource": name, "in_use": used[name], "reserved": 0, "limit": limit}
        for name, limit in call.cloud.limits(project).items()
    ]
    return Reply(200, {"quotas": rows})


def update_quotas(call: Call) -> Reply:
    call.require_admin()
    project = call.names["project"]
    changed: dict[str, int] = {}
    for name, limit in call.part("quotas").items():
        if limit is None:
            continue
        if limit < -1:
            raise bad_request(f"Quota limit '{limit}' for '{name}' is too small - must be at least '-1'.")
        if name not in call.cloud.limits(project):
            raise Refusal(404, f"Unknown quota resources {name}.")
        changed[name] = limit
    call.cloud.quotas[project] = call.cloud.quotas.get(project, {}) | changed
    return Reply(200, {"quotas": changed})


ROUTES = (
    Route("GET", "flavors", "ListFlavors", list_flavors),
    Route("GET", "flavors/{id}", "ShowFlavor", show),
    Route("GET", "limits", "ListLimits", list_limits),
    Route("GET", "mgmt/quotas/{project}", "ShowQuotas", show_quotas),
    Route("PUT", "mgmt/quotas/{project}", "UpdateQuotas", update_quotas),
)
