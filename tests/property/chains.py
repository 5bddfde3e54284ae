"""Random chains of migrations of one app, with what is needed to say what every value has to be at each of them.

Models and fields have identities that stay through renames. A chain is {"migrations": texts, "worlds": the models before the first
migration and after each one, "data": what each does to rows, in the order of its operations, "moves": what happens}.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
World = dict[str, Any]
"""Models by identity: {"name", "fields": {identity: field}, "indexes": {name: fields}, "uniques": {name: fields}}.

A field: {"name", "kind": int, char, bool, fk or m2m, "null", "unique", "index", "length", "default", "big", "to"}.
"""
MODELS = ("Thing", "Part", "Tag", "Item", "Piece")
FIELDS = ("a", "b", "c", "d", "e", "f")
FILE = """from django.db import migrations, models

{code}

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {needs}
    operations = [
{operations}
    ]
"""
KINDS = ("int", "int", "char", "char", "bool", "fk", "m2m")


class Impossible(Exception):
    """An operation has nothing to work on."""


class Chain:
    """A chain in the making."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.world: World = {}
        self.worlds: list[World] = [{}]
        self.texts: list[str] = []
        self.data: list[list[dict[str, Any]]] = []
        self.code: list[str] = []
        self.steps: list[dict[str, Any]] = []
        self.number = 0

    def pick(self, choices: Any) -> Any:
        """Draw one of the choices; raise Impossible where there is none."""
        every = list(choices)
        if not every:
            raise Impossible
        return self.draw(st.sampled_from(every))

    def often(self, of: int) -> bool:
        """Say yes once in a number of times."""
        return bool(self.draw(st.integers(1, of)) == 1)

    def identity(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def model(self) -> tuple[str, Any]:
        """Pick a model."""
        identity = self.pick(self.world)
        return identity, self.world[identity]

    def field(self, model: Any, *kinds: str) -> tuple[str, Any]:
        """Pick a field that no index or constraint names."""
        named = {each for one in (*model["indexes"].values(), *model["uniques"].values()) for each in one}
        identity = self.pick([key for key, one in model["fields"].items() if one["kind"] in kinds and key not in named])
        return identity, model["fields"][identity]

    def close(self, *, first: bool, atomic: bool) -> None:
        """End a migration."""
        needs = [] if first else [("shop", f"{len(self.texts):04}_m")]
        lines = "\n".join(f"        {step}" for step in self.steps)
        code = "\n\n".join(self.code)
        self.texts.append(FILE.format(code=code, atomic=atomic, needs=needs, operations=lines))
        self.worlds.append(copy.deepcopy(self.world))
        self.steps, self.code = [], []


def definition(chain: Chain, field: Any) -> str:
    """Write a field as a migration does."""
    options = [f"{name}=True" for name in ("null", "unique") if field[name]]
    options += ["db_index=True"] if field["index"] else []
    options += [f"default={field['default']!r}"] if field["default"] is not None else []
    if field["kind"] == "char":
        if field["length"] is None:
            return f"models.TextField({', '.join(options)})"
        length = f"max_length={field['length']}"
        return f"models.CharField({', '.join([length, *options])})"
    if field["kind"] in ("fk", "m2m"):
        to = f"'shop.{chain.world[field['to']]['name']}'"
        if field["kind"] == "m2m":
            return f'models.ManyToManyField({to}, related_name="+")'
        return f'models.ForeignKey({to}, models.SET_NULL, null=True, related_name="+")'
    kind = "BooleanField" if field["kind"] == "bool" else "BigIntegerField" if field["big"] else "IntegerField"
    return f"models.{kind}({', '.join(options)})"


def new_field(chain: Chain, name: str, kinds: Any, *, added: bool) -> Any:
    """Draw a field. added: whether rows may be there, which need a value then."""
    kind = chain.pick(kinds)
    field = {"name": name, "kind": kind, "null": False, "unique": False, "index": False, "length": None, "default": None}
    field |= {"big": False, "to": None}
    if kind in ("fk", "m2m"):
        return {**field, "to": chain.pick(chain.world), "null": kind == "fk"}
    if kind == "char":
        field["length"] = chain.pick((9, 30, 60, None))
    field["null"] = kind != "bool" and chain.often(2)
    field["unique"] = field["null"] and field["length"] is not None and chain.often(4)
    field["index"] = not field["unique"] and field["length"] is not None and chain.often(4)
    if not field["null"] and (added or chain.often(2)):
        field["default"] = {"int": 5, "char": "d", "bool": True}[kind]
    return field


def create_model(chain: Chain) -> None:
    name = chain.pick([each for each in MODELS if each not in {one["name"] for one in chain.world.values()}])
    model: Any = {"name": name, "fields": {}, "indexes": {}, "uniques": {}}
    kinds = ("int", "char", "char", "bool", "fk") if chain.world else ("int", "char", "char", "bool")
    lines = ['("id", models.BigAutoField(primary_key=True))']
    for field_name in FIELDS[: chain.draw(st.integers(1, 3))]:
        field = new_field(chain, field_name, kinds, added=False)
        model["fields"][chain.identity("f")] = field
        lines.append(f'("{field_name}", {definition(chain, field)})')
    chain.world[chain.identity("m")] = model
    chain.steps.append(f'migrations.CreateModel("{name}", [{", ".join(lines)}]),')


def delete_model(chain: Chain) -> None:
    identity, model = chain.model()
    if len(chain.world) < 2 or any(
        field["to"] == identity for key, one in chain.world.items() if key != identity for field in one["fields"].values()
    ):
        raise Impossible
    if any(field["to"] == identity for field in model["fields"].values()):
        raise Impossible
    del chain.world[identity]
    chain.steps.append(f'migrations.DeleteModel("{model["name"]}"),')


def rename_model(chain: Chain) -> None:
    _, model = chain.model()
    name = chain.pick([each for each in MODELS if each not in {one["name"] for one in chain.world.values()}])
    chain.steps.append(f'migrations.RenameModel("{model["name"]}", "{name}"),')
    model["name"] = name


def add_field(chain: Chain) -> None:
    identity, model = chain.model()
    name = chain.pick([each for each in FIELDS if each not in {one["name"] for one in model["fields"].values()}])
    field = new_field(chain, name, KINDS, added=True)
    key = chain.identity("f")
    chain.steps.append(f'migrations.AddField("{model["name"]}", "{name}", {definition(chain, field)}),')
    model["fields"][key] = field
    chain.data[-1].append({"do": "column", "model": identity, "field": key})


def remove_field(chain: Chain) -> None:
    _, model = chain.model()
    key, field = chain.field(model, "int", "char", "bool", "fk", "m2m")
    del model["fields"][key]
    chain.steps.append(f'migrations.RemoveField("{model["name"]}", "{field["name"]}"),')


def rename_field(chain: Chain) -> None:
    _, model = chain.model()
    _, field = chain.field(model, "int", "char", "bool", "fk", "m2m")
    name = chain.pick([each for each in FIELDS if each not in {one["name"] for one in model["fields"].values()}])
    chain.steps.append(f'migrations.RenameField("{model["name"]}", "{field["name"]}", "{name}"),')
    field["name"] = name


def alter_field(chain: Chain) -> None:
    identity, model = chain.model()
    key, field = chain.field(model, "int", "char")
    what = chain.pick(("length", "length", "null", "unique", "index", "default", "big", "retype"))
    changed = dict(field)
    if what == "length" and field["kind"] == "char":
        changed["length"] = chain.pick([each for each in (9, 30, 60, None) if each != field["length"]])
        if changed["length"] is None:
            changed["unique"] = changed["index"] = False
    elif what == "null":
        changed["null"] = not field["null"]
        if not changed["null"] and field["default"] is None:
            changed["default"] = 5 if field["kind"] == "int" else "d"
        if not changed["null"]:
            changed["unique"] = False
    elif what == "unique" and field["null"] and field["length"] is not None:
        changed["unique"], changed["index"] = not field["unique"], False
    elif what == "index" and not field["unique"] and (field["length"] is not None or field["kind"] == "int"):
        changed["index"] = not field["index"]
    elif what == "default":
        changed["default"] = None if field["default"] is not None else 5 if field["kind"] == "int" else "d"
    elif what == "big" and field["kind"] == "int":
        changed["big"] = not field["big"]
    elif what == "retype" and field["kind"] == "int" and not field["unique"]:
        changed |= {"kind": "char", "length": 30, "default": None if field["default"] is None else "d", "big": False}
    else:
        raise Impossible
    model["fields"][key] = changed
    chain.steps.append(f'migrations.AlterField("{model["name"]}", "{field["name"]}", {definition(chain, changed)}),')
    chain.data[-1].append({"do": "alter", "model": identity, "field": key, "old": field, "new": changed})


def index(chain: Chain) -> None:
    _, model = chain.model()
    if model["indexes"] and chain.often(2):
        name = chain.pick(model["indexes"])
        del model["indexes"][name]
        chain.steps.append(f'migrations.RemoveIndex("{model["name"]}", "{name}"),')
        return
    keys = [key for key, one in model["fields"].items() if one["kind"] == "int" or (one["kind"] == "char" and one["length"])]
    key, name = chain.pick(keys), chain.identity("ix")
    model["indexes"][name] = [key]
    chain.steps.append(
        f'migrations.AddIndex("{model["name"]}", models.Index(fields=["{model["fields"][key]["name"]}"], name="{name}")),'
    )


def unique(chain: Chain) -> None:
    _, model = chain.model()
    if model["uniques"] and chain.often(2):
        name = chain.pick(model["uniques"])
        del model["uniques"][name]
        chain.steps.append(f'migrations.RemoveConstraint("{model["name"]}", "{name}"),')
        return
    keys = [key for key, one in model["fields"].items() if one["kind"] == "int" or (one["kind"] == "char" and one["length"])]
    key, name = chain.pick(keys), chain.identity("uq")
    model["uniques"][name] = [key]
    fields = f'["id", "{model["fields"][key]["name"]}"]'
    chain.steps.append(f'migrations.AddConstraint("{model["name"]}", models.UniqueConstraint(fields={fields}, name="{name}")),')


REVERSES = ("", ", migrations.RunPython.noop")
SQL_REVERSES = ("", ", migrations.RunSQL.noop")


def data(chain: Chain) -> None:
    """Change rows: by queryset, row by row, through a cursor, or with SQL."""
    identity, model = chain.model()
    table = f"shop_{model['name'].lower()}"
    what = chain.pick(("set", "set", "add", "save", "delete", "insert"))
    referred = any(one["to"] == identity for other in chain.world.values() for one in other["fields"].values())
    if what == "delete":
        if referred or any(one["kind"] == "m2m" for one in model["fields"].values()):
            raise Impossible
        chain.data[-1].append({"do": "delete", "model": identity, "of": 3})
        bodies = ("M.extra(where=['id %% 3 = 0']).delete()", "C('DELETE FROM {table} WHERE id % 3 = 0')")
        sql = "DELETE FROM {table} WHERE id % 3 = 0"
        column = ""
    elif what == "insert":
        values = {
            one["name"]: {"int": 4, "char": "in", "bool": False}[one["kind"]]
            for one in model["fields"].values()
            if one["kind"] in ("int", "char", "bool") and not one["unique"]
        }
        chain.number += 1
        id = 3000 * chain.number + 1
        chain.data[-1].append({"do": "insert", "model": identity, "id": id, "values": values})
        bodies, sql, column = (f"M.get_or_create(id={id}, defaults={values!r})",), "", ""
    else:
        kinds = ("int",) if what != "save" else ("char",)
        key, field = chain.field(model, *kinds)
        if field["unique"]:
            raise Impossible
        column = field["name"]
        value: Any = chain.draw(st.integers(6, 9))
        chain.data[-1].append({"do": what, "model": identity, "field": key, "value": value, "length": field["length"]})
        bodies = {
            "set": ("M.update({column}={value})", "C('UPDATE {table} SET {column} = {value}')"),
            "add": ("M.update({column}=models.F('{column}') + {value})",),
            "save": (
                "for row in M.all():\n        row.{column} = '{value}' + (row.{column} or '')[:4]\n        row.save()",
                "rows = list(M.all())\n    for row in rows:\n        row.{column} = '{value}' + (row.{column} or '')[:4]\n"
                "    M.bulk_update(rows, ['{column}'])",
            ),
        }[what]
        sql = {"set": "UPDATE {table} SET {column} = {value}", "add": "UPDATE {table} SET {column} = {column} + {value}"}.get(
            what, ""
        )
        column, bodies = field["name"], tuple(body.replace("{value}", str(value)) for body in bodies)
        sql = sql.replace("{value}", str(value))
    if sql and chain.often(3):
        text = sql.replace("{table}", table).replace("{column}", column)
        chain.steps.append(f"migrations.RunSQL({text!r}{chain.pick(SQL_REVERSES)}),")
        return
    body = chain.pick(bodies).replace("{table}", table).replace("{column}", column)
    body = body.replace("C(", "schema_editor.connection.cursor().execute(")
    name = f"run{len(chain.code)}"
    chain.code.append(
        f"def {name}(apps, schema_editor):\n    M = apps.get_model('shop', '{model['name']}').objects.using(schema_editor.connection.alias)\n    {body}\n"
    )
    chain.steps.append(f"migrations.RunPython({name}{chain.pick(REVERSES)}),")


OPERATIONS = (
    *(create_model, delete_model, rename_model, add_field, add_field, add_field, remove_field, remove_field),
    *(rename_field, alter_field, alter_field, alter_field, index, unique, data, data),
)


@st.composite
def chains(draw: Draw, most: int = 5) -> dict[str, Any]:
    """Return a chain and what happens on it."""
    chain = Chain(draw)
    chain.data.append([])
    create_model(chain)
    if chain.often(2):
        create_model(chain)
    chain.close(first=True, atomic=True)
    for _ in range(draw(st.integers(1, most))):
        chain.data.append([])
        for _ in range(draw(st.integers(1, 3))):
            before = copy.deepcopy(chain.world), list(chain.steps), list(chain.code), list(chain.data[-1])
            try:
                chain.pick(OPERATIONS)(chain)
            except Impossible:
                chain.world, chain.steps, chain.code, chain.data[-1] = before
        chain.close(first=False, atomic=not chain.often(6))
    return {"migrations": chain.texts, "worlds": chain.worlds, "data": chain.data, "moves": draw(moves(len(chain.texts)))}


def moves(last: int) -> st.SearchStrategy[list[Any]]:
    """Return what happens: ["go", migration, how], or ["write", seed]."""
    writes = st.tuples(st.just("write"), st.integers(0, 10**6))
    go = st.tuples(st.just("go"), st.integers(1, last), st.sampled_from(("rollback", "rollback", "rollback fill", "migrate")))
    return st.lists(st.one_of(writes, go, go), min_size=3, max_size=8).map(lambda found: [["write", 7], *map(list, found)])
