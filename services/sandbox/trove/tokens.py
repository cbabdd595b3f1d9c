"""Users, projects and the tokens that they sign in for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LIFETIME = timedelta(hours=1)
ADMIN_ROLE = "admin"


@dataclass(frozen=True)
class Domain:
    id: str
    name: str


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    domain: Domain


@dataclass
class User:
    """A user with its role in each project."""

    id: str
    name: str
    domain: Domain
    password: str
    api_key: str
    roles: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApplicationCredential:
    id: str
    name: str
    secret: str
    user: User
    project: Project


@dataclass
class Token:
    """What a sign-in gives; `project` is None when it asked for none."""

    id: str
    user: User
    project: Project | None
    methods: list[str]
    issued: datetime
    expires: datetime
    audit_id: str
    is_rax: bool = False
    application_credential: ApplicationCredential | None = None

    @property
    def role(self) -> str:
        return self.user.roles[self.project.id] if self.project is not None else ""

    @property
    def is_admin(self) -> bool:
        return self.role == ADMIN_ROLE


def stable_id(*words: str) -> str:
    """The same 32 hexadecimal digits for the same words in every start."""
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:32]


class Directory:
    """Who there is, and the tokens in force."""

    def __init__(self) -> None:
        self.domains = [Domain("default", "Default"), Domain(stable_id("domain", "partners"), "Partners")]
        default = self.domains[0]
        self.projects = [Project(stable_id("project", name), name, default) for name in ("demo", "service", "other")]
        demo, service, other = self.projects
        self.users = [
            self._user("admin", {demo: ADMIN_ROLE, service: ADMIN_ROLE}),
            self._user("demo", {demo: "member"}),
            self._user("auditor", {demo: "reader"}),
            self._user("other", {other: "member"}),
        ]
        self.credentials = [
            ApplicationCredential(
                stable_id("credential", "storedeck"), "storedeck", secrets.token_urlsafe(32), self.user("demo"), demo
            )
        ]
        self._tokens: dict[str, Token] = {}

    def _user(self, name: str, roles: dict[Project, str]) -> User:
        by_id = {project.id: role for project, role in roles.items()}
        words = secrets.token_urlsafe(12), secrets.token_hex(16)
        return User(stable_id("user", name), name, self.domains[0], *words, by_id)

    def user(self, name: str) -> User:
        return next(one for one in self.users if one.name == name)

    def project(self, name: str) -> Project:
        """By name or id; an unknown one is a KeyError."""
        for one in self.projects:
            if name in (one.name, one.id):
                return one
        raise KeyError(name)

    def issue(self, user: User, project: Project | None, methods: list[str], expires: datetime | None = None) -> Token:
        """A new token; a rescoped one ends when the first one does."""
        now = datetime.now(UTC)
        name = "gAAAAA" + secrets.token_urlsafe(96)
        ends = expires or now + LIFETIME
        token = Token(name, user, project, methods, now, ends, secrets.token_urlsafe(16))
        self._tokens[name] = token
        return token

    def token(self, name: str) -> Token | None:
        """The token in force by that name."""
        found = self._tokens.get(name)
        return found if found is not None and found.expires > datetime.now(UTC) else None

    def revoke(self, name: str) -> None:
        self._tokens.pop(name, None)

    def expire_all(self) -> None:
        """Ends every token now."""
        self._tokens.clear()


def is_same(given: object, wanted: str) -> bool:
    """Compares a secret in constant time."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())
