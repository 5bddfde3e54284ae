"""One app whose second migration is stopped: 0001_initial makes tables with rows in them, 0002_step is what is stopped."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

FILE = """\
from django.contrib.postgres import operations as postgres
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.deletion import CASCADE, SET_NULL

{code}


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies}
    operations = [
{operations}
    ]
"""
EVERYWHERE = ("sqlite", "postgresql", "mysql")
ROLLS_BACK = ("sqlite", "postgresql")
"""Where atomic = False makes a difference to schema changes."""


@dataclass(frozen=True)
class Case:
    """One app. code: functions that 0002_step uses. asks: it runs code outside a transaction, so a person is asked there.

    rolls_back: its way back is handrail rollback, else migrate. again: it is also stopped on its way forwards where something
    comes back that is kept. irreversible: plain Django has no way back. own_schema: what comes back that SQL dropped is not in all
    databases defined as it was.
    """

    label: str
    first: str
    step: str
    code: str = ""
    atomic: bool = True
    vendors: tuple[str, ...] = EVERYWHERE
    asks: bool = False
    rolls_back: bool = False
    again: bool = False
    irreversible: bool = False
    own_schema: bool = False

    def loose(self, vendors: tuple[str, ...] = ROLLS_BACK) -> Case:
        """Return the same with atomic = False."""
        return replace(self, label=f"{self.label}_loose", atomic=False, vendors=vendors)

    def files(self) -> dict[str, str]:
        """Return the texts of the two migrations by name."""
        step = self.step.replace("LABEL", self.label)
        return {
            "0001_initial": _file(self.first + ROWS, "", [], atomic=True),
            "0002_step": _file(step, self.code, [(self.label, "0001_initial")], atomic=self.atomic),
        }


def _file(operations: str, code: str, dependencies: list[tuple[str, str]], *, atomic: bool) -> str:
    fill = FILL if "fill" in operations else ""
    return FILE.format(
        code=(fill + textwrap.dedent(code)).strip(),
        atomic=atomic,
        dependencies=dependencies,
        operations=textwrap.indent(textwrap.dedent(operations).strip(), " " * 8),
    )


FILL = '''
def fill(apps, editor):
    """Give every model three rows: numbers grow, texts differ, keys point to rows with the same id."""
    app = __name__.split(".")[0]
    models_ = sorted(apps.get_app_config(app).get_models(), key=lambda model: (model.__name__ != "Thing", model.__name__))
    for model in models_:
        for id in (1, 2, 3):
            values = {"id": id}
            for field in model._meta.concrete_fields:
                kind = field.get_internal_type()
                if field.is_relation:
                    values[field.attname] = 4 - id
                elif kind == "IntegerField":
                    values[field.attname] = id * 10
                elif kind == "CharField":
                    values[field.attname] = f"{field.name[:3]}{id}"
            if model.__name__ == "Thing" and id == 3 and any(field.name == "maybe" for field in model._meta.fields):
                values["maybe"] = None
            model.objects.using(editor.connection.alias).create(**values)
        for field in model._meta.many_to_many:
            through = field.remote_field.through
            for id in (1, 2):
                names = [each.attname for each in through._meta.concrete_fields if each.is_relation]
                through.objects.using(editor.connection.alias).create(id=id, **dict(zip(names, (id, id + 1))))
'''
ROWS = "migrations.RunPython(fill, migrations.RunPython.noop),\n"
THING = """
migrations.CreateModel("Thing", [
    ("id", models.AutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
    ("x", models.CharField(max_length=20, default="x")),
]),
"""
OTHER = """
migrations.CreateModel("Other", [
    ("id", models.AutoField(primary_key=True)),
    ("code", models.CharField(max_length=30)),
    ("thing", models.ForeignKey("Thing", CASCADE)),
    ("many", models.ManyToManyField("Thing", related_name="+")),
]),
"""
