"""Project states that make the classes of changed models when they are asked for; a program: Django is set up in it."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.state import ProjectState

from handrail.execution.project_states import PatientState, is_of_state_alone, patient, settle_before

ID: Any = ("id", models.BigAutoField(primary_key=True))
CITY = migrations.CreateModel("City", [ID, ("name", models.CharField(max_length=5))])
SHOP = migrations.CreateModel("Shop", [ID, ("city", models.ForeignKey("shop.City", models.CASCADE))])
CHANGES = [
    migrations.AlterModelOptions("City", {"ordering": ["name"]}),
    migrations.AlterField("City", "name", models.CharField(max_length=5, help_text="of the town hall")),
    migrations.AddField("Shop", "born", models.ForeignKey("shop.City", models.CASCADE, null=True, related_name="+")),
    migrations.RenameField("City", "name", "title"),
    migrations.RenameModel("City", "Town"),
    migrations.RemoveField("Shop", "born"),
    migrations.AlterField("Shop", "city", models.ForeignKey("shop.Town", models.PROTECT, related_name="shops")),
    migrations.DeleteModel("Shop"),
]
"""Every way in which a state says that a model has changed."""


def changed(state: ProjectState, *operations: Any) -> ProjectState:
    for one in operations:
        one.state_forwards("shop", state)
    return state


def seen(state: ProjectState) -> dict[str, Any]:
    """Describe all classes: their fields in order, what each relates to, and what relates to them."""
    found = {}
    for model in state.apps.get_models():
        fields = [(one.name, one.related_model, getattr(one, "help_text", "")) for one in model._meta.get_fields()]
        found[model._meta.label] = (repr(fields), model._meta.ordering)
        for field in model._meta.get_fields():
            if field.related_model is not None:
                assert field.related_model is state.apps.get_model(field.related_model._meta.label)
    return found


def check_after_all_changes_the_classes_are_those_that_django_makes() -> None:
    for end in range(1, len(CHANGES) + 1):
        django, ours = ProjectState(), patient(ProjectState())
        for state in (django, ours):
            changed(state, CITY, SHOP)
            assert len(state.apps.get_models()) == 2
            changed(state, *CHANGES[:end])
        assert seen(ours) == seen(django), CHANGES[end - 1]


def check_nothing_is_made_for_changes_that_nobody_asks_for() -> None:
    state = changed(patient(ProjectState()), CITY, SHOP)
    city = state.apps.get_model("shop.City")
    changed(state, *CHANGES[:2])
    assert state.__dict__["apps"].all_models["shop"]["city"] is city
    settle_before("shop", CHANGES[1], state)
    assert state.__dict__["apps"].all_models["shop"]["city"] is city
    settle_before("shop", CHANGES[2], state)
    assert state.__dict__["apps"].all_models["shop"]["city"] is not city
    assert state.apps.get_model("shop.City")._meta.get_field("name").help_text == "of the town hall"


def check_a_copy_knows_what_waits_and_changes_alone() -> None:
    state = changed(patient(ProjectState()), CITY, SHOP)
    assert len(state.apps.get_models()) == 2
    changed(state, CHANGES[1])
    copy, same = state.clone(), state.clone()
    assert same.apps.get_model("shop.City")._meta.get_field("name").help_text == "of the town hall"
    changed(copy, CHANGES[2])
    assert isinstance(copy, PatientState)
    assert copy.apps.get_model("shop.City")._meta.get_field("name").help_text == "of the town hall"
    assert [one.name for one in state.apps.get_model("shop.Shop")._meta.fields] == ["id", "city"]
    assert [one.name for one in copy.apps.get_model("shop.Shop")._meta.fields] == ["id", "city", "born"]


def check_what_a_database_has_is_of_more_than_the_state() -> None:
    state = changed(patient(ProjectState()), CITY)
    alone: list[Any] = [models.CharField(max_length=5, blank=True, choices=[("a", "A")], verbose_name="the name")]
    more: list[Any] = [
        models.CharField(max_length=6),
        models.CharField(max_length=5, null=True),
        models.CharField(max_length=5, db_column="name_of"),
        models.CharField(max_length=5, default="x"),
        models.CharField(max_length=5, unique=True),
        models.SlugField(max_length=5, db_index=False),
    ]
    for field in alone + more:
        assert is_of_state_alone("shop", migrations.AlterField("City", "name", field), state) is (field in alone)
    assert not is_of_state_alone("shop", migrations.AlterField("City", "gone", more[0]), state)
    assert not is_of_state_alone("shop", migrations.AlterModelTable("City", "city"), state)


if __name__ == "__main__":
    settings.configure()
    django.setup()
    check_after_all_changes_the_classes_are_those_that_django_makes()
    check_nothing_is_made_for_changes_that_nobody_asks_for()
    check_a_copy_knows_what_waits_and_changes_alone()
    check_what_a_database_has_is_of_more_than_the_state()
    print("all of it")
