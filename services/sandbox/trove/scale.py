"""Many instances at once, to see how long lists behave."""

from __future__ import annotations

from datetime import timedelta

from services.sandbox.trove import lifecycle, logs
from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.model import ACTIVE, NO_TASK, Instance
from services.sandbox.trove.samples import sample_id

_SPARE = 50


def load_rows(cloud: Cloud, project: str, rows: int) -> None:
    """Adds so many healthy instances of all active versions, and the quota for them."""
    if not rows:
        return
    limits = cloud.limits(project)
    cloud.quotas[project] = limits | {"instances": len(cloud.living(project)) + rows + _SPARE, "ram": -1, "volumes": -1}
    versions = [one for one in cloud.versions.values() if one.is_active]
    flavors = list(cloud.flavors)
    for number in range(rows):
        if sample_id("row", str(number)) in cloud.instances:
            continue
        version = versions[number % len(versions)]
        created = cloud.now() - timedelta(minutes=17 * (number + 1))
        name = f"{version.manager}-{number:05d}"
        instance = Instance(
            id=sample_id("row", str(number)),
            name=name,
            project_id=project,
            flavor_id=flavors[number % len(flavors)],
            volume_size=1 + number % 40,
            version_id=version.id,
            created=created,
            updated=created,
            service_updated=created,
            region=cloud.region,
            server_status=ACTIVE,
            task=NO_TASK,
            service="healthy",
            server_id=sample_id("row server", str(number)),
            volume_id=sample_id("row volume", str(number)),
            volume_used=0.5,
            logs=logs.new_logs(cloud.clock.seconds()),
        )
        instance.addresses = lifecycle.addresses(instance)
        cloud.instances[instance.id] = instance
