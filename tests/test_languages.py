"""Languages: every message has a translation that says the same numbers; numbers and days are the language's own."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from orchestration import config, languages
from orchestration.errors import ConfigError
from orchestration.page.sentences import sentence_forms
from tests.catalogues import extracted, written

TRANSLATED = languages.LANGUAGES[1:]
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}|%%")


@pytest.fixture(scope="module")
def messages():
    """All messages of the program."""
    return [message for message in extracted() if message.id]


def test_the_extractor_sees_templates_code_and_data(messages):
    ids = {message.id if isinstance(message.id, str) else message.id[0] for message in messages}
    assert "Week of %(week)s" in ids  # a template
    assert "%(value)s person took part." in ids  # Python
    assert "ask for an opinion" in ids  # data, marked
    assert len(ids) > 200


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(messages, language):
    catalog = written(language)
    missing = []
    for message in messages:
        entry = catalog.get(message.id)
        forms = entry.string if entry and isinstance(entry.string, tuple) else (entry.string if entry else "",)
        if entry is None or entry.fuzzy or not all(forms):
            missing.append(message.id)
    assert not missing, f"without translation in {languages.po_file(language)}: {missing}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_say_the_same_numbers(messages, language):
    catalog = written(language)
    for message in messages:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = catalog.get(message.id).string
        for string in strings if isinstance(strings, tuple) else (strings,):
            assert sorted(PLACEHOLDER.findall(string)) == sorted(PLACEHOLDER.findall(ids[-1])), string
            assert "%" not in PLACEHOLDER.sub("", string), string


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_message_is_left_over(messages, language):
    ids = {message.id for message in messages}
    assert not [message.id for message in written(language) if message.id and message.id not in ids]


def test_every_headline_of_the_seed_has_its_sentences():
    import csv

    from orchestration.warehouse import PROJECT

    with (PROJECT / "seeds" / "headline_metrics.csv").open(encoding="utf-8") as lines:
        stems = [row["sentence"] for row in csv.DictReader(lines)]
    known = sentence_forms(languages.get("en"), 2)
    assert {f"{stem}_{way}" for stem in stems for way in ("up", "down", "steady", "first")} == set(known)


@pytest.mark.parametrize(
    ("language", "number", "percent", "day", "week", "weekday", "minutes"),
    [
        ("en", "1,234.5", "21.6%", "Oct 12", "Oct 12\u2009–\u200918, 2026", "Monday", "1 minute"),
        ("zh_CN", "1,234.5", "21.6%", "10月12日", "2026年10月12日至18日", "星期一", "1 分钟"),
        ("id", "1.234,5", "21,6%", "12 Okt", "12–18 Okt 2026", "Senin", "1 menit"),
    ],
)
def test_numbers_and_days_are_the_languages_own(language, number, percent, day, week, weekday, minutes):
    spoken, monday = languages.get(language), date(2026, 10, 12)
    assert spoken.number(1234.5, 1) == number
    assert spoken.percent(0.2159) == percent
    assert spoken.day(monday) == day
    assert spoken.week(monday) == week
    assert spoken.weekday(1, "wide") == weekday
    assert spoken.minutes(1) == minutes


def test_an_unknown_language_is_refused_with_those_that_there_are(tmp_path):
    file = tmp_path / "stillhere.toml"
    (tmp_path / "a").mkdir()
    file.write_text(
        '[community]\nname = "x"\nlanguage = "tlh"\n[[sources]]\nname = "s"\nformat = "slack"\npath = "a"\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"community\.language.*'en', 'zh_CN' or 'id'.*tlh"):
        config.load(file)
    with pytest.raises(ValueError, match="no catalogue of 'tlh'; expected one of en, zh_CN, id"):
        languages.get("tlh")


@pytest.mark.parametrize("value", [1e30, -1e308, Decimal(10) ** 37, 10**38])
def test_a_number_is_written_however_great_it_is(value):
    english = languages.get("en")
    assert re.sub(r"[,.-]", "", english.number(value)).startswith("1")
    assert re.sub(r"[,.%-]", "", english.percent(value)).startswith("1")
    assert re.sub(r"[,.€-]", "", english.money(value, "EUR")).startswith("1")
