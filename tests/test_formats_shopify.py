"""The format `shopify_orders`: rows of items gathered into orders, nothing guessed and nothing lost. Files are made."""

import csv
import io
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exports_in.inbox import Inbox

SOURCE = '[[sources]]\nname = "shop"\nformat = "shopify_orders"\npath = "exports"\n'
# All columns of an export, as the platform lays them out.
COLUMNS = [
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing",
    "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
    "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status", "Billing Name", "Billing Street",
    "Billing Address1", "Billing Address2", "Billing Company", "Billing City", "Billing Zip", "Billing Province",
    "Billing Country", "Billing Phone", "Shipping Name", "Shipping Street", "Shipping Address1", "Shipping Address2",
    "Shipping Company", "Shipping City", "Shipping Zip", "Shipping Province", "Shipping Country", "Shipping Phone",
    "Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor",
    "Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level", "Source",
    "Lineitem discount", "Tax 1 Name", "Tax 1 Value", "Tax 2 Name", "Tax 2 Value", "Tax 3 Name", "Tax 3 Value",
    "Tax 4 Name", "Tax 4 Value", "Tax 5 Name", "Tax 5 Value", "Phone", "Receipt Number", "Duties",
    "Billing Province Name", "Shipping Province Name", "Payment ID", "Payment Terms Name", "Next Payment Due At",
    "Payment References",
]  # fmt: skip
ORDER = {
    "Email": "Ann@Example.org", "Financial Status": "paid", "Paid at": "2024-01-05 10:12:40 +0100", "Currency": "EUR",
    "Subtotal": "20.00", "Total": "24.90", "Refunded Amount": "0.00", "Outstanding Balance": "0.00",
    "Created at": "2024-01-05 10:12:33 +0100", "Id": "5123", "Lineitem quantity": "1", "Lineitem name": 'Tea, "green"',
    "Notes": "Ring twice,\nplease", "Shipping Zip": "'01099",
}  # fmt: skip
ITEM = {"Email": "Ann@Example.org", "Created at": "2024-01-05 10:12:33 +0100", "Lineitem name": "Mug", "Vendor": "us"}


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", SOURCE)


def order(name="#1001", fields=None):
    """The first row of an order."""
    return {"Name": name, **ORDER, **(fields or {})}


def item(name="#1001"):
    """A row of a further item of an order."""
    return {"Name": name, **ITEM}


def as_csv(*rows, columns=COLUMNS):
    """Rows as the platform writes them."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_a_row_that_cannot_be_cut_into_columns_is_told_and_not_shown(inbox):
    inbox.put("orders_export.csv", as_csv(order(), item()) + "#1002,ann@example.org,paid,secret street 5\n")
    inbox.put("without_header.csv", "#1002,ann@example.org,paid,secret street 5\n")
    inbox.pull()
    reasons = inbox.reasons()
    assert reasons[4].startswith("line 4: missing columns") and "no such column" in reasons["without_header.csv"]
    assert inbox.holds("secret street") == []


@pytest.mark.parametrize("name", ["Cancelled at", "Canceled at"])
def test_a_cancelled_order_is_told_however_the_column_is_spelt(inbox, name):
    """Shopify's documentation spells it both ways."""
    columns = [name if column == "Cancelled at" else column for column in COLUMNS]
    inbox.put("o.csv", as_csv(order(fields={name: "2024-01-06 10:00:00 -0500"}), order("#1002"), columns=columns))
    inbox.pull()
    assert inbox.rows("shopify_orders_rows", "order_name, is_cancelled") == [("#1001", True), ("#1002", False)]


FOUND = "order_name, is_order, member, status, is_cancelled, currency, total, refunded, outstanding"


def test_an_order_stands_on_its_first_row_and_further_items_belong_to_it(inbox):
    inbox.put("orders_export.csv", as_csv(order(), item(), item()))
    inbox.pull()
    ann = "ann@example.org"
    assert inbox.rows("shopify_orders_rows", f"_row, {FOUND}, cast(_at as varchar)") == [
        (2, "#1001", True, ann, "paid", False, "EUR", Decimal("24.90"), 0, 0, "2024-01-05 09:12:33"),
        (3, "#1001", False, None, None, False, None, None, None, None, "2024-01-05 09:12:33"),
        (4, "#1001", False, None, None, False, None, None, None, None, "2024-01-05 09:12:33"),
    ]
    assert inbox.account("orders_export.csv").rows_read == 3


def test_what_was_bought_and_where_it_goes_is_not_stored(inbox):
    inbox.put("orders_export.csv", as_csv(order(), item()))
    inbox.pull()
    assert inbox.holds("Mug") == inbox.holds("Ring twice") == inbox.holds("01099") == []


def test_a_guest_is_known_by_the_telephone_number_where_there_is_no_e_mail(inbox):
    inbox.put("orders_export.csv", as_csv(order(fields={"Email": "", "Phone": "+49 (0)151 / 23"})))
    inbox.pull()
    assert inbox.rows("shopify_orders_rows", "member") == ["+49015123"]


def test_an_order_at_the_till_has_no_buyer_and_is_an_order_all_the_same(inbox):
    inbox.put("orders_export.csv", as_csv(order(fields={"Email": " ", "Phone": ""}), item()))
    inbox.pull()
    assert inbox.reasons() == {}
    assert inbox.rows("shopify_orders_rows", "is_order, member") == [(False, None), (True, None)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Financial Status": ""}, "Financial Status: missing"),
        ({"Financial Status": "Teapot"}, "Financial Status: unknown value teapot"),
        ({"Created at": ""}, "Created at: missing"),
        ({"Created at": "soon"}, "Created at: expected an instant, found soon"),
        ({"Created at": "1984-01-05 10:12:33 +0100"}, "instant before 1990: 1984-01-05 09:12:33"),
        ({"Total": ""}, "Total: missing"),
        ({"Total": "1,234.50"}, "Total: expected a number such as 1234.50, found 1,234.50"),
        ({"Total": "1.234,50"}, "Total: expected a number such as 1234.50, found 1.234,50"),
        ({"Total": "1e3"}, "Total: expected a number such as 1234.50, found 1e3"),
        ({"Total": "1_000"}, "Total: expected a number such as 1234.50, found 1_000"),
        ({"Total": "9" * 30}, f"Total: expected a number such as 1234.50, found {'9' * 30}"),
        ({"Refunded Amount": "all"}, "Refunded Amount: expected a number such as 1234.50, found all"),
        (
            {"Financial Status": "partially_refunded", "Refunded Amount": ""},
            "Refunded Amount: missing though the order is partially refunded",
        ),
        (
            {"Financial Status": "partially_paid", "Outstanding Balance": ""},
            "Outstanding Balance: missing though the order is partially paid",
        ),
        ({"Outstanding Balance": "x"}, "Outstanding Balance: expected a number such as 1234.50, found x"),
        ({"Currency": ""}, "Currency: expected three letters, found nothing"),
        ({"Currency": "Euro"}, "Currency: expected three letters, found EURO"),
        ({"Name": " "}, "Name: missing"),
    ],
)
def test_an_order_that_makes_no_sense_is_quarantined_and_its_items_with_it(inbox, fields, reason):
    inbox.put("orders.csv", as_csv(order("#1"), order("#2", fields), item("#2"), item("#1")))
    inbox.pull()
    assert inbox.reasons() == {
        3: reason,
        4: "no readable row with the totals of order #2 in this file",
    }
    assert inbox.rows("shopify_orders_rows", "order_name, is_order") == [("#1", False), ("#1", True)]


def test_an_item_whose_order_is_in_no_row_is_quarantined(inbox):
    inbox.put("orders.csv", as_csv(item("#7")))
    inbox.pull()
    assert inbox.reasons() == {2: "no readable row with the totals of order #7 in this file"}


def test_older_exports_lack_some_columns_and_others_are_no_orders(inbox):
    older = [name for name in COLUMNS if name not in ("Outstanding Balance", "Phone", "Id")]
    inbox.put("older.csv", as_csv(order(), columns=older))
    inbox.put("customers.csv", "First Name,Email\nAnn,ann@example.org\n")
    result = inbox.pull()
    assert result.total("rows_loaded") == 1
    (reason,) = inbox.reasons().values()
    assert reason.startswith("no such column: order_name = 'Name'") and "found: First Name, Email" in reason


def test_only_csv_files_are_read(inbox):
    inbox.put("orders.csv", as_csv(order()))
    inbox.put("orders.xlsx", b"PK")
    inbox.put("readme.md", "hello")
    result = inbox.pull()
    assert (result.count("unused"), result.count("loaded")) == (2, 1)


def test_a_file_cut_off_at_any_byte_is_accounted_for(tmp_path):
    """Never a traceback; what is whole is loaded."""
    whole = as_csv(order("#1"), item("#1"), order("#2", {"Total": "5.00"})).encode()
    for cut in range(0, len(whole), 97):
        inbox = Inbox(tmp_path / str(cut), SOURCE)
        inbox.put("orders.csv", whole[:cut])
        inbox.pull()
        (account,) = inbox.accounts()
        assert account.rows_read == account.rows_loaded + account.rows_quarantined
        assert account.rows_read <= 3 and account.outcome in ("loaded", "unreadable")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", as_csv(order()).encode("utf-16"), b'"Name'])
def test_what_is_no_csv_is_unreadable(inbox, content):
    inbox.put("orders.csv", content)
    inbox.put("good.csv", as_csv(order()))
    result = inbox.pull()
    assert (result.count("unreadable"), result.total("rows_loaded")) == (1, 1)


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
amounts = st.decimals(0, 10**9, places=2)
orders = st.tuples(
    st.datetimes(datetime(1990, 1, 2), datetime(2024, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    st.text("aZ.@1+'", min_size=1, max_size=8),
    st.sampled_from(["paid", "pending", "refunded", "voided"]),
    amounts,
    amounts,
    st.booleans(),
    st.integers(0, 3),
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(names, orders, max_size=6), st.randoms(use_true_random=False))
def test_any_shop_is_read_as_it_was_written(tmp_path_factory, shop, random):
    """However its orders are spread over files, shuffled and repeated."""
    inbox = Inbox(tmp_path_factory.mktemp("shop"), SOURCE)
    spread = [[], []]
    for name in random.sample(sorted(shop), len(shop)) + (random.choices(sorted(shop), k=2) if shop else []):
        random.choice(spread).append(name)
    lines, expected = 0, set()
    for number, some in enumerate(spread):
        rows = []
        for name in some:
            at, email, status, total, refunded, is_cancelled, items = shop[name]
            fields = {
                "Email": email, "Financial Status": status, "Total": str(total), "Refunded Amount": str(refunded),
                "Created at": f"{at} +0000", "Cancelled at": f"{at} +0000" if is_cancelled else "",
            }  # fmt: skip
            rows += [order(name, fields), *[item(name)] * items]
            expected.add((name, str(at), email.lower(), status, is_cancelled, total, refunded))
        random.shuffle(rows)
        inbox.put(f"orders-{number}.csv", as_csv(*rows))
        lines += len(rows)
    result = inbox.pull()
    assert inbox.quarantine() == []
    assert result.total("rows_loaded") == lines
    found = inbox.rows(
        "shopify_orders_rows",
        "order_name, cast(_at as varchar), member, status, is_cancelled, total, refunded",
        "where is_order",
    )
    assert set(found) == expected
    assert not inbox.pull().changed
