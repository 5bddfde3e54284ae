"""What RunPython functions touch, function by function as projects write them."""

import pytest

from handrail.domain.footprint import NOTHING, CodeFootprint, ModelKey, TableAccess
from handrail.domain.value import Call, Name, Symbolic
from tests.unit.conflicts.code_samples import AUTHOR, LINE, TAG, THING, THING_TAGS, read, row

HEAD = """
from django.db import connection, migrations, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, Lower

def forwards(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Author = apps.get_model("shop", "Author")
    Line = apps.get_model("shop", "Line")
"""


def inside(body: str) -> str:
    """Return a file whose forwards has this body, with the models of the shop at hand."""
    lines = body.strip("\n").splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip())
    return HEAD + "\n".join("    " + line[margin:] for line in lines) + "\n"


FULLY_READ = {
    "no use of a model": ("Thing", ()),
    "loop that saves": (
        """
        for thing in Thing.objects.all():
            thing.name = thing.name.strip().lower()
            thing.save()
        """,
        (row(THING, "name", "name", "saved"),),
    ),
    "loop that saves some fields": (
        """
        for thing in Thing.objects.filter(slug="").iterator(chunk_size=500):
            thing.slug = slugify(thing.name)
            thing.save(update_fields=["slug"])
        """.replace("slugify(thing.name)", "thing.name[:50]"),
        (row(THING, "name slug", "slug"),),
    ),
    "save with nothing assigned": ("for thing in Thing.objects.all():\n    thing.save()", (row(THING, "*", "*", "saved"),)),
    "update with F": ("Thing.objects.filter(price__gt=0).update(price=F('data') + 1)", (row(THING, "price data", "price"),)),
    "lookups over relations": (
        "Thing.objects.exclude(author__name__iexact='x', line__quantity=1).update(status='new')",
        (row(AUTHOR, "name"), row(LINE, "quantity"), row(THING, "author line", "status")),
    ),
    "Q, F and order": (
        "Thing.objects.filter(Q(name='a') | ~Q(author__email='b')).order_by('-price', F('slug').desc()).first()",
        (row(AUTHOR, "email"), row(THING, "name author price slug")),
    ),
    "subquery": (
        """
        newest = Line.objects.filter(thing=OuterRef("slug")).order_by("-quantity").values("quantity")[:1]
        Thing.objects.annotate(n=Subquery(newest)).update(price=Coalesce("n", Value(0)))
        """,
        (row(LINE, "thing quantity"), row(THING, "slug n", "price")),
    ),
    "exists in a filter": (
        "Thing.objects.filter(Exists(Line.objects.filter(thing_id=OuterRef('pk')))).delete()",
        (row(LINE, "thing_id"), row(THING, "pk", "", "deletes")),
    ),
    "case and when": (
        "Thing.objects.update(status=Case(When(price=0, then=Value('free')), When(Q(data='x'), then='slug'), default=F('name')))",
        (row(THING, "price data slug name", "status"),),
    ),
    "concat of strings": (
        "Thing.objects.update(name=Concat('slug', Value(' '), Lower('author__name')))",
        (row(AUTHOR, "name"), row(THING, "slug author", "name")),
    ),
    "aggregate": ("Thing.objects.aggregate(n=Count('line'))", (row(THING, "n line"),)),
    "values": (
        "names = list(Thing.objects.order_by('id').values('author__name', 'slug'))",
        (row(AUTHOR, "name"), row(THING, "id author slug")),
    ),
    "values of everything": ("rows = {r['id'] for r in Thing.objects.values()}", (row(THING, "*", "", "columns"),)),
    "count alone": ("print(Thing.objects.count())", (row(THING),)),
    "using": ("Thing.objects.using(schema_editor.connection.alias).update(name='')", (row(THING, "", "name"),)),
    "create": ("Thing.objects.create(name='a', author_id=1)", (row(THING, "", "name author_id", "inserts"),)),
    "constructor and save": (
        "thing = Thing(name='a')\nthing.price = 3\nthing.save()",
        (row(THING, "", "name price", "inserts"),),
    ),
    "bulk_create": (
        "Thing.objects.bulk_create([Thing(name=n, price=0) for n in ('a', 'b')], ignore_conflicts=True)",
        (row(THING, "", "name price", "inserts"),),
    ),
    "get_or_create": (
        "thing, made = Thing.objects.get_or_create(name__iexact='a', defaults={'price': 0, 'slug': 'a'})",
        (row(THING, "name", "name price slug", "inserts"),),
    ),
    "update_or_create and the row it gives": (
        """
        thing, _ = Thing.objects.update_or_create(slug="a", defaults={"price": 0}, create_defaults={"data": {}})
        thing.status = "x"
        thing.save()
        """,
        (row(THING, "slug", "slug price data status", "inserts", "saved"),),
    ),
    "bulk_update": (
        """
        things = []
        for thing in Thing.objects.all():
            thing.price = 0
            things.append(thing)
        Thing.objects.bulk_update(things, ["price"], batch_size=100)
        """,
        (row(THING, "", "price", "ordered"),),
    ),
    "json changed in place": (
        """
        for thing in Thing.objects.all():
            thing.data["a"]["b"] = 1
            thing.save(update_fields=("data",))
        """,
        (row(THING, "data", "data"),),
    ),
    "json changed under another name": (
        """
        for thing in Thing.objects.all():
            settings = thing.data.get("settings", {})
            settings.pop("old", None)
            thing.save()
        """,
        (row(THING, "data", "data", "ordered", "saved"),),
    ),
    "file saved through its field": (
        "for thing in Thing.objects.all():\n    thing.file.save('x', content=None)",
        (row(THING, "file", "file", "ordered"),),
    ),
    "relation followed": (
        """
        for thing in Thing.objects.select_related("author"):
            thing.name = thing.author.name
            thing.author.email = ""
            thing.author.save()
            thing.save()
        """,
        (row(AUTHOR, "name", "email", "saved"), row(THING, "author", "name", "saved", "ordered")),
    ),
    "reverse accessor": (
        """
        for author in Author.objects.all():
            author.thing_set.filter(price=0).update(status="free")
        """,
        (row(AUTHOR, "thing_set", "", "ordered"), row(THING, "price", "status")),
    ),
    "many to many": (
        "for thing in Thing.objects.all():\n    thing.tags.add(1)",
        (row(TAG, "", "thing thing_set"), row(THING, "tags", "tags", "ordered")),
    ),
    "model between": (
        "Thing.tags.through.objects.filter(thing__name='x').delete()",
        (row(THING, "tags name", "tags"), row(THING_TAGS, "thing", "", "deletes")),
    ),
    "copy of a row": (
        """
        thing = Thing.objects.get(slug="a")
        thing.pk = None
        thing.save()
        """,
        (row(THING, "*", "pk", "inserts", "saved"),),
    ),
    "first without an order": (
        "thing = Thing.objects.filter(price=1).first()\nprint(thing.name)",
        (row(THING, "price name", "", "ordered"),),
    ),
    "last with an order": ("Thing.objects.order_by('price').last()", (row(THING, "price"),)),
    "latest by name": ("Thing.objects.latest('price')", (row(THING, "price"),)),
    "slice": ("for thing in Thing.objects.all()[:10]:\n    thing.delete()", (row(THING, "", "", "deletes", "ordered"),)),
    "counter": (
        """
        for number, thing in enumerate(Thing.objects.all()):
            thing.price = number
            thing.save()
        """,
        (row(THING, "", "price", "ordered", "saved"),),
    ),
    "counter with an order": (
        "for number, thing in enumerate(Thing.objects.order_by('id')):\n    thing.price = number\n    thing.save()",
        (row(THING, "id", "price", "saved"),),
    ),
    "getattr and setattr with known names": (
        """
        for name in ("name", "slug"):
            for thing in Thing.objects.all():
                setattr(thing, name, getattr(thing, name).strip())
                thing.save()
        """,
        (row(THING, "name slug", "name slug", "saved"),),
    ),
    "setattr with a name that is computed": (
        "for thing in Thing.objects.all():\n    setattr(thing, chr(97), 1)\n    thing.save()",
        (row(THING, "", "*", "saved"),),
    ),
    "keyword arguments that are computed": (
        "Thing.objects.filter(**dict([input().split()])).update(**{'name': ''})",
        (row(THING, "*", "name"),),
    ),
    "keywords from a loop": (
        "for field in ['name', 'slug']:\n    Thing.objects.filter(**{f'{field}__isnull': True}).update(**{field: ''})",
        (row(THING, "name slug", "name slug"),),
    ),
    "models from a table": (
        """
        for app, model, field in [("shop", "Thing", "name"), ("shop", "author", "email")]:
            Model = apps.get_model(app, model)
            Model._default_manager.filter(**{field: None}).update(**{field: ""})
        """,
        (row(AUTHOR, "email", "email"), row(THING, "name", "name")),
    ),
    "model label and keywords": (
        "apps.get_model('shop.Thing').objects.update(name='')\napps.get_model(app_label='shop', model_name='Author').objects.all().delete()",
        (row(AUTHOR, "", "", "deletes"), row(THING, "", "name")),
    ),
    "get_field": ("print(Thing._meta.get_field('price').default)", (row(THING, "price", "", "price?"),)),
    "transaction and exceptions": (
        """
        with transaction.atomic():
            try:
                thing = Thing.objects.get(name="a")
            except Thing.DoesNotExist:
                return
            thing.price = 1
            thing.save()
        """,
        (row(THING, "name", "price", "saved"),),
    ),
    "prefetch": (
        "for thing in Thing.objects.prefetch_related(Prefetch('line_set', queryset=Line.objects.filter(quantity=1)), 'tags'):\n    print(thing.id)",
        (row(LINE, "quantity"), row(THING, "line_set tags id")),
    ),
    "dict of rows": (
        """
        authors = {author.name: author for author in Author.objects.all()}
        for name, author in authors.items():
            author.email = name
            author.save()
        """,
        (row(AUTHOR, "name", "email", "ordered", "saved"),),
    ),
    "sum of a generator": ("total = sum(thing.price for thing in Thing.objects.all())", (row(THING, "price", "", "ordered"),)),
    "in_bulk": (
        "for thing in Thing.objects.in_bulk([1, 2]).values():\n    thing.name = ''\n    thing.save()",
        (row(THING, "", "name", "saved"),),
    ),
    "get_display": (
        "for thing in Thing.objects.all():\n    print(thing.get_status_display())",
        (row(THING, "status", "", "status?"),),
    ),
    "class of a row": (
        "for thing in Thing.objects.all():\n    type(thing).objects.update(name='')",
        (row(THING, "", "name", "ordered"),),
    ),
    "class by _meta": (
        "for thing in Thing.objects.all():\n    thing._meta.model.objects.update(name='')",
        (row(THING, "", "name", "ordered"),),
    ),
    "lists that are summed": (
        """
        for line in sum([list(thing.line_set.all()) for thing in Thing.objects.order_by("id")], []):
            line.quantity = 1
            line.save()
        """,
        (row(LINE, "", "quantity", "ordered", "saved"), row(THING, "id line_set")),
    ),
    "progress bar and log": (
        """
        import logging
        from tqdm import tqdm
        logger = logging.getLogger(__name__)
        for thing in tqdm(Thing.objects.order_by("id"), total=3):
            logger.info("thing %s", thing)
            thing.name = ""
            thing.save()
        """,
        (row(THING, "id", "name", "saved"),),
    ),
    "field that is told not to change itself": (
        "Thing._meta.get_field('price').auto_now = False\nThing.objects.update(name='')",
        (row(THING, "price", "name"),),
    ),
    "sequence reset": (
        "for sql in schema_editor.connection.ops.sequence_reset_sql(None, [Thing]):\n    schema_editor.execute(sql)",
        (row(THING, "pk"),),
    ),
}


@pytest.mark.parametrize(("body", "rows"), FULLY_READ.values(), ids=FULLY_READ)
def test_function_that_is_read_in_full(body, rows):
    assert read(inside(body)) == CodeFootprint(rows=rows)


NOT_READ = {
    "apps to a helper": ("from shop.helpers import fill\nfill(apps)", "calls shop.helpers.fill, which is not in this file"),
    "queryset to a helper": (
        "from .helpers import fill\nx = fill(Thing.objects.all())",
        "calls shop.migrations.helpers.fill, which is not in this file",
    ),
    "row to a helper": (
        "import shop.tools\nfor t in Thing.objects.all():\n    shop.tools.fix(t)",
        "calls shop.tools.fix, which is not in this file",
    ),
    "function called for its effect": (
        "from shop.search import rebuild\nrebuild('now')",
        "calls shop.search.rebuild, which is not in this file",
    ),
    "expression from elsewhere": (
        "from shop.db import Slug\nThing.objects.update(slug=Slug('name'))",
        "calls shop.db.Slug, which is not in this file",
    ),
    "model of today from a loader": (
        "from shop.loading import model\nmodel('Thing').objects.all().delete()",
        "calls shop.loading.model, which is not in this file",
    ),
    "name that is computed": (
        "apps.get_model('shop', input())",
        "calls apps.get_model() with a name that cannot be read from the file",
    ),
    "all models": ("for model in apps.get_models():\n    model.objects.update(name='')", "calls apps.get_models()"),
    "app config": ("apps.get_app_config('shop')", "calls apps.get_app_config()"),
    "permissions": (
        "from django.contrib.auth.management import create_permissions\ncreate_permissions('shop')",
        "creates permissions of today's models",
    ),
    "command": ("from django.core.management import call_command\ncall_command('loaddata', 'x')", "calls a management command"),
    "post_migrate": (
        "from django.core.management.sql import emit_post_migrate_signal\nemit_post_migrate_signal(1, False, 'default')",
        "sends the post_migrate signal",
    ),
    "schema editor": ("schema_editor.add_field(Thing, None)", "calls schema_editor.add_field()"),
    "introspection": (
        "schema_editor.connection.introspection.table_names()",
        "asks the database which tables, columns or constraints it has",
    ),
    "method of a row": (
        "Thing.objects.get(id=1).recalculate()",
        "calls recalculate() on a row of shop.thing, which Django's own models do not have",
    ),
    "method of a manager": (
        "Thing.objects.published()",
        "calls published() on rows of shop.thing, which is no method of Django's querysets",
    ),
    "extra": ("Thing.objects.extra(where=['1=1'])", "uses extra() on rows of shop.thing"),
    "raw expression": (
        "from django.db.models.expressions import RawSQL\nThing.objects.update(name=RawSQL('x', []))",
        "uses RawSQL in a query",
    ),
    "SQL that is put together": ("schema_editor.execute('UPDATE ' + input())", "runs SQL that is put together when it runs"),
    "exec": ("exec('x = 1')", "calls exec()"),
    "prefetch to an attribute": (
        "Thing.objects.prefetch_related(Prefetch('line_set', to_attr='lines'))",
        "uses Prefetch(to_attr=...)",
    ),
    "model put into something unknown": (
        "import queue\nqueue.Queue().put(Thing)",
        "puts a model or a row where it cannot be followed",
    ),
    "attribute of a model": ("Thing.cache = 1", "sets cache on the model shop.thing"),
    "asynchronous": ("async def f():\n    pass", "has AsyncFunctionDef, which is not read"),
    "apps in a container of a helper": (
        "from shop.x import go\ngo({'apps': [apps]})",
        "calls shop.x.go, which is not in this file",
    ),
    "function of the file given away": (
        "from shop.x import go\ndef each(thing):\n    thing.delete()\ngo(each)",
        "calls shop.x.go, which is not in this file",
    ),
    "model behind a field": (
        "Thing._meta.get_field('author').related_model.objects.update(name='')",
        "follows the definition of a field of shop.thing to its related_model",
    ),
    "row kept on another row": (
        "for thing in Thing.objects.all():\n    thing._next = thing\n    thing._next.save()",
        "calls save() on _next of shop.thing, of which nothing is known",
    ),
    "key function from elsewhere": (
        "from shop.x import go\nsorted(Thing.objects.all(), key=go)",
        "calls shop.x.go, which is not in this file",
    ),
    "attrgetter": (
        "from operator import attrgetter\nsorted(Thing.objects.all(), key=attrgetter('name'))",
        "uses operator.attrgetter",
    ),
    "super": ("class A:\n    def f(self):\n        super().f()\nA().f()", "calls super()"),
    "getattr of apps": ("getattr(apps, input())", "takes an attribute by a name that cannot be read from the file"),
}


@pytest.mark.parametrize(("body", "why"), NOT_READ.values(), ids=NOT_READ)
def test_what_cannot_be_read_is_named(body, why):
    assert read(inside(body)).opaque == (why,)


def test_unknown_relation_that_is_followed_is_named():
    found = read(
        """
        def forwards(apps, schema_editor):
            for customer in apps.get_model("crm", "Customer").objects.filter(city__startswith="A", card__number=1):
                customer.card.number = 2
                customer.card.save()
                customer.name = customer.name.title()
                customer.born.year
        """
    )
    assert found == CodeFootprint(
        rows=(row(ModelKey("crm", "customer"), "city card name born", "name", "ordered"),),
        opaque=(
            "follows crm.customer.card, of which nothing is known",
            "writes to card of crm.customer, of which nothing is known",
            "calls save() on card of crm.customer, of which nothing is known",
        ),
    )


def test_live_models_are_named_and_may_do_anything():
    found = read(
        """
        from shop.models import Thing

        def forwards(apps, schema_editor):
            from shop.models.people import Author
            Thing.objects.filter(name="a").update(name="b")
            for author in Author.objects.all():
                author.boss.save()
        """
    )
    every = ("inserts", "deletes", "ordered")
    assert found == CodeFootprint(
        rows=(row(AUTHOR, "*", "*", *every), row(THING, "*", "*", *every)),
        opaque=("calls save() on what an attribute of shop.models.people.Author leads to",),
        live_models=("shop.models.Thing", "shop.models.people.Author"),
    )


def test_the_user_model_is_known_by_its_setting():
    found = read(
        """
        from django.conf import settings
        from django.contrib.auth import get_user_model

        def forwards(apps, schema_editor):
            User = apps.get_model(settings.AUTH_USER_MODEL)
            User.objects.filter(email="").update(email=None)
            app, model = settings.AUTH_USER_MODEL.split(".")
            apps.get_model(app, model).objects.update(name="")

        def live(apps, schema_editor):
            get_user_model().objects.create_user("x")
        """
    )
    user = ModelKey("__setting__", "AUTH_USER_MODEL")
    assert found == CodeFootprint(rows=(row(user, "email", "email name"),))


def test_get_user_model_is_live():
    found = read(
        "from django.contrib.auth import get_user_model\nforwards = lambda a, s: get_user_model().objects.all().delete()\n"
    )
    user = ModelKey("__setting__", "AUTH_USER_MODEL")
    assert found == CodeFootprint(
        rows=(row(user, "*", "*", "inserts", "deletes", "ordered"),), live_models=("settings.AUTH_USER_MODEL",)
    )


def test_content_types_are_looked_up_for_a_model():
    found = read(inside("ContentType = apps.get_model('contenttypes', 'ContentType')\nContentType.objects.get_for_model(Thing)"))
    assert found == CodeFootprint(
        rows=(row(ModelKey("contenttypes", "contenttype"), "app_label model", "", "inserts"), row(THING))
    )


def test_helpers_classes_and_constants_of_the_file_are_followed():
    found = read(
        """
        from functools import partial

        FIELDS = {"Thing": ["name"], "Author": ["email"]}

        def clean(model, fields, *, value):
            for field in fields:
                model.objects.filter(**{field: ""}).update(**{field: value})

        class Mover:
            model_name = "Line"

            def __init__(self, apps):
                self.apps = apps
                self.done = []

            @property
            def model(self):
                return self.apps.get_model("shop", self.model_name)

            def run(self):
                for line in self.model.objects.order_by("id"):
                    line.quantity = 0
                    self.done.append(line)
                self.model.objects.bulk_update(self.done, fields=["quantity"])

        def forwards(apps, schema_editor):
            for name, fields in FIELDS.items():
                clean(apps.get_model("shop", name), fields, value=None)
            Mover(apps).run()
        """
    )
    assert found == CodeFootprint(rows=(row(AUTHOR, "email", "email"), row(LINE, "id", "quantity"), row(THING, "name", "name")))


def test_recursion_generators_and_decorators_are_followed():
    found = read(
        """
        from functools import wraps

        def logged(function):
            @wraps(function)
            def inner(*args, **kwargs):
                print("start")
                return function(*args, **kwargs)
            return inner

        def parents(author, depth=0):
            yield author
            if depth < 3:
                yield from parents(author, depth + 1)

        @logged
        def forwards(apps, schema_editor):
            for author in apps.get_model("shop", "Author").objects.all():
                for parent in parents(author):
                    parent.name = ""
                    parent.save()
        """
    )
    assert found == CodeFootprint(rows=(row(AUTHOR, "", "name", "ordered", "saved"),))


def test_a_name_that_changes_in_a_branch_or_a_loop_keeps_every_meaning():
    found = read(
        inside(
            """
            Model = Thing
            for name in input().split():
                if name:
                    Model = Author
                    continue
                Model.objects.update(name="")
                Model = Line
            Model.objects.all().delete()
            """
        )
    )
    assert found == CodeFootprint(
        rows=(row(AUTHOR, "", "name", "deletes"), row(LINE, "", "name", "deletes"), row(THING, "", "name", "deletes"))
    )


def test_sql_inside_is_read_and_the_tables_of_models_are_rows():
    found = read(
        inside(
            """
            with connection.cursor() as cursor:
                cursor.execute("UPDATE shop_old SET a = %s WHERE b > 0", ["x"])
                cursor.execute(f"DELETE FROM {Thing._meta.db_table} WHERE price = 0")
                cursor.execute("INSERT INTO %s (name) SELECT a FROM shop_old" % Author._meta.db_table)
            """
        )
    )
    assert found == CodeFootprint(
        rows=(row(AUTHOR, "", "name", "inserts"), row(THING, "price", "", "deletes")),
        tables=(TableAccess(table="shop_old", reads=frozenset({"a", "b"}), updates=frozenset({"a"})),),
    )


def test_a_column_that_is_no_field_may_be_any():
    found = read(inside("schema_editor.execute(f'UPDATE {Thing._meta.db_table} SET old_column = 1')"))
    assert found == CodeFootprint(rows=(row(THING, "", "*"),))


def test_noop_lambda_partial_and_what_is_imported():
    assert read("", Name("django.db.migrations.RunPython.noop")) == NOTHING
    lambda_code = Symbolic('lambda apps, schema_editor: apps.get_model("shop", "Thing").objects.update(name="")')
    assert read("", lambda_code) == CodeFootprint(rows=(row(THING, "", "name"),))
    source = (
        "def fill(apps, schema_editor, *, model, fields):\n    apps.get_model('shop', model).objects.update(**{fields[0]: 1})\n"
    )
    partial = Call("functools.partial", (Name(".fill"),), (("model", "Thing"), ("fields", ("price",))))
    assert read(source, partial) == CodeFootprint(rows=(row(THING, "", "price"),))
    assert read("", Name("shop.data.forwards")) == CodeFootprint(opaque=("calls shop.data.forwards, which is not in this file",))
    assert read("def forwards(:", Name(".forwards")) == CodeFootprint(opaque=("cannot be parsed",))


def test_a_function_that_is_not_there_is_named():
    assert read("from shop.data import *\n") == CodeFootprint(opaque=("calls forwards, which is not in this file",))


def test_a_loop_that_grows_for_ever_is_not_read():
    assert read(inside("x = Thing\nwhile True:\n    x = (x, x)\n")).opaque == ("has a loop that is too complex to be read",)


def test_a_function_without_an_end_is_not_read():
    assert read(inside("\n".join(f"a{n} = [Thing.objects.filter(name={n}) for _ in input()]" for n in range(4000)))).opaque == (
        "is too long to be read",
    )
