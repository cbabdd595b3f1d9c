"""Sample documents, always the same: people with fields of all seven types, and values that are hard to show."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from services.sandbox.ikv.values import (
    BYTES,
    STRING,
    Document,
    FieldValue,
    binary,
    boolean,
    float32,
    float64,
    int32,
    int64,
    string,
)

USER_PROFILES, ODD_VALUES = "user_profiles", "odd_values"
PRIMARY_KEYS = {USER_PROFILES: "firstname", ODD_VALUES: "name"}

# First name, last name, age, city, followers, rating, latitude, active.
_PEOPLE = (
    ("Alice", "Jones", 32, "San Francisco", 9_007_199_254_740_993, 4.5, 37.7749, True),
    ("Bob", "Smith", 45, "Berlin", 120, 3.25, 52.52, False),
    ("Carol", "Nguyen", 28, "Hanoi", 88_100, 4.75, 21.0278, True),
    ("Dave", "Okafor", 51, "Lagos", 15, 2.0, 6.5244, True),
    ("Erin", "Larsen", 39, "Oslo", 4_200, 3.5, 59.9139, False),
    ("Frank", "Meyer", 63, "Hamburg", 0, 1.0, 53.5511, False),
    ("Grace", "Kim", 24, "Seoul", 1_250_000, 5.0, 37.5665, True),
    ("Heidi", "Keller", 47, "Zürich", 310, 4.0, 47.3769, True),
    ("Ivan", "Petrov", 35, "София", 96, 3.75, 42.6977, False),
    ("Judy", "Alvarez", 30, "Sevilla", 2_048, 4.25, 37.3891, True),
    ("美咲", "佐藤", 27, "大阪", 7_700, 4.875, 34.6937, True),
    ("Élodie", "Dubois", 33, "Orléans", 640, 3.0, 47.903, True),
    ("Mallory", "O’Brien", 41, "Córdoba", -1, -0.5, -31.4201, False),
)
_STARTS = ("An", "Be", "Ca", "Da", "El", "Fi", "Gi", "Ha", "Is", "Jo", "Ka", "Li", "Ma", "No", "Ol", "Pa", "Ro", "Sa")
_ENDS = ("bel", "dan", "lia", "mir", "na", "ric", "son", "tha", "ton", "vin", "ya", "zia")
_CITIES = ("Lisbon", "Porto", "Kyoto", "Quito", "Turin", "Lyon", "Perth", "Accra", "Lima", "Cork")


def user_profiles() -> Iterator[Document]:
    """The people above; Frank and Mallory lack fields."""
    for name, last, age, city, followers, rating, latitude, active in _PEOPLE:
        document = {
            "firstname": string(name),
            "lastname": string(last),
            "age": int32(age),
            "city": string(city),
            "followers": int64(followers),
            "rating": float32(rating),
            "latitude": float64(latitude),
            "avatar": binary(b"\x89PNG\r\n\x1a\n" + name.encode()),
            "active": boolean(active),
        }
        if name == "Frank":
            del document["avatar"], document["city"]
        if name == "Mallory":
            del document["latitude"]
        yield document


_NAMES = [start + end for start in _STARTS for end in _ENDS]


def generated_key(number: int) -> bytes:
    """The primary key of a generated document; numbers begin with 1."""
    return b"%s-%07d" % (_NAMES[number % len(_NAMES)].encode(), number)


def generated(count: int) -> Iterator[Document]:
    """`count` documents whose keys are a name and a number; every tenth has no city, every hundredth a long note."""
    chance = random.Random(7)  # noqa: S311 - sample data
    cities, lasts = [string(city) for city in _CITIES], [string(f"{start}berg") for start in _STARTS]
    flags = (boolean(False), boolean(True))
    note = string("x" * 2000)
    for number in range(1, count + 1):
        document = {
            "firstname": FieldValue(STRING, generated_key(number)),
            "lastname": lasts[number % len(lasts)],
            "age": int32(18 + number % 70),
            "followers": int64(number * 1_000_003),
            "rating": float32(number % 41 / 8),
            "latitude": float64(chance.uniform(-90, 90)),
            "avatar": FieldValue(BYTES, struct.pack("<IQ", number, number * 0x9E37_79B9)),
            "active": flags[number % 3 == 0],
        }
        if number % 10:
            document["city"] = cities[number % len(cities)]
        if number % 100 == 0:
            document["note"] = note
        yield document


def odd_values() -> Iterator[Document]:
    """Values that a careless reader rounds, trusts or cuts; the field `v` has another type in each document."""
    samples: dict[str, FieldValue] = {
        "int64 max": int64((1 << 63) - 1),
        "int64 min": int64(-(1 << 63)),
        "int32 min": int32(-(1 << 31)),
        "double NaN": float64(float("nan")),
        "double -0.0": float64(-0.0),
        "double infinity": float64(float("inf")),
        "double smallest": float64(5e-324),
        "float 0.1": float32(0.1),
        "text 1": string("1"),
        "int 1": int32(1),
        "long 1": int64(1),
        "true": boolean(True),
        "empty text": string(""),
        "empty bytes": binary(b""),
        "text that is no UTF-8": FieldValue(STRING, b"caf\xe9"),
        "escape codes": string("\x1b[31mred\x1b[0m\x1b]0;title\x07"),
        "markup": string("[red]x[/] [@click=app.bell]y[/]"),
        "bidi": string("\u202egnp.exe"),
        "lines": string("one\ntwo\r\nthree\ttab"),
        "long text": string("A" * 100_000),
        "all bytes": binary(bytes(range(256))),
        "\x1b[2Jkey": string("a key with an escape code"),
        "k" * 65_535: string("the longest key"),
    }
    for name, value in samples.items():
        yield {"name": string(name), "v": value}
    yield {"name": FieldValue(BYTES, b"\xff\xfe key of bytes"), "v": string("a key that is no UTF-8")}
    yield {"name": int64(1), "v": string("a key that is a number")}
