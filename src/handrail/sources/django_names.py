"""Django's own names: one path for everything that Django exports under several, and the parameters of its operations.

Read from Django 5.2, 6.0 and 6.1; the tests compare both tables with the Django that is installed.
"""

from __future__ import annotations

MODELS = "django.db.models"
MIGRATIONS = "django.db.migrations"
POSTGRES = "django.contrib.postgres"
GIS_MODELS = "django.contrib.gis.db.models"

_EXPORTED = """
Aggregate AnyValue Avg BitAnd BitOr BitXor Count Max Min StdDev StringAgg Sum Variance BaseConstraint CheckConstraint
Deferrable UniqueConstraint Choices IntegerChoices TextChoices AutoField BLANK_CHOICE_DASH BLANK_CHOICE_LABEL BigAutoField
BigIntegerField BinaryField BooleanField CharField CommaSeparatedIntegerField DateField DateTimeField DecimalField
DurationField EmailField Empty Field FilePathField FloatField GenericIPAddressField IPAddressField IntegerField NOT_PROVIDED
NullBooleanField PositiveBigIntegerField PositiveIntegerField PositiveSmallIntegerField SlugField SmallAutoField
SmallIntegerField TextField TimeField URLField UUIDField Index CASCADE DB_CASCADE DB_SET_DEFAULT DB_SET_NULL DO_NOTHING
PROTECT RESTRICT SET SET_DEFAULT SET_NULL ProtectedError RestrictedError Case CompositePrimaryKey Exists Expression
ExpressionList ExpressionWrapper F Func JSONNull OrderBy OuterRef RowRange Subquery Value ValueRange When Window WindowFrame
WindowFrameExclusion FileField ImageField GeneratedField JSONField OrderWrt FETCH_ONE FETCH_PEERS FETCH_RAISE Lookup Transform
Manager Prefetch Q QuerySet aprefetch_related_objects prefetch_related_objects DEFERRED Model FilteredRelation ForeignKey
ForeignObject OneToOneField ManyToManyField ForeignObjectRel ManyToOneRel ManyToManyRel OneToOneRel
"""
EXPORTED = frozenset(_EXPORTED.split())
"""What django.db.models exports (its __all__, 5.2 to 6.1) that is defined in one of its modules."""

_MODEL_MODULES = """
aggregates base constraints deletion enums expressions fetch_modes fields fields.composite fields.files fields.generated
fields.json fields.proxy fields.related fields.reverse_related indexes lookups manager query query_utils
"""
MODEL_MODULES = frozenset(_MODEL_MODULES.split())
"""Modules of django.db.models that define what it exports."""

GATHERED = {
    f"{MODELS}.functions": frozenset({"comparison", "datetime", "json", "math", "text", "uuid", "window"}),
    f"{POSTGRES}.fields": frozenset({"array", "citext", "hstore", "jsonb", "ranges"}),
    f"{POSTGRES}.aggregates": frozenset({"general", "statistics"}),
    f"{GIS_MODELS}": frozenset({"aggregates", "fields"}),
}
"""Packages that export what their modules define."""

OPERATIONS: dict[str, tuple[str, ...]] = {
    f"{MIGRATIONS}.{name}": tuple(parameters.split())
    for name, parameters in {
        "AddConstraint": "model_name constraint",
        "AddField": "model_name name field preserve_default",
        "AddIndex": "model_name index",
        "AlterConstraint": "model_name name constraint",
        "AlterField": "model_name name field preserve_default",
        "AlterIndexTogether": "name index_together",
        "AlterModelManagers": "name managers",
        "AlterModelOptions": "name options",
        "AlterModelTable": "name table",
        "AlterModelTableComment": "name table_comment",
        "AlterOrderWithRespectTo": "name order_with_respect_to",
        "AlterUniqueTogether": "name unique_together",
        "CreateModel": "name fields options bases managers",
        "DeleteModel": "name",
        "RemoveConstraint": "model_name name",
        "RemoveField": "model_name name field",
        "RemoveIndex": "model_name name",
        "RenameField": "model_name old_name new_name",
        "RenameIndex": "model_name new_name old_name old_fields",
        "RenameModel": "old_name new_name",
        "RunPython": "code reverse_code atomic hints elidable",
        "RunSQL": "sql reverse_sql state_operations hints elidable",
        "SeparateDatabaseAndState": "database_operations state_operations",
    }.items()
} | {
    f"{POSTGRES}.operations.{name}": tuple(parameters.split())
    for name, parameters in {
        "AddConstraintNotValid": "model_name constraint",
        "AddIndexConcurrently": "model_name index",
        "BloomExtension": "hints",
        "BtreeGinExtension": "hints",
        "BtreeGistExtension": "hints",
        "CITextExtension": "hints",
        "CreateCollation": "name locale provider deterministic",
        "CreateExtension": "name hints",
        "CryptoExtension": "hints",
        "HStoreExtension": "hints",
        "RemoveCollation": "name locale provider deterministic",
        "RemoveIndexConcurrently": "model_name name",
        "TrigramExtension": "hints",
        "UnaccentExtension": "hints",
        "ValidateConstraint": "model_name name",
    }.items()
}
"""The parameters of Django's operations, in the order in which positional arguments are bound (5.2 to 6.1)."""

MIGRATION_NAMES = frozenset(path.rpartition(".")[2] for path in OPERATIONS if path.startswith(f"{MIGRATIONS}."))


def one_path(path: str) -> str:
    """Return the path under which Django documents a name, whatever module it was taken from; other paths unchanged."""
    if not path.startswith("django."):
        return path
    module, _, name = path.rpartition(".")
    if name in EXPORTED and (module == GIS_MODELS or module.removeprefix(f"{MODELS}.") in MODEL_MODULES):
        return f"{MODELS}.{name}"
    package, _, last = module.rpartition(".")
    if name in MIGRATION_NAMES and (module == f"{MIGRATIONS}.operations" or package == f"{MIGRATIONS}.operations"):
        return f"{MIGRATIONS}.{name}"
    if last in GATHERED.get(package, ()):
        module = package
    if module == f"{MIGRATIONS}.migration" and name in ("Migration", "swappable_dependency"):
        return f"{MIGRATIONS}.{name}"
    return f"{module}.{name}"
