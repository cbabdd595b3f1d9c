"""Metadata: projects, schemas, tables, partitions, functions, resources, volumes, quotas and who may see them."""

from __future__ import annotations

from services.sandbox.maxcompute.metadata import (
    functions,
    partitions,
    projects,
    quotas,
    resources,
    schemas,
    tables,
    users,
    volumes,
)
from services.sandbox.maxcompute.routes import Route

ROUTES: tuple[Route, ...] = (
    *projects.ROUTES,
    *users.ROUTES,
    *schemas.ROUTES,
    *tables.ROUTES,
    *partitions.ROUTES,
    *functions.ROUTES,
    *resources.ROUTES,
    *volumes.ROUTES,
    *quotas.ROUTES,
)
