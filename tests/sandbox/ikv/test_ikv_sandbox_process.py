"""The IKV sandbox in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from ikv_index_reading import documents
from ikvpy.schemas import services_pb2 as pb
from ikvpy.schemas import services_pb2_grpc

from services.sandbox.process import start


def config(fields: dict[str, object]) -> dict[str, str]:
    """The settings by the fields of a profile."""
    credentials = pb.AccountCredentials(
        accountId=fields["account_id"], accountPasskey=fields["secrets"]["account_passkey"]
    )
    context = pb.UserStoreContextInitializer(credentials=credentials, storeName=fields["store_name"])
    with grpc.insecure_channel(fields["endpoint"]) as channel:
        stub = services_pb2_grpc.InlineKVWriteServiceStub(channel)
        request = pb.GetUserStoreConfigRequest(userStoreContextInitializer=context)
        return dict(stub.getUserStoreConfig(request, timeout=10).globalConfig.stringConfigs)


def test_the_endpoints_open_a_store_with_rows(tmp_path: Path) -> None:
    """The fields are those of a profile; the mount directory is readable from outside and kept."""
    with start(("ikv",), rows=500, data=tmp_path) as sandbox:
        fields = sandbox.endpoints["ikv"]
        assert sorted(fields) == [
            "account_id", "endpoint", "mount_directory", "plaintext", "secrets", "store_name",
        ]  # fmt: skip
        assert config(fields)["primary_key_field_name"] == "firstname"
        mount = Path(fields["mount_directory"])
        assert len(documents(mount / "user_profiles" / "0")) == 513
    assert mount == tmp_path / "ikv"
    assert len(documents(mount / "user_profiles" / "0")) == 513


def test_faults_reach_the_gateway() -> None:
    """A fault given at the start is shown."""
    with start(("ikv",), fault="ikv:error=Not today,op=handshake") as sandbox:
        with pytest.raises(grpc.RpcError) as caught:
            config(sandbox.endpoints["ikv"])
        assert caught.value.details() == "Internal Error: java.lang.RuntimeException: Not today"


def test_the_sandbox_needs_nothing_of_the_vendor() -> None:
    """Neither the vendor's package nor Protocol Buffers is imported: the wire is read twice independently."""
    code = (
        "import sys; import services.sandbox.ikv.server; "
        "print(sorted(m for m in ('ikvpy', 'google.protobuf', 'boto3', 'services.stores') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
