"""What a configuration group does to the instances it is attached to."""

from __future__ import annotations

from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.errors import bad_request
from services.sandbox.trove.lifecycle import require_assignable
from services.sandbox.trove.model import NO_TASK, Configuration, Instance
from services.sandbox.trove.templates import template


def needs_restart(cloud: Cloud, group: Configuration) -> bool:
    """Whether a value of it only takes effect when the database starts."""
    by_name = {one.name: one for one in cloud.versions[group.version_id].parameters}
    return any(by_name[name].is_restart_required for name in group.values if name in by_name)


def attach(cloud: Cloud, instance: Instance, group: Configuration) -> None:
    """Attaches a group to an instance that has none.

    Raises:
        Refusal: it has one, is busy, or the group is another datastore version's.
    """
    if instance.configuration_id is not None:
        held = instance.configuration_id
        raise bad_request(f"Instance {instance.id} already has a Configuration Group attached: {held}.")
    require_assignable(instance)
    if group.version_id != instance.version_id:
        raise bad_request(
            f"Datastore Version on Configuration {group.version_id} does not match the one on the instance "
            f"{instance.version_id}."
        )
    instance.configuration_id = group.id
    refresh(cloud, instance, group)


def refresh(cloud: Cloud, instance: Instance, group: Configuration) -> None:
    """Puts the group's values in force, or has them wait for a restart."""
    instance.task = "RESTART_REQUIRED" if needs_restart(cloud, group) else NO_TASK
    instance.updated = cloud.now()


def detach(cloud: Cloud, instance: Instance) -> None:
    """Takes the group away; without one nothing happens."""
    if instance.configuration_id is None:
        return
    require_assignable(instance)
    group = cloud.configurations[instance.configuration_id]
    defaults = template(instance, cloud.version_of(instance), cloud.flavors[instance.flavor_id])
    instance.configuration_id = None
    is_dynamic = not needs_restart(cloud, group) and group.values.keys() <= defaults.keys()
    instance.task = NO_TASK if is_dynamic else "RESTART_REQUIRED"
    instance.updated = cloud.now()
