"""Where the tunnels are: a host and a port, the scheme being that of the endpoint."""

from __future__ import annotations

from services.sandbox.maxcompute.routes import Call, Reply, Route, text


def where(call: Call) -> Reply:
    """The tunnels' address; asking needs the project to be there."""
    _ = call.project
    return text(call.sandbox.tunnel_endpoint.partition("://")[2])


ROUTES = [Route("TunnelEndpoint", "GET", "/projects/{project}/tunnel", where, keys=("service",))]
