"""The jars of a real Ignite node and of its Java thin client, copied once by Maven into the user's cache."""

from pathlib import Path

from java_tools import copied_jars

POM = Path(__file__).with_name("pom.xml")


def ignite_jars() -> Path:
    """Return the folder of jars, made by Maven when this version of the pom has not been copied yet."""
    return copied_jars("ignite", POM)


def class_path() -> str:
    """Return the class path that holds all the jars, as Java expands it."""
    return f"{ignite_jars()}/*"
