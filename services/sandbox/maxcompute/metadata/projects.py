"""Projects, tenants, and the service's own addresses."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer, rfc822
from services.sandbox.maxcompute.routes import Call, Route, text
from services.sandbox.maxcompute.warehouse import Project

REGION = "cn-sandbox"
TENANT = "sandbox-tenant"
DEFAULT_QUOTA = "default_quota"


def _element(project: Project) -> ET.Element:
    properties = {
        "odps.schema.model.enabled": str(not project.is_two_level).lower(),
        "odps.sql.type.system.odps2": "true",
        "odps.table.lifecycle": "optional",
    }
    return node(
        "Project",
        *nodes(
            Name=project.name,
            Type="managed",
            Comment=project.comment,
            Owner=project.owner,
            CreationTime=rfc822(project.created),
            LastModifiedTime=rfc822(project.modified),
            State="AVAILABLE",
            Region=REGION,
            TenantId=TENANT,
            DefaultQuotaNickname=DEFAULT_QUOTA,
        ),
        node("Properties", *(node("Property", *nodes(Name=name, Value=value)) for name, value in properties.items())),
        node("Clusters", node("Cluster", *nodes(Name="SandboxCluster", QuotaID="1"))),
    )


def _list(call: Call) -> Answer:
    prefix, owner = call.query.get("name", ""), call.query.get("owner")
    projects = [
        project
        for project in call.sandbox.warehouse.projects()
        if project.name.startswith(prefix) and owner in (None, project.owner)
    ]
    return page_answer(call, "Projects", projects, _element)


def _get(call: Call) -> Answer:
    project = call.project
    return document(
        _element(project),
        x_odps_owner=project.owner,
        x_odps_creation_time=rfc822(project.created),
        Last_Modified=rfc822(project.modified),
    )


def _extended(call: Call) -> Answer:
    size = sum(table.size for table in call.project.all_tables())
    values = {"usedQuotaLogicalSize": str(size), "usedQuotaPhysicalSize": str(size), "usedQuotaSize": str(size)}
    properties = [node("Property", *nodes(Name=name, Value=value)) for name, value in values.items()]
    return document(node("Project", *nodes(Name=call.project.name), node("ExtendedProperties", *properties)))


def _tenant(call: Call) -> Answer:
    """Whether names have three parts is told by parameter; it follows the first project."""
    first = call.sandbox.warehouse.project(call.sandbox.project_name)
    created = int(first.created.timestamp())
    body = {
        "Tenant": {
            "Name": TENANT,
            "OwnerId": first.owner,
            "TenantId": TENANT,
            "TenantState": "NORMAL",
            "CreateTime": created,
            "UpdateTime": created,
            "TenantMeta": {},
            "Parameters": {"odps.namespace.schema": str(not first.is_two_level).lower()},
        }
    }
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _logview(call: Call) -> Answer:
    return text(call.sandbox.tunnel_endpoint)


def _tunnel_service(call: Call) -> Answer:
    """Where the tunnels are: `host:port`, with the scheme of the endpoint."""
    call.sandbox.warehouse.project(call.values["project"])
    return text(call.sandbox.tunnel_endpoint.removeprefix("http://"))


def _survey(call: Call) -> Answer:
    """pyodps sends which of its functions were used."""
    call.body.discard()
    return Answer(200, {}, b"")


ROUTES = (
    Route("ListProjects", "GET", "/projects", _list),
    Route("GetProject", "GET", "/projects/{project}", _get),
    Route("GetProjectExtended", "GET", "/projects/{project}", _extended, ("extended",)),
    Route("GetTenant", "GET", "/tenants", _tenant),
    Route("GetLogviewHost", "GET", "/logview/host", _logview, is_open=True),
    Route("FindTunnel", "GET", "/projects/{project}/tunnel", _tunnel_service, ("service",)),
    Route("PutLogs", "PUT", "/projects/{project}/logs", _survey),
)
