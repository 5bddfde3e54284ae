"""``dataclass``, ``field`` and ``replace`` as in the standard library, as far as Handrail uses them, in a fiftieth of the time.

The standard library writes the methods of every class as source and compiles it (0.8 ms for each, after 17 ms for the import of
``inspect``, Python 3.13): more than half of the time in which ``handrail conflicts`` is to start. Here classes share functions.

For type checkers these are the standard library's own. At run time its functions take values of these classes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from operator import attrgetter
    from typing import Any, NamedTuple

    NOTHING = object()
    put = object.__setattr__

    class field(NamedTuple):  # noqa: N801 - a function in the standard library
        """What is said of a field beside its type."""

        default: Any = NOTHING
        default_factory: Any = NOTHING
        repr: bool = True
        compare: bool = True

    def dataclass(*, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True) -> Any:
        """Return what makes a class of values out of a class with annotations; fields of base classes are left out."""

        def make(cls: type) -> type:
            body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
            fields = {name: _field(body.pop(name, NOTHING)) for name in cls.__annotations__}
            made = {"__init__": _init(fields, positional=not kw_only), "__repr__": _repr(fields), **_fixed(frozen)}
            if eq:
                made |= _comparison(fields, frozen)
            written = {name for name, value in body.items() if (name, value) != ("__hash__", None)}
            body |= {name: value for name, value in made.items() if name not in written}
            if slots:
                body["__slots__"] = tuple(fields)
            body |= {"__match_args__": tuple(fields), "__dataclass_fields__": _Described(fields)}
            return type(cls)(cls.__name__, cls.__bases__, body)

        return make

    def replace(value: Any, /, **changes: Any) -> Any:
        """Return a copy of a value in which some fields are others."""
        return type(value)(**{name: getattr(value, name) for name in value.__match_args__} | changes)

    def _field(default: Any) -> field:
        return default if isinstance(default, field) else field(default=default)

    def _init(fields: dict[str, field], *, positional: bool) -> Any:
        names, known = tuple(fields), fields.keys()
        defaults = {name: one.default for name, one in fields.items() if one.default is not NOTHING}
        factories = [(name, one.default_factory) for name, one in fields.items() if one.default_factory is not NOTHING]

        def initialise(self: Any, *args: Any, **given: Any) -> None:
            if args:
                placed = dict(zip(names, args, strict=False)) if positional else {}
                if len(placed) < len(args) or placed.keys() & given.keys():
                    raise TypeError(f"{type(self).__qualname__}() was given a wrong number of positional arguments")
                given |= placed
            if given.keys() != known:
                given = {**defaults, **{name: factory() for name, factory in factories if name not in given}, **given}
                if given.keys() != known:
                    raise TypeError(f"{type(self).__qualname__}() lacks or does not know: {sorted(given.keys() ^ known)}")
            for name, value in given.items():
                put(self, name, value)

        return initialise

    def _repr(fields: dict[str, field]) -> Any:
        shown = [name for name, one in fields.items() if one.repr]

        def describe(self: Any) -> str:
            return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

        return describe

    def _comparison(fields: dict[str, field], frozen: bool) -> dict[str, Any]:
        # __class__ beside the fields: attrgetter needs a name, and there are classes without any field.
        key = attrgetter("__class__", *(name for name, one in fields.items() if one.compare))

        def equal(self: Any, other: object) -> bool:
            return key(self) == key(other) if type(other) is type(self) else NotImplemented

        def digest(self: Any) -> int:
            return hash(key(self))

        return {"__eq__": equal, "__hash__": digest if frozen else None}

    def _fixed(frozen: bool) -> dict[str, Any]:
        return {"__setattr__": _refuse, "__delattr__": _refuse} if frozen else {}

    def _refuse(self: Any, name: str, *_: Any) -> None:
        raise AttributeError(f"cannot change field {name!r} of a frozen {type(self).__qualname__}")

    class _Described:
        """The fields in the words of the standard library, made when something asks for them: its functions, or pytest."""

        def __init__(self, fields: dict[str, field]) -> None:
            self.fields = fields

        def __get__(self, _: Any, owner: type) -> Any:
            import dataclasses as standard

            facts = {name: {**one._asdict(), "kw_only": True} for name, one in self.fields.items()}
            said = {name: {key: part for key, part in one.items() if part is not NOTHING} for name, one in facts.items()}
            rows = [(name, object, standard.field(**one)) for name, one in said.items()]
            return standard.make_dataclass(owner.__name__, rows).__dataclass_fields__


__all__ = ["dataclass", "field", "replace"]
