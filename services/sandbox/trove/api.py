"""All routes of the database service, below its version and project."""

from __future__ import annotations

from services.sandbox.trove import (
    backups,
    configurations,
    datastores,
    flavors,
    guest_routes,
    instance_actions,
    instance_changes,
    instances,
    logs,
    managed,
    managed_versions,
    modules,
)
from services.sandbox.trove.calls import Router

_TABLES = (
    instances,
    instance_actions,
    instance_changes,
    guest_routes,
    logs,
    backups,
    configurations,
    datastores,
    flavors,
    modules,
    managed,
    managed_versions,
)
ROUTER = Router(route for table in _TABLES for route in table.ROUTES)
