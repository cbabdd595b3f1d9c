"""Signing in: a keystoneauth session, the ways to get a token, and the service's address from the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from services.errors import ConnectFailed, ExtraMissing, SignInFailed
from services.stores.trove.options import TroveOptions

DATABASE: Final = "database"
RAX_DATABASE: Final = "rax:database"
OBJECT_STORE: Final = "object-store"
RAX_KEY: Final = "RAX-KSKEY:apiKeyCredentials"
USER_AGENT: Final = "storedeck"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who one is, once signed in.

    Attributes:
        roles: None where no token tells them.
        service_url: of Trove with the project in it.
        store_url: of the object store that keeps published logs, empty where the catalog has none.
    """

    user: str
    project: str
    project_id: str
    region: str
    roles: frozenset[str] | None
    service_url: str
    store_url: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether an administrator's actions are worth trying."""
        return self.roles is None or "admin" in self.roles


def new_session(options: TroveOptions, *, is_signed: bool = True) -> Any:
    """A session that checks certificates, repeats nothing and follows no redirection of its own.

    Args:
        is_signed: whether it can get tokens; without, it only asks what anybody may.
    Raises:
        ExtraMissing: the SDK cannot be imported.
        UsageError, SecretNeeded: the profile lacks something.
    """
    if is_signed:
        options.require_address()
    try:
        from keystoneauth1.session import Session
    except ImportError as error:
        hint = 'Run: uv tool install "storedeck[trove]"'
        raise ExtraMissing(f"Trove: its SDK cannot be loaded: {error}", hint=hint) from error
    return Session(
        session=_http_session(),
        auth=new_auth(options) if is_signed else None,
        verify=options.ca_file or True,
        timeout=options.timeout_seconds,
        user_agent=USER_AGENT,
        redirect=False,
    )


def _http_session() -> Any:
    """A session of requests that looks into the environment for proxies once for each server, not at every request."""
    from keystoneauth1.session import TCPKeepAliveAdapter
    from requests import Session

    class Steady(Session):
        """Keeps what the environment says of a server."""

        def __init__(self) -> None:
            super().__init__()
            self._settings: dict[Any, Any] = {}

        def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
            """The proxies and authorities for a request."""
            key = (*urlsplit(str(url))[:2], repr(proxies), stream, verify, cert)
            if key not in self._settings:
                self._settings[key] = super().merge_environment_settings(url, proxies, stream, verify, cert)
            return dict(self._settings[key])

    steady = Steady()
    for scheme in ("http://", "https://"):
        steady.mount(scheme, TCPKeepAliveAdapter())
    return steady


def new_auth(options: TroveOptions) -> Any:
    """The plugin that gets tokens the way the profile says.

    Raises:
        SecretNeeded: a secret is missing.
    """
    if options.is_without_keystone:
        from keystoneauth1.token_endpoint import Token

        return Token(options.service_url, options.secret("token", "no token given"))
    if options.strategy in ("rax", "rax2"):
        return _rax(options)
    if options.strategy == "keystone2":
        from keystoneauth1.identity.v2 import Password

        return Password(
            options.auth_url,
            username=options.username,
            password=options.secret("password", "no password given"),
            tenant_name=options.project_name or None,
            tenant_id=options.project_id or None,
        )
    return _keystone(options)


def _keystone(options: TroveOptions) -> Any:
    """Version 3: by application credential, by token, or by password."""
    from keystoneauth1.identity import v3

    url = options.auth_url if options.auth_url.endswith("/v3") else f"{options.auth_url}/v3"
    domain, name = options.user_domain
    user: dict[str, Any] = {"user_id": options.user_id} if options.user_id else {"username": options.username}
    if options.username and not options.user_id:
        user[f"user_domain_{domain}"] = name
    if options.has_application_credential:
        return v3.ApplicationCredential(
            url,
            options.secret("application_credential_secret", "no secret of the application credential given"),
            application_credential_id=options.application_credential_id or None,
            application_credential_name=options.application_credential_name or None,
            **({} if options.application_credential_id else user),
        )
    scope = _scope(options)
    if "token" in options.secrets and "password" not in options.secrets:
        return v3.Token(url, options.secret("token", "no token given"), **scope)
    return v3.Password(url, password=options.secret("password", "no password given"), **user, **scope)


def _scope(options: TroveOptions) -> dict[str, Any]:
    if options.project_id:
        return {"project_id": options.project_id}
    if not options.project_name:
        return {}
    domain, name = options.project_domain
    return {"project_name": options.project_name, f"project_domain_{domain}": name}


def _rax(options: TroveOptions) -> Any:
    """Rackspace's sign-in by an API key: a document of version 2, posted to just the address given."""
    from keystoneauth1 import access, exceptions
    from keystoneauth1.identity import v2

    key = options.secret("api_key" if "api_key" in options.secrets else "password", "no API key given")
    address = options.auth_url if options.strategy == "rax" else f"{options.auth_url}/tokens"

    class RaxKey(v2.Auth):
        """Gets a token for an API key."""

        def get_auth_data(self, headers: Any = None) -> dict[str, object]:
            """The document, without `auth` around it."""
            data = {"username": options.username, "apiKey": key}
            return {RAX_KEY: data | ({"tenantName": options.project_name} if options.project_name else {})}

        def get_auth_ref(self, session: Any) -> Any:
            """Post it, and once more where the answer names another address."""
            url = address
            for _ in range(2):
                answer = session.post(
                    url, json={"auth": self.get_auth_data()}, authenticated=False, log=False, redirect=False
                )
                if answer.status_code != 305 or not answer.headers.get("Location"):
                    break
                url = answer.headers["Location"]
            try:
                data = answer.json()
            except ValueError as error:
                raise exceptions.InvalidResponse(response=answer) from error
            if "access" not in data:
                raise exceptions.InvalidResponse(response=answer)
            return access.AccessInfoV2(data)

    return RaxKey(options.auth_url)


def identity_of(session: Any, options: TroveOptions) -> Identity:
    """Get a token, and read from it who one is and where the service is.

    Raises:
        SignInFailed: the token is for no project.
        ConnectFailed: the catalog has no address, or several.
        ClientException: of keystoneauth, for everything else.
    """
    if options.is_without_keystone:
        project = options.project_id or options.project_name
        url = _with_project(options.service_url, project)
        return Identity(options.username, project, project, options.region_name, None, url)
    access = session.auth.get_access(session)
    project_id = str(access.project_id or "")
    if not project_id:
        raise SignInFailed(
            f"{options.auth_url}: the token is for no project", hint="Set project_name, or project_id, in the profile."
        )
    catalog = _Catalog(access, options)
    region, url = catalog.database()
    return Identity(
        user=str(access.username or access.user_id or ""),
        project=str(access.project_name or project_id),
        project_id=project_id,
        region=region,
        roles=frozenset(access.role_names),
        service_url=_with_project(url, project_id),
        store_url=catalog.object_store(region),
    )


def _with_project(url: str, project_id: str) -> str:
    """The address with the project where its place is marked, or at its end where it ends with the version."""
    for mark in ("{project_id}", "$(project_id)s", "%(project_id)s", "$(tenant_id)s", "%(tenant_id)s"):
        url = url.replace(mark, project_id)
    url = url.rstrip("/")
    tail = url.rpartition("/")[2]
    if project_id and tail.startswith("v") and tail[1:].replace(".", "").isdigit():
        return f"{url}/{project_id}"
    return url


class _Catalog:
    """The addresses that a token names."""

    def __init__(self, access: Any, options: TroveOptions) -> None:
        self._catalog = access.service_catalog if access.has_service_catalog() else None
        self._options = options

    def database(self) -> tuple[str, str]:
        """Region and address of Trove.

        Raises:
            ConnectFailed: none or several fit.
        """
        options = self._options
        if options.service_url:
            return options.region_name, options.service_url
        known = (RAX_DATABASE, DATABASE) if options.strategy.startswith("rax") else (DATABASE,)
        everywhere = [one for kind in known for one in self._endpoints(kind)]
        found = [one for one in everywhere if options.region_name in ("", one.region)]
        if len(set(found)) == 1:
            return found[0].region, found[0].url
        regions = ", ".join(sorted({one.region for one in everywhere}))
        if found:
            told = f"{options.auth_url}: the catalog has Trove {len(found)} times"
            raise ConnectFailed(told, hint=f"Set region_name to one of {regions}, or set service_url.")
        if everywhere:
            told = f"{options.auth_url}: the catalog has no Trove in region {options.region_name}"
            raise ConnectFailed(told, hint=f"Set region_name to one of {regions}.")
        told = f"{options.auth_url}: the catalog has no service of type {known[0]} with a {options.interface} address"
        raise ConnectFailed(told, hint="Choose another interface, or set service_url to the address of Trove.")

    def object_store(self, region: str) -> str:
        """The object store's address, empty where there is none or no single one."""
        found = {one.url for one in self._endpoints(OBJECT_STORE) if region in ("", one.region)}
        return found.pop().rstrip("/") if len(found) == 1 else ""

    def _endpoints(self, kind: str) -> list[_Endpoint]:
        if self._catalog is None:
            return []
        found: Mapping[str, Any] = self._catalog.get_endpoints_data(interface=self._options.interface)
        return [
            _Endpoint(str(one.region_name or ""), str(one.url))
            for name, some in found.items()
            for one in some
            if name == kind and one.url
        ]


@dataclass(frozen=True, slots=True)
class _Endpoint:
    region: str
    url: str
