"""The tunnels of the sandbox: bulk uploads and downloads with the service's own framings."""

from services.sandbox.maxcompute.tunnel import discovery, downloads, previews, streams, uploads, upserts

ROUTES = [*discovery.ROUTES, *uploads.ROUTES, *downloads.ROUTES, *previews.ROUTES, *streams.ROUTES, *upserts.ROUTES]
