"""The tunnels of the sandbox: bulk uploads and downloads with the service's own framings."""

from services.sandbox.maxcompute.tunnel import (
    bare,
    discovery,
    downloads,
    instances,
    previews,
    streams,
    uploads,
    upserts,
    volume_files,
    volumes,
)

_PARTS = (bare, discovery, uploads, downloads, instances, streams, upserts, previews, volumes, volume_files)
ROUTES = [route for part in _PARTS for route in part.ROUTES]
