"""The world of Ignite's own examples: Country, City and CountryLanguage, always the same rows.

Known places come first; the others are made of syllables by a generator with a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from services.sandbox.ignite import config
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.data.places import CITIES, CONTINENTS, COUNTRIES, LANGUAGES
from services.sandbox.ignite.hashes import as_int32
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.engine import Engine
from services.sandbox.ignite.sql.plan_text import quote
from services.sandbox.ignite.sql.schema import Column, Index, Table

CITY_COUNT, COUNTRY_COUNT, LANGUAGE_COUNT = 4079, 239, 984
_STARTS = (
    "Al", "Bar", "Bel", "Cal", "Cor", "Dan", "Del", "El", "Fal", "Gar", "Hal", "Ila", "Jor", "Kal", "Lan", "Mar",
    "Nor", "Ol", "Por", "Quin", "Ras", "San", "Tar", "Ul", "Val", "Wes", "Yor", "Zan",
)  # fmt: skip
_MIDDLES = ("a", "e", "i", "o", "u", "an", "en", "is", "or", "ul", "am", "et", "ir", "os", "und")
_CITY_ENDS = (
    "bad",
    "berg",
    "bury",
    "dale",
    "ford",
    "grad",
    "ham",
    "holm",
    "pur",
    "stad",
    "ton",
    "ville",
    "wick",
    "zen",
)
_COUNTRY_ENDS = ("ia", "land", "stan", "mark", "ora", "esia", "ania", "mar")

Row = tuple[object, ...]


def _word(chance: random.Random, ends: tuple[str, ...]) -> str:
    middle = "".join(chance.choice(_MIDDLES) for _ in range(chance.randint(1, 2)))
    return chance.choice(_STARTS) + middle + chance.choice(ends)


def countries() -> list[Row]:
    """Code, name, continent, region, area, population, capital."""
    chance = random.Random(1)  # noqa: S311 - sample data
    rows: list[Row] = [row[:7] for row in COUNTRIES]
    codes, names = {row[0] for row in COUNTRIES}, {row[1] for row in COUNTRIES}
    while len(rows) < COUNTRY_COUNT:
        name = _word(chance, _COUNTRY_ENDS)
        code = (name[:2] + name[-2]).upper()
        if name in names or code in codes:
            code = "".join(chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(3))
        if name in names or code in codes:
            continue
        codes.add(code)
        names.add(name)
        continent, regions = chance.choice(CONTINENTS)
        area, people = chance.randint(200, 900_000), chance.randint(10_000, 60_000_000)
        rows.append((code, name, continent, chance.choice(regions), area, people, _word(chance, _CITY_ENDS)))
    return rows


def cities() -> list[Row]:
    """Id, name, country code, district, population."""
    chance = random.Random(2)  # noqa: S311 - sample data
    codes = [str(row[0]) for row in countries()]
    rows: list[Row] = [(number, *city) for number, city in enumerate(CITIES, 1)]
    for number in range(len(rows) + 1, CITY_COUNT + 1):
        people = int(10 ** chance.uniform(4.0, 5.3)) // 100 * 100
        rows.append((number, _word(chance, _CITY_ENDS), chance.choice(codes), _word(chance, _COUNTRY_ENDS), people))
    return rows


def languages() -> list[Row]:
    """Language, country code, T or F for official, percentage."""
    chance = random.Random(3)  # noqa: S311 - sample data
    official = {row[0]: row[7] for row in COUNTRIES}
    rows: dict[tuple[str, str], Row] = {}
    codes = [str(row[0]) for row in countries()]
    for code in codes:
        language = official.get(code) or chance.choice(LANGUAGES)
        rows[language, code] = (language, code, "T", round(chance.uniform(50, 100), 1))
    while len(rows) < LANGUAGE_COUNT:
        language, code = chance.choice(LANGUAGES), chance.choice(codes)
        rows.setdefault((language, code), (language, code, "F", round(chance.uniform(0, 20), 1)))
    return list(rows.values())


def type_name(table: str) -> str:
    """The value type of a sample table: fixed, so that two sandboxes agree on it."""
    number = as_int32(sum(map(ord, table)) * 2654435761) & 0xFFFF_FFFF
    return f"SQL_PUBLIC_{table}_{number:08x}_0000_4000_8000_000000000000"


def add_table(
    engine: Engine, name: str, columns: list[Column], key: list[str], *, affinity: str | None = None,
    replicated: bool = False, rows: Iterable[Row],
) -> Table:  # fmt: skip
    """Creates a table as CREATE TABLE would and fills it; the rows are in kept form."""
    base = type_name(name)
    key_type = f"{base}_KEY" if len(key) > 1 else next(c.kind.java for c in columns if c.name == key[0])
    table = Table("PUBLIC", name, columns, key, f"SQL_PUBLIC_{name}", key_type, base, affinity, len(key) > 1)
    settings = CacheConfig(
        table.cache_name, mode=config.REPLICATED if replicated else config.PARTITIONED, backups=1,
        write_synchronization=0, sql_schema='"PUBLIC"', sql_escape_all=True,
        key_configurations=[(key_type, affinity)] if affinity else [],
    )  # fmt: skip
    with engine.cluster.lock:
        engine.tables.create(table, settings)
        connection = engine.direct.connection
        connection.execute("BEGIN")
        places = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {quote(table.storage)} VALUES ({places})", rows)
        connection.execute("COMMIT")
    return table


def load_world(engine: Engine) -> None:
    """The three tables, with an index on the cities' country."""
    text, number = types.VARCHAR, types.INTEGER
    add_table(
        engine, "COUNTRY",
        [Column("CODE", text, precision=3), Column("NAME", text), Column("CONTINENT", text), Column("REGION", text),
         Column("SURFACEAREA", types.DECIMAL, precision=10, scale=2), Column("POPULATION", number),
         Column("CAPITAL", text)],
        ["CODE"], replicated=True,
        rows=((*row[:4], f"{row[4]}.00", *row[5:]) for row in countries()),
    )  # fmt: skip
    city = add_table(
        engine, "CITY",
        [Column("ID", number), Column("NAME", text), Column("COUNTRYCODE", text, precision=3),
         Column("DISTRICT", text), Column("POPULATION", number)],
        ["ID", "COUNTRYCODE"], affinity="COUNTRYCODE", rows=cities(),
    )  # fmt: skip
    add_table(
        engine, "COUNTRYLANGUAGE",
        [Column("LANGUAGE", text), Column("COUNTRYCODE", text, precision=3), Column("ISOFFICIAL", text, precision=1),
         Column("PERCENTAGE", types.DECIMAL, precision=4, scale=1)],
        ["LANGUAGE", "COUNTRYCODE"], affinity="COUNTRYCODE", rows=((*row[:3], str(row[3])) for row in languages()),
    )  # fmt: skip
    with engine.cluster.lock:
        engine.tables.create_index(city, Index("IDX_COUNTRY_CODE", [("COUNTRYCODE", False)]))
