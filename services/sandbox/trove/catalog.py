"""The services that a token leads to, in the forms of both versions of keystone."""

from __future__ import annotations

from services.sandbox.trove.tokens import Project, stable_id

INTERFACES = ("public", "internal", "admin")
DATABASE, RAX_DATABASE = "database", "rax:database"
Service = tuple[str, str, str]


def services(base: str, project: Project, *, is_rax: bool) -> list[Service]:
    """Type, name and URL of each service, as a project sees them."""
    return [
        (RAX_DATABASE if is_rax else DATABASE, "trove", f"{base}/v1.0/{project.id}"),
        ("identity", "keystone", f"{base}/identity"),
        ("object-store", "swift", f"{base}/object-store/v1/AUTH_{project.id}"),
    ]


def catalog_v3(found: list[Service], regions: tuple[str, ...]) -> list[dict[str, object]]:
    """One entry a service, one endpoint a region and interface."""
    return [
        {
            "type": kind,
            "name": name,
            "id": stable_id("service", kind),
            "endpoints": [
                {
                    "id": stable_id("endpoint", kind, region, interface),
                    "interface": interface,
                    "region": region,
                    "region_id": region,
                    "url": url,
                }
                for region in regions
                for interface in INTERFACES
            ],
        }
        for kind, name, url in found
    ]


def catalog_v2(found: list[Service], regions: tuple[str, ...]) -> list[dict[str, object]]:
    """One entry a service, one endpoint a region with all its URLs."""
    return [
        {
            "type": kind,
            "name": name,
            "endpoints_links": [],
            "endpoints": [
                {
                    "id": stable_id("endpoint", kind, region),
                    "region": region,
                    **{f"{interface}URL": url for interface in INTERFACES},
                }
                for region in regions
            ],
        }
        for kind, name, url in found
    ]
