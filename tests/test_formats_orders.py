"""The format `orders`: a shop's orders, each counted once however often it is exported."""

from collections import Counter
from decimal import Decimal

import pytest

from tests.exports_in.inbox import Inbox
from tests.exports_in.mapped import json_lines, orders_source, write_parquet

ALL = 'member = "who"\nat = "at"\namount = "total"\norder_id = "no"\ncurrency = "cur"\nstatus = "state"'


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", orders_source())


def read(inbox, content, source=None, name="orders.csv", columns="member, amount, currency"):
    """Rows of one file, in the order of the file."""
    if source:
        inbox.configure(source)
    inbox.put(name, content)
    inbox.pull()
    return inbox.rows("orders_orders", columns, "where _file like '%.%' order by _row")


def test_orders_are_read_with_every_column(inbox):
    content = "no,who,at,total,cur,state\n A1 , ann ,2024-01-01 10:00,12.50, eur ,Paid\nA2,ben,2024-01-02,0,USD,\n"
    columns = "order_id, member, amount, currency, status, is_purchase, cast(_at as varchar)"
    assert read(inbox, content, orders_source(ALL, ""), columns=columns) == [
        ("A1", "ann", Decimal("12.5000"), "EUR", "paid", True, "2024-01-01 10:00:00"),
        ("A2", "ben", Decimal("0.0000"), "USD", None, True, "2024-01-02 00:00:00"),
    ]
    assert inbox.described("orders_orders")["amount"] == "DECIMAL(18,4)"


@pytest.mark.parametrize(
    ("status", "is_purchase"),
    [
        ("paid", True), ("PENDING", True), ("partially_refunded", True), ("", True), ("fulfilled", True),
        ("cancelled", False), (" Canceled ", False), ("REFUNDED", False), ("voided", False), ("failed", False),
    ],
)  # fmt: skip
def test_some_statuses_are_no_purchase(inbox, status, is_purchase):
    content = f"no,who,at,total,cur,state\n1,ann,2024-01-01,1,EUR,{status}\n"
    assert read(inbox, content, orders_source(ALL, ""), columns="is_purchase") == [is_purchase]


def test_the_config_may_say_which_statuses_are_no_purchase(inbox):
    content = "no,who,at,total,cur,state\n1,ann,2024-01-01,1,EUR,refunded\n2,ann,2024-01-01,1,EUR,Draft\n"
    source = orders_source(ALL, 'no_purchase = ["draft", "it\'s off"]')
    assert read(inbox, content, source, columns="is_purchase") == [True, False]
    assert read(inbox, content, orders_source(ALL, "no_purchase = []"), columns="is_purchase") == [True, True]


@pytest.mark.parametrize(
    ("amount", "found"),
    [
        ("12", "12.0000"), ("12.5", "12.5000"), (" 12.50 ", "12.5000"), ("-3.99", "-3.9900"), ("0.1234", "0.1234"),
        ("99999999999999.9999", "99999999999999.9999"), ("+5", "5.0000"),
    ],
)  # fmt: skip
def test_amounts_are_exact_decimals(inbox, amount, found):
    assert read(inbox, f"who,at,total\nann,2024-01-01,{amount}\n", columns="amount") == [Decimal(found)]


@pytest.mark.parametrize(
    "amount", ["free", "12.5 EUR", "€12", "1.234.5", "999999999999999", "nan", "inf", "1_000", "1e3", "12.", "+.5"]
)
def test_what_is_no_amount_is_told(inbox, amount):
    assert read(inbox, f"who,at,total\nann,2024-01-01,{amount}\n") == []
    assert inbox.reasons() == {2: f"amount: expected a number such as 1234.50, found {amount}"}


def test_a_comma_in_an_amount_is_not_guessed(inbox):
    assert read(inbox, "who;at;total\nann;2024-01-01;12,50\nann;2024-01-01;1,000.50\n") == []
    wrong = 'amount: expected a number such as 1234.50, found {}; where commas part decimals, set decimal = ","'
    assert inbox.reasons() == {2: wrong.format("12,50"), 3: wrong.format("1,000.50")}


def test_commas_part_decimals_where_the_config_says_so(inbox):
    """In text, that is: JSON and Parquet have numbers."""
    source = orders_source(more='currency = "EUR"\ndecimal = ","')
    amounts = ["12,50", "1.234,50", "-1.234.567,8", "1.000", "7", "1234,5"]
    wrong = ["1.23", "12.34,5", "1,234.50", "12,", ",5", "1_000", "€12"]
    lines = "".join(f"ann;2024-01-01;{amount}\n" for amount in amounts + wrong)
    inbox.put("more.jsonl", json_lines({"who": "ben", "at": "2024-01-01", "total": 1.234}))
    found = read(inbox, "\ufeffwho;at;total\n" + lines, source, columns="member, amount")
    expected = ["12.5", "1234.5", "-1234567.8", "1000", "7", "1234.5"]
    assert sorted(found) == sorted([*(("ann", Decimal(amount)) for amount in expected), ("ben", Decimal("1.234"))])
    reason = "amount: expected a number such as 1234,50, found "
    assert list(inbox.reasons().values()) == [reason + amount for amount in wrong]


def test_an_order_of_nobody_known_is_an_order_all_the_same(inbox):
    content = "who,at,total\n,2024-01-01,5\nann,2024-01-01,5\n ,2024-01-01,5\nNULL,2024-01-01,5\n"
    assert read(inbox, content, columns="member, amount") == [(None, 5), ("ann", 5), (None, 5), (None, 5)]
    assert inbox.reasons() == {}
    assert len(ids(inbox)) == 4


def test_bad_rows_are_told_each_with_its_reason(inbox):
    rows = {
        "ok,ann,2024-01-01,1,EUR,paid": None,
        ",ann,2024-01-01,1,EUR,paid": "order_id: missing",
        "2,ann,,1,EUR,paid": "at: missing",
        "3,ann,soon,1,EUR,paid": "at: expected an instant, found soon",
        "4,ann,1985-01-01,1,EUR,paid": "instant before 1990: 1985-01-01 00:00:00",
        "5,ann,2985-01-01,1,EUR,paid": "instant in the future: 2985-01-01 00:00:00",
        "6,ann,2024-01-01,,EUR,paid": "amount: missing",
        "7,ann,2024-01-01,1,€,paid": "currency: expected three letters, found €",
        "8,ann,2024-01-01,1,EURO,paid": "currency: expected three letters, found EURO",
        "9,ann,2024-01-01,1,,paid": "currency: expected three letters, found nothing",
        "10,ann,2024-01-01,1,EUR": "line 12: missing columns: Expected Number of Columns: 6 Found: 5",
    }
    content = "no,who,at,total,cur,state\n" + "\n".join(rows)
    assert read(inbox, content, orders_source(ALL, ""), columns="order_id") == ["ok"]
    assert inbox.reasons() == {line: reason for line, reason in enumerate(rows.values(), 2) if reason}
    assert inbox.account("orders.csv").rows_read == len(rows)


def ids(inbox):
    """How often each id stands in the lake."""
    return Counter(inbox.rows("orders_orders", "order_id"))


EQUAL = "ann,2024-01-01,5\n"


def test_equal_rows_without_an_id_are_orders_of_their_own(inbox):
    read(inbox, "who,at,total\n" + EQUAL * 3 + "ann,2024-01-01,6\nben,2024-01-01,5\n")
    assert len(ids(inbox)) == 5


def test_ids_that_are_made_up_are_the_same_in_a_repeated_or_grown_export(inbox):
    inbox.put("may.csv", "who,at,total\nben,2024-01-01,5\n" + EQUAL * 2)
    inbox.pull()
    first = ids(inbox)
    inbox.put("june.csv", "who,at,total\nben,2024-01-01,5\n" + EQUAL * 2)
    inbox.pull()
    assert ids(inbox) == dict.fromkeys(first, 2)
    inbox.put("july.csv", "who,at,total\n" + EQUAL + "cy,2024-01-02,1\n" + EQUAL * 2 + "ben,2024-01-01,5\n")
    inbox.pull()
    assert sorted(ids(inbox).values()) == [1, 1, 3, 3, 3]


def test_ids_of_the_file_are_kept_and_rows_of_one_id_too(inbox):
    """Which version of an order holds is decided later."""
    content = "no,who,at,total,cur,state\n7,ann,2024-01-01,5,EUR,paid\n7,ann,2024-01-01,5,EUR,refunded\n"
    assert read(inbox, content, orders_source(ALL, ""), columns="order_id, status") == [
        ("7", "paid"),
        ("7", "refunded"),
    ]


def test_orders_from_json_lines_and_parquet(inbox):
    inbox.configure(orders_source('member = "customer.id"\nat = "at"\namount = "total"'))
    read(inbox, json_lines({"customer": {"id": 1}, "at": "2024-01-01", "total": 12.5}), name="orders.jsonl")
    write_parquet(
        inbox.exports / "orders.parquet", {"customer.id": [2], "at": ["2024-01-01"], "total": [Decimal("7.10")]}
    )
    inbox.pull()
    assert inbox.rows("orders_orders", "member, amount") == [("1", Decimal("12.5")), ("2", Decimal("7.1"))]


CDNOW = orders_source(
    "member = 1\nat = 3\namount = 5",
    'currency = "USD"\nheader = false\ndelimiter = "whitespace"\ninstants = "%Y%m%d"',
)


def test_blank_separated_orders_without_a_header(inbox):
    content = " 00004  1 19970101  2  29.33\n 00004  1 19970118  2  29.73\n 00021  2 19970101  3  63.34\n"
    assert read(inbox, content, CDNOW, "orders.txt", "_row, member, cast(_at as date)::varchar, amount") == [
        (1, "00004", "1997-01-01", Decimal("29.33")),
        (2, "00004", "1997-01-18", Decimal("29.73")),
        (3, "00021", "1997-01-01", Decimal("63.34")),
    ]


def test_the_real_orders_of_cdnow_add_up(inbox, shared_data):
    path = shared_data / "cdnow" / "CDNOW_sample.txt"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    inbox.put("CDNOW_sample.txt", path.read_bytes())
    inbox.configure(CDNOW)
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (6919, 0)
    assert len(ids(inbox)) == 6919
    lines = [line.split() for line in path.read_text().splitlines()]
    assert inbox.rows(
        "orders_orders", "count(distinct member), sum(amount), min(_at)::varchar, max(_at)::varchar", ""
    ) == [(2357, sum(Decimal(line[4]) for line in lines), "1997-01-01 00:00:00", "1998-06-30 00:00:00")]
