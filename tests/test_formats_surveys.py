"""The format `surveys`: who was asked, and who answered what. No text that somebody wrote is kept. Files are made."""

import csv
import io
from collections import Counter
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.errors import ConfigError
from orchestration.formats.tabular import NO_ID
from tests.communities import stillhere
from tests.exports_in.inbox import Inbox
from tests.exports_in.mapped import json_lines

HEAD = '[[sources]]\nname = "pulse"\nformat = "surveys"\npath = "exports"\n'
COLUMNS = '\n[sources.columns]\nsurvey_id = "survey"\nquestion = "q"\nkind = "k"\nmember = "who"\ninvited_at = "sent"\n'
FIELDS = "survey,q,k,who,sent,answered_at,value\n"
FOUND = "survey_id, question, kind, respondent, score, choice, is_answer"


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", HEAD + COLUMNS)


def read(inbox, *lines, columns=FOUND):
    """Rows of one file, in the order of the file."""
    inbox.put("survey.csv", FIELDS + "".join(f"{line}\n" for line in lines))
    inbox.pull()
    return inbox.rows("surveys_answers", columns, "order by _row")


def test_each_kind_of_answer_is_read(inbox):
    found = read(
        inbox,
        "p1,Recommend?,nps,u1,2024-01-01,2024-01-05,10",
        "p1,Stars?,Rating,u1,,2024-01-05,3.5",
        "p1,Which?,choice,u1,,2024-01-05, Green tea ",
        'p1,Why?,text,u1,,2024-01-05,"because, I said"',
    )
    assert found == [
        ("p1", "Recommend?", "nps", "u1", Decimal(10), None, True),
        ("p1", "Stars?", "rating", "u1", Decimal("3.5"), None, True),
        ("p1", "Which?", "choice", "u1", None, "Green tea", True),
        ("p1", "Why?", "text", "u1", None, None, True),
    ]
    assert inbox.holds("because") == []


def test_invitations_and_questions_passed_over_are_no_answers(inbox):
    columns = "respondent, is_answer, kind, cast(invited_at as varchar), cast(answered_at as varchar)"
    assert read(inbox, "p1,,,u1,2024-01-01,,", "p1,,,u2,,,", "p1,Stars?,rating,u3,,2024-01-05,", columns=columns) == [
        ("u1", False, None, "2024-01-01 00:00:00", None),
        ("u2", False, None, None, None),
        ("u3", False, None, None, "2024-01-05 00:00:00"),
    ]


def test_bad_rows_are_told_and_show_no_text(inbox):
    rows = {
        ",Why?,text,u1,,2024-01-05,secret": "survey_id: missing",
        "p1,,text,u1,,2024-01-05,secret": "question: missing",
        "p1,Why?,,u1,,2024-01-05,secret": "kind: missing",
        "p1,Why?,essay,u1,,2024-01-05,secret": "kind: expected one of nps, rating, choice, text",
        "p1,Why?,text,u1,,,secret": "answered_at: missing",
        "p1,Why?,text,u1,,noon,secret": "answered_at: expected an instant",
        "p1,Why?,text,u1,noon,2024-01-05,secret": "invited_at: expected an instant",
        "p1,Why?,text,u1,,1980-01-05,secret": "answered_at: instant before 1990: 1980-01-05 00:00:00",
        "p1,Why?,text,u1,2985-01-05,,": "invited_at: instant in the future: 2985-01-05 00:00:00",
        "p1,Why?,text,,,,": "value: missing, as are member and instants: neither an answer nor an invitation",
        "p1,Recommend?,nps,u1,,2024-01-05,11": "value: expected a whole number from 0 to 10",
        "p1,Recommend?,nps,u1,,2024-01-05,9.5": "value: expected a whole number from 0 to 10",
        "p1,Recommend?,nps,u1,,2024-01-05,-1": "value: expected a whole number from 0 to 10",
        "p1,Recommend?,nps,u1,,2024-01-05,secret": "value: expected a whole number from 0 to 10",
        'p1,Stars?,rating,u1,,2024-01-05,"3,5"': "value: expected a number such as 4.5",
        "p1,Stars?,rating,u1,,2024-01-05,secret": "value: expected a number such as 4.5",
        "p1,Why?,secret,u1,,2024-01-05,too": "kind: expected one of nps, rating, choice, text",
        "p1,Why?,text,u1,,secret,too": "answered_at: expected an instant",
        "p1,Why?,text,u1,secret,2024-01-05,too": "invited_at: expected an instant",
        "p1,Why?,text,u1,,2024-01-05,secret,more": "line 21: too many columns: Expected Number of Columns: 7 Found: 8",
        "p1,Why?,text,u1,,secret": "line 22: missing columns: Expected Number of Columns: 7 Found: 6",
        'p1,Why?,text,u1,,2024-01-05,"secret" I said': "line 23: unquoted value: Value with unterminated quote found.",
    }
    assert read(inbox, *rows) == []
    assert inbox.reasons() == dict(enumerate(rows.values(), 2))
    assert inbox.holds("secret") == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("s.jsonl", '{"survey": "p1", "value": "secret\n', "expected a JSON object on the line"),
        ("s.jsonl", '["secret"]\n', "expected a JSON object on the line"),
        ("s.jsonl", '{"value": ["secret"]}\n', "value: expected a text or a number, found a list"),
        ("s.jsonl", f'{{"value": "secret{"." * (17 << 20)}"}}\n{{"who": "u1", "survey": "p1"}}', "line 1 is longer"),
        ("s.csv", f'{FIELDS}p1,Why?,text,u1,,2024-01-05,"secret{"." * (17 << 20)}"\n', "line 2: line size over"),
        ("s.csv", FIELDS + 'p1,Why?,text,u1,,2024-01-05,"secret', "line 2: unquoted value"),
        ("s.csv", FIELDS.encode() + b"p1,Why?,text,u1,,2024-01-05,secret \xff\n", "not UTF-8 text"),
        # Without a header the first answer stands in its place.
        ("s.csv", "p1,Why?,text,u1,,2024-01-05,secret\n", "no such column: value = 'value'"),
        ("s.csv", FIELDS.replace("value", "values"), "no such column: value = 'value'; found: survey,"),
    ],
)
def test_nothing_of_what_cannot_be_read_is_shown(inbox, name, content, reason):
    inbox.put(name, content)
    inbox.pull()
    (bad,) = inbox.quarantine()
    assert bad["reason"].startswith(reason) and bad["raw"] is None
    assert inbox.holds("secret") == []


def test_survey_question_and_kind_may_be_constants_and_members_of_another_source(inbox):
    inbox.configure(
        f'{HEAD}survey_id = "it\'s 2026"\nquestion = "Recommend?"\nkind = "nps"\nmembers_of = "slack"\n'
        '[sources.columns]\nvalue = "score"\nanswered_at = "at"\nmember = "user.id"\n'
        '[[sources]]\nname = "slack"\nformat = "slack"\npath = "exports"\n'
    )
    inbox.put("s.jsonl", json_lines({"user": {"id": "U1"}, "at": "2024-01-05", "score": 7}, {"user": {"id": "U2"}}))
    inbox.pull()
    assert inbox.rows("surveys_answers", f"{FOUND}, respondent_source") == [
        ("it's 2026", "Recommend?", "nps", "U1", Decimal(7), None, True, "slack"),
        ("it's 2026", "Recommend?", None, "U2", None, None, False, "slack"),
    ]


def test_the_kind_may_be_given_for_each_question(inbox):
    inbox.configure(
        f'{HEAD}survey_id = "p1"\n[sources.columns]\nquestion = "q"\n[sources.kinds]\n"How\'s it?" = "rating"\n'
    )
    inbox.put("s.csv", "q,answered_at,value\nHow's it?,2024-01-05,4\nWhy?,2024-01-05,so\n")
    inbox.pull()
    assert inbox.rows("surveys_answers", "question, kind, score, respondent") == [("How's it?", "rating", 4, None)]
    assert inbox.reasons() == {3: "kinds: no kind is given for its question"}


@pytest.mark.parametrize(
    "options",
    [
        COLUMNS.replace('survey_id = "survey"\n', ""),
        'question = "Q"' + COLUMNS,
        'kind = "nps"' + COLUMNS,
        COLUMNS.replace('kind = "k"\n', ""),
        'kind = "essay"' + COLUMNS.replace('kind = "k"\n', ""),
        COLUMNS + '[sources.kinds]\nQ = "nps"\n',
    ],
)
def test_survey_question_and_kind_are_given_once(inbox, options):
    with pytest.raises(ConfigError, match="sources.pulse"):
        inbox.configure(HEAD + options)


def keys(inbox):
    """How often each answer's key stands in the lake."""
    return Counter(inbox.rows("surveys_answers", "answer_key"))


def test_a_respondents_answer_is_the_same_one_in_every_export(inbox):
    read(inbox, "p1,Stars?,rating,u1,,2024-01-05,3", "p1,Which?,choice,u1,,2024-01-05,tea")
    inbox.put(
        "later.csv",
        # Edited since; a second choice; another day.
        FIELDS + "p1,Stars?,rating,u1,,2024-01-05,4\np1,Which?,choice,u1,,2024-01-05,mate\n"
        "p1,Stars?,rating,u1,,2024-01-06,4\n",
    )
    inbox.pull()
    assert sorted(keys(inbox).values()) == [1, 1, 1, 2]


def test_equal_answers_of_nobody_known_are_answers_of_their_own(inbox):
    equal = "p1,Stars?,rating,,,2024-01-05,3"
    read(inbox, equal, equal, equal.replace(",3", ",4"))
    first = keys(inbox)
    assert len(first) == 3
    inbox.put("grown.csv", FIELDS + f"{equal}\np1,Stars?,rating,,,2024-01-05,4\n{equal}\n{equal}\n")
    inbox.pull()
    assert sorted(keys(inbox).values()) == [1, 2, 2, 2]


def test_a_file_cut_off_at_any_byte_is_accounted_for(tmp_path):
    whole = (FIELDS + 'p1,Stars?,rating,u1,,2024-01-05,3\np1,Why?,text,u2,,2024-01-05,"so\nit is"\n').encode()
    for cut in range(0, len(whole), 5):
        inbox = Inbox(tmp_path / str(cut), HEAD + COLUMNS)
        inbox.put("s.csv", whole[:cut])
        inbox.pull()
        (account,) = inbox.accounts()
        assert account.rows_read <= 3 and account.outcome in ("loaded", "unreadable")


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
answers = st.tuples(
    texts, texts, texts.filter(lambda text: text not in NO_ID),
    st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)),
    st.one_of(
        st.tuples(st.just("nps"), st.integers(0, 10)), st.tuples(st.just("rating"), st.decimals(-99, 99, places=2)),
        st.tuples(st.just("choice"), texts), st.tuples(st.just("text"), texts),
    ),
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(answers, max_size=8), st.randoms(use_true_random=False))
def test_any_survey_is_read_as_it_was_written(tmp_path_factory, made, random):
    """However it is spread over files, shuffled and repeated."""
    inbox = Inbox(tmp_path_factory.mktemp("pulse"), HEAD + COLUMNS)
    spread = [[], []]
    for answer in random.sample(made, len(made)) + (random.choices(made, k=2) if made else []):
        random.choice(spread).append(answer)
    for place, some in enumerate(spread):
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(FIELDS.strip().split(","))
        for survey, question, who, at, (kind, value) in some:
            writer.writerow([survey, question, kind, who, "", at.isoformat(), value])
        inbox.put(f"s-{place}.csv", out.getvalue())
    result = inbox.pull()
    assert inbox.quarantine() == []
    assert result.total("rows_loaded") == sum(map(len, spread))
    assert set(inbox.rows("surveys_answers", "survey_id, question, respondent, answered_at, kind, score, choice")) == {
        (
            survey, question, who, at, kind,
            Decimal(value) if kind in ("nps", "rating") else None, value if kind == "choice" else None,
        )
        for survey, question, who, at, (kind, value) in made
    }  # fmt: skip
    assert not inbox.pull().changed


TOLD_BY_A_BOTS_PERSON = """\
[community]
name = "Test"
identities = "ids.csv"
bots = ["chat:b1"]
[[sources]]
name = "forum"
format = "table"
path = "forum.csv"
[sources.columns]
member = "who"
at = "at"
type = "what"
[[sources]]
name = "chat"
format = "table"
path = "chat.csv"
[sources.columns]
member = "who"
at = "at"
type = "what"
[[sources]]
name = "pulse"
format = "surveys"
path = "answers.csv"
members_of = "forum"
survey_id = "s"
[sources.columns]
question = "question"
value = "answer"
answered_at = "at"
member = "who"
[sources.kinds]
"Happy?" = "rating"
"""


def test_a_question_answered_by_a_bots_person_alone_withholds_no_week(tmp_path):
    """In the source the account answered; in the whole nobody who counts did, so there is no row of all."""
    (tmp_path / "stillhere.toml").write_text(TOLD_BY_A_BOTS_PERSON)
    (tmp_path / "ids.csv").write_text("person,source,native_id\nP,forum,f1\nP,chat,b1\n")
    (tmp_path / "forum.csv").write_text("who,at,what\nf1,2026-01-05 10:00,post\nf2,2026-01-12 10:00,post\n")
    (tmp_path / "chat.csv").write_text("who,at,what\nb1,2026-01-05 10:00,post\nc1,2026-01-12 10:00,post\n")
    (tmp_path / "answers.csv").write_text(
        "question,who,answer,at\nHappy?,f1,4,2026-01-07 09:00\nHappy?,f2,4,2026-01-14 09:00\n"
    )
    done = stillhere("run", "--config", tmp_path / "stillhere.toml", "--to", "2026-01-12")
    assert done.returncode == 0, done.stderr
    assert "2 week(s) published" in done.stderr
