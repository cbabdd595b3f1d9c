"""Quotas: the computing resources that jobs are put on."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer
from services.sandbox.maxcompute.errors import no_such
from services.sandbox.maxcompute.metadata.projects import DEFAULT_QUOTA, REGION, TENANT
from services.sandbox.maxcompute.routes import Call, Route

_CREATED_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Quota:
    """A quota; `cpu` in hundredths of a core, `memory` in MB."""

    id: int
    nickname: str
    cpu: int
    memory: int
    kind: str = "FUXI_OFFLINE"
    parent: str = ""


QUOTAS = (
    Quota(1, DEFAULT_QUOTA, 5000, 204_800),
    Quota(2, "batch_quota", 3000, 122_880, parent=DEFAULT_QUOTA),
    Quota(3, "interactive_quota", 2000, 81_920, "FUXI_VW", DEFAULT_QUOTA),
)
NAMES = tuple(quota.nickname for quota in QUOTAS)


def _element(call: Call, quota: Quota) -> ET.Element:
    running = call.sandbox.jobs.running(quota.nickname)
    return node(
        "Quota",
        *nodes(
            Cluster="SandboxCluster",
            Name=f"sandbox_{quota.nickname}",
            Nickname=quota.nickname,
            ParentNickname=quota.parent,
            ID=quota.id,
            IsEnabled=True,
            ResourceSystemType=quota.kind,
            CreateTimeMs=_CREATED_MS,
            LastModifiedTimeMs=_CREATED_MS,
            CPU=quota.cpu,
            MinCPU=quota.cpu // 2,
            ElasticCPUMax=0,
            ElasticCPUMin=0,
            AdhocCPU=0,
            CPUUsage=f"{min(running * 0.25, 1.0):.2f}",
            Memory=quota.memory,
            MinMemory=quota.memory // 2,
            ElasticMemoryMax=0,
            ElasticMemoryMin=0,
            AdhocMemory=0,
            MemoryUsage=f"{min(running * 0.2, 1.0):.2f}",
            GPU=0,
            MinGPU=0,
            ElasticGPUMax=0,
            ElasticGPUMin=0,
            Strategy="NoPreempt",
            SchedulerType="Fair",
            IsParGroup=not quota.parent,
            TenantId=TENANT,
            Status="ON",
            Region=REGION,
            BillingPolicy='{"billingMethod": "payasyougo"}',
        ),
    )


def _list(call: Call) -> Answer:
    return page_answer(call, "Quotas", QUOTAS, lambda quota: _element(call, quota))


def _get(call: Call) -> Answer:
    for quota in QUOTAS:
        if quota.nickname == call.values["quota"]:
            return document(_element(call, quota))
    raise no_such("Quota", call.values["quota"])


ROUTES = (
    Route("ListQuotas", "GET", "/quotas", _list),
    Route("GetQuota", "GET", "/quotas/{quota}", _get),
)
