"""The tunnels of the sandbox: bulk uploads and downloads with the service's own framings."""

from services.sandbox.maxcompute.tunnel import (
    bare,
    discovery,
    downloads,
    figures,
    instances,
    previews,
    streams,
    uploads,
    upserts,
    volume_files,
    volumes,
)

_PARTS = (bare, figures, discovery, uploads, downloads, instances, streams, upserts, previews, volumes, volume_files)
ROUTES = [route for part in _PARTS for route in part.ROUTES]
