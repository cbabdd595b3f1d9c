"""The tunnels of the sandbox: bulk uploads and downloads with the service's own framings."""

from __future__ import annotations

from services.sandbox.maxcompute.routes import Route

ROUTES: tuple[Route, ...] = ()
