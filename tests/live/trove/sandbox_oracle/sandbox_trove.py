"""The sandbox in the shape in which the tests ask real servers."""

from dataclasses import dataclass

from trove_servers import TroveUser

from services.sandbox.trove.server import TroveSandbox


@dataclass(frozen=True)
class SandboxTrove:
    """What the tests of real servers ask of them."""

    sandbox: TroveSandbox
    users: dict[str, TroveUser]

    @property
    def auth_url(self) -> str:
        """Where to sign in by version 3."""
        return self.sandbox.auth_url

    @property
    def endpoint(self) -> str:
        """Where the versions of Trove are listed."""
        return self.sandbox.url

    @property
    def region(self) -> str:
        """The only region."""
        return self.sandbox.regions[0]

    @property
    def application_credential(self) -> tuple[str, str]:
        """Id and secret of the one there is."""
        credential = self.sandbox.directory.credentials[0]
        return credential.id, credential.secret


def served(sandbox: TroveSandbox) -> SandboxTrove:
    """A sandbox with its users, each in its first project."""
    users = {}
    for user in sandbox.directory.users:
        project_id, role = next(iter(user.roles.items()))
        project = sandbox.directory.project(project_id).name
        users[user.name] = TroveUser(user.name, user.password, project, project_id, role)
    return SandboxTrove(sandbox, users)
