"""Random migrations: lists of operations that are each valid where they stand, over a few models in two apps.

Names are drawn from small pools, so that two lists often meet.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

HEAD = "from django.db import migrations, models\n"
SHOP = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("x", models.CharField(max_length=20, default="x")),
], options={"indexes": [models.Index(fields=["x"], name="ix0")]}),
migrations.CreateModel("Maker", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=30)),
    ("x", models.CharField(max_length=20, null=True)),
]),
migrations.CreateModel("Part", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=30)),
    ("n", models.IntegerField(null=True)),
    ("thing", models.ForeignKey("shop.thing", models.CASCADE, related_name="parts")),
    ("maker", models.ForeignKey("shop.maker", models.SET_NULL, null=True)),
], options={"constraints": [models.UniqueConstraint(fields=["thing", "name"], name="uq0")]}),
"""
BLOG = """
migrations.CreateModel("Post", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=30)),
    ("n", models.IntegerField(default=0)),
    ("thing", models.ForeignKey("shop.thing", models.CASCADE)),
    ("makers", models.ManyToManyField("shop.maker")),
]),
"""
NEW_FIELDS = ("a", "b", "Extra", "extra")
CHARS = ("models.CharField(max_length=60)", "models.CharField(max_length=80)", "models.CharField(max_length=60, null=True)")
CHARS += ('models.CharField(max_length=60, default="d")', "models.CharField(max_length=60, db_index=True)", "models.TextField()")
INTEGERS = ("models.IntegerField(null=True)", "models.IntegerField(default=5)", "models.BigIntegerField(default=0)")
INTEGERS += ("models.IntegerField(default=0, db_index=True)", "models.IntegerField(default=0, choices=[(0, 'no')])")
ADDED = {
    "models.IntegerField(null=True)": "int",
    "models.IntegerField(default=1)": "int",
    'models.CharField(max_length=9, default="d")': "char",
    'models.CharField(max_length=9, null=True, db_column="col")': "char",
    "models.CharField(max_length=9, null=True, unique=True)": "char",
    "models.BooleanField(default=False)": "bool",
    'models.ForeignKey("{to}", models.SET_NULL, null=True, related_name="+")': "fk",
    'models.ManyToManyField("{to}", related_name="+")': "m2m",
}


@dataclass
class Model:
    """What a list of operations needs to know of a model to stay valid. fields: kinds by name."""

    fields: dict[str, str]
    table: str = ""
    indexes: dict[str, list[str]] = field(default_factory=dict)
    constraints: dict[str, list[str]] = field(default_factory=dict)
    together: list[str] = field(default_factory=list)
    ordered: bool = False

    def of_kind(self, *kinds: str) -> list[str]:
        """Return the fields of some kinds."""
        return [name for name, kind in self.fields.items() if kind in kinds]

    def used(self) -> set[str]:
        """Return the fields that something else names."""
        return {name for names in (*self.indexes.values(), *self.constraints.values(), self.together) for name in names}


@dataclass
class World:
    """All models by app and name, and the functions that the operations so far need."""

    models: dict[tuple[str, str], Model]
    code: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(
        default_factory=lambda: {"uq0": "models.UniqueConstraint(fields=['thing', 'name'], name='uq0')"}
    )

    def table(self, key: tuple[str, str]) -> str:
        """Return a model's table."""
        return self.models[key].table or f"{key[0]}_{key[1].lower()}"


def base_world() -> World:
    """Return the models of the base."""
    return World(
        {
            ("shop", "Thing"): Model({"name": "char", "n": "int", "x": "char"}, indexes={"ix0": ["x"]}),
            ("shop", "Maker"): Model({"name": "char", "x": "char"}),
            ("shop", "Part"): Model(
                {"name": "char", "n": "int", "thing": "fk:shop.Thing", "maker": "fk:shop.Maker"},
                constraints={"uq0": ["thing", "name"]},
            ),
            ("blog", "Post"): Model({"name": "char", "n": "int", "thing": "fk:shop.Thing", "makers": "m2m:shop.Maker"}),
        }
    )


Draw = Callable[[st.SearchStrategy[Any]], Any]
Key = tuple[str, str]


class Impossible(Exception):
    """An operation has nothing to work on."""


def pick(draw: Draw, choices: Any) -> Any:
    """Draw one of the choices; raise Impossible where there is none."""
    every = list(choices)
    if not every:
        raise Impossible
    return draw(st.sampled_from(every))


def add_field(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    name = pick(draw, [each for each in NEW_FIELDS if each.lower() not in {other.lower() for other in model.fields}])
    definition = pick(draw, ADDED)
    to = pick(draw, [each for each in world.models if each[0] == "shop" or key[0] == "blog"])
    kind = ADDED[definition]
    model.fields[name] = f"{kind}:{to[0]}.{to[1]}" if kind in ("fk", "m2m") else kind
    return f'migrations.AddField("{key[1]}", "{name}", {definition.format(to=".".join(to))}),'


def remove_field(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    name = pick(draw, [each for each in model.fields if each not in model.used() and not (model.ordered and each == "thing")])
    del model.fields[name]
    return f'migrations.RemoveField("{key[1]}", "{name}"),'


def alter_field(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    name = pick(draw, model.of_kind("char", "int"))
    definition = pick(draw, CHARS if model.fields[name] == "char" else INTEGERS)
    return f'migrations.AlterField("{key[1]}", "{name}", {definition}),'


def rename_field(draw: Draw, world: World, key: Key) -> str:
    """Rename a field that no index or constraint names: their definitions in Django's state would keep the old name."""
    model = world.models[key]
    fixed = {name for names in (*model.indexes.values(), *model.constraints.values()) for name in names}
    old = pick(draw, [name for name in model.of_kind("char", "int") if name not in fixed])
    new = pick(draw, [each for each in ("a", "y", "z") if each not in model.fields])
    model.fields = {new if name == old else name: kind for name, kind in model.fields.items()}
    model.together = [new if name == old else name for name in model.together]
    return f'migrations.RenameField("{key[1]}", "{old}", "{new}"),'


def add_index(draw: Draw, world: World, key: Key) -> str:
    taken = {name for model in world.models.values() for name in model.indexes}
    name = pick(draw, {"ix1", "ix2", "ix3"} - taken)
    columns = [pick(draw, world.models[key].of_kind("char", "int"))]
    world.models[key].indexes[name] = columns
    return f'migrations.AddIndex("{key[1]}", models.Index(fields={columns}, name="{name}")),'


def remove_index(draw: Draw, world: World, key: Key) -> str:
    name = pick(draw, world.models[key].indexes)
    del world.models[key].indexes[name]
    return f'migrations.RemoveIndex("{key[1]}", "{name}"),'


def rename_index(draw: Draw, world: World, key: Key) -> str:
    old = pick(draw, world.models[key].indexes)
    new = pick(draw, {"ix8", "ix9"} - {name for model in world.models.values() for name in model.indexes})
    world.models[key].indexes[new] = world.models[key].indexes.pop(old)
    return f'migrations.RenameIndex("{key[1]}", new_name="{new}", old_name="{old}"),'


def add_constraint(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    taken = {name for other in world.models.values() for name in other.constraints}
    if draw(st.booleans()):
        name, column = pick(draw, {"ck1", "ck2"} - taken), pick(draw, model.of_kind("int"))
        definition = f"models.CheckConstraint(condition=models.Q({column}__gte=-9999999999), name={name!r})"
    else:
        name, column = pick(draw, {"uq1", "uq2"} - taken), pick(draw, model.of_kind("char"))
        definition = f"models.UniqueConstraint(fields=[{column!r}, 'id'], name={name!r})"
    model.constraints[name] = [column]
    world.definitions[name] = definition
    return f'migrations.AddConstraint("{key[1]}", {definition}),'


def remove_constraint(draw: Draw, world: World, key: Key) -> str:
    name = pick(draw, world.models[key].constraints)
    del world.models[key].constraints[name]
    return f'migrations.RemoveConstraint("{key[1]}", "{name}"),'


def unique_together(draw: Draw, world: World, key: Key) -> str:
    column = pick(draw, world.models[key].of_kind("char", "int"))
    world.models[key].together = [column]
    return f'migrations.AlterUniqueTogether("{key[1]}", {{("id", "{column}")}}),'


def alter_constraint(draw: Draw, world: World, key: Key) -> str:
    """Change what the database does not know of a constraint: its message."""
    name = pick(draw, world.models[key].constraints)
    definition = world.definitions[name].removesuffix(")") + f', violation_error_message="{pick(draw, ("no", "never"))}")'
    return f'migrations.AlterConstraint("{key[1]}", "{name}", {definition}),'


def options(draw: Draw, world: World, key: Key) -> str:
    values = ({"verbose_name": "v"}, {"verbose_name": "w"}, {"ordering": ["-id"]}, {"permissions": [("p", "P")]})
    return f'migrations.AlterModelOptions("{key[1]}", {pick(draw, values)}),'


def managers(draw: Draw, world: World, key: Key) -> str:
    return f'migrations.AlterModelManagers("{key[1]}", [("{pick(draw, ("objects", "rows"))}", models.Manager())]),'


def order_with_respect_to(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    if "thing" not in model.fields or model.ordered:
        raise Impossible
    model.ordered = True
    return f'migrations.AlterOrderWithRespectTo("{key[1]}", "thing"),'


def alter_table(draw: Draw, world: World, key: Key) -> str:
    world.models[key].table = pick(draw, {"same", "other"} - {model.table for model in world.models.values()})
    return f'migrations.AlterModelTable("{key[1]}", "{world.models[key].table}"),'


def table_comment(draw: Draw, world: World, key: Key) -> str:
    return f'migrations.AlterModelTableComment("{key[1]}", "{pick(draw, ("one", "two"))}"),'


def create_model(draw: Draw, world: World, key: Key) -> str:
    app = key[0]
    name = pick(draw, [each for each in ("New", "Newer") if (app, each) not in world.models])
    model = Model({"name": "char", "n": "int"})
    fields = '("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9))'
    fields += ', ("n", models.IntegerField(null=True))'
    if draw(st.booleans()):
        model.fields["thing"] = f"fk:{app}.{key[1]}"
        fields += f', ("thing", models.ForeignKey("{app}.{key[1]}", models.CASCADE, related_name="+"))'
    if draw(st.integers(0, 3)) == 0:
        model.table = pick(draw, {"same", "other"} - {other.table for other in world.models.values()})
    world.models[app, name] = model
    option = f', options={{"db_table": "{model.table}"}}' if model.table else ""
    return f'migrations.CreateModel("{name}", [{fields}]{option}),'


def referred(world: World) -> set[str]:
    """Return the models that others lead to."""
    return {kind.partition(":")[2] for model in world.models.values() for kind in model.fields.values() if ":" in kind}


def delete_model(draw: Draw, world: World, key: Key) -> str:
    if ".".join(key) in referred(world):
        raise Impossible
    del world.models[key]
    return f'migrations.DeleteModel("{key[1]}"),'


def rename_model(draw: Draw, world: World, key: Key) -> str:
    app, old = key
    new = pick(draw, [each for each in ("Item", "Piece") if (app, each) not in world.models])
    world.models[app, new] = world.models.pop(key)
    for model in world.models.values():
        model.fields = {name: kind.replace(f"{app}.{old}", f"{app}.{new}") for name, kind in model.fields.items()}
    return f'migrations.RenameModel("{old}", "{new}"),'


def separate(draw: Draw, world: World, key: Key) -> str:
    inner = pick(draw, (add_field, alter_field, add_index))(draw, world, key)
    return f"migrations.SeparateDatabaseAndState(database_operations=[{inner}], state_operations=[{inner}]),"


LOOP = "for row in Model.objects.all():\n        row.{char} = (row.{char} or '')[:5] + '{n}'\n        row.save"
PYTHON = (
    LOOP + "()",
    LOOP + "(update_fields=['{char}'])",
    "Model.objects.filter({char}='a-name').update({char}='{n}')",
    "Model.objects.update({int}={n})",
    "Model.objects.exclude({char}='nothing').update({int}=models.F('{int}') * {n})",
    "Model.objects.filter({int}__gt=2).delete()",
    "assert Model.objects.filter({char}='nothing').count() == 0",
    "Model.objects.filter(**{{'{char}__startswith': 'a'}}).update(**{{'{int}': {n}}})",
    "schema_editor.execute('UPDATE {table} SET {char} = {n}')",
    "with schema_editor.connection.cursor() as cursor:\n        cursor.execute('UPDATE {table} SET {int} = {n} WHERE id > 1')",
    "pass",
)
"""Bodies of functions; char and int are fields, n a number."""


def run_python(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    values = {"char": pick(draw, model.of_kind("char")), "int": pick(draw, model.of_kind("int")), "n": draw(st.integers(2, 3))}
    body = pick(draw, PYTHON).format(**values, table=world.table(key))
    name = f"run{len(world.code)}"
    world.code.append(f"def {name}(apps, schema_editor):\n    Model = apps.get_model('{key[0]}', '{key[1]}')\n    {body}\n")
    return f"migrations.RunPython({name}, migrations.RunPython.noop),"


SQL = (
    "UPDATE {table} SET {char} = {char} || '{n}'",
    "UPDATE {table} SET {int} = {n} WHERE {char} <> ''",
    "DELETE FROM {table} WHERE {int} > {n}",
    "CREATE INDEX ix{n} ON {table} ({char})",
    "CREATE TABLE raw{n} (id integer)",
    "ALTER TABLE {table} ADD COLUMN a integer",
)


def run_sql(draw: Draw, world: World, key: Key) -> str:
    model = world.models[key]
    values = {"char": pick(draw, model.of_kind("char")), "int": pick(draw, model.of_kind("int")), "n": draw(st.integers(1, 2))}
    return f"migrations.RunSQL({pick(draw, SQL).format(**values, table=world.table(key))!r}, migrations.RunSQL.noop),"


KINDS = (
    *(add_field, add_field, remove_field, alter_field, alter_field, rename_field),
    *(add_index, remove_index, rename_index, add_constraint, remove_constraint, alter_constraint, unique_together),
    *(options, managers, order_with_respect_to, alter_table, table_comment),
    *(create_model, delete_model, rename_model, separate, run_python, run_python, run_sql),
)
"""What may be drawn, the common ones twice."""
FILE = """{head}

{code}

class Migration(migrations.Migration):
    dependencies = {needs}
    operations = [
{operations}
    ]
"""


def file(operations: list[str], code: list[str], needs: list[Key]) -> str:
    """Return a migration file's text."""
    lines = "\n".join(f"        {operation}" for operation in operations)
    return FILE.format(head=HEAD, code="\n\n".join(code), needs=needs, operations=lines)


BASE = [
    ("shop", "0001_initial", file([SHOP], [], [])),
    ("blog", "0001_initial", file([BLOG], [], [("shop", "0001_initial")])),
]
"""The common ancestor."""


@st.composite
def side(draw: Draw, suffix: str) -> list[tuple[str, str, str]]:
    """Return the migrations of one side: one for each app it works in, that of shop first."""
    world = base_world()
    files = []
    needs: list[Key] = [("shop", "0001_initial"), ("blog", "0001_initial")]
    for app in pick(draw, (["shop"], ["shop"], ["blog"], ["shop", "blog"])):
        world.code = []
        operations = []
        for _ in range(draw(st.integers(1, 4))):
            before = copy.deepcopy(world.models)
            try:
                key = pick(draw, [each for each in world.models if each[0] == app])
                operations.append(pick(draw, KINDS)(draw, world, key))
            except Impossible:
                world.models = before
        if operations:
            name = f"0002_{suffix}"
            files.append((app, name, file(operations, world.code, needs)))
            needs = [*needs, (app, name)]
    return files
