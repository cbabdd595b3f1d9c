"""`instances`: database servers under management, one command an action; the words and options of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.cli import instances_acting as acting
from services.cli import instances_reading as reading

if TYPE_CHECKING:
    from services.cli.parser import Commands, Parser


def add(commands: Commands) -> None:
    """Add the command and what stands below it."""
    command = commands.add("instances", "Manage database servers: list, create, resize, back up, delete and more.")
    command.add_argument("profile", metavar="PROFILE")
    below = commands.below(command)
    _add_reading(below)
    _add_creating(below)
    _add_life(below)
    _add_backups(below)
    _add_inside(commands, below)
    _add_logs(commands, below)
    _add_others(below)


def _add_reading(below: Commands) -> None:
    command = below.add("list", "All instances.", reading.list_instances)
    command.add_argument("--status", metavar="STATUS", action="append", default=[], help="only these; may come again")
    _instance(below.add("show", "Everything about one instance.", reading.show))
    command = _instance(below.add("wait", "Wait until an instance is in a state.", acting.wait))
    command.add_argument(
        "--for",
        dest="awaited",
        metavar="STATUS",
        default="ACTIVE",
        help="ACTIVE (and HEALTHY), gone, settled (nothing goes on), or any other status; ACTIVE unless said",
    )
    _timeout(command)
    command = below.add(
        "table", "A table of the service, or of an instance: flavors, datastores, quotas...", reading.table
    )
    command.add_argument("view", metavar="VIEW")
    command.add_argument(
        "instance", metavar="INSTANCE", nargs="?", default="", help="or what the table is of, such as mysql/8.0"
    )
    below.add("versions", "The versions of the service, asked without signing in where it can.", reading.versions)
    command = below.add("actions", "What can be done, and why not now.", reading.actions)
    command.add_argument("instance", metavar="INSTANCE", nargs="?", default="")


def _add_creating(below: Commands) -> None:
    command = below.add("create", "A new instance: empty, from a backup, or as a replica.", acting.create)
    command.add_argument("name", metavar="NAME")
    _new_instance(command)
    command.add_argument("--datastore", metavar="NAME")
    command.add_argument("--datastore-version", metavar="VERSION")
    command.add_argument("--replica-of", metavar="INSTANCE", help="which gives datastore and flavor")
    command.add_argument("--replica-count", metavar="N", help="so many replicas at once")
    command.add_argument("--locality", metavar="RULE", help="affinity or anti-affinity, of replicas")
    command.add_argument("--from-backup", metavar="BACKUP", help="the id of a backup that it starts with")
    _acting(command)
    command = below.add("restore", "A new instance that starts with a backup's data.", acting.restore)
    command.add_argument("backup", metavar="BACKUP", help="its id")
    command.add_argument("name", metavar="NAME", help="of the new instance")
    _new_instance(command)
    _acting(command)


def _new_instance(command: Parser) -> None:
    """What a created and a restored instance have in common."""
    command.add_argument("--flavor", metavar="FLAVOR", help="its name or id")
    command.add_argument("--size", metavar="GB", help="of the volume")
    command.add_argument("--volume-type", metavar="TYPE")
    command.add_argument("--network", metavar="ID")
    command.add_argument("--subnet", metavar="ID")
    command.add_argument("--ip-address", metavar="ADDRESS")
    command.add_argument("--database", metavar="NAME", nargs="+", action="extend", default=[], dest="databases")
    command.add_argument(
        "--user",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        dest="users",
        help="may use those databases; its password is made and printed once",
    )
    command.add_argument(
        "--ask-password", action="store_true", help="ask for the users' password in place of making it"
    )
    command.add_argument("--configuration", metavar="GROUP", help="the name or id of a configuration group")
    command.add_argument("--availability-zone", metavar="ZONE")
    command.add_argument("--module", metavar="ID", nargs="+", action="extend", default=[], dest="modules")
    command.add_argument("--public", action="store_const", const="true", dest="is_public", help="with a public address")
    command.add_argument("--allowed-cidr", metavar="NET", nargs="+", action="extend", default=[], dest="allowed_cidrs")


def _add_life(below: Commands) -> None:
    _acting(_instance(below.add("restart", "Restart the database.", acting.plain)))
    command = _instance(below.add("resize", "Another flavor, or a larger volume.", acting.resize))
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--flavor", metavar="FLAVOR", help="its name or id")
    what.add_argument("--size", metavar="GB", help="larger than it is")
    _acting(command)
    command = _instance(below.add("delete", "Delete an instance with its data.", acting.delete))
    command.add_argument("--yes", metavar="NAME", help="its name again, to make sure")
    command.add_argument(
        "--force", action="store_true", help="reset a state that it is stuck in first (administrators)"
    )
    _acting(command)


def _add_backups(below: Commands) -> None:
    command = _instance(below.add("backup", "Copy an instance's data to the object store.", acting.backup))
    command.add_argument("--name", metavar="NAME")
    command.add_argument("--description", metavar="TEXT")
    command.add_argument(
        "--incremental", action="store_const", const="true", help="only what changed since the newest backup"
    )
    command.add_argument("--parent", metavar="BACKUP", help="the id of the backup that it adds to")
    command.add_argument("--container", metavar="NAME", help="in the object store")
    _acting(command)


INSIDE: Final[tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]] = (
    ("databases", "Databases of an instance.", (("create", "create-database", ""), ("delete", "delete-database", ""))),
    (
        "users",
        "Users of an instance.",
        (
            ("create", "create-user", "The password is made and printed once, or asked with --ask-password."),
            ("delete", "delete-user", ""),
            ("password", "change-password", "It is made and printed once, or asked with --ask-password."),
            ("edit", "edit-user", "Another name or host."),
            ("grant", "grant", "Let a user use databases."),
            ("revoke", "revoke", "Take a database from a user."),
        ),
    ),
)
"""Command, help, and below it: word, name of the action, help."""


def _add_inside(commands: Commands, below: Commands) -> None:
    for view, text, actions in INSIDE:
        command = _instance(below.add(view, f"{text} They are listed where no action is named.", reading.listing))
        command.set_defaults(view=view)
        inner = commands.below(command, is_required=False)
        inner.add("list", f"The {view} that there are.", reading.listing).set_defaults(view=view)
        for word, deed, help_text in actions:
            command = inner.add(word, help_text or f"{word.capitalize()} one.", acting.inside)
            command.set_defaults(deed=deed)
            command.add_argument("name", metavar="NAME")
            _inside_options(command, deed)
            _acting(command)
    command = _instance(below.add("root", "The account of root: whether it was ever enabled.", reading.listing))
    command.set_defaults(view="root")
    inner = commands.below(command, is_required=False)
    inner.add("show", "Whether it was ever enabled.", reading.listing).set_defaults(view="root")
    for word, text in (("enable", "A new password for root, printed once."), ("disable", "Close the account.")):
        command = inner.add(word, text, acting.inside)
        command.set_defaults(deed=f"{word}-root")
        if word == "enable":
            _ask_password(command)
        _acting(command)


def _inside_options(command: Parser, deed: str) -> None:
    if deed in ("create-user", "delete-user", "change-password", "edit-user", "grant", "revoke"):
        command.add_argument("--host", metavar="HOST", help="from where the user comes")
    if deed in ("create-user", "change-password"):
        _ask_password(command)
    if deed in ("create-user", "grant"):
        command.add_argument("--database", metavar="NAME", nargs="+", action="extend", default=[], dest="databases")
    match deed:
        case "create-database":
            command.add_argument("--character-set", metavar="NAME")
            command.add_argument("--collate", metavar="NAME")
        case "edit-user":
            command.add_argument("--new-name", metavar="NAME")
            command.add_argument("--new-host", metavar="HOST")
        case "revoke":
            command.add_argument("--database", metavar="NAME", required=True, dest="database")


def _add_logs(commands: Commands, below: Commands) -> None:
    command = _instance(below.add("logs", "The logs of an instance's database.", reading.listing))
    command.set_defaults(view="logs")
    inner = commands.below(command, is_required=False)
    inner.add("list", "The logs that there are.", reading.listing).set_defaults(view="logs")
    command = inner.add("tail", "The newest lines that are published.", reading.tail)
    command.add_argument("name", metavar="LOG")
    command.add_argument("--lines", metavar="N", type=int, default=200, help="so many; 200 unless said")
    command.add_argument("--publish", action="store_true", help="publish what is new first")
    command.add_argument("--follow", action="store_true", help="publish and go on until interrupted")
    command = inner.add("save", "All published lines; name a file with -o.", reading.save)
    command.add_argument("name", metavar="LOG")
    command.add_argument("--publish", action="store_true", help="publish what is new first")
    for word in ("enable", "disable", "publish", "discard"):
        command = inner.add(word, f"{word.capitalize()} a log.", acting.inside)
        command.set_defaults(deed=f"{word}-log")
        command.add_argument("name", metavar="LOG")
        _acting(command)


def _add_others(below: Commands) -> None:
    command = below.add("act", "Any action that `actions` lists.", acting.any_action)
    command.add_argument("deed", metavar="ACTION")
    command.add_argument("instance", metavar="INSTANCE", nargs="?", default="")
    command.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], dest="given", help="an argument of the action"
    )
    command.add_argument("--yes", metavar="NAME", help="the name of what goes, where the action destroys something")
    _acting(command)
    command = below.add("fields", "The arguments of an action, with what can be chosen now.", reading.fields)
    command.add_argument("deed", metavar="ACTION")
    command.add_argument("instance", metavar="INSTANCE", nargs="?", default="")
    command.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], dest="given", help="chosen so far")


def _instance(command: Parser) -> Parser:
    command.add_argument("instance", metavar="INSTANCE", help="its id or name")
    return command


def _ask_password(command: Parser) -> None:
    command.add_argument("--ask-password", action="store_true", help="ask for it in place of making it")


def _acting(command: Parser) -> None:
    """What every action takes."""
    command.add_argument("--wait", action="store_true", help="until it has come about")
    _timeout(command)
    command.add_argument("--dry-run", action="store_true", help="print what would be sent, quotas and warnings")


def _timeout(command: Any) -> None:
    command.add_argument("--timeout", metavar="S", type=float, default=3600.0, help="seconds to wait; 3600 unless said")
