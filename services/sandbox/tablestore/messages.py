"""The vendor's protobuf messages, loaded on first use, and fields that they do not know.

The generated modules come with the SDK; a server needs more fields than they define, so some are
read and written by number.
"""

from __future__ import annotations

import logging
import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from services.sandbox.tablestore.errors import invalid


def require() -> None:
    """Loads the modules.

    Raises:
        ImportError: the SDK is not installed.
    """
    if find_spec("tablestore") is None:
        raise ImportError("the Tablestore sandbox needs the vendor's SDK; install storedeck[tablestore]")
    pb()


@cache
def _module(name: str) -> Any:
    # Without a handler the SDK's import warnings would reach the terminal.
    logging.getLogger("tablestore").addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)
        return import_module(f"tablestore.protobuf.{name}")


def pb() -> Any:
    """Tables, rows, transactions, SQL."""
    return _module("table_store_pb2")


def filter_pb() -> Any:
    """Column filters."""
    return _module("table_store_filter_pb2")


def search_pb() -> Any:
    """Search indexes."""
    return _module("search_pb2")


def parse(kind: Any, body: bytes) -> Any:
    """A message of that kind from bytes.

    Raises:
        OtsError: the bytes are no such message.
    """
    decode_error: type[Exception] = import_module("google.protobuf.message").DecodeError
    message = kind()
    try:
        message.ParseFromString(body)
    except decode_error as error:
        raise invalid(f"Failed to parse the ProtoBuf message {kind.DESCRIPTOR.name}.") from error
    if not message.IsInitialized():
        missing = ", ".join(message.FindInitializationErrors())
        raise invalid(f"The ProtoBuf message {kind.DESCRIPTOR.name} lacks {missing}.")
    try:
        is_text = _has_text(message)
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise invalid(f"A string of the ProtoBuf message {kind.DESCRIPTOR.name} is no UTF-8.")
    return message


def _has_text(message: Any) -> bool:
    """Whether all strings are texts: the library hands out bytes, or fails, where one is no UTF-8."""
    for field, value in message.ListFields():
        values = value if field.label == field.LABEL_REPEATED else (value,)
        if field.type == field.TYPE_STRING and not all(isinstance(one, str) for one in values):
            return False
        if field.type == field.TYPE_MESSAGE and not all(_has_text(one) for one in values):
            return False
    return True


def unknown_number(message: Any, number: int, default: int = 0) -> int:
    """A varint field that the generated module does not define."""
    found = default
    for field in import_module("google.protobuf.unknown_fields").UnknownFieldSet(message):
        if field.field_number == number and isinstance(field.data, int):
            found = field.data
    return found


def add_number(message: Any, number: int, value: int) -> None:
    """Adds a varint field that the generated module does not define."""
    message.MergeFromString(_varint(number << 3) + _varint(value))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
