"""One chain of migrations on one database: where it is, and what every value has to be, also of what is not there now."""

from __future__ import annotations

import random
import re
import traceback
from typing import Any

from tests.property.chain_project import can_be_made, catalogue, differing, fresh, manage, recorded, without_made_up

ANY = object()
"""A value that nothing is known of: what is found is taken as it is."""
STOPPED = 3
"""The exit code of a run that stopped part-way: code that fails outside a transaction."""
NOT_RUN = re.compile(r"^shop\.(\d{4})_m: .* is not run again: ", re.MULTILINE)
Cells = dict[str, Any]


class Either:
    """One of two values: a row none of whose other columns is as it was may be another one with its primary key, and then stays."""

    def __init__(self, *values: Any) -> None:
        self.values = values


class Over(Exception):
    """Nobody can go on here but a person."""


class Wrong(Exception):
    """Something is not as it has to be."""


class Story:
    """One chain on one database: where it is, and what every value has to be, also of what is not there now."""

    def __init__(self, chain: dict[str, Any]) -> None:
        self.chain = chain
        self.at = 0
        self.rows: dict[str, dict[int, Cells]] = {}
        self.memory: dict[int, list[tuple[Any, ...]]] = {}
        self.used: dict[str, set[int]] = {}
        self.number = 100
        self.touched: dict[tuple[str, int], int] = {}
        self.begun: dict[int, int] = {}
        self.refused: list[str] = []
        self.went = 0
        self.log: list[str] = []

    @property
    def world(self) -> dict[str, Any]:
        found: dict[str, Any] = self.chain["worlds"][self.at]
        return found

    def run(self) -> list[str]:
        """Go through it until something is wrong."""
        try:
            last = len(self.chain["migrations"])
            self.go(1, "migrate")
            for move in [*self.chain["moves"], ["go", last, "migrate"], ["go", 1, "rollback fill"], ["go", last, "migrate"]]:
                if move[0] == "write":
                    self.write(move[1])
                elif move[1] != self.at:
                    self.go(move[1], move[2])
        except Over:
            return []
        except Wrong as error:
            return [*self.log, str(error)]
        except Exception as error:  # noqa: BLE001 - the database refuses what the models of now say
            return [*self.log, *traceback.format_exception(error)]
        return []

    def write(self, seed: int) -> None:
        """Insert, change and delete rows as the code of now would."""
        chance = random.Random(seed)
        models = self.models()
        for _ in range(chance.randint(2, 5)):
            if not self.world:
                return
            identity = chance.choice(sorted(self.world))
            rows, model = self.rows.setdefault(identity, {}), models[identity]
            what = chance.choice(("insert", "insert", "insert", "update", "update", "delete"))
            if what == "insert":
                self._insert(chance, identity, model)
            elif rows and what == "update":
                self._update(chance, identity, model, chance.choice(sorted(rows)))
            elif rows and what == "delete":
                self._delete(identity, models, chance.choice(sorted(rows)))
        self.compare("after writing")

    def _insert(self, chance: random.Random, identity: str, model: Any) -> None:
        fields = self.world[identity]["fields"]
        cells = {key: self._value(chance, field) for key, field in fields.items()}
        values = {self._attname(field): cells[key] for key, field in fields.items() if field["kind"] != "m2m"}
        row = model.objects.create(**values)
        if row.pk in self.used.setdefault(identity, set()):
            raise Wrong(f"{identity} has used {row.pk} before")
        self.used[identity].add(row.pk)
        for key, field in fields.items():
            if field["kind"] == "m2m":
                getattr(row, field["name"]).set(cells[key])
        self.rows[identity][row.pk] = cells
        self.log.append(f"inserted {identity} {row.pk} {cells}")

    def _update(self, chance: random.Random, identity: str, model: Any, pk: int) -> None:
        fields = self.world[identity]["fields"]
        if not fields:
            return
        key = chance.choice(sorted(fields))
        field, value = fields[key], self._value(chance, fields[key])
        if field["kind"] == "m2m":
            getattr(model.objects.get(pk=pk), field["name"]).set(value)
        else:
            model.objects.filter(pk=pk).update(**{self._attname(field): value})
        self.rows[identity][pk][key] = value
        self.touched[identity, pk] = self.number
        self.log.append(f"updated {identity} {pk} {key} to {value}")

    def _delete(self, identity: str, models: Any, pk: int) -> None:
        models[identity].objects.filter(pk=pk).delete()
        del self.rows[identity][pk]
        self._refer_no_more(identity, pk)
        self.log.append(f"deleted {identity} {pk}")

    def _refer_no_more(self, identity: str, pk: int) -> None:
        for other, model in self.world.items():
            for key, field in model["fields"].items():
                for cells in self.rows.get(other, {}).values() if field["to"] == identity else ():
                    if field["kind"] == "fk" and cells.get(key) == pk:
                        cells[key] = None
                    elif field["kind"] == "m2m" and cells.get(key):
                        cells[key] = cells[key] - {pk}

    @staticmethod
    def _attname(field: Any) -> str:
        return f"{field['name']}_id" if field["kind"] == "fk" else str(field["name"])

    def _value(self, chance: random.Random, field: Any) -> Any:
        self.number += 1
        if field["kind"] == "m2m":
            there = sorted(self.rows.get(field["to"], {}))
            return frozenset(chance.sample(there, min(len(there), chance.randint(0, 2))))
        if field["null"] and chance.random() < 0.3:
            return None
        if field["kind"] == "fk":
            there = sorted(self.rows.get(field["to"], {}))
            return chance.choice(there) if there else None
        if field["kind"] == "char":
            text = f"v{self.number}"
            return text + "x" * chance.choice((0, 0, 0, 20)) if field["length"] is None or field["length"] > 25 else text
        return self.number if field["kind"] == "int" else chance.random() < 0.5

    def models(self) -> dict[str, Any]:
        """Return the historical models by identity."""
        from django.db import connection

        from handrail.execution.project_states import applied_state

        apps = applied_state(connection, "shop").apps
        return {identity: apps.get_model("shop", one["name"]) for identity, one in self.world.items()}

    def go(self, to: int, how: str) -> None:
        """Migrate or roll back, and compare."""
        name = f"{to:04}_m"
        before = self.schema()
        if to > self.at or how == "migrate":
            code, said = manage("migrate", "shop", name, "--verbosity", "0")
        else:
            fills = self._fills(to) if "fill" in how else []
            code, said = manage("handrail", "rollback", "shop", name, "--yes", *fills)
        words = f"{self.at} -> {to} ({how}): {code}"
        self.log.append(f"{words} {said}")
        if code == 0:
            self._follow(to, {int(number) - 1 for number in NOT_RUN.findall(said)})
            self.went += 1
            self.compare(f"after {words}")
            self.compare_schema(words)
            return
        self.refused.append(" ".join(re.findall(r"HR\d+", said)) or said[-300:])
        fails_by_itself = to > self.at and ("IntegrityError" in said or not can_be_made(to))
        if code != 2 and not fails_by_itself:
            raise Wrong(f"{words} failed")
        if code == STOPPED:
            raise Over
        if recorded() != self.at:
            raise Wrong(f"{words} was refused, and {recorded()} are applied")
        if self.schema() != before:
            raise Wrong(f"{words} was refused, and the schema is another: {differing(before, self.schema())}")
        self.compare(f"after {words}")

    def _fills(self, to: int) -> list[str]:
        found = []
        for model in self.chain["worlds"][to].values():
            for field in model["fields"].values():
                if field["kind"] in ("int", "char") and not field["null"]:
                    value = "3" if field["kind"] == "int" else "fill"
                    found += ["--fill", f"shop_{model['name'].lower()}.{field['name']}={value}"]
        return found

    def _follow(self, to: int, not_run: set[int]) -> None:
        while self.at < to:
            self._forward(self.at)
            if self.at in not_run:
                self._not_run(self.at)
            self.at += 1
        while self.at > to:
            self.at -= 1
            self._backward(self.at)

    def _forward(self, number: int) -> None:
        found: list[tuple[Any, ...]] = []
        self.number += 1
        self.begun[number] = self.number
        for one in self.chain["data"][number]:
            rows = self.rows.setdefault(one["model"], {})
            if one["do"] == "column":
                self._column(number, one, rows)
            elif one["do"] == "alter":
                found += [
                    ("cell", one, pk, cells.get(one["field"], ANY), self._altered(one, cells)) for pk, cells in rows.items()
                ]
                for _, _, pk, _, after in found[-len(rows) :] if rows else ():
                    rows[pk][one["field"]] = after
            elif one["do"] == "insert":
                self._inserted(one, rows, found)
            elif one["do"] == "delete":
                gone = [pk for pk in rows if pk % one["of"] == 0]
                found += [("gone", one, pk, rows.pop(pk)) for pk in gone]
            else:
                for pk, cells in rows.items():
                    before = cells.get(one["field"], ANY)
                    cells[one["field"]] = self._changed(one, before)
                    found.append(("cell", one, pk, before, cells[one["field"]]))
        self.memory[number] = found

    def _not_run(self, number: int) -> None:
        """Code was not run again, so that rows are as they were before the rollback: take them as they are found."""
        written = {one["model"] for one in self.chain["data"][number] if one["do"] not in ("column", "alter")}
        for model in written:
            gone = {each[2] for each in self.memory[number] if each[1]["model"] == model}
            self.rows[model] = {pk: {"?": ANY} for pk in gone | self.rows.get(model, {}).keys()}
        self.memory[number] = [("new", *each[1:3]) if each[1]["model"] in written else each for each in self.memory[number]]

    def _column(self, number: int, one: Any, rows: dict[int, Cells]) -> None:
        field = self.chain["worlds"][number + 1].get(one["model"], {"fields": {}})["fields"].get(one["field"])
        for cells in rows.values():
            if one["field"] not in cells and field is not None:
                cells[one["field"]] = frozenset() if field["kind"] == "m2m" else ANY

    def _altered(self, one: Any, cells: Cells) -> Any:
        value, old, new = cells.get(one["field"], ANY), one["old"], one["new"]
        if value is None and not new["null"]:
            return new["default"]
        if isinstance(value, int) and old["kind"] == "int" and new["kind"] == "char":
            return str(value)
        return value

    @staticmethod
    def _changed(one: Any, before: Any) -> Any:
        if one["do"] == "set":
            return one["value"]
        if before is ANY or isinstance(before, Either):
            return ANY
        if one["do"] == "add":
            return None if before is None else before + one["value"]
        return f"{one['value']}{(before or '')[:4]}"

    def _inserted(self, one: Any, rows: dict[int, Cells], found: list[tuple[Any, ...]]) -> None:
        if one["id"] in rows:
            return
        rows[one["id"]] = {}
        self.used.setdefault(one["model"], set()).add(one["id"])
        found.append(("new", one, one["id"]))

    def _backward(self, number: int) -> None:
        for kind, one, pk, *values in reversed(self.memory.pop(number, [])):
            rows = self.rows[one["model"]]
            if kind == "gone":
                rows.setdefault(pk, values[0])
            elif kind == "new":
                rows[pk] = {"?": ANY}
            elif pk in rows:
                before, after = values
                now = rows[pk].get(one["field"], ANY)
                if ANY in (now, after) or isinstance(now, Either) or isinstance(after, Either):
                    rows[pk][one["field"]] = before if now is after else ANY
                elif now == after and type(now) is type(after):
                    is_touched = self.touched.get((one["model"], pk), 0) > self.begun[number]
                    rows[pk][one["field"]] = Either(before, after) if is_touched and before != after else before
        for one in reversed(self.chain["data"][number]):
            if one["do"] == "alter" and one["old"]["kind"] != one["new"]["kind"]:
                for cells in self.rows.get(one["model"], {}).values():
                    value = cells.get(one["field"], ANY)
                    if isinstance(value, str):
                        cells[one["field"]] = int(value) if value.isdigit() else ANY

    def compare(self, words: str) -> None:
        """Compare every row and value."""
        models = self.models()
        found = {identity: self._read(model, self.world[identity]) for identity, model in models.items()}
        for identity, rows in found.items():
            expected = self.rows.setdefault(identity, {})
            for pk in [pk for pk, cells in expected.items() if "?" in cells]:
                if pk in rows:
                    expected[pk] = dict(rows[pk])
                else:
                    del expected[pk]
            if rows.keys() != expected.keys():
                raise Wrong(f"{words}: {identity} has the rows {sorted(rows)}, not {sorted(expected)}")
        for identity, rows in found.items():
            for pk, cells in rows.items():
                for key, value in cells.items():
                    self._compare(words, (identity, pk, key), value, found)

    def _compare(self, words: str, place: tuple[str, int, str], value: Any, found: dict[str, Any]) -> None:
        identity, pk, key = place
        field = self.world[identity]["fields"][key]
        expected = self.rows[identity][pk].get(key, ANY)
        if field["kind"] == "fk" and isinstance(expected, int) and expected not in found[field["to"]]:
            expected = self.rows[identity][pk][key] = None
        if field["length"] is not None and isinstance(expected, str) and len(expected) > field["length"]:
            if not isinstance(value, str) or len(value) > field["length"]:
                raise Wrong(f"{words}: {place} is {value!r}, too long")
            return
        if expected is None and not field["null"]:
            return
        if expected is ANY or (isinstance(expected, Either) and value in expected.values):
            self.rows[identity][pk][key] = value
        elif value != expected or type(value) is not type(expected):
            raise Wrong(f"{words}: {place} ({field['name']}) is {value!r}, not {expected!r}")

    def _read(self, model: Any, one: Any) -> dict[int, Cells]:
        plain = {key: self._attname(field) for key, field in one["fields"].items() if field["kind"] != "m2m"}
        rows = {row["id"]: {key: row[name] for key, name in plain.items()} for row in model.objects.values("id", *plain.values())}
        for key, field in one["fields"].items():
            if field["kind"] == "m2m":
                self._read_links(model, field["name"], key, rows)
        return rows

    @staticmethod
    def _read_links(model: Any, name: str, key: str, rows: dict[int, Cells]) -> None:
        field = model._meta.get_field(name)
        own, other = field.m2m_column_name(), field.m2m_reverse_name()
        links: dict[int, set[int]] = {pk: set() for pk in rows}
        for left, right in field.remote_field.through.objects.values_list(own, other):
            links[left].add(right)
        for pk, cells in rows.items():
            cells[key] = frozenset(links[pk])

    def schema(self) -> list[Any]:
        """Return the catalogue without what is aside."""
        from django.db import connection

        return catalogue(connection)

    def compare_schema(self, words: str) -> None:
        """Compare it with that of a database that was never anywhere else."""
        wanted, found = without_made_up(fresh(self.at)), without_made_up(self.schema())
        if found != wanted:
            raise Wrong(f"after {words} the schema is another: {differing(wanted, found)}")
