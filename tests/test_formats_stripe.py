"""The format `stripe_payments`: each payment once, with its amount as it is written. Files are made."""

import csv
import io
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exports_in.inbox import Inbox

SOURCE = '[[sources]]\nname = "pay"\nformat = "stripe_payments"\npath = "exports"\n'
# All columns of an export, as the platform lays them out.
COLUMNS = [
    "id", "Description", "Seller Message", "Created (UTC)", "Amount", "Amount Refunded", "Currency",
    "Converted Amount", "Converted Amount Refunded", "Fee", "Taxes On Fee", "Converted Currency", "Mode", "Status",
    "Statement Descriptor", "Customer ID", "Customer Description", "Customer Email", "Captured", "Card ID",
    "Card Last4", "Card Brand", "Card Name", "Card Address Line1", "Disputed Amount", "Dispute Status", "Invoice ID",
    "Transfer",
]  # fmt: skip
PAYMENT = {
    "Description": "Membership, yearly", "Created (UTC)": "2024-01-05 10:12:33", "Amount": "24.90",
    "Amount Refunded": "0.00", "Currency": "eur", "Status": "Paid", "Customer ID": "cus_Ab1",
    "Customer Email": "Ann@Example.org", "Captured": "true", "Card Last4": "4242", "Card Name": "Ann Ash",
}  # fmt: skip


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", SOURCE)


def payment(number="ch_1", fields=None):
    """One payment; `fields` stand instead of the usual ones."""
    return {"id": number, **PAYMENT, **(fields or {})}


def as_csv(*rows, columns=COLUMNS):
    """Rows as the platform writes them."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_a_row_that_cannot_be_cut_into_columns_is_told_and_not_shown(inbox):
    inbox.put("unified_payments.csv", as_csv(payment()) + "ch_2,Membership,secret street 5\n")
    inbox.pull()
    assert inbox.reasons()[3].startswith("line 3: missing columns")
    assert inbox.holds("secret street") == []


FOUND = "payment_id, member, amount, refunded, currency, status"
TABLE = "stripe_payments_payments"


def test_a_payment_is_read(inbox):
    inbox.put("unified_payments.csv", as_csv(payment()))
    inbox.pull()
    assert inbox.rows(TABLE, f"{FOUND}, cast(_at as varchar)") == [
        ("ch_1", "cus_Ab1", Decimal("24.90"), 0, "EUR", "paid", "2024-01-05 10:12:33")
    ]
    assert inbox.holds("4242") == inbox.holds("Ann Ash") == inbox.holds("yearly") == []


def test_whoever_has_no_customer_id_is_known_by_e_mail(inbox):
    inbox.put("p.csv", as_csv(payment(fields={"Customer ID": ""})))
    inbox.pull()
    assert inbox.rows(TABLE, "member") == ["ann@example.org"]


def test_a_payment_of_nobody_known_is_a_payment_all_the_same(inbox):
    inbox.put("p.csv", as_csv(payment(fields={"Customer ID": "", "Customer Email": " "})))
    inbox.pull()
    assert inbox.reasons() == {}
    assert inbox.rows(TABLE, "payment_id, member") == [("ch_1", None)]


def test_newer_exports_call_the_instant_otherwise(inbox):
    newer = [{"Created (UTC)": "Created date (UTC)"}.get(name, name) for name in COLUMNS]
    inbox.put("p.csv", as_csv({**payment(), "Created date (UTC)": "2024-02-01 00:00"}, columns=newer))
    inbox.put("q.csv", as_csv(payment(), columns=[c for c in COLUMNS if c not in ("Created (UTC)", "Customer Email")]))
    inbox.pull()
    assert inbox.rows(TABLE, "cast(_at as varchar)") == ["2024-02-01 00:00:00"]
    (reason,) = inbox.reasons().values()
    assert reason.startswith("no such column: created = 'Created (UTC)'")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ""}, "id: missing"),
        ({"Created (UTC)": " "}, "Created (UTC): missing"),
        ({"Created (UTC)": "today"}, "Created (UTC): expected an instant, found today"),
        ({"Created (UTC)": "2985-01-01"}, "instant in the future: 2985-01-01 00:00:00"),
        ({"Amount": ""}, "Amount: missing"),
        ({"Amount": "1,249"}, "Amount: expected a number such as 1234.50, found 1,249"),
        ({"Amount Refunded": "€5"}, "Amount Refunded: expected a number such as 1234.50, found €5"),
        ({"Currency": ""}, "Currency: expected three letters, found nothing"),
        ({"Currency": "e1r"}, "Currency: expected three letters, found E1R"),
        ({"Status": ""}, "Status: missing"),
        ({"Status": "Teapot"}, "Status: unknown value Teapot"),
    ],
)  # fmt: skip
def test_a_payment_that_makes_no_sense_is_quarantined(inbox, fields, reason):
    inbox.put("p.csv", as_csv(payment(), payment("ch_2", fields), payment("ch_3")))
    inbox.pull()
    assert inbox.reasons() == {3: reason}
    assert inbox.rows(TABLE, "payment_id") == ["ch_1", "ch_3"]


@pytest.mark.parametrize(
    ("written", "amount"),
    [("399,00", "399"), ("1.399,00", "1399"), ("-0,50", "-0.5"), ("5000", "5000"), ("1.234", "1.234"), ("7.5", "7.5")],
)
def test_amounts_are_read_as_the_accounts_language_has_them(inbox, written, amount):
    """Two digits behind a comma are no thousands; yen come without decimals, dinars with three."""
    inbox.put("p.csv", as_csv(payment(fields={"Amount": written, "Amount Refunded": ""})))
    inbox.pull()
    assert inbox.rows(TABLE, "amount") == [Decimal(amount)]


def test_tests_and_disputes_are_told(inbox):
    inbox.put(
        "p.csv",
        as_csv(
            payment(fields={"Mode": "Live"}),
            payment("ch_2", {"Mode": "Test"}),
            payment("ch_3", {"Disputed Amount": "24.90", "Dispute Status": "Needs Response"}),
        ),
    )
    inbox.put("old.csv", as_csv(payment("ch_4"), columns=[c for c in COLUMNS if "isput" not in c and c != "Mode"]))
    inbox.pull()
    assert inbox.reasons() == {}
    assert inbox.rows(TABLE, "payment_id, is_test, disputed, dispute_status") == [
        ("ch_1", False, None, None),
        ("ch_2", True, None, None),
        ("ch_3", False, Decimal("24.90"), "needs_response"),
        ("ch_4", False, None, None),
    ]


@pytest.mark.parametrize("status", ["Partial Refund", "requires_payment_method", "Canceled", "FAILED", "Uncaptured"])
def test_statuses_are_known_however_they_are_written(inbox, status):
    inbox.put("p.csv", as_csv(payment(fields={"Status": status})))
    inbox.pull()
    assert inbox.rows(TABLE, "status") == [status.lower().replace(" ", "_")]


def test_a_file_cut_off_at_any_byte_is_accounted_for(tmp_path):
    whole = as_csv(payment(), payment("ch_2")).encode()
    for cut in range(0, len(whole), 41):
        inbox = Inbox(tmp_path / str(cut), SOURCE)
        inbox.put("p.csv", whole[:cut])
        inbox.pull()
        (account,) = inbox.accounts()
        assert account.rows_read <= 2 and account.outcome in ("loaded", "unreadable")


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
payments = st.tuples(
    st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)).map(lambda at: at.replace(microsecond=0)),
    st.decimals(0, 10**9, places=2), st.decimals(0, 10**9, places=2), st.sampled_from(["EUR", "USD", "JPY"]),
    st.sampled_from(["paid", "failed", "refunded"]), texts,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(texts, payments, max_size=8), st.randoms(use_true_random=False))
def test_any_payments_are_read_as_they_were_written(tmp_path_factory, made, random):
    """However they are spread over files, shuffled and repeated."""
    inbox = Inbox(tmp_path_factory.mktemp("pay"), SOURCE)
    spread = [[], []]
    for number in random.sample(sorted(made), len(made)) + (random.choices(sorted(made), k=2) if made else []):
        random.choice(spread).append(number)
    for place, some in enumerate(spread):
        rows = []
        for number in some:
            at, amount, refunded, currency, status, member = made[number]
            rows.append(
                {
                    "id": number, "Created (UTC)": str(at), "Amount": amount, "Amount Refunded": refunded,
                    "Currency": currency.lower(), "Status": status.capitalize(), "Customer ID": member,
                }
            )  # fmt: skip
        inbox.put(f"p-{place}.csv", as_csv(*rows))
    result = inbox.pull()
    assert inbox.quarantine() == []
    assert result.total("rows_loaded") == sum(map(len, spread))
    found = inbox.rows(TABLE, "payment_id, cast(_at as varchar), amount, refunded, currency, status, member")
    assert set(found) == {(number, str(at), *rest) for number, (at, *rest) in made.items()}
    assert not inbox.pull().changed
