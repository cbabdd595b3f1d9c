"""What lives inside of an instance's database: databases, users, their grants, and root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from services.errors import ValueRefused
from services.logs import remember_secret
from services.secrets import Secret
from services.stores.instances import ActionField, ActionResult, Choice
from services.stores.trove.actions.deed import INSTANCE, Deed, Sending, Work
from services.stores.trove.actions.passwords import masked, new_password
from services.stores.trove.actions.states import needs_database
from services.stores.trove.rest import Answer, Request, path_of

DATABASES: Final = "databases"
USERS: Final = "users"

_NAME = ActionField("name", "Name", is_required=True)
_HOST = ActionField("host", "Host", "From where the user may come; % is everywhere.")
_PASSWORD = ActionField("password", "Password", "Empty makes one, which is shown once.", kind="secret")
_USER = (ActionField("name", "User", is_required=True), _HOST)


def split_user(text: str, host: str = "") -> dict[str, str]:
    """Name and host of `NAME` or `NAME@HOST`, or of a name whose host is given beside it."""
    name, at, behind = text.rpartition("@")
    if host or not at or not name or not behind:
        return {"name": text, **({"host": host} if host else {})}
    return {"name": name, "host": behind}


def _user(work: Work) -> dict[str, Any]:
    return split_user(work.text("name"), work.text("host"))


def _subject(work: Work) -> str:
    """A user as listings tell it apart; from anywhere is not said."""
    user = _user(work)
    host = user.get("host", "%")
    return str(user["name"]) if host == "%" else f"{user['name']}@{host}"


def user_segment(work: Work) -> str:
    """A user's part of a path: the service unquotes it twice, and takes what follows a plain dot for a format."""
    return quote(quote(_subject(work), safe="").replace(".", "%2e"), safe="")


def database_segment(name: str, action: str) -> str:
    """A database's part of a path.

    Raises:
        ValueRefused: the service would cut the name at a dot and take another database of that shorter name.
    """
    if "." in name:
        hint = "The service cuts names at dots in addresses; use SQL for it."
        raise ValueRefused(f"{action}: {name}: a database with a dot cannot be named to the service", hint=hint)
    return name


def secret_request(method: str, path: str, body: Any) -> Request:
    """A request whose passwords are hidden where it is shown."""
    return Request(method, path, body, masked(body))


def _below(work: Work, *segments: str) -> str:
    return path_of("instances", work.instance.id, *segments)


def _user_path(work: Work, *segments: str) -> str:
    return f"{_below(work, USERS)}/{user_segment(work)}{path_of(*segments) if segments else ''}"


def _database_fields(work: Work) -> Sequence[ActionField]:
    return (
        _NAME,
        ActionField("character_set", "Character set", "Empty for the database's own, usually utf8."),
        ActionField("collate", "Collation", "Empty for the character set's own."),
    )


def _create_database(work: Work) -> Sending:
    one = {name: work.text(name) for name in ("name", "character_set", "collate") if work.text(name)}
    notes = ("with a dot in its name it can be deleted by SQL alone",) if "." in one["name"] else ()
    return Sending(Request("POST", _below(work, DATABASES), {DATABASES: [one]}), subject=one["name"], notes=notes)


def _delete_database(work: Work) -> Sending:
    name = database_segment(work.text("name"), "delete-database")
    return Sending(
        Request("DELETE", _below(work, DATABASES, name)), subject=name, notes=("all tables in it go with it",)
    )


def _databases_of(work: Work) -> tuple[Choice, ...]:
    found = work.service.rest.every(_below(work, DATABASES), DATABASES, f"databases of {work.instance.name}")
    return tuple(Choice(str(one.get("name", ""))) for one in found)


def _user_fields(work: Work) -> Sequence[ActionField]:
    granted = ActionField("databases", "Databases", "That the user may use, with commas.", kind="list")
    return (_NAME, _HOST, _PASSWORD, granted)


def _create_user(work: Work) -> Sending:
    password: Secret = work.arguments.get("password") or new_password()
    user = _user(work) | {"password": password.reveal()}
    if work.arguments.get("databases"):
        user["databases"] = [{"name": name} for name in work.arguments["databases"]]
    told = () if work.arguments.get("password") else ((f"password of {_subject(work)}", password),)
    request = secret_request("POST", _below(work, USERS), {USERS: [user]})
    return Sending(request, told, subject=_subject(work))


def _same_user(work: Work) -> Sequence[ActionField]:
    return _USER


def _delete_user(work: Work) -> Sending:
    return Sending(Request("DELETE", _user_path(work)), subject=_subject(work))


def _password_fields(work: Work) -> Sequence[ActionField]:
    return (*_USER, _PASSWORD)


def _change_password(work: Work) -> Sending:
    password: Secret = work.arguments.get("password") or new_password()
    user = _user(work) | {"password": password.reveal()}
    told = () if work.arguments.get("password") else ((f"password of {_subject(work)}", password),)
    return Sending(secret_request("PUT", _below(work, USERS), {USERS: [user]}), told, subject=_subject(work))


def _edit_fields(work: Work) -> Sequence[ActionField]:
    return (
        *_USER,
        ActionField("new_name", "New name", "Empty keeps it."),
        ActionField("new_host", "New host", "Empty keeps it."),
    )


def _edit_user(work: Work) -> Sending:
    user = {key: work.text(f"new_{key}") for key in ("name", "host") if work.text(f"new_{key}")}
    if not user:
        raise ValueRefused("edit-user: nothing to change", hint="Give a new name or a new host.")
    return Sending(Request("PUT", _user_path(work), {"user": user}), subject=_subject(work))


def _grant_fields(work: Work) -> Sequence[ActionField]:
    return (*_USER, ActionField("databases", "Databases", "With commas.", kind="list", is_required=True))


def _grant(work: Work) -> Sending:
    body = {DATABASES: [{"name": name} for name in work.arguments["databases"]]}
    return Sending(Request("PUT", _user_path(work, DATABASES), body), subject=_subject(work))


def _revoke_fields(work: Work) -> Sequence[ActionField]:
    return (*_USER, ActionField("database", "Database", kind="choice", is_required=True, choices=_databases_of(work)))


def _revoke(work: Work) -> Sending:
    name = database_segment(work.text("database"), "revoke")
    return Sending(Request("DELETE", _user_path(work, DATABASES, name)), subject=_subject(work))


def _root_fields(work: Work) -> Sequence[ActionField]:
    return (
        ActionField("password", "Password", "Empty lets the service make one, which is shown once.", kind="secret"),
    )


def _enable_root(work: Work) -> Sending:
    password: Secret | None = work.arguments.get("password")
    # An empty body is answered by an internal error: there must be an object.
    body = {"password": password.reveal()} if password else {}
    request = secret_request("POST", _below(work, "root"), body)
    return Sending(request, notes=("the service remembers for good that root was enabled",), subject="root")


def _root_result(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    user = (answer.data or {}).get("user") or {}
    name, password = str(user.get("name", "root")), str(user.get("password") or "")
    told = ((f"password of {name}", remember_secret(Secret(password))),) if password else ()
    return ActionResult("", work.instance.id, name, answer.request_id, secrets=told)


def _disable_root(work: Work) -> Sending:
    return Sending(Request("DELETE", _below(work, "root")), subject="root")


DEEDS: Final = (
    Deed(
        "create-database",
        "Create database",
        INSTANCE,
        _create_database,
        "A new, empty database.",
        _database_fields,
        needs_database,
        "database exists",
    ),
    Deed(
        "delete-database",
        "Delete database",
        DATABASES,
        _delete_database,
        "Delete a database with all that is in it.",
        lambda work: (_NAME,),
        needs_database,
        "database gone",
        asks_name=True,
    ),
    Deed(
        "create-user",
        "Create user",
        INSTANCE,
        _create_user,
        "A new user; its password is shown once.",
        _user_fields,
        needs_database,
        "user exists",
    ),
    Deed("delete-user", "Delete user", USERS, _delete_user, "", _same_user, needs_database, "user gone", True),
    Deed(
        "change-password",
        "Change password",
        USERS,
        _change_password,
        "A new password, shown once where it is made here.",
        _password_fields,
        needs_database,
    ),
    Deed("edit-user", "Edit user", USERS, _edit_user, "Another name or host.", _edit_fields, needs_database),
    Deed("grant", "Grant", USERS, _grant, "Let a user use databases.", _grant_fields, needs_database),
    Deed("revoke", "Revoke", USERS, _revoke, "Take a database from a user.", _revoke_fields, needs_database),
    Deed(
        "enable-root",
        "Enable root",
        INSTANCE,
        _enable_root,
        "A new password for root, shown once.",
        _root_fields,
        needs_database,
        result=_root_result,
    ),
    Deed("disable-root", "Disable root", INSTANCE, _disable_root, "Close root's account.", reason=needs_database),
)
