"""Run by a real project's own Python: fills every table with rows, and names states to roll back to.

Usage: python seed.py STEPS..., with DJANGO_SETTINGS_MODULE and an import path that has the settings and Handrail. The tag
"before-N" is the state before the last N migrations that were applied.
"""

import json
import sys

import django


def as_written(apps):
    """Give rows what the projects' own code holds to whenever it writes them, and their migrations count on."""
    from django.db.models import CharField, F, Value
    from django.db.models.functions import Cast, Concat

    if ("wagtailcore", "collection") in apps:
        collections = apps["wagtailcore", "collection"]._base_manager
        collections.exclude(pk=collections.order_by("pk").values("pk")[0]["pk"]).update(depth=2)
    for name in ("revision", "workflowstate"):
        if ("wagtailcore", name) in apps:
            apps["wagtailcore", name]._base_manager.update(object_id=Cast(F("pk"), CharField()))
    if ("helpdesk", "queue") in apps:
        apps["helpdesk", "queue"]._base_manager.update(permission_name=Concat(Value("helpdesk.queue_access_"), F("slug")))


def content_types(apps):
    """Make what NetBox's handlers of signals make when a record of a migration is deleted for the first time."""
    from django.db.migrations.recorder import MigrationRecorder

    if ("core", "objecttype") in apps:
        from core.models import ObjectType

        ObjectType.objects.get_for_model(MigrationRecorder.Migration)


def fill(connection):
    from handrail.execution.project_states import applied_state
    from handrail.execution.proof_rows import make_rows

    state = applied_state(connection)
    with connection.constraint_checks_disabled():
        made = make_rows(connection, state.apps, {label for label, _ in state.models}, set(), "")
    models = {(each._meta.app_label, each._meta.model_name): each for each in state.apps.get_models()}
    as_written(models)
    content_types(models)
    return made


def tag(steps):
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from handrail.execution.journal import now
    from handrail.sources.journal_models import TagRow

    keys = [[each.app, each.name] for each in MigrationRecorder(connection).migration_qs.order_by("id")]
    row = TagRow(name=f"before-{steps}", made=now(), user="", run=None, applied=json.dumps(keys[:-steps]))
    row.save(using=connection.alias, force_insert=True)


if __name__ == "__main__":
    django.setup()
    from django.db import connection

    made = fill(connection)
    for steps in map(int, sys.argv[1:]):
        tag(steps)
    print(json.dumps({"rows": made.rows, "empty": made.unseeded, "notes": made.notes}))
