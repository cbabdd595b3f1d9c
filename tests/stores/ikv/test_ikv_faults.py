"""What goes wrong between the store, the gateway and the index: one clear error each, with what to do."""

import socket
import time
from threading import Thread

import pytest
from ikv_sandbox import DAMAGES, copy_mount, profile_fields

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    SecretNeeded,
    SessionLost,
    SignInFailed,
    StoredeckError,
    TimedOut,
    TlsFailed,
    UnsupportedOperation,
    UsageError,
    ValueRefused,
)
from services.secrets import Secret
from services.stores.changes import Delete, Existence, Insert, Result
from services.stores.ikv.store import IkvStore
from services.stores.types import RowQuery, StepState
from services.values import ABSENT, Typed

PATH = ("user_profiles",)
ALICE = {"firstname": Typed("STRING", "Alice")}


def store_of(sandbox, **changed: str) -> IkvStore:
    """A store of a sandbox, some of its profile's fields changed."""
    fields, secrets = profile_fields(sandbox)
    secrets = {name: changed.pop(name, text) for name, text in secrets.items()}
    return IkvStore({**fields, **changed}, {name: Secret(text) for name, text in secrets.items()})


def failed(store: IkvStore, kind: type[StoredeckError]) -> StoredeckError:
    """The error of connecting, which is of just that kind and gives advice; the check's failed step tells the same."""
    with pytest.raises(StoredeckError) as caught:
        store.connect()
    store.close()
    assert type(caught.value) is kind
    assert caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    "changed", [{"account_passkey": "wrong"}, {"store_name": "no_such_store"}, {"account_id": "nobody"}]
)
def test_wrong_credentials_fail_at_sign_in(ikv_sandbox, changed):
    """The gateway does not say which is wrong, and the error says so; the passkey is not in it."""
    error = failed(store_of(ikv_sandbox, **changed), SignInFailed)
    assert "account_passkey" in error.hint
    assert ikv_sandbox.passkey not in error.message
    (step,) = [step for step in store_of(ikv_sandbox, **changed).check() if step.state is StepState.FAILED]
    assert step.name == "sign in"


def test_a_missing_passkey_is_asked_for(ikv_sandbox):
    """Nothing is sent without one."""
    assert isinstance(failed(store_of(ikv_sandbox, account_passkey=" "), SecretNeeded), SecretNeeded)


def test_a_gateway_that_is_down(ikv_sandbox):
    """No connection, told as such where the SDK would raise an AttributeError."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{unused.getsockname()[1]}"
        assert endpoint in failed(store_of(ikv_sandbox, endpoint=endpoint), ConnectFailed).message
        (step,) = [step for step in store_of(ikv_sandbox, endpoint=endpoint).check() if step.state is StepState.FAILED]
    assert step.name == "connect"


@pytest.mark.parametrize("method", ["handshake", "UpsertFieldValues"])
def test_a_gateway_that_never_answers(fresh_ikv, method):
    """Every call has a deadline: reading the settings and writing alike."""
    store = store_of(fresh_ikv(faults=f"ikv:stall,op={method}"), timeout_seconds="0.3")
    if method == "handshake":
        assert "did not answer in time" in failed(store, TimedOut).message
        return
    store.connect()
    outcome = store.put(PATH, ALICE)
    assert (outcome.result, type(outcome.error)) == (Result.REFUSED, TimedOut)
    assert "it may have been written" in outcome.message


def test_a_port_that_takes_connections_and_says_nothing(ikv_sandbox):
    """A server that is no gateway ends at the deadline, too."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        endpoint = f"127.0.0.1:{mute.getsockname()[1]}"
        failed(store_of(ikv_sandbox, endpoint=endpoint, timeout_seconds="0.3"), TimedOut)


def test_cancelling_ends_a_call(fresh_ikv):
    """Asked to stop, a write that hangs ends at once, long before its deadline."""
    sandbox = fresh_ikv(faults="ikv:stall,op=UpsertFieldValues")
    store = store_of(sandbox)
    store.connect()
    cancel = CancelToken()
    ended: list[BaseException] = []

    def write() -> None:
        try:
            list(store.apply([Insert(PATH, ALICE, {})], cancel))
        except BaseException as error:
            ended.append(error)

    before = store.requests
    thread = Thread(target=write)
    thread.start()
    deadline = time.monotonic() + 10
    while store.requests == before:
        assert time.monotonic() < deadline
    cancel.cancel()
    thread.join(10)
    assert [type(error) for error in ended] == [Cancelled]
    store.close()


def test_a_gateway_that_dies_between_calls(fresh_ikv):
    """The next write says that the connection failed."""
    sandbox = fresh_ikv()
    store = store_of(sandbox)
    store.connect()
    sandbox.kill()
    outcome = store.put(PATH, ALICE)
    assert (outcome.result, type(outcome.error)) in (
        (Result.REFUSED, ConnectFailed),
        (Result.REFUSED, SessionLost),
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("ikv:error=Internal Error: java.lang.RuntimeException: kafka is away,op=UpsertFieldValues", Refused),
        ("ikv:garbage,op=UpsertFieldValues", StoredeckError),
        ("ikv:reset,op=UpsertFieldValues", StoredeckError),
        ("ikv:error=too large,status=8,op=UpsertFieldValues", Refused),
    ],
)
def test_refused_writes_are_outcomes(fresh_ikv, fault, kind):
    """Whatever the gateway does to a write comes as an outcome with its words, and the next change is tried."""
    store = store_of(fresh_ikv(faults=fault))
    store.connect()
    outcomes = list(store.apply([Insert(PATH, ALICE, {}), Delete(PATH, ALICE, {})]))
    assert [outcome.result for outcome in outcomes] == [Result.REFUSED, Result.APPLIED]
    assert isinstance(outcomes[0].error, kind)
    assert "java.lang" not in outcomes[0].message
    store.close()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"city": Typed("STRING", "Rome")}, "primary key is missing"),
        ({"firstname": Typed("STRING", "")}, "empty values"),
        ({**ALICE, "city": Typed("STRING", "")}, "city: empty values"),
        ({**ALICE, "avatar": Typed("BYTES", b"")}, "avatar: empty values"),
        ({**ALICE, "city": Typed("STRING", None)}, "NULL"),
        ({"firstname": Typed("STRING", "k" * 65_536)}, "a key of 65,536 bytes"),
        ({**ALICE, "age": Typed("INT32", 2**31)}, "out of range"),
        ({**ALICE, "age": Typed("INT32", "1")}, "is no INT32"),
        ({**ALICE, "age": Typed("DATE", 1)}, "no IKV type"),
        ({**ALICE, "bio": Typed("STRING", "\ud800")}, "no Unicode"),
        ({**ALICE, "blob": Typed("BYTES", bytes(5 << 20))}, "does not fit into one message"),
    ],
)
def test_bad_values_are_refused_before_a_request(ikv_sandbox, row, words):
    """Each with its field's name, and nothing is sent."""
    store = store_of(ikv_sandbox)
    store.connect()
    before = store.requests
    outcome = store.put(PATH, row)
    assert (outcome.result, type(outcome.error), store.requests) == (Result.REFUSED, ValueRefused, before)
    assert words in outcome.message
    key = {name: value for name, value in row.items() if name == "firstname"}
    (call,) = store.plan([Insert(PATH, key, {name: value for name, value in row.items() if name not in key})])
    assert words in call.reason
    store.close()


def test_the_longest_key_is_written(fresh_ikv):
    """65,535 bytes are allowed, and are found again."""
    sandbox = fresh_ikv()
    store = store_of(sandbox)
    store.connect()
    key = {"firstname": Typed("STRING", "k" * 65_535)}
    assert store.put(PATH, {**key, "city": Typed("STRING", "Rome")}).result is Result.APPLIED
    sandbox.flush()
    assert store.read_keys(PATH, [key]) == [{**key, "city": Typed("STRING", "Rome")}]
    store.close()


@pytest.mark.parametrize("condition", [Existence.ABSENT, Existence.EXISTS, {"city": Typed("STRING", "Rome")}])
def test_conditions_are_refused(ikv_sandbox, condition):
    """IKV has none, and a write that pretended to one would lie."""
    store = store_of(ikv_sandbox)
    store.connect()
    for outcome in (store.put(PATH, ALICE, condition), store.remove(PATH, ALICE, condition)):
        assert isinstance(outcome.error, UnsupportedOperation)
    assert store.requests == 1
    store.close()


@pytest.mark.parametrize("name", [name for name in DAMAGES if name not in ("lose_metadata",)])
def test_each_damage_of_an_index_is_told(ikv_sandbox, tmp_path, name):
    """An error that names the file or, for a cut tail, a warning beside the rows that are whole."""
    mount = copy_mount(ikv_sandbox, tmp_path / "mount")
    lost = DAMAGES[name](mount, "user_profiles")
    store = store_of(ikv_sandbox, mount_directory=str(mount))
    store.connect()
    if name in ("cut_in_record", "cut_in_size"):
        read = [key for page in store.read_rows(PATH, RowQuery()) for key in page.batch.column("firstname").to_pylist()]
        assert lost.decode() not in read
        assert len(read) == 12
        assert "ends in the middle of a record" in store.notices[0]
        assert "ends in the middle of a record" in list(store.check())[-1].detail
    else:
        with pytest.raises(Refused) as caught:
            list(store.read_rows(PATH, RowQuery()))
        assert caught.value.hint
        groups = {group.title: dict(group.facts) for group in store.describe(PATH).groups}
        assert caught.value.message == groups["Mounted index"].get("cannot be read", caught.value.message)
    assert store.describe(PATH).columns[0].name == "firstname"
    store.close()


def test_lost_metadata_loses_nothing(ikv_sandbox, tmp_path):
    """Only the count of dead bytes needs it."""
    mount = copy_mount(ikv_sandbox, tmp_path / "mount")
    DAMAGES["lose_metadata"](mount, "user_profiles")
    store = store_of(ikv_sandbox, mount_directory=str(mount))
    store.connect()
    assert store.describe(PATH).count.rows == 13
    store.close()


def test_an_index_of_another_store_is_refused(ikv_sandbox, tmp_path):
    """It is told by its primary key, before any row is shown."""
    mount = copy_mount(ikv_sandbox, tmp_path / "mount")
    DAMAGES["foreign_index"](mount, "user_profiles")
    store = store_of(ikv_sandbox, mount_directory=str(mount))
    store.connect()
    for read in (lambda: list(store.read_rows(PATH, RowQuery())), lambda: store.read_keys(PATH, [ALICE])):
        with pytest.raises(Refused, match="an index of another store"):
            read()
    last = list(store_of(ikv_sandbox, mount_directory=str(mount)).check())[-1]
    assert (last.name, last.state, "an index of another store" in last.detail) == ("list", StepState.FAILED, True)
    store.close()


def test_without_a_mount_directory_only_writing_is_left(ikv_sandbox):
    """Features say so, and reading says what is missing."""
    store = store_of(ikv_sandbox, mount_directory="")
    store.connect()
    assert store.describe(PATH).columns[0].name == "firstname"
    assert [node.name for node in store.list_children(()).nodes] == ["user_profiles"]
    with pytest.raises(UnsupportedOperation, match="mounted index") as caught:
        store.read_rows(PATH, RowQuery())
    assert "mount_directory" in caught.value.hint
    store.close()


def test_without_a_gateway_only_reading_is_left(ikv_sandbox):
    """No account is needed; writing says what is missing; an index that is not there fails at connecting."""
    ikv_sandbox.flush()
    fields = {"store_name": "user_profiles", "endpoint": "none", "mount_directory": str(ikv_sandbox.mount_directory)}
    store = IkvStore(fields, {})
    store.connect()
    assert store.read_keys(PATH, [ALICE])[0]["firstname"] == ALICE["firstname"]
    assert isinstance(store.put(PATH, ALICE).error, UnsupportedOperation)
    assert {step.state for step in store.check()} == {StepState.SKIPPED, StepState.OK}
    failed(IkvStore({**fields, "mount_directory": "/nowhere/at/all"}, {}), ConnectFailed)


def test_tls_is_verified(fresh_ikv, authority, monkeypatch):
    """A certificate of a trusted authority passes; a strange one, another host's and no TLS at all fail."""
    pair = authority.server()
    tls = (pair.key.read_bytes(), pair.certificate.read_bytes())
    secured, plain = fresh_ikv(tls=tls), fresh_ikv()
    failed(store_of(secured, plaintext="false", timeout_seconds="5"), TlsFailed)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    store = store_of(secured, plaintext="false")
    assert [step.state for step in store.check()] == [StepState.OK] * 5
    store.connect()
    assert store.put(PATH, ALICE).result is Result.APPLIED
    store.close()
    (step,) = [step for step in store_of(plain, plaintext="false").check() if step.state is StepState.FAILED]
    assert step.name == "TLS"
    other = authority.server_of_another_host()
    wrong = fresh_ikv(tls=(other.key.read_bytes(), other.certificate.read_bytes()))
    (step,) = [step for step in store_of(wrong, plaintext="false").check() if step.state is StepState.FAILED]
    assert (step.name, "another host" in step.detail) == ("TLS", True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"plaintext": "true", "endpoint": "gateway.inlined.io:443"}, "only to this machine"),
        ({"endpoint": "host:port:x"}, "no host:port"),
        ({"endpoint": "host:99999"}, "no host:port"),
        ({"store_name": "../other"}, "no name of a store"),
        ({"store_name": ""}, "no name of a store"),
        ({"endpoint": "none", "mount_directory": ""}, "mount_directory"),
        ({"account_id": ""}, "account_id"),
        ({"console_log_level": "loud"}, "no level"),
        ({"timeout_seconds": "0"}, "no such number"),
        ({"plaintext": "maybe"}, "neither true nor false"),
    ],
)
def test_profiles_that_make_no_sense(fields, words):
    """The field is named before anything is opened."""
    with pytest.raises(UsageError, match=words):
        IkvStore({"account_id": "a", "store_name": "s", "endpoint": "127.0.0.1:1", **fields}, {})


def test_only_the_profiles_store_is_found(ikv_sandbox):
    """Another store, another view or another field is not there."""
    store = store_of(ikv_sandbox)
    store.connect()
    for path in (("other",), ("@index", "nothing"), ("user_profiles", "nothing")):
        with pytest.raises(NotFound):
            store.describe(path)
    with pytest.raises(UsageError):
        store.parse_address("user_profiles/")
    store.close()


def test_dropping_what_must_not_or_cannot_be_dropped(ikv_sandbox):
    """The primary key, which the service would ignore silently, an unknown field, an empty prefix: nothing is sent."""
    store = store_of(ikv_sandbox)
    store.connect()
    before = store.requests
    for address in ("user_profiles/firstname", "user_profiles/nothing", "user_profiles/first*", "user_profiles/*"):
        with pytest.raises(Refused) as caught:
            store.drop(store.parse_address(address))
        assert caught.value.hint
    assert store.requests == before
    store.close()


def test_an_absent_field_alone_is_no_upsert(fresh_ikv):
    """Setting a field to absent deletes it, and only that is sent."""
    sandbox = fresh_ikv()
    store = store_of(sandbox)
    store.connect()
    before = store.requests
    assert store.put(PATH, {**ALICE, "city": ABSENT}).result is Result.APPLIED
    sandbox.flush()
    assert store.requests == before + 1
    assert "city" not in store.read_keys(PATH, [ALICE])[0]
    store.close()


def test_unreadable_schema_is_one_error(ikv_sandbox, tmp_path):
    """Half a schema is read again a few times and then told."""
    mount = copy_mount(ikv_sandbox, tmp_path / "mount")
    DAMAGES["spoil_schema"](mount, "user_profiles")
    store = store_of(ikv_sandbox, mount_directory=str(mount), endpoint="none")
    with pytest.raises(ConnectFailed, match="schema: cannot be read"):
        store.connect()
    with pytest.raises(ProtocolError):
        list(store.read_rows(PATH, RowQuery()))
