"""A profile in words, for the detail pane: what it leads to, where its secrets are, how the last check went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.errors import UsageError
from tui.ages import clock, duration
from tui.places import is_insecure
from tui.session_states import CheckReport, SessionState
from tui.widgets.lines import Line, Piece

if TYPE_CHECKING:
    from services.connections.profile import Profile
    from services.stores.kinds import StoreKind
    from services.stores.types import CheckStep

_MARKS = {"ok": ("●", "ok"), "failed": ("✗", "error"), "skipped": ("○", "dim")}


def profile_lines(profile: Profile, state: SessionState, check: CheckReport | None) -> list[Line]:
    """Everything the detail pane says."""
    lines = [*_facts(profile)]
    if state.problem:
        lines += [Line(), Line.of(Piece("✗ ", "error"), Piece(state.problem, "error"), indent=2)]
    if check is not None:
        lines += [Line(), *check_lines(check)]
    return lines


def _facts(profile: Profile) -> Iterator[Line]:
    try:
        kind = profile.store_kind
    except UsageError as error:
        yield Line.of(Piece(error.message, "error"))
        return
    yield Line.of(f"{kind.title} · {endpoint_words(profile.endpoint)}")
    yield from _missing_extra(kind)
    secrets = [f"{_in_a_sentence(kind.field(name).label)} {ref.words}" for name, ref in profile.secrets.items()]
    user = profile.fields.get("username")
    facts = ([f"user {user}"] if user else []) + secrets
    if facts:
        yield Line.of(Piece(" · ".join(facts), "dim"))
    notes = ["TLS on, host name checked"] if profile.fields.get("tls") == "true" else []
    notes += ["read-only"] if profile.is_read_only else []
    if notes:
        yield Line.of(Piece(" · ".join(notes), "dim"))
    if is_insecure(profile):
        yield Line.of(Piece("▲ INSECURE ", "warning"), Piece("what is sent can be read on the way", "dim"))
    known = ("username", "tls", "nodes", "endpoint", "auth_url")
    for field in kind.fields:
        value = profile.fields.get(field.name, "")
        if value and field.name not in known and value != field.default:
            yield Line.of(Piece(f"{field.label} ", "dim"), value, indent=2)


def _in_a_sentence(label: str) -> str:
    """A label with a small first letter, unless its first word is a name such as AccessKey."""
    return label[:1].lower() + label[1:] if label[1:].partition(" ")[0].islower() else label


def _missing_extra(kind: StoreKind) -> Iterator[Line]:
    if not kind.is_installed:
        yield Line.of(Piece("▲ its SDK is not installed. Run: ", "warning"), kind.install_command, indent=2)


def endpoint_words(endpoint: str) -> str:
    """The first address, and how many more there are."""
    first, _, rest = endpoint.partition(",")
    more = rest.count(",") + 1 if rest.strip() else 0
    return f"{first.strip()} and {more} more" if more else first.strip()


def check_lines(check: CheckReport) -> Iterator[Line]:
    """The steps of a check with their times."""
    mark = " ◐ running" if check.is_running else ""
    yield Line.of(f"Last check {clock(check.at)}", Piece(mark, "warning"))
    for step in check.steps:
        yield from _step_lines(step)
    if check.error:
        yield Line.of(Piece("✗ ", "error"), Piece(check.error, "error"), indent=2)
        if check.hint:
            yield Line.of(Piece(f"  {check.hint}", "dim"), indent=2)


def _step_lines(step: CheckStep) -> Iterator[Line]:
    mark, style = _MARKS[step.state.value]
    took = "" if step.state.value == "skipped" else duration(step.seconds)
    detail_style = "error" if step.state.value == "failed" else "dim"
    head = f"{step.name:<9}{took:>8}   "
    yield Line.of(Piece(f" {mark} ", style), head, Piece(step.detail, detail_style), indent=3 + len(head))
    if step.hint:
        yield Line.of(Piece("   "), Piece(step.hint, "dim"), indent=3)
