"""Tags of the Ignite binary format and the type words that stand for them."""

from __future__ import annotations

from typing import Final

BYTE: Final = 1
SHORT: Final = 2
INT: Final = 3
LONG: Final = 4
FLOAT: Final = 5
DOUBLE: Final = 6
CHAR: Final = 7
BOOL: Final = 8
STRING: Final = 9
UUID: Final = 10
DATE: Final = 11
BYTE_ARRAY: Final = 12
SHORT_ARRAY: Final = 13
INT_ARRAY: Final = 14
LONG_ARRAY: Final = 15
FLOAT_ARRAY: Final = 16
DOUBLE_ARRAY: Final = 17
CHAR_ARRAY: Final = 18
BOOL_ARRAY: Final = 19
STRING_ARRAY: Final = 20
UUID_ARRAY: Final = 21
DATE_ARRAY: Final = 22
OBJECT_ARRAY: Final = 23
COLLECTION: Final = 24
MAP: Final = 25
WRAPPED: Final = 27
ENUM: Final = 28
ENUM_ARRAY: Final = 29
DECIMAL: Final = 30
DECIMAL_ARRAY: Final = 31
CLASS: Final = 32
TIMESTAMP: Final = 33
TIMESTAMP_ARRAY: Final = 34
PROXY: Final = 35
TIME: Final = 36
TIME_ARRAY: Final = 37
BINARY_ENUM: Final = 38
NULL: Final = 101
HANDLE: Final = 102
OBJECT: Final = 103
JVM: Final = 254
"""A value in the JVM's own marshaller: int length, then bytes that only a JVM reads (SQL DATE is the exception)."""

NULL_WORD: Final = "Null"
STRING_BYTES_WORD: Final = "StringBytes"
"""The word of a string whose bytes are not UTF-8; its value is those bytes."""

SQL_DATE_WORD: Final = "SqlDate"
JVM_WORD: Final = "JvmObject"
WRAPPED_WORD: Final = "WrappedData"
OBJECT_WORD: Final = "BinaryObject"
CLASS_WORD: Final = "Class"
PROXY_WORD: Final = "Proxy"
MALFORMED_WORD: Final = "Malformed"

SCALAR_WORDS: Final = {
    BYTE: "Byte",
    SHORT: "Short",
    INT: "Int",
    LONG: "Long",
    FLOAT: "Float",
    DOUBLE: "Double",
    CHAR: "Char",
    BOOL: "Bool",
    STRING: "String",
    UUID: "UUID",
    DATE: "Date",
    DECIMAL: "Decimal",
    TIMESTAMP: "Timestamp",
    TIME: "Time",
}
ENUM_WORDS: Final = {ENUM: "Enum", BINARY_ENUM: "BinaryEnum"}
PACKED_ARRAYS: Final = {
    SHORT_ARRAY: SHORT,
    INT_ARRAY: INT,
    LONG_ARRAY: LONG,
    FLOAT_ARRAY: FLOAT,
    DOUBLE_ARRAY: DOUBLE,
    CHAR_ARRAY: CHAR,
    BOOL_ARRAY: BOOL,
}
"""Arrays of untagged elements, to the tag of the element; byte arrays are plain bytes."""

TAGGED_ARRAYS: Final = {
    STRING_ARRAY: STRING,
    UUID_ARRAY: UUID,
    DATE_ARRAY: DATE,
    DECIMAL_ARRAY: DECIMAL,
    TIMESTAMP_ARRAY: TIMESTAMP,
    TIME_ARRAY: TIME,
}
"""Arrays whose elements carry their tag or are null, to the tag of the element."""

BYTE_ARRAY_WORD: Final = "ByteArray"
ARRAY_WORDS: Final = {
    tag: SCALAR_WORDS[element] + "Array" for tag, element in {**PACKED_ARRAYS, **TAGGED_ARRAYS}.items()
}
OBJECT_ARRAY_WORD: Final = "ObjectArray"
ENUM_ARRAY_WORD: Final = "EnumArray"
COLLECTION_WORDS: Final = {
    -1: "Set",
    0: "Collection",
    1: "ArrayList",
    2: "LinkedList",
    3: "HashSet",
    4: "LinkedHashSet",
    5: "SingletonList",
}
MAP_WORDS: Final = {0: "Map", 1: "HashMap", 2: "LinkedHashMap"}

WIDTHS: Final = {
    BYTE: 1,
    SHORT: 2,
    INT: 4,
    LONG: 8,
    FLOAT: 4,
    DOUBLE: 8,
    CHAR: 2,
    BOOL: 1,
    UUID: 16,
    DATE: 8,
    TIMESTAMP: 12,
    TIME: 8,
    NULL: 0,
    HANDLE: 4,
}
"""Bytes that follow the tag, for the tags whose size is fixed."""

TYPE_WORDS: Final = (
    *SCALAR_WORDS.values(),
    NULL_WORD,
    SQL_DATE_WORD,
    BYTE_ARRAY_WORD,
    *ARRAY_WORDS.values(),
    *ENUM_WORDS.values(),
    ENUM_ARRAY_WORD,
    OBJECT_ARRAY_WORD,
    *COLLECTION_WORDS.values(),
    *MAP_WORDS.values(),
    OBJECT_WORD,
)
"""Every type that a value can be written as; any other word is the name of a binary type."""

RESERVED_WORDS: Final = frozenset(
    (*TYPE_WORDS, STRING_BYTES_WORD, JVM_WORD, WRAPPED_WORD, CLASS_WORD, PROXY_WORD, MALFORMED_WORD)
)

SQL_DATE_MARK: Final = bytes.fromhex("663aded5409766")
"""How the JVM's marshaller starts a java.sql.Date; int64 little endian milliseconds follow."""

# Flags of a binary object.
USER_TYPE: Final = 1
HAS_SCHEMA: Final = 2
HAS_RAW: Final = 4
OFFSET_ONE: Final = 8
OFFSET_TWO: Final = 16
COMPACT_FOOTER: Final = 32
HEADER_BYTES: Final = 24
