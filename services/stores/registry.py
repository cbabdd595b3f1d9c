"""The kinds of store that there are."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

from services.errors import UsageError
from services.stores.kinds import ProfileField, StoreKind

_TIMEOUT: Final = ProfileField(
    "timeout_seconds", "Timeout", "Seconds to wait for one answer before giving up.", default="30"
)

KINDS: Final[tuple[StoreKind, ...]] = (
    StoreKind(
        kind="ignite",
        tag="IG",
        title="Apache Ignite",
        target="services.stores.ignite.store:IgniteStore",
        extra="ignite",
        sdk="pyignite",
        fields=(
            ProfileField(
                "nodes",
                "Nodes",
                "host:port of one or more server nodes, with commas; the thin client port is usually 10800.",
                default="127.0.0.1:10800",
                is_required=True,
            ),
            ProfileField("username", "User", "Leave empty when the cluster has authentication off."),
            ProfileField("password", "Password", "Kept in the keyring of your system.", is_secret=True),
            ProfileField(
                "tls",
                "TLS",
                "true when the nodes ask for TLS; the host name is checked.",
                "false",
                choices=("true", "false"),
            ),
            ProfileField("tls_ca", "CA file", "PEM file of the authority that signed the nodes' certificates."),
            ProfileField("tls_cert", "Client certificate", "PEM file, when the nodes ask for one."),
            ProfileField("tls_key", "Client key", "PEM file of the client certificate's key."),
            ProfileField("schema", "Schema", "SQL schema that statements use.", default="PUBLIC"),
            ProfileField(
                "partition_aware",
                "Partition aware",
                "true sends a keyed call straight to the node that holds it.",
                "false",
                choices=("true", "false"),
            ),
            _TIMEOUT,
        ),
    ),
    StoreKind(
        kind="tablestore",
        tag="TS",
        title="Alibaba Tablestore",
        target="services.stores.tablestore.store:TablestoreStore",
        extra="tablestore",
        sdk="tablestore",
        fields=(
            ProfileField(
                "endpoint",
                "Endpoint",
                "https://INSTANCE.REGION.ots.aliyuncs.com, or another address that speaks for the service.",
                is_required=True,
            ),
            ProfileField("instance", "Instance", "The name of the instance.", is_required=True),
            ProfileField("access_key_id", "AccessKey ID", "Empty takes it from OTS_AK_ENV."),
            ProfileField(
                "access_key_secret",
                "AccessKey secret",
                "Kept in the keyring of your system; empty takes it from OTS_SK_ENV.",
                is_secret=True,
            ),
            ProfileField("sts_token", "STS token", "For temporary access keys; they expire.", is_secret=True),
            ProfileField("region", "Region", "Such as cn-hangzhou: signs requests by version 4; empty by version 2."),
            ProfileField("encoding", "Encoding", "Of names in requests.", default="utf8"),
            ProfileField("max_connection", "Connections", "At most so many at once.", default="8"),
            ProfileField(
                "ssl_version",
                "TLS version",
                "The oldest allowed; empty for the default.",
                choices=("", "TLSv1.2", "TLSv1.3"),
            ),
            ProfileField(
                "retry_seconds", "Retry time", "Seconds to go on trying while the service is busy.", default="5"
            ),
            _TIMEOUT,
        ),
    ),
    StoreKind(
        kind="maxcompute",
        tag="MC",
        title="Alibaba MaxCompute",
        target="services.stores.maxcompute.store:MaxComputeStore",
        extra="maxcompute",
        sdk="odps",
        fields=(
            ProfileField(
                "endpoint",
                "Endpoint",
                "https://service.REGION.maxcompute.aliyun.com/api, or another address that speaks for the service.",
                is_required=True,
            ),
            ProfileField("tunnel_endpoint", "Tunnel", "Where rows go by; empty lets the service name it."),
            ProfileField("project", "Project", "The name of the project.", is_required=True),
            ProfileField("schema", "Schema", "Of names without one, in projects that have schemas."),
            ProfileField("access_key_id", "AccessKey ID", "Empty takes it from ALIBABA_CLOUD_ACCESS_KEY_ID."),
            ProfileField(
                "access_key_secret",
                "AccessKey secret",
                "Kept in the keyring of your system; empty takes it from ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
                is_secret=True,
            ),
            ProfileField("sts_token", "STS token", "For temporary access keys; they expire.", is_secret=True),
            ProfileField("bearer_token", "Bearer token", "Signs in without an access key.", is_secret=True),
            ProfileField("quota", "Quota", "That jobs run in; empty for the project's own."),
            ProfileField("region", "Region", "Such as cn-hangzhou, for signatures v4; empty lets the endpoint tell."),
            _TIMEOUT,
        ),
    ),
    StoreKind(
        kind="ikv",
        tag="IK",
        title="IKV (inlined.io)",
        target="services.stores.ikv.store:IkvStore",
        extra="ikv",
        sdk="ikvpy",
        fields=(
            ProfileField("account_id", "Account", "From the vendor, who has been silent since May 2024."),
            ProfileField(
                "account_passkey",
                "Passkey",
                "Goes with every request; kept in the keyring of your system.",
                is_secret=True,
            ),
            ProfileField("store_name", "Store", "The name that the vendor gave the document store.", is_required=True),
            ProfileField(
                "endpoint",
                "Gateway",
                "host:port for writing. The vendor has been silent since May 2024, its own gateway is not verified;"
                " none reads a mounted index alone.",
                default="gateway.inlined.io:443",
            ),
            ProfileField(
                "plaintext",
                "Plaintext",
                "true without TLS, to a gateway on this machine only.",
                "false",
                choices=("true", "false"),
            ),
            ProfileField(
                "mount_directory",
                "Mount directory",
                "Documents are read from the index that a reader of the store keeps there, or from a copy of it.",
            ),
            ProfileField(
                "console_log_level",
                "Log level",
                "Of the vendor's own reader on the console; this program does not start it.",
                choices=("", "error", "warn", "info", "debug", "trace"),
            ),
            ProfileField(
                "file_log_level",
                "File log level",
                "Of the vendor's own reader in a file; this program does not start it.",
                choices=("", "error", "warn", "info", "debug", "trace"),
            ),
            _TIMEOUT,
        ),
    ),
    StoreKind(
        kind="trove",
        tag="TR",
        title="OpenStack Trove",
        target="services.stores.trove.store:TroveStore",
        extra="trove",
        sdk="keystoneauth1",
        fields=(
            ProfileField(
                "auth_url",
                "Keystone",
                "Such as https://cloud.example.org:5000/v3. Empty where a cloud is named, or a token with the service's"
                " own address.",
            ),
            ProfileField("username", "User", "Or the fields of an application credential, or a token."),
            ProfileField("password", "Password", "Kept in the keyring of your system.", is_secret=True),
            ProfileField("project_name", "Project", "Whose instances are managed; older clouds call it tenant."),
            ProfileField("user_domain_name", "User's domain", "Empty for Default."),
            ProfileField("project_domain_name", "Project's domain", "Empty for Default."),
            ProfileField("region_name", "Region", "Needed where the catalog has several."),
            ProfileField(
                "interface",
                "Interface",
                "Which of the service's addresses is taken.",
                default="public",
                choices=("public", "internal", "admin"),
            ),
            ProfileField(
                "auth_strategy",
                "Sign-in",
                "keystone is version 3, keystone2 version 2; rax and rax2 take an API key at Rackspace.",
                default="keystone",
                choices=("keystone", "keystone2", "rax", "rax2"),
            ),
            ProfileField("ca_file", "CA file", "PEM file of the authority that signed the cloud's certificates."),
            ProfileField("cloud", "Cloud", "A name of your clouds.yaml, which gives what is left empty here."),
            ProfileField("service_url", "Service", "The address of Trove, where the catalog's is not to be used."),
            ProfileField("user_id", "User's id", "In place of name and domain."),
            ProfileField("project_id", "Project's id", "In place of name and domain."),
            ProfileField("user_domain_id", "Id of the user's domain", "In place of its name."),
            ProfileField("project_domain_id", "Id of the project's domain", "In place of its name."),
            ProfileField(
                "application_credential_id", "Application credential", "Its id, in place of user and password."
            ),
            ProfileField("application_credential_name", "Its name", "In place of its id, together with the user."),
            ProfileField(
                "application_credential_secret",
                "Its secret",
                "Kept in the keyring of your system.",
                is_secret=True,
            ),
            ProfileField("token", "Token", "In place of a password; it expires.", is_secret=True),
            ProfileField("api_key", "API key", "Of rax, where it is not kept as the password.", is_secret=True),
            _TIMEOUT,
        ),
    ),
)


EXTRA_KINDS: Final = "STOREDECK_EXTRA_KINDS"
"""Environment variable: kinds that no form offers, as `module:NAME` with commas (tests have one in memory)."""


def _extra_kinds() -> tuple[StoreKind, ...]:
    targets = filter(None, os.environ.get(EXTRA_KINDS, "").split(","))
    return tuple(getattr(import_module(module), name) for module, _, name in (text.partition(":") for text in targets))


def store_kind(kind: str) -> StoreKind:
    """The kind of that name.

    Raises:
        UsageError: there is none.
    """
    for candidate in (*KINDS, *_extra_kinds()):
        if candidate.kind == kind:
            return candidate
    names = ", ".join(candidate.kind for candidate in KINDS)
    raise UsageError(f"{kind}: no kind of store", hint=f"The kinds are {names}.")
