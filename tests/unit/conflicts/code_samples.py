"""A small shop, and migrations whose text is all that matters."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from handrail.conflicts.python_code import read_python
from handrail.domain.footprint import CodeFootprint, ModelKey, RowAccess
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.value import Name, Value

THING, AUTHOR, TAG, LINE = (ModelKey("shop", name) for name in ("thing", "author", "tag", "line"))
THING_TAGS = ModelKey("shop", "thing_tags")
NAMES: dict[ModelKey, dict[str, ModelKey | None]] = {
    THING: {
        **dict.fromkeys(("pk", "id", "name", "slug", "price", "data", "file", "status", "author_id")),
        "author": AUTHOR,
        "tags": TAG,
        "line": LINE,
        "line_set": LINE,
    },
    AUTHOR: {**dict.fromkeys(("pk", "id", "name", "email")), "thing": THING, "thing_set": THING},
    TAG: {**dict.fromkeys(("pk", "id", "label")), "thing": THING, "thing_set": THING},
    LINE: {**dict.fromkeys(("pk", "id", "quantity", "thing_id")), "thing": THING},
    THING_TAGS: {**dict.fromkeys(("id", "thing_id", "tag_id")), "thing": THING, "tag": TAG},
}


def relations(model: ModelKey) -> Mapping[str, ModelKey | None]:
    """Return the names on a model of the shop."""
    return NAMES.get(model, {})


class Body:
    """Operations that nobody asks for here."""

    operations: tuple[Operation, ...] = ()
    digest = ""


def migration(text: str) -> Migration:
    """Return a migration of the shop with this source."""
    key = MigrationKey("shop", "0002_data")
    return Migration(key=key, path="shop/migrations/0002_data.py", text=dedent(text), body=Body())


FORWARDS = Name(".forwards")


def read(text: str, code: Value = FORWARDS) -> CodeFootprint:
    """Return what a function of this source touches."""
    return read_python(migration(text), code, relations)


def row(model: ModelKey, reads: str = "", updates: str = "", *flags: str) -> RowAccess:
    """Return an access to rows, its names given as words and its flags by name; "status?" for a definition that is asked for."""
    return RowAccess(
        model=model,
        reads=frozenset(reads.split()),
        updates=frozenset(updates.split()),
        inserts="inserts" in flags,
        deletes="deletes" in flags,
        ordered="ordered" in flags,
        columns="columns" in flags,
        definitions=frozenset(flag.removesuffix("?") for flag in flags if flag.endswith("?")),
        saved="saved" in flags,
    )
