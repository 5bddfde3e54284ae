"""Which tables and columns are kept."""

from __future__ import annotations

import pytest

from handrail.domain.kept import is_all_kept, is_kept

BUT_EMAIL = ("*", "!shop_customer.email")
ONE_OF_AN_APP = ("*", "!shop_*", "shop_order.total")


@pytest.mark.parametrize(
    ("patterns", "name", "kept"),
    [
        (("*",), "shop_customer", True),
        (("*",), "shop_customer.email", True),
        ((), "shop_customer", False),
        (BUT_EMAIL, "shop_customer.email", False),
        (BUT_EMAIL, "shop_customer.name", True),
        (BUT_EMAIL, "shop_customer", True),
        (("*", "!SHOP_Customer.Email"), "shop_customer.EMAIL", False),
        (("*", "!shop_customer"), "shop_customer", False),
        (("*", "!shop_customer"), "shop_customer.email", False),
        (("*", "!shop_customer"), "shop_customer_old", True),
        (("*", "!*.email"), "shop_customer.email", False),
        (("*", "!*.email"), "shop_email", True),
        (ONE_OF_AN_APP, "shop_order.total", True),
        (ONE_OF_AN_APP, "shop_order.note", False),
        (ONE_OF_AN_APP, "shop_order", False),
        (ONE_OF_AN_APP, "blog_post", True),
        (("shop_order",), "blog_post", False),
    ],
)
def test_the_last_pattern_that_matches_decides(patterns: tuple[str, ...], name: str, kept: bool):
    table, _, column = name.partition(".")
    assert is_kept(patterns, table, column) is kept


@pytest.mark.parametrize(
    ("patterns", "everything"), [(("*",), True), (("shop_*", "*"), True), ((), False), (BUT_EMAIL, False), (("shop_*",), False)]
)
def test_nothing_is_left_out_where_no_pattern_says_so(patterns: tuple[str, ...], everything: bool):
    assert is_all_kept(patterns) is everything
