"""Every conflict that really happened is decided as it should be."""

from collections import Counter

from tests.conflicts.generate import Record
from tests.conflicts.verdicts import all_decided, by_id, decided

COUNTS = {
    ("clean", "S0_strict_disjoint", "independent"): 488,
    ("clean", "S1_commutes", "convergent"): 9,
    ("clean", "S1_commutes", "independent"): 209,
    ("clean", "S1_commutes", "order-dependent"): 4,
    ("clean", "S2_data_or_sql_unrelated", "convergent"): 1,
    ("clean", "S2_data_or_sql_unrelated", "independent"): 284,
    ("clean", "S2_data_or_sql_unrelated", "order-dependent"): 1,
    ("clean", "S2_data_or_sql_unrelated", "overlapping"): 1,
    ("hazard", "R_review", "convergent"): 2,
    ("hazard", "R_review", "independent"): 27,
    ("hazard", "R_review", "opaque"): 14,
    ("hazard", "R_review", "order-dependent"): 36,
    ("hazard", "R_review", "overlapping"): 33,
    ("review_minor", "R_review", "convergent"): 3,
    ("review_minor", "R_review", "independent"): 108,
    ("review_minor", "R_review", "opaque"): 1,
    ("review_minor", "R_review", "order-dependent"): 53,
    ("review_minor", "S2_data_or_sql_unrelated", "independent"): 51,
    ("review_minor", "S3_cosmetic_choice", "convergent"): 11,
    ("review_minor", "S3_cosmetic_choice", "order-dependent"): 1,
    ("unknown", "R_review", "convergent"): 1,
    ("unknown", "R_review", "independent"): 41,
    ("unknown", "R_review", "opaque"): 272,
    ("unknown", "R_review", "order-dependent"): 84,
}
"""How many records of each class and tier get each verdict: a change of any is a change to look at."""

LEAVES_THE_STATE = "fields leave the state and stay in the table, and SQLite loses them when the other side rebuilds it"
CLEAN_BUT_NOT_CLEAR = {
    "nautobot-renumber-33dd5a0b": "one side makes an index by index_together, which SQLite forgets when the other rebuilds the table",
    "saleor-renumber-40d108ef": "both sides make a row of one model where it is missing",
    "saleor-renumber-71de3b75": LEAVES_THE_STATE,
    "saleor-merge-4d3ca916": LEAVES_THE_STATE,
    "saleor-merge-6cd3fa86": LEAVES_THE_STATE,
    "saleor-renumber-6509110c": "one side drops by SQL the tables that the other side makes by SQL",
}
"""Records that a reading without functions sorts as clean, and that are not."""

ORDERED_ELSEWHERE = frozenset(
    [
        "hypha-renumber-97cbdaec",
        "hypha-renumber-1dc82a4b",
        "nautobot-renumber-93587325",
        "nautobot-renumber-15796023",
        "nautobot-renumber-9a2db90c",
        "netbox-renumber-3e0f42be",
        "netbox-renumber-009d9a9e",
        "netbox-renumber-079a4fd3",
        "netbox-renumber-72326264",
        "netbox-renumber-dc883b93",
        "netbox-renumber-c4927f13",
        "netbox-renumber-15bedc4b",
        "netbox-renumber-387aa214",
        "saleor-renumber-78a46f43",
        "saleor-renumber-6f5ad8bb",
        "saleor-renumber-94562125",
        "saleor-renumber-96c7ec3a",
        "saleor-renumber-714d3ea7",
        "saleor-renumber-b3c76351",
        "saleor-renumber-d3a10b7f",
    ]
)
"""Hazards for another app alone, which needs one of the sides first: that is a dependency, no pair of operations."""

CHANGES_NO_COLUMN = frozenset(
    [
        "hypha-renumber-6ee5c7c1",
        "nautobot-renumber-b60d8076",
        "nautobot-renumber-fa0b4803",
        "care-renumber-c28ca3eb",
        "care-renumber-60a2e67f",
        "care-merge-63a87d66",
        "paperless-ngx-renumber-74bd6af9",
        "saleor-renumber-e2a27c14",
        "saleor-merge-a08c039d",
    ]
)
"""Code uses a field that the other side alters in a way that no column shows, or that both sides alter alike."""


def table():
    """Return the counts as they are."""
    return Counter((*each.sort, str(each.verdict)) for each in all_decided())


def test_the_verdicts_are_the_ones_that_were_looked_at(capsys):
    found = table()
    with capsys.disabled():
        print()
        for (sort, tier, verdict), number in sorted(found.items()):
            print(f"  {sort:12} {tier:25} {verdict:16} {number:5}")
    assert dict(found) == COUNTS


def test_no_false_alarm_where_the_histories_went_well():
    alarms = {each.record["id"] for each in all_decided() if each.sort[0] == "clean" and not each.is_clear}
    assert alarms == CLEAN_BUT_NOT_CLEAR.keys()


def test_no_hazard_is_let_through_but_those_that_are_none():
    clear = {each.record["id"] for each in all_decided() if each.sort[0] == "hazard" and each.is_clear}
    assert clear == ORDERED_ELSEWHERE | CHANGES_NO_COLUMN


def reasons(record: Record) -> tuple[str, set[tuple[str, str, str]]]:
    """Return the verdict on a record, and the code, model and field of every reason."""
    found = decided(record)
    return str(found.verdict), {(each.code, each.model, each.field) for each in found.reasons}


def test_saleor_product_20161221_a_field_is_dropped_and_made_again_while_the_other_side_converts_its_data():
    verdict, found = reasons(by_id()["saleor-merge-909eca7f"])
    assert verdict == "overlapping"
    assert ("HR107", "product.productvariant", "attributes") in found
    assert ("HR102", "product.productvariant", "attributes") in found


def amounts(record: Record, before: str, wider: str, required: str) -> Record:
    """Return a record with the definitions of its amounts: longer on one side, not null on the other."""
    first, second = record["segments"]
    touched = {(op["model"], op["field"]) for migration in first for op in migration["ops"] if op["op"] == "AlterField"}
    sources = {(f"{record['app']}.{model}", field): before for model, field in touched}
    changed = [_with_source(side, touched, text) for side, text in ((first, wider), (second, required))]
    return {**record, "segments": changed, "base_sources": sources}


def _with_source(side, touched, text):
    def changed(operation):
        if operation["op"] == "AlterField" and (operation["model"], operation["field"]) in touched:
            return {**operation, "f": {**operation["f"], "source": text}}
        return operation

    return [{**migration, "ops": [changed(operation) for operation in migration["ops"]]} for migration in side]


def decimals(digits: int, rest: str) -> str:
    """Return the source of a field for an amount."""
    return f"models.DecimalField(max_digits={digits}, decimal_places=3, {rest})"


NULL, REQUIRED = "null=True", "default=Decimal(0)"


def merged_amounts(record_id: str) -> tuple[str, list]:
    """Decide a record of saleor whose amounts get longer on one side and required on the other."""
    record = amounts(by_id()[record_id], decimals(12, NULL), decimals(20, NULL), decimals(12, REQUIRED))
    found = decided(record)
    return str(found.verdict), [each for each in found.reasons if each.code == "HR103" and each.merged]


def test_saleor_checkout_0078_longer_amounts_and_required_ones_are_merged_attribute_by_attribute():
    verdict, found = merged_amounts("saleor-merge-8bb45c65")
    assert verdict == "overlapping"
    merged = {(each.field, dict(each.merged.keywords)["max_digits"], "null" in dict(each.merged.keywords)) for each in found}
    assert merged == {("undiscounted_unit_price_amount", 20, False)}


def test_saleor_order_0201_longer_amounts_and_required_ones_are_no_matter_of_order():
    verdict, found = merged_amounts("saleor-merge-51b49df8")
    assert verdict == "overlapping"
    assert {(each.model, each.field) for each in found} == {("order.order", "undiscounted_base_shipping_price_amount")}


def test_go_api_notifications_0005_two_lengths_of_one_field():
    verdict, found = reasons(by_id()["go-api-merge-a16f0d7d"])
    assert verdict == "overlapping"
    assert ("HR103", "notifications.notificationguid", "email_type") in found


def test_care_users_0015_a_field_is_renamed_on_one_side_and_altered_under_its_old_name_on_the_other():
    assert reasons(by_id()["care-merge-ec06ff96"]) == ("order-dependent", {("HR104", "users.localbody", "type")})


def test_care_facility_0398_the_function_of_the_other_side_uses_the_old_name():
    verdict, found = reasons(by_id()["care-renumber-19677fd9"])
    assert verdict == "order-dependent"
    assert ("HR104", "facility.patientconsultation", "admission_date") in found


def test_saleor_account_0043_a_model_is_renamed_that_the_other_side_uses():
    verdict, found = reasons(by_id()["saleor-renumber-0c694eb9"])
    assert verdict == "overlapping"
    assert ("HR104", "account.serviceaccount", "") in found


def test_kpi_0040_is_independent_and_only_its_references_were_left_behind():
    assert reasons(by_id()["kpi-renumber-3fb11855"]) == ("independent", set())


def test_nautobot_dcim_0022_is_no_matter_of_course():
    verdict, _ = reasons(by_id()["nautobot-renumber-0cc84a44"])
    assert verdict == "order-dependent"
