"""Source text of the operations of one side, from their facts."""

from __future__ import annotations

from typing import Any

from tests.conflicts.definitions import Facts, is_many, is_relation, source
from tests.conflicts.needs import NOTE, Ancestor

Fact = dict[str, Any]
OPTIONS = {
    "verbose_name": '"thing"',
    "verbose_name_plural": '"things"',
    "permissions": '[("see_all", "May see all")]',
    "default_permissions": '("add",)',
    "get_latest_by": '"id"',
    "ordering": '["id"]',
    "base_manager_name": '"objects"',
    "abstract": "False",
    "managed": "True",
}
EXTENSIONS = {
    "HStoreExtension": "",
    "TrigramExtension": "",
    "BtreeGinExtension": "",
    "CryptoExtension": "",
    "CreateCollation": "",
    "CreateExtension": '"by_hand"',
}
"""Operations of django.contrib.postgres, with their arguments."""
TOUCHING = ("data_other_side_touched_field",)
"""What the class of a record says where code uses a field that the other side touches."""


class Writer:
    """Writes one migration. functions: the source of the functions that its RunPython operations run."""

    def __init__(self, *, app: str, record: dict[str, Any], side: int, ancestor: Ancestor) -> None:
        self.app = app
        self.record = record
        self.side = side
        self.ancestor = ancestor
        self.functions: list[str] = []
        self.imports: list[str] = []

    def apps(self, migration: Fact) -> list[str]:
        """Return the apps whose models the migration names."""
        found: set[str] = set()
        for operation in migration["ops"]:
            for facts in (operation.get("f") or {}, *operation.get("fields", ())):
                if isinstance(facts, dict):
                    found.update(str(facts[key]).partition(".")[0] for key in ("to", "through") if "." in str(facts.get(key)))
            found.update(label.partition(".")[0] for label in operation.get("models", ()))
        return sorted(app for app in found if any(label.startswith(f"{app}.") for label in self.ancestor.models))

    def operations(self, migration: Fact) -> list[str]:
        """Return the operations of a migration, those inside others in their places."""
        found: list[str] = []
        pending = list(migration["ops"])
        while pending:
            operation = pending.pop(0)
            inner = []
            while pending and "in" in pending[0] and operation["op"] in ("SeparateDatabaseAndState", "RunSQL"):
                inner.append(pending.pop(0))
            found.append(self._operation(operation, inner))
        if self.imports:
            self.functions.insert(0, "\n".join(dict.fromkeys(self.imports)))
        return found

    def _operation(self, operation: Fact, inner: list[Fact]) -> str:
        writer = getattr(self, "_" + operation["op"], None)
        if writer is None:
            return self._custom(operation)
        return (
            writer(operation, inner) if inner or operation["op"] in ("SeparateDatabaseAndState", "RunSQL") else writer(operation)
        )

    def _custom(self, operation: Fact) -> str:
        name = operation["op"]
        if name in EXTENSIONS:
            self.imports.append(f"from django.contrib.postgres.operations import {name}")
            return f'{name}("by_hand", "de")' if name == "CreateCollation" else f"{name}({EXTENSIONS[name]})"
        self.imports.append(f"from project.operations import {name}")
        return f"{name}()" if not operation.get("model") else f'{name}("{operation["model"]}")'

    def _SeparateDatabaseAndState(self, _: Fact, inner: list[Fact]) -> str:
        state = [self._operation(each, []) for each in inner if each["side"] == "state"]
        database = [self._operation(each, []) for each in inner if each["side"] != "state"]
        return f"migrations.SeparateDatabaseAndState([{', '.join(database)}], [{', '.join(state)}])"

    def _CreateModel(self, operation: Fact) -> str:
        keyed = any(each["name"] == "id" or each["type"].endswith("AutoField") for each in operation["fields"])
        parents = [label for label in operation.get("bases", ()) if label.count(".") == 1 and label in self.ancestor.models]
        fields = [] if keyed or parents or operation.get("proxy") else ['("id", models.BigAutoField(primary_key=True))']
        for each in operation["fields"]:
            facts = dict(each)
            facts["primary_key"] = each["name"] == "id"
            if each["name"].endswith("_ptr") and each.get("to") in parents:
                facts.update(parent_link=True, primary_key=True)
            fields.append(f'("{each["name"]}", {source(facts)})')
        bases = ", ".join(f'"{label}"' for label in parents)
        rest = f", bases=({bases},)" if bases else ""
        return f'migrations.CreateModel(name="{operation["model"]}", fields=[{", ".join(fields)}], options={self._options(operation)}{rest})'

    def _options(self, operation: Fact) -> str:
        parts = [f'"{key}": {self._option(operation, key)}' for key in operation.get("okeys", ()) if key in OPTIONS]
        columns = [each["name"] for each in operation.get("fields", ()) if not is_many(each) and not is_relation(each)]
        names = list(operation.get("inames", ()))
        if "unique_together" in operation.get("okeys", ()) and len(columns) > 1:
            parts.append(f'"unique_together": {{{tuple(columns[:2])!r}}}')
        if names and columns:
            listed = ", ".join(f'models.Index(fields=["{columns[0]}"], name="{name}")' for name in names)
            parts.append(f'"indexes": [{listed}]')
        if operation.get("table"):
            parts.append(f'"db_table": "{operation["table"]}"')
        if operation.get("proxy"):
            parts.append('"proxy": True')
        if operation.get("unmanaged"):
            parts = [part for part in parts if "managed" not in part] + ['"managed": False']
        return "{" + ", ".join(parts) + "}"

    def _option(self, operation: Fact, key: str) -> str:
        """Return a value; where both sides set an option and the record says that the order matters, each sets its own."""
        hazards = self.record["class"]["hazards"]
        if operation["op"] == "AlterModelOptions" and any(hazard.startswith("order_dependent") for hazard in hazards):
            return OPTIONS[key].replace("thing", f"thing {self.side}").replace("see_all", f"see_all_{self.side}")
        return OPTIONS[key]

    def _DeleteModel(self, operation: Fact) -> str:
        return f'migrations.DeleteModel("{operation["model"]}")'

    def _RenameModel(self, operation: Fact) -> str:
        return f'migrations.RenameModel("{operation["old"]}", "{operation["new"]}")'

    def _AddField(self, operation: Fact) -> str:
        text = source(operation["f"])
        bare = not operation["f"].get("null") and not operation["f"].get("unique") and "default=" not in text
        if bare and not is_many(operation["f"]) and self._is_old(operation["model"]):
            return f'migrations.AddField("{operation["model"]}", "{operation["field"]}", {text[:-1]}, default=1), preserve_default=False)'
        return f'migrations.AddField("{operation["model"]}", "{operation["field"]}", {text})'

    def _is_old(self, model: str) -> bool:
        """Say whether a model may have rows: it is not made on this side."""
        made = {
            op.get("model")
            for migration in self.record["segments"][self.side]
            for op in migration["ops"]
            if op["op"] == "CreateModel"
        }
        return model not in made

    def _AlterField(self, operation: Fact) -> str:
        return f'migrations.AlterField("{operation["model"]}", "{operation["field"]}", {source(operation["f"])})'

    def _RemoveField(self, operation: Fact) -> str:
        return f'migrations.RemoveField("{operation["model"]}", "{operation["field"]}")'

    def _RenameField(self, operation: Fact) -> str:
        return f'migrations.RenameField("{operation["model"]}", "{operation["old"]}", "{operation["new"]}")'

    def _AlterModelOptions(self, operation: Fact) -> str:
        return f'migrations.AlterModelOptions("{operation["model"]}", {self._options(operation)})'

    def _AlterModelManagers(self, operation: Fact) -> str:
        return f'migrations.AlterModelManagers("{operation["model"]}", [])'

    def _AlterModelTable(self, operation: Fact) -> str:
        return f'migrations.AlterModelTable("{operation["model"]}", {operation.get("table")!r})'

    def _AlterUniqueTogether(self, operation: Fact) -> str:
        names = tuple(operation["ifields"])
        return f'migrations.AlterUniqueTogether("{operation["model"]}", { {names} if len(names) > 1 else set()!r})'

    def _AlterIndexTogether(self, operation: Fact) -> str:
        names = tuple(operation["ifields"])
        return f'migrations.AlterIndexTogether("{operation["model"]}", { {names} if len(names) > 1 else set()!r})'

    def _AddConstraint(self, operation: Fact) -> str:
        names = [name for name in operation.get("ifields", ()) if "__" not in name]
        filters = ", ".join(f"{name.partition('__')[0]}__isnull=False" for name in self._columns(operation))
        condition = f"models.Q({filters})" if filters else "models.Q(pk__isnull=False)"
        if operation["itype"] == "CheckConstraint" or not names:
            constraint = f'models.CheckConstraint(condition={condition}, name="{operation["iname"]}")'
        else:
            part = f", condition={condition}" if filters else ""
            constraint = f'models.UniqueConstraint(fields={names!r}, name="{operation["iname"]}"{part})'
        return f'migrations.AddConstraint("{operation["model"]}", {constraint})'

    def _columns(self, operation: Fact) -> list[str]:
        """Return the fields that a condition names."""
        return [name for name in operation.get("cfields", ()) if not name.startswith("_con") and name != "_negated"]

    def _RemoveConstraint(self, operation: Fact) -> str:
        return f'migrations.RemoveConstraint("{operation["model"]}", "{operation["iname"]}")'

    def _AddIndex(self, operation: Fact) -> str:
        names = [name for name in operation.get("ifields") or ["id"] if "__" not in name] or ["id"]
        return f'migrations.AddIndex("{operation["model"]}", models.Index(fields={names!r}, name="{operation["iname"]}"))'

    def _AddIndexConcurrently(self, operation: Fact) -> str:
        self.imports.append("from django.contrib.postgres.operations import AddIndexConcurrently")
        return self._AddIndex(operation).replace("migrations.AddIndex", "AddIndexConcurrently")

    def _RemoveIndex(self, operation: Fact) -> str:
        return f'migrations.RemoveIndex("{operation["model"]}", "{operation["iname"]}")'

    def _RemoveIndexConcurrently(self, operation: Fact) -> str:
        self.imports.append("from django.contrib.postgres.operations import RemoveIndexConcurrently")
        return self._RemoveIndex(operation).replace("migrations.RemoveIndex", "RemoveIndexConcurrently")

    def _RenameIndex(self, operation: Fact) -> str:
        fields = tuple(operation["ifields"])
        return f'migrations.RenameIndex("{operation["model"]}", new_name="{operation["new"]}", old_fields={fields!r})'

    def _RunSQL(self, operation: Fact, inner: list[Fact]) -> str:
        state = ", ".join(self._operation(each, []) for each in inner)
        if operation.get("sql_dynamic"):
            return f"migrations.RunSQL(open('x.sql').read(), state_operations=[{state}])"
        statements = [text for table in operation["tables"] or [""] for text in self._statements(table, operation["verbs"])]
        return f"migrations.RunSQL({statements!r}, migrations.RunSQL.noop, state_operations=[{state}])"

    def _statements(self, table: str, verbs: list[str]) -> list[str]:
        """Return statements that use these verbs; where the table is not known they can be read no more than the real ones."""
        name = table.rpartition(".")[2]
        if "DO" in verbs or not name:
            return ["DO $$ BEGIN PERFORM 1; END $$"] if verbs else ["SET CONSTRAINTS ALL IMMEDIATE"]
        if self._model_of(name) not in self.ancestor.models and {"CREATE", "DROP"} & set(verbs):
            return [f"CREATE TABLE {name} (id int)" if "CREATE" in verbs else f"DROP TABLE IF EXISTS {name}"]
        columns = self._touched(self._model_of(name)) or [NOTE]
        found = []
        if "UPDATE" in verbs:
            found += [f"UPDATE {name} SET {column} = {column}" for column in columns]
        if "DELETE" in verbs:
            found.append(f"DELETE FROM {name} WHERE {columns[0]} IS NULL")
        if "INSERT" in verbs:
            found.append(f"INSERT INTO {name} ({columns[0]}) SELECT {columns[0]} FROM {name} WHERE 1 = 0")
        if "ALTER" in verbs or ("DROP" in verbs and not found):
            found += [f"ALTER TABLE {name} ALTER COLUMN {column} DROP DEFAULT" for column in columns]
        if "CREATE" in verbs:
            found.append(f"CREATE INDEX {name}_by_hand ON {name} ({columns[0]})")
        return found or ["SET CONSTRAINTS ALL IMMEDIATE" if "SET" in verbs else f"SELECT {columns[0]} FROM {name}"]

    def _model_of(self, table: str) -> str:
        known = {label.replace(".", "_"): label for label in self.ancestor.models}
        return known.get(table, table.replace("_", ".", 1))

    def _touched(self, label: str) -> list[str]:
        """Return the fields of a model that another side touches, where the record says that code uses one of them."""
        hazards = self.record["class"]["hazards"]
        if not any(hazard in hazards for hazard in (*TOUCHING, "sql_same_column_or_table_op", "sql_same_table_data")):
            return []
        found: set[str] = set()
        for number, migrations in enumerate(self.record["segments"]):
            for operation in (op for migration in migrations for op in migration["ops"]):
                if number != self.side and f"{self.app}.{operation.get('model')}" == label:
                    found.update(filter(None, (operation.get("field"), operation.get("old"))))
        known = self.ancestor.models[label].fields if label in self.ancestor.models else {}
        return sorted(name for name in found if name in known and not is_relation(known[name]))

    def _RunPython(self, operation: Fact) -> str:
        if operation.get("fwd_noop"):
            return "migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)"
        name = f"forwards_{len([text for text in self.functions if text.startswith('def ')])}"
        self.functions.append(self._function(name, operation))
        return f"migrations.RunPython({name}, migrations.RunPython.noop)"

    def _model_of_others(self) -> str:
        """Return a model that another side touches: which one the code uses is not known."""
        others = [m for n, side in enumerate(self.record["segments"]) if n != self.side for m in side]
        return next((op["model"] for migration in others for op in migration["ops"] if op.get("model")), "placeholder")

    def _function(self, name: str, operation: Fact) -> str:
        body: list[str] = []
        if operation.get("external_code") or not (operation["models"] or operation.get("live_models")):
            self.imports.append("from project.helpers import do_the_work")
            body.append("do_the_work(apps, schema_editor)")
        if operation.get("live_models"):
            model = self._model_of_others().title()
            self.imports.append(f"from {self.app}.models import {model}")
            body.append(f"{model}.objects.update({NOTE}='')")
        if operation.get("raw_cursor"):
            body.append("schema_editor.connection.cursor().execute(input())")
        for number, label in enumerate(operation["models"]):
            body += self._uses(f"Model{number}", label, operation.get("writes") or [])
        return f"def {name}(apps, schema_editor):\n" + "".join(f"    {line}\n" for line in body)

    def _uses(self, variable: str, label: str, writes: list[str]) -> list[str]:
        app, _, model = label.partition(".")
        lines = [f'{variable} = apps.get_model("{app}", "{model}")']
        known = label in self.ancestor.models
        columns = (self._touched(label) or [NOTE]) if known else ["pk"]
        for column in columns:
            lines += self._writes(variable, column, writes, known=known)
        return lines

    def _writes(self, variable: str, column: str, writes: list[str], *, known: bool) -> list[str]:
        rows = f"{variable}.objects.order_by('pk')"
        found = [f"list({rows}.values_list('{column}', flat=True))"]
        if not known:
            return found
        if {"save", "bulk_update"} & set(writes):
            found += [f"for row in {rows}:", f"    row.{column} = row.{column}", "    row.save()"]
        if "update" in writes:
            found.append(f"{variable}.objects.update({column}=models.F('{column}'))")
        if {"create", "bulk_create", "get_or_create", "update_or_create"} & set(writes):
            found.append(f"{variable}.objects.get_or_create({NOTE}='made by code')")
        if "delete" in writes:
            found.append(f"{variable}.objects.filter({NOTE}='to be deleted').delete()")
        return found


def facts_of(field: Facts) -> Facts:
    """Return the facts of a field as CreateModel states them."""
    return field
