"""The project that the demo builds: a shop with two apps, and what its branches change, as texts of files by path."""

from __future__ import annotations

MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os

SECRET_KEY = "only for the demo"
USE_TZ = True
INSTALLED_APPS = ["shop", "orders"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE", "db.sqlite3")}}
"""
SHOP = """\
from django.db import models


class Customer(models.Model):
    name = models.CharField(
        max_length=50,
        verbose_name="full name",
        help_text="as it stands on the invoice",
    )
    email = models.EmailField()


class Product(models.Model):
    title = models.CharField(max_length=50)
    price = models.DecimalField(max_digits=8, decimal_places=2)
"""
ORDERS = """\
from django.db import models


class Order(models.Model):
    product = models.ForeignKey("shop.Product", on_delete=models.PROTECT)
    placed = models.DateTimeField(auto_now_add=True)
"""
START = {
    "manage.py": MANAGE,
    "settings.py": SETTINGS,
    "shop/__init__.py": "",
    "shop/models.py": SHOP,
    "orders/__init__.py": "",
    "orders/models.py": ORDERS,
    ".gitignore": "*.sqlite3\n__pycache__/\n",
}

INSTALLED = 'INSTALLED_APPS = ["shop", "orders"]'
INSTALLED_WITH_HANDRAIL = 'INSTALLED_APPS = ["handrail", "shop", "orders"]'
DOUBLE_PRICES = """\
from time import sleep

from django.db import migrations
from django.db.models import F


def double(apps, schema_editor):
    sleep(3)
    apps.get_model("shop", "Product").objects.update(price=F("price") * 2)


class Migration(migrations.Migration):
    dependencies = [("shop", "LEAF")]
    operations = [migrations.RunPython(double)]
"""
STOCK = """\
from time import sleep

from django.db import migrations, models
from django.db.models import F


def count(apps, schema_editor):
    sleep(3)
    apps.get_model("shop", "Product").objects.update(stock=F("stock") + 10)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "LEAF")]
    operations = [
        migrations.AddField("product", "stock", models.IntegerField(default=0)),
        migrations.RunPython(count, atomic=True),
        migrations.AddIndex("product", models.Index(fields=["stock"], name="product_stock")),
    ]
"""
BAD_RELEASE = """\
from django.db import migrations
from django.db.models.functions import Upper


def shout(apps, schema_editor):
    apps.get_model("shop", "Product").objects.update(title=Upper("title"))


class Migration(migrations.Migration):
    dependencies = [("shop", "LEAF")]
    operations = [
        migrations.RemoveField("product", "sku"),
        migrations.RunPython(shout),
    ]
"""
NUMBERED = "UPDATE shop_product SET sku = 'L-1'"
SOLD_SINCE = """\
INSERT INTO shop_product (title, price, stock) VALUES ('CHAIR', 49, 3);
UPDATE shop_product SET price = 35 WHERE id = 1;"""
"""What the application writes after the bad release."""

EMAIL = "    email = models.EmailField()\n"
PHONE = '    phone = models.CharField(max_length=30, blank=True, default="")\n'
PRICE = "    price = models.DecimalField(max_digits=8, decimal_places=2)\n"
SKU = '    sku = models.CharField(max_length=20, blank=True, default="")\n'
PLACED = "    placed = models.DateTimeField(auto_now_add=True)\n"
CARD = '    card = models.ForeignKey("shop.LoyaltyCard", null=True, blank=True, on_delete=models.SET_NULL)\n'
LOYALTY_CARD = """

class LoyaltyCard(models.Model):
    customer = models.OneToOneField(Customer, on_delete=models.CASCADE)
    points = models.PositiveIntegerField(default=0)
"""
NAME_LENGTH = "        max_length=50,\n"
NAME_HELP = '        help_text="as it stands on the invoice",\n'
NULL = "        null=True,\n"
TITLE_LENGTH = "title = models.CharField(max_length=50)"

ROWS = """\
from shop.models import Customer, LoyaltyCard, Product
from orders.models import Order

ann = Customer.objects.create(name="Ann", email="ann@example.com", phone="555 0100")
card = LoyaltyCard.objects.create(customer=ann, points=7)
Order.objects.create(product=Product.objects.create(title="Lamp", price="19.90"), card=card)
"""
"""What is written into the branch's database before the conflict is resolved."""
