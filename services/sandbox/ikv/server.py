"""The IKV sandbox as a server: a gRPC gateway on loopback, and the mounted index of a reader behind it."""

from __future__ import annotations

import secrets
import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]

from services.sandbox.closing import ClosedAtEnd
from services.sandbox.faults import Fault, FaultPlan, parse_faults
from services.sandbox.ikv import messages, samples
from services.sandbox.ikv.calls import METHODS
from services.sandbox.ikv.errors import INTERNAL, Refused
from services.sandbox.ikv.events import Event as StoreEvent
from services.sandbox.ikv.faulty import Faults
from services.sandbox.ikv.protobuf import Malformed
from services.sandbox.ikv.store import Store

HOST = "127.0.0.1"
ACCOUNT = "sandbox"
THREADS = 32
FLUSH_SECONDS = 0.05
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class IkvSandbox(ClosedAtEnd):
    """An IKV gateway on loopback, with the stores `user_profiles` and `odd_values`, in threads of this process.

    Args:
        account_id: the account that owns the stores.
        passkey: the account's passkey; one is made up without it.
        faults: a specification (see `services.sandbox.faults` and `faulty`) or faults; `plan` takes more later.
        rows: documents added to `user_profiles`; 0 is none.
        samples_wanted: whether the stores hold the sample documents.
        directory: the mount directory, kept from an orderly end to the next start; without it nothing is kept.
        tls: private key and certificate chain in PEM; None is plaintext.
        flush_seconds: when a write is visible on disk at the latest; None: only after each hundredth event, as with the
            vendor's reader.
    """

    def __init__(
        self,
        account_id: str = ACCOUNT,
        passkey: str = "",
        faults: str | Iterable[Fault] = (),
        rows: int = 0,
        *,
        samples_wanted: bool = True,
        directory: Path | None = None,
        tls: tuple[bytes, bytes] | None = None,
        flush_seconds: float | None = FLUSH_SECONDS,
    ) -> None:
        self.account_id, self.passkey = account_id, passkey or secrets.token_urlsafe(12)
        self.store_name = samples.USER_PROFILES
        self.is_healthy = True
        self.calls: Counter[str] = Counter()
        self.plan = FaultPlan(
            fault for fault in (parse_faults(faults) if isinstance(faults, str) else faults) if fault.kind == "ikv"
        )
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="storedeck-sandbox-")
        self.mount_directory = (directory or Path(self._temporary.name if self._temporary else "")).absolute()
        self.stores = {name: self._open(name, key, flush_seconds) for name, key in samples.PRIMARY_KEYS.items()}
        self._load(samples_wanted, rows)
        self._lock, self._closing, self._is_closed = Lock(), Event(), False
        self._faults = Faults(self.plan, self._closing, self._kill_soon)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ikv-sandbox")
        self._server = grpc.server(self._pool, handlers=[_Methods(self)], options=[("grpc.so_reuseport", 0)])
        self.port = self._listen(tls)
        self._server.start()

    def _open(self, name: str, primary_key: str, flush_seconds: float | None) -> Store:
        topic = f"{self.account_id}-{name}"
        return Store(self.mount_directory, name, primary_key, topic, flush_seconds)

    def _load(self, samples_wanted: bool, rows: int) -> None:
        """Fills stores that hold nothing; what a kept directory has stays, and only missing rows are added."""
        profiles, odd = self.stores[samples.USER_PROFILES], self.stores[samples.ODD_VALUES]
        if samples_wanted and not profiles.index.documents:
            profiles.load(samples.user_profiles())
        if rows and samples.generated_key(rows) not in profiles.index:
            profiles.load(samples.generated(rows))
        if samples_wanted and not odd.index.documents:
            odd.load(samples.odd_values())

    def _listen(self, tls: tuple[bytes, bytes] | None) -> int:
        if tls is None:
            return int(self._server.add_insecure_port(f"{HOST}:0"))
        return int(self._server.add_secure_port(f"{HOST}:0", grpc.ssl_server_credentials([tls])))

    @property
    def endpoint(self) -> str:
        """Host and port as a profile holds them."""
        return f"{HOST}:{self.port}"

    @property
    def store(self) -> Store:
        """The store `user_profiles`: its events, its reader, its index."""
        return self.stores[self.store_name]

    def events(self, store: str = "") -> list[StoreEvent]:
        """The newest events of a store, the oldest first."""
        found = self.stores[store or self.store_name]
        with found.lock:
            return found.log.newest()

    def flush(self) -> None:
        """Makes all applied writes visible on disk now."""
        for store in self.stores.values():
            store.flush()

    def kill(self) -> None:
        """Takes the gateway down as a crash would: connections break, the port closes. The index stays open."""
        self._closing.set()
        self._server.stop(None).wait()

    def _kill_soon(self) -> None:
        """From within a call, which cannot wait for its own end."""
        self._closing.set()
        Thread(target=self.kill, name="ikv-kill", daemon=True).start()

    def close(self) -> None:
        """Ends all calls, frees the port, flushes the index; a second call does nothing."""
        self.kill()
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._pool.shutdown()
        for store in self.stores.values():
            store.close()
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.cleanup()

    def answer(self, path: str, data: bytes, context: Any) -> bytes:
        """One call, with its faults."""
        op, call = METHODS[path]
        with self._lock:
            self.calls[path.rpartition("/")[2]] += 1
        try:
            garbage = self._faults.meet(op, context)
            return call(self, data) if garbage is None else garbage
        except Refused as refused:
            _abort(context, refused)
        except (Malformed, UnicodeDecodeError) as error:
            _abort(context, Refused(INTERNAL, f"Exception deserializing request: {error}", has_details=False))
        raise AssertionError("an aborted call goes on")


class _Methods(grpc.GenericRpcHandler):  # type: ignore[misc,unused-ignore]
    """Finds the calls by path; requests and answers pass as bytes."""

    def __init__(self, sandbox: IkvSandbox) -> None:
        self._sandbox = sandbox

    def service(self, details: Any) -> Any:
        path = details.method
        if path not in METHODS:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda data, context: self._sandbox.answer(path, data, context))


def _abort(context: Any, refused: Refused) -> None:
    """Ends a call with a code, a text, and the same as a google.rpc.Status for those who look for it."""
    if refused.has_details:
        status = messages.write_status(refused.code, refused.text)
        context.set_trailing_metadata((("grpc-status-details-bin", status),))
    context.abort(_CODES.get(refused.code, grpc.StatusCode.UNKNOWN), refused.text)
