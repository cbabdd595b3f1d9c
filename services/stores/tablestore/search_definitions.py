"""Definitions of search indexes, in the shape that a description gives, as the SDK's own records and back.

options   fields, time_to_live (seconds, -1 for ever), routing (key columns), sort (`{"key": "asc"}` or
          `{"field": name, "order": "desc"}`)
a field   name, type (LONG, KEYWORD, TEXT...), index, sort, store, array, analyzer with analyzer_options, fields (of a
          nested one), date_formats, sources (of a virtual one), highlighting, json, vector, similarity
Without `fields` the columns become fields: Integer LONG, String KEYWORD, Double DOUBLE, Boolean BOOLEAN.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.errors import UsageError
from services.stores.tablestore.names import check_name

KIND: Final = "search index"
TYPES_OF_COLUMNS: Final = {"Integer": "LONG", "String": "KEYWORD", "Double": "DOUBLE", "Boolean": "BOOLEAN"}
OPTIONS: Final = ("fields", "time_to_live", "routing", "sort")
_PLAIN: Final = {
    "index": "index",
    "sort": "enable_sort_and_agg",
    "store": "store",
    "array": "is_array",
    "highlighting": "enable_highlighting",
    "analyzer": "analyzer",
    "date_formats": "date_formats",
}
"""Properties of a field that the SDK has under another name, or the same."""

_OTHERS: Final = ("name", "type", "analyzer_options", "fields", "sources", "json", "vector", "similarity")


def is_search(definition: Mapping[str, Any]) -> bool:
    """Whether a definition is that of a search index."""
    return definition.get("kind") == KIND or "fields" in (definition.get("options") or {})


def meta_of(definition: Mapping[str, Any]) -> Any:
    """A search index as the SDK takes it.

    Raises:
        UsageError: the definition has no fields, or holds what no definition may.
    """
    from tablestore.metadata import IndexSetting, SearchIndexMeta

    options = dict(definition.get("options") or {})
    _check_known(options, OPTIONS, "option of a search index")
    fields = options.get("fields") or _fields_of_columns(definition)
    if not fields:
        raise UsageError(
            "a search index needs fields", hint="Give `options.fields` with `name` and `type`, or columns."
        )
    life = options.get("time_to_live", -1)
    if isinstance(life, bool) or not isinstance(life, int):
        raise UsageError(f"time_to_live: {life!r} is no whole number")
    setting = IndexSetting([check_name(str(name)) for name in options.get("routing") or ()])
    return SearchIndexMeta([_field(field) for field in fields], setting, _sort(options.get("sort") or ()), life)


def _check_known(given: Mapping[str, Any], known: Any, what: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageError(f"{unknown[0]}: no {what}", hint=f"Known are {', '.join(known)}.")


def _fields_of_columns(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    fields = []
    for column in definition.get("columns") or ():
        word = TYPES_OF_COLUMNS.get(str(column.get("type", "")).capitalize())
        if word is not None:
            fields.append({"name": column["name"], "type": word})
    return fields


def _field(field: Mapping[str, Any]) -> Any:
    from tablestore.metadata import FieldSchema

    _check_known(field, (*_PLAIN, *_OTHERS), "property of a field")
    word = str(field.get("type", "")).upper()
    given: dict[str, Any] = {_PLAIN[name]: value for name, value in field.items() if name in _PLAIN}
    given.setdefault("index", True)
    if word != "TEXT" and word in TYPES_OF_COLUMNS.values():
        given.setdefault("enable_sort_and_agg", True)
    if field.get("analyzer_options"):
        given["analyzer_parameter"] = _analyzer(str(field.get("analyzer")), field["analyzer_options"])
    if field.get("sources"):
        given |= {"is_virtual_field": True, "source_fields": list(field["sources"])}
    given |= _rare(field)
    inner = [_field(one) for one in field.get("fields") or ()]
    kind = _named("FieldType", word.replace("GEO_POINT", "GEOPOINT"), "type of a field")
    return FieldSchema(check_name(str(field.get("name"))), kind, sub_field_schemas=inner, **given)


def _rare(field: Mapping[str, Any]) -> dict[str, Any]:
    from tablestore.metadata import VectorOptions

    found: dict[str, Any] = {}
    if field.get("json"):
        found["json_type"] = _named("JsonType", str(field["json"]), "JSON type")
    if field.get("similarity"):
        found["text_similarity"] = _named("TextSimilarity", str(field["similarity"]), "similarity")
    if vector := field.get("vector"):
        data, metric = vector.get("data_type", "VD_FLOAT_32"), vector.get("metric_type", "VM_EUCLIDEAN")
        kinds = _named("VectorDataType", data, "data type"), _named("VectorMetricType", metric, "metric type")
        found["vector_options"] = VectorOptions(*kinds, vector.get("dimension"))
    return found


def _named(enumeration: str, word: str, what: str) -> Any:
    """The member of one of the SDK's enumerations."""
    from tablestore import metadata

    kinds = getattr(metadata, enumeration)
    if word not in kinds.__members__:
        raise UsageError(f"{word or '(none)'}: no {what}", hint=f"One of {', '.join(kinds.__members__)}.")
    return kinds[word]


def _analyzer(analyzer: str, options: Mapping[str, Any]) -> Any:
    from tablestore import metadata

    kinds = {"single_word": "SingleWord", "split": "Split", "fuzzy": "Fuzzy"}
    if analyzer not in kinds:
        raise UsageError(f"{analyzer}: no analyzer with options", hint=f"These have some: {', '.join(kinds)}.")
    parameter = getattr(metadata, f"{kinds[analyzer]}AnalyzerParameter")()
    _check_known(options, tuple(vars(parameter)), f"option of the analyzer {analyzer}")
    return type(parameter)(**options)


def _sort(wanted: Any) -> Any:
    from tablestore.metadata import FieldSort, PrimaryKeySort, Sort

    sorters = []
    for one in wanted:
        _check_known(one, ("key", "field", "order"), "part of a sort")
        order = _named("SortOrder", str(one.get("key") or one.get("order") or "asc").upper(), "order")
        sorters.append(FieldSort(one["field"], order) if "field" in one else PrimaryKeySort(order))
    return Sort(sorters) if sorters else None


def options_of(meta: Any) -> dict[str, Any]:
    """The options from which `meta_of` makes the same index."""
    options: dict[str, Any] = {"fields": [_field_data(field) for field in meta.fields]}
    if meta.time_to_live is not None:
        options["time_to_live"] = meta.time_to_live
    if meta.index_setting is not None and meta.index_setting.routing_fields:
        options["routing"] = list(meta.index_setting.routing_fields)
    sorters = meta.index_sort.sorters if meta.index_sort is not None else []
    found = [data for sorter in sorters if (data := _sorter_data(sorter))]
    if found:
        options["sort"] = found
    return options


def _sorter_data(sorter: Any) -> dict[str, str]:
    order = getattr(getattr(sorter, "sort_order", None), "name", "ASC").lower()
    if hasattr(sorter, "points"):
        return {}
    if hasattr(sorter, "field_name"):
        return {"field": sorter.field_name, "order": order}
    return {"key": order} if type(sorter).__name__ == "PrimaryKeySort" else {}


def _field_data(field: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"name": field.field_name, "type": field.field_type.name}
    data |= {name: getattr(field, known) for name, known in _PLAIN.items() if name in ("index", "sort", "store")}
    data |= {name: getattr(field, known) for name, known in _PLAIN.items() if getattr(field, known)}
    if field.analyzer_parameter is not None:
        data["analyzer_options"] = dict(vars(field.analyzer_parameter))
    if field.is_virtual_field:
        data["sources"] = list(field.source_fields)
    if field.sub_field_schemas:
        data["fields"] = [_field_data(one) for one in field.sub_field_schemas]
    return data | _rare_data(field)


def _rare_data(field: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if field.field_type.name == "JSON" and field.json_type is not None:
        data["json"] = field.json_type.name
    if field.field_type.name == "TEXT" and field.text_similarity is not None:
        data["similarity"] = field.text_similarity.name
    if field.vector_options is not None:
        from tablestore.metadata import VectorDataType, VectorMetricType

        options = field.vector_options
        kinds = VectorDataType(options.data_type).name, VectorMetricType(options.metric_type).name
        data["vector"] = {"data_type": kinds[0], "metric_type": kinds[1], "dimension": options.dimension}
    return data
