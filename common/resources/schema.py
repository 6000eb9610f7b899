"""Types -> structural schemas, as a CRD needs them.

msgspec's own JSON schemas use $ref and anyOf, which the API server refuses. So its description of types is walked here:
a Struct becomes an object whose description is its docstring, `T | None` becomes a field that may be absent, and what
`Annotated` says of a field becomes description and limits. What has no structural schema raises Unsupported, with the
place, when the CRD is made: never at a user's.

Source: Kubernetes, "CustomResourceDefinition: Specifying a structural schema".
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect as types

from common.resources.fields import DEFAULTED

Schema = dict[str, Any]
ANYTHING: Schema = {"x-kubernetes-preserve-unknown-fields": True}


class Unsupported(TypeError):
    """A type that no structural schema can describe. A mistake of ours."""


def structural_schema(type_: Any, *, preserve_unknown: bool = False) -> Schema:
    """The schema of a type.

    With `preserve_unknown` every object keeps fields that it does not name, and fields that may be absent may be null.
    """
    return _Walk(preserve_unknown).schema(types.type_info(type_), ())


class _Walk:
    def __init__(self, preserve_unknown: bool) -> None:
        self._preserve_unknown = preserve_unknown
        self._within: list[type[Any]] = []

    def schema(self, type_: types.Type, path: tuple[str, ...]) -> Schema:  # noqa: C901, PLR0912 - one case a type
        match type_:
            case types.Metadata(type=inner, extra_json_schema=extra):
                return _ordered({**self.schema(inner, path), **(extra or {})})
            case types.AnyType() | types.RawType():
                return dict(ANYTHING)
            case types.BoolType():
                return {"type": "boolean"}
            case types.IntType() | types.FloatType():
                return {"type": "integer" if isinstance(type_, types.IntType) else "number", **_range(type_)}
            case types.StrType():
                return {"type": "string", **_lengths(type_, "Length"), **_pattern(type_.pattern)}
            case types.DateTimeType():
                return {"type": "string", "format": "date-time"}
            case types.EnumType(cls=cls):
                return _choice([member.value for member in cls], path)
            case types.LiteralType(values=values):
                return _choice(values, path)
            case types.ListType() | types.VarTupleType() | types.SetType() | types.FrozenSetType():
                items = self.schema(type_.item_type, (*path, "[]"))
                return {"type": "array", "items": items, **_lengths(type_, "Items")}
            case types.DictType(value_type=value):
                values_ = self.schema(value, (*path, "{}"))
                content = ANYTHING if values_ == ANYTHING else {"additionalProperties": values_}
                return {"type": "object", **content, **_lengths(type_, "Properties")}
            case types.StructType():
                return self._struct(type_, path)
            case types.UnionType():
                return self._union(type_, path)
            case _:
                raise Unsupported(f"{_place(path)}: {type(type_).__name__} has no structural schema")

    def _struct(self, type_: types.StructType, path: tuple[str, ...]) -> Schema:
        if type_.cls in self._within:
            raise Unsupported(f"{_place(path)}: {type_.cls.__name__} contains itself, a CRD cannot")
        self._within.append(type_.cls)
        properties = {f.encode_name: self._field(f, (*path, f.encode_name)) for f in type_.fields}
        self._within.pop()
        required = [f.encode_name for f in type_.fields if f.required]
        return _ordered(
            {
                **({"description": about} if (about := _docstring(type_.cls)) else {}),
                "type": "object",
                **({"properties": properties} if properties else {}),
                **({"required": required} if required else {}),
                **(ANYTHING if self._preserve_unknown else {}),
            }
        )

    def _field(self, field: types.Field, path: tuple[str, ...]) -> Schema:
        schema = self.schema(field.type, path)
        extra = field.type.extra if isinstance(field.type, types.Metadata) else None
        if (extra or {}).get(DEFAULTED):
            schema["default"] = _default(field, path)
        if self._preserve_unknown and not field.required and "default" not in schema:
            schema["nullable"] = True
        return schema

    def _union(self, type_: types.UnionType, path: tuple[str, ...]) -> Schema:
        real = [t for t in type_.types if not isinstance(_bare(t), types.NoneType)]
        if len(real) == 1:
            return self.schema(real[0], path)
        if {type(_bare(t)) for t in real} == {types.IntType, types.StrType}:
            merged: Schema = {}
            for member in real:
                merged |= self.schema(member, path)
            del merged["type"]
            return {"x-kubernetes-int-or-string": True, **merged}
        raise Unsupported(f"{_place(path)}: of unions only int | str and T | None have a structural schema")


def _bare(type_: types.Type) -> types.Type:
    return _bare(type_.type) if isinstance(type_, types.Metadata) else type_


def _range(type_: types.IntType | types.FloatType) -> Schema:
    schema: Schema = {}
    if type_.ge is not None or type_.gt is not None:
        schema["minimum"] = type_.ge if type_.ge is not None else type_.gt
    if type_.gt is not None:
        schema["exclusiveMinimum"] = True
    if type_.le is not None or type_.lt is not None:
        schema["maximum"] = type_.le if type_.le is not None else type_.lt
    if type_.lt is not None:
        schema["exclusiveMaximum"] = True
    if type_.multiple_of is not None:
        schema["multipleOf"] = type_.multiple_of
    return schema


def _lengths(type_: Any, of_what: str) -> Schema:
    limits = {f"min{of_what}": type_.min_length, f"max{of_what}": type_.max_length}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _pattern(pattern: str | None) -> Schema:
    r"""Go's `$` is Python's `\Z`: the end of the string and nothing else."""
    return {} if pattern is None else {"pattern": pattern.removesuffix(r"\Z") + "$" * pattern.endswith(r"\Z")}


def _choice(values: Sequence[Any], path: tuple[str, ...]) -> Schema:
    for json_type, python_type in (("string", str), ("integer", int)):
        if all(type(value) is python_type for value in values):
            return {"type": json_type, "enum": list(values)}
    raise Unsupported(f"{_place(path)}: the values of an enum are all strings or all whole numbers")


def _default(field: types.Field, path: tuple[str, ...]) -> Any:
    """The default as JSON. A Struct's is {}: the API server then fills in the defaults of its fields."""
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    elif field.default is not msgspec.NODEFAULT:
        value = field.default
    else:
        raise Unsupported(f"{_place(path)}: has no default to put into the schema")
    if isinstance(value, msgspec.Struct):
        if value != type(value)():
            raise Unsupported(f"{_place(path)}: give the defaults to the fields of {type(value).__name__}")
        return {}
    if value is None:
        raise Unsupported(f"{_place(path)}: None is no default, just leave the field out")
    return msgspec.to_builtins(value, str_keys=True)


def _docstring(cls: type[Any]) -> str:
    """The docstring's first paragraph on one line; msgspec gives classes that have none an artificial one."""
    written = cls.__dict__.get("__doc__") or ""
    return " ".join(inspect.cleandoc(written).split("\n\n")[0].split())


_FIRST = ("description", "type", "default", "enum", "nullable")


def _ordered(schema: Mapping[str, Any]) -> Schema:
    """What people look for comes first."""
    return {key: schema[key] for key in (*_FIRST, *(k for k in schema if k not in _FIRST)) if key in schema}


def _place(path: tuple[str, ...]) -> str:
    return ".".join(path) or "the type"
