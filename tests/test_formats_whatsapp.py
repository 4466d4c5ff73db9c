"""WhatsApp chats: every dated line is loaded or quarantined with its reason; messages are known again without ids."""

from datetime import UTC, date, datetime, timedelta

import pytest
from babel.dates import format_date, format_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import formats
from tests.computed import computed, looked_at, pulled
from tests.exports_in.inbox import Inbox
from tests.exports_in.whatsapp_export import (
    ANDROID_DE,
    ANDROID_ISO,
    ANDROID_US,
    IPHONE_DE,
    IPHONE_US,
    LAYOUTS,
    MARK,
    NOTICE,
    SOURCE,
    chat,
    line,
)

NOON = datetime(2024, 1, 31, 12, 5, 7)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", SOURCE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_chat_is_read_whatever_the_phone(inbox, layout):
    is_iphone = layout[1]
    own = (lambda name, text: f"{name}: {MARK}{text}") if is_iphone else (lambda name, text: text)
    at = NOON.replace(second=NOON.second if is_iphone else 0)
    midnight = at + timedelta(hours=12)
    inbox.put(
        "WhatsApp Chat with Group.txt",
        line(NOON, own("Group", NOTICE), layout)
        + line(NOON, own("Group", 'Ann created group "Trip: 2024"'), layout)
        + chat([(NOON, "Ann", "one\ntwo\n\nfour"), (NOON, "\u202a+49 170 1234567\u202c", "漢字")], layout)
        + line(NOON + timedelta(hours=12), own("Ben", "Ben left"), layout)
        + chat([(NOON + timedelta(hours=12), "~\u202fCem", "and: so on")], layout),
    )
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded")) == (6, 6)
    assert inbox.rows(
        "whatsapp_messages",
        "_row, _at, account_name, text_length, content_type, event_type, about_names",
        "order by _row",
    ) == [
        (1, at, None, 0, None, None, []),
        (2, at, None, 0, None, None, []),
        (3, at, "Ann", 13, "text", None, []),
        (7, at, "+49 170 1234567", 2, "text", None, []),
        (8, midnight, None, 0, None, "leave", ["Ben"]),
        (9, midnight, "Cem", 10, "text", None, []),
    ]
    described = inbox.described("whatsapp_messages")
    types = formats.get("whatsapp").tables["whatsapp_messages"]
    assert {name: described[name].replace('"', "") for name in types} == types


@pytest.mark.parametrize("hour", range(24))
def test_noon_and_midnight_are_told_apart(inbox, hour):
    at = datetime(2024, 1, 31, hour, 30)
    inbox.put("a.txt", chat([(at, "Ann", "x")], ANDROID_US))
    inbox.put("b.txt", chat([(at, "Ben", "x")], ANDROID_US).replace("\u202fPM", " p. m.").replace("\u202fAM", " a.m."))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, _at") == [("Ann", at), ("Ben", at)]


LANGUAGES = """
    af am ar ar_MA bg bn ca cs da de el en en_CA en_GB en_IN es es_CL es_MX et eu fa fi fil fr fr_CA gu he hi hr hu id
    is it ja kk km kn ko lt lv mk ml mn mr ms my nb ne nl pa pl pt pt_PT ro ru sk sl so sq sr sv sw ta te th tr uk ur
    uz vi zh zh_Hans_HK zh_Hant zh_Hant_HK zu
"""
DIGITS = {
    "ar": "٠١٢٣٤٥٦٧٨٩",
    "fa": "۰۱۲۳۴۵۶۷۸۹",
    "mr": "०१२३४५६७८९",
    "ne": "०१२३४५६७८९",
    "bn": "০১২৩৪৫৬৭৮৯",
}


def test_phones_of_any_language_write_dates_in_their_own_way(inbox):
    """As the languages' standard layouts (CLDR) have it, every hour of the day, with the digits of the language."""
    instants = [datetime(2024, 5, 20, 0, 7, 9) + timedelta(hours=13 * step) for step in range(48)]
    for language in LANGUAGES.split():
        digits = str.maketrans("0123456789", DIGITS.get(language, "0123456789"))
        for form, width in (("{}, {} - {}: x\n", "short"), ("[{} {}] {}: x\n", "medium")):
            stamps = [
                (format_date(at, "short", locale=language), format_time(at, width, locale=language)) for at in instants
            ]
            text = "".join(
                form.format(day.translate(digits), time.translate(digits), f"{language} {width}")
                for day, time in stamps
            )
            inbox.put(f"{language} {width}.txt", text)
    inbox.pull()
    assert inbox.reasons() == {}
    found = inbox.rows("whatsapp_messages", "account_name, list(_at order by _row)", "group by all")
    assert len(found) == 2 * len(LANGUAGES.split())
    whole_minutes = [at.replace(second=0) for at in instants]
    assert [name for name, at in found if at != (instants if name.endswith("medium") else whole_minutes)] == []


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("[23.5.2024 klo 15.07.09]", "2024-05-23 15:07:09"),
        ("23.5.2024 klo 15.07 -", "2024-05-23 15:07:00"),
        ("2024. 5. 3. 오후 3:07 -", "2024-05-03 15:07:00"),
        ("24. 5. 3. 오전 12:07 -", "2024-05-03 00:07:00"),
        ("[2024. 5. 3. 오후 12:07:09]", "2024-05-03 12:07:09"),
        ("2024/5/3 凌晨3:07 -", "2024-05-03 03:07:00"),
        ("2024/5/3 凌晨12:07 -", "2024-05-03 00:07:00"),
        ("2024/5/3 早上7:07 -", "2024-05-03 07:07:00"),
        ("2024/5/3 中午11:07 -", "2024-05-03 11:07:00"),
        ("2024/5/3 中午12:07 -", "2024-05-03 12:07:00"),
        ("2024/5/3 中午1:07 -", "2024-05-03 13:07:00"),
        ("2024/5/3 下午12:07 -", "2024-05-03 12:07:00"),
        ("[2024/5/3 晚上11:07:09]", "2024-05-03 23:07:09"),
        ("2024/05/03 午後0:07 -", "2024-05-03 12:07:00"),
        ("2024/05/03 午前0:07 -", "2024-05-03 00:07:00"),
        ("٢٣\u200f/٥\u200f/٢٠٢٤، ٣:٠٧ م -", "2024-05-23 15:07:00"),
        ("[٢٣\u200f/٥\u200f/٢٠٢٤، ١٢:٠٧:٠٩ ص]", "2024-05-23 00:07:09"),
        ("\u200f[٢٣/٥/٢٠٢٤، ٣:٠٧:٠٩\u202fم]", "2024-05-23 15:07:09"),
        ("۲۰۲۴/۵/۳،\u200f ۱۵:۰۷ -", "2024-05-03 15:07:00"),
        ("२३/५/२०२४, ३:०७ अपराह्न -", "2024-05-23 15:07:00"),
        ("23.05.2024 ÖS 3:07 -", "2024-05-23 15:07:00"),
        ("23.05.2024 15:07 -", "2024-05-23 15:07:00"),
        ("2024-05-03 15 h 07 -", "2024-05-03 15:07:00"),
        ("[2024-05-03 15 h 07 min 09 s]", "2024-05-03 15:07:09"),
        ("23/5/2567 15:07 -", "2024-05-23 15:07:00"),
        ("29/2/67 15:07 -", "2024-02-29 15:07:00"),
    ],
)
def test_stamps_of_other_languages_are_read(inbox, stamp, at):
    inbox.put("a.txt", f"{stamp} Ann: x\n")
    inbox.pull()
    assert inbox.reasons() == {}
    assert inbox.rows("whatsapp_messages", "_at::varchar, account_name") == [(at, "Ann")]


@pytest.mark.parametrize("stamp", ["晚上12:07", "凌晨15:07", "中午5:07", "午夜1:07"])
def test_a_part_of_the_day_that_holds_no_such_hour_is_not_guessed_at(inbox, stamp):
    inbox.put("a.txt", f"2024/5/3 {stamp} - Ann: x\n2024/5/3 下午3:07 - Ann: x\n")
    inbox.pull()
    assert inbox.reasons() == {1: f"expected a date and time, found 2024/5/3 {stamp} -"}


def test_words_that_name_no_part_of_the_day_begin_no_message(inbox):
    inbox.put("a.txt", "23.05.24, 15:07 - Ann: so:\n23.05.24 gegen 15:07 - Fest\n23.05.24 15:07 hier - Fest\n")
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, text_length") == [("Ann", 58)]


@pytest.mark.parametrize("year", ["67", "2567"])
def test_thai_years_are_read_where_nothing_else_is_possible(inbox, year):
    """All of a file are still to come, and were when WhatsApp was there; else they are no years of Thai phones."""
    inbox.put("a.txt", f"23/5/{year} 15:07 - Ann: x\n24/5/{year} 15:07 - Ann: x\n")
    inbox.put("b.txt", "23.5.24 15:07 - Ann: x\n24.5.67 15:07 - Ben: x\n")
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "_at::date::varchar", "order by _file, _row") == [
        "2024-05-23", "2024-05-24", "2024-05-23",
    ]  # fmt: skip
    assert inbox.reasons() == {2: "instant in the future: 2067-05-24 15:07:00"}


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("[۱۴۰۳/۳/۳،\u200f ۱۵:۰۷:۰۹]", "2024-05-23 15:07:09"),
        ("1403/1/1, 15:07 -", "2024-03-20 15:07:00"),
        ("1403/2/31, 15:07 -", "2024-05-20 15:07:00"),
        ("1403/7/1, 15:07 -", "2024-09-22 15:07:00"),
        ("31/6/1403, 15:07 -", "2024-09-21 15:07:00"),
        ("1388/1/1, 15:07 -", "2009-03-21 15:07:00"),
        ("1391/12/30, 15:07 -", "2013-03-20 15:07:00"),
        ("1399/12/30, 15:07 -", "2021-03-20 15:07:00"),
        ("1400/1/1, 15:07 -", "2021-03-21 15:07:00"),
        ("1402/12/29, 15:07 -", "2024-03-19 15:07:00"),
        ("1403/12/30, 15:07 -", "2025-03-20 15:07:00"),
        ("1404/1/1, 15:07 -", "2025-03-21 15:07:00"),
        ("1405/1/1, 15:07 -", "2026-03-21 15:07:00"),
    ],
)
def test_years_of_the_persian_calendar_are_read(inbox, stamp, at):
    inbox.put("a.txt", f"{stamp} Ann: x\n")
    inbox.pull()
    assert inbox.reasons() == {}
    assert inbox.rows("whatsapp_messages", "_at::varchar") == [at]


def test_days_that_the_persian_calendar_does_not_have_and_years_of_another_are_told(inbox):
    days = ["1403/1/1", "1402/12/30", "1403/7/31", "1403/13/1", "1403/1/32", "1445/9/1", "1446/1/30", "1345/1/1"]
    inbox.put("a.txt", "".join(f"{day}, 15:07 - Ann: x\n" for day in days))
    inbox.pull()
    no_day, unknown = "expected a date and time", "a year of a calendar that is not known here (the Islamic one?)"
    assert inbox.reasons() == {
        **{row: f"{no_day}, found {days[row - 1]}, 15:07 -" for row in (2, 3, 4, 5)},
        **{row: f"{unknown}, found {days[row - 1]}, 15:07 -" for row in (6, 7)},
        8: "instant before 1990: 1966-03-21 15:07:00",
    }
    assert inbox.rows("whatsapp_messages", "_at::date::varchar") == ["2024-03-20"]


@pytest.mark.parametrize(
    "words", ["This message was deleted", "You deleted this message", "Diese Nachricht wurde gelöscht."]
)
def test_a_deleted_message_stays_an_act_of_its_time(inbox, words):
    """It was written. Left out, it would also take its place from the next one of the same minute."""
    inbox.put("a.txt", chat([(NOON, "Ann", words), (NOON, "Ann", "x")]))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, place, event_type") == [("Ann", 1, None), ("Ann", 2, None)]


@pytest.mark.parametrize(
    ("stamps", "options"),
    [
        (["03/08/15, 3:07 ب.ظ. -", "03/08/16, 9:07 ق.ظ. -"], ""),
        (["15/08/03, 3:07 بعدازظهر -", "16/08/03, 9:07 قبل\u200cازظهر -"], ""),
        (["15/08/03, 3:07 بعدازظهر -"], 'date_order = "dmy"\n'),
        (["99/12/15، 3:07 بعد از ظهر -", "00/01/02، 3:07 بعد از ظهر -"], ""),
        (["۰۳/۰۸/۱۵، ۱۵:۰۷ -", "۰۳/۰۸/۲۹، ۱۵:۰۷ -", "۰۳/۰۹/۰۱، ۱۵:۰۷ -"], ""),
    ],
)
def test_years_of_two_digits_on_a_persian_phone_are_refused_by_name(inbox, stamps, options):
    inbox.configure(SOURCE + options)
    inbox.put("a.txt", "".join(f"{stamp} Ann: x\n" for stamp in stamps))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "_at") == []
    assert inbox.reasons()["a.txt"].startswith("years of two digits on a Persian phone")


@pytest.mark.parametrize(
    ("stamp", "options"),
    [
        ("24/05/23, 3:07 ب.ظ. -", 'date_order = "ymd"\n'),
        ("23/5/24, 3:07 بعدازظهر -", 'date_order = "dmy"\n'),
        ("۲۳/۵/۲۴، ۱۵:۰۷ -", 'date_order = "dmy"\n'),
        ("5/23/24, 3:07 ب.ظ. -", 'date_order = "mdy"\n'),
    ],
)
def test_our_years_of_two_digits_in_persian_letters_are_read(inbox, stamp, options):
    inbox.configure(SOURCE + options)
    inbox.put("a.txt", f"{stamp} Ann: x\n")
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "_at::varchar") == ["2024-05-23 15:07:00"]


def test_instants_are_in_the_phones_zone(inbox):
    inbox.configure(SOURCE + 'timezone = "Europe/Berlin"\n')
    inbox.put("a.txt", chat([(datetime(2024, 1, 31, 12), "Ann", "x"), (datetime(2024, 7, 31, 12), "Ann", "x")]))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "_at") == [datetime(2024, 1, 31, 11), datetime(2024, 7, 31, 10)]


def test_what_a_message_says_is_not_stored(inbox):
    inbox.put(
        "a.txt",
        chat([(NOON, "Ann", "the launch code\nis 0000"), (NOON, "Ann", "plan of the launch.pdf (file attached)")]),
    )
    inbox.pull()
    assert inbox.holds("launch") == []
    assert inbox.holds("0000") == []
    assert inbox.holds("Ann"), "the search finds what is there"


@pytest.mark.parametrize(
    ("text", "kind", "length"),
    [
        ("<Media omitted>", "media", 0),
        ("<Medien ausgeschlossen>", "media", 0),
        ("<Multimedia omitido>", "media", 0),
        ("IMG-20231231-WA0001.jpg (Datei angehängt)", "image", 0),
        ("VID-20231231-WA0002.mp4 (arquivo anexado)", "video", 0),
        (f"{MARK}<Anhang: 00000012-PHOTO-2023-12-31-21-06-00.jpg>", "image", 0),
        ("<3", "text", 2),
        ("<see: this>", "text", 11),
        (f"{MARK}image omitted", "image", 0),
        (f"{MARK}GIF omitted", "video", 0),
        (f"{MARK}audio omitted", "audio", 0),
        (f"plan.pdf • {MARK}3 pages {MARK}document omitted", "file", 0),
        (f"{MARK}IMG-20240131-WA0001.jpg (file attached)", "image", 0),
        ("VID-1.mp4 (file attached)\na caption", "video", 10),
        (f"{MARK}<attached: 00000012-STICKER-2024-01-31.webp>", "image", 0),
        ("PTT-1.opus (file attached)", "audio", 0),
        ("x.vcf (file attached)", "file", 0),
        (f"{MARK}POLL:\nTea or coffee?\n{MARK}OPTION: Tea (2 votes)", "poll", 42),
        ("see\nhttps://example.org", "link", 23),
        ("hello <This message was edited>", "text", 5),
        ("This message was deleted", "text", 24),
        ("", "text", 0),
        ("an image omitted on purpose", "text", 27),
    ],
)
def test_content_is_told_by_whatsapps_own_words(inbox, text, kind, length):
    inbox.put("a.txt", chat([(NOON, "Ann", text)], IPHONE_DE))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, content_type, text_length") == [("Ann", kind, length)]


@pytest.mark.parametrize(
    ("sentence", "event", "about"),
    [
        ("Ann joined using this group's invite link", "join", ["Ann"]),
        ("Ann joined using a group link.", "join", ["Ann"]),
        ("Ann joined from the community", "join", ["Ann"]),
        ("Ann was added", "join", ["Ann"]),
        ("You added Ann", "join", ["Ann"]),
        ("Ben added Ann, Cem and \u202a+49 170 1\u202c", "join", ["Ann", "Cem", "+49 170 1"]),
        ("Ben added you", "join", []),
        ("~\u202fAnn left", "leave", ["Ann"]),
        ("You left", "leave", []),
        ("Ben removed Ann", "removed", ["Ann"]),
        ("Ann was removed", "removed", ["Ann"]),
        ("Ann requested to join", None, []),
        ("Ann changed this group's icon", None, []),
        ('Ann changed the subject from "A: b" to "Ben left"', None, []),
        ("Ann changed their phone number to a new number. Tap to message or add the new number.", None, []),
        ("Your security code with Ann changed. Tap to learn more.", None, []),
        ("Ann hat die Gruppe verlassen", None, []),
    ],
)
def test_who_comes_and_goes_is_read_from_english_sentences(inbox, sentence, event, about):
    inbox.put("android.txt", line(NOON, sentence, ANDROID_DE))
    inbox.put(
        "iphone.txt",
        line(NOON, f"Group: {MARK}{NOTICE}", IPHONE_DE) + line(NOON, f"Group: {MARK}{sentence}", IPHONE_DE),
    )
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, event_type, about_names", "order by _file, _row") == [
        (None, event, about),
        (None, None, []),
        (None, event, about),
    ]


def test_you_are_who_the_config_says(inbox):
    inbox.configure(SOURCE + 'me = "Li\'sa"\n')
    inbox.put("a.txt", line(NOON, "Ben added you") + line(NOON, "You left"))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "event_type, about_names") == [("join", ["Li'sa"]), ("leave", ["Li'sa"])]


def test_media_in_other_languages_are_acts_and_the_chats_own_words_are_none(inbox):
    """An iPhone marks both alike; the chat itself speaks first, and of encryption."""
    notice = "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand außerhalb dieses Chats kann sie lesen."
    inbox.put(
        "_chat.txt",
        line(NOON, f"Gruppe: {MARK}{notice}", IPHONE_DE)
        + line(NOON, f"Gruppe: {MARK}Du hast diese Gruppe erstellt", IPHONE_DE)
        + line(NOON, f"Ann: {MARK}Ann hat Ben hinzugefügt", IPHONE_DE)
        + line(NOON, f"Ann: {MARK}Bild weggelassen", IPHONE_DE)
        + line(NOON, "Gruppe: no mark, a person of that name", IPHONE_DE),
    )
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "_row, account_name", "order by _row") == [
        (1, None), (2, None), (3, None), (4, "Ann"), (5, "Gruppe"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sentence",
    [
        "Ann hat den Betreff von „Fest: Mai“ zu „Fest: Juni“ geändert",
        "Ann cambió el asunto de “Fiesta: mayo” a “Fiesta: junio”",
        'Ann mudou o assunto de "Festa: maio" para "Festa: junho"',
        "Ann a changé le sujet de « Fête : mai » à « Fête : juin »",
        "Ann heeft het onderwerp gewijzigd van 'Feest: mei' naar 'Feest: juni'",
        "Ann изменил(а) тему с «Праздник: май» на «Праздник: июнь»",
        "Ann님이 그룹 이름을 “잔치: 5월”에서 “잔치: 6월”로 변경했습니다",
        "Annさんがグループ名を「祭: 5月」に変更しました",
        'Ann grup konusunu "Şenlik: mayıs" olarak değiştirdi',
        "Du hast die Gruppe „Fest: Mai“ erstellt",
        "Ann hat den Link https://chat.whatsapp.com/x zurückgesetzt",
        "Der Gruppenanruf endete um 15:07",
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_colon_in_whatsapps_own_words_makes_nobody_a_member(inbox, sentence, times):
    inbox.put("a.txt", line(NOON, "Ann: x") + line(NOON, sentence) * times + line(NOON, "Ben: x"))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, text_length, content_type", "order by _row") == [
        ("Ann", 1, "text"), *[(None, 0, None)] * times, ("Ben", 1, "text"),
    ]  # fmt: skip


def test_many_words_before_a_colon_that_begin_with_a_name_are_doubted(inbox):
    """A description that WhatsApp repeats; whoever writes twice is a person, and so is who bears nobody else's name."""
    inbox.put(
        "a.txt",
        chat([(NOON, "Ann", "x")])
        + line(NOON, "Ann hat die Gruppenbeschreibung geändert: Treffen um acht")
        + chat([(NOON, name, "x") for name in ("Ann de la Cruz", "Ann de la Cruz", "Ann Berg", "Bea von der Au")])
        + line(NOON, "Ann님이 그룹 설명을 새로 변경했습니다: x"),
    )
    inbox.pull()
    reason = "many words before a colon, once, which begin with somebody's name: a sentence of WhatsApp's?"
    assert inbox.reasons() == {2: reason, 7: reason}
    assert set(inbox.rows("whatsapp_messages", "account_name")) == {
        "Ann", "Ann Berg", "Ann de la Cruz", "Bea von der Au",
    }  # fmt: skip


def test_a_name_with_a_quotation_mark_is_one(inbox):
    names = ('Ben "the Bear"', "Rock 'n Roll", "O'Neil")
    inbox.put("a.txt", chat([(NOON, name, text) for name in names for text in ('it\'s "so"', "yes")]))
    inbox.pull()
    assert set(inbox.rows("whatsapp_messages", "account_name")) == set(names)


@pytest.mark.parametrize("mark", ["\u200e", "\u200f"])
def test_a_group_whose_name_has_a_colon_is_no_member_on_iphones(inbox, mark):
    inbox.put(
        "_chat.txt",
        line(NOON, f"Trip: 2024: {mark}{NOTICE}", IPHONE_DE)
        + line(NOON, f"Trip: 2024: {mark}Du hast diese Gruppe erstellt", IPHONE_DE)
        + line(NOON, f"Ann: {mark}Ann هاتف جديد", IPHONE_DE)
        + line(NOON, "Ann: x", IPHONE_DE),
    )
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name", "order by _row") == [None, None, None, "Ann"]


def test_only_a_phone_that_speaks_english_shows_joins_and_leaves():
    whatsapp = formats.get("whatsapp")
    unknown, english = (whatsapp.observes(whatsapp.options(given)) for given in ({}, {"language": "en"}))
    assert (unknown.joins, unknown.leaves, english.joins, english.leaves) == (False, False, True, True)
    assert not (english.threads or english.reactions or english.views or english.members)


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["01/02/24", "13/02/24"], ["2024-02-01", "2024-02-13"]),
        (["01/02/24", "02/13/24"], ["2024-01-02", "2024-02-13"]),
        (["11/12/24", "12/12/24", "02/01/25", "01/02/25"], ["2024-12-11", "2024-12-12", "2025-01-02", "2025-02-01"]),
        (["11/01/24", "12/01/24", "01/02/24"], ["2024-01-11", "2024-01-12", "2024-02-01"]),
        (["1/9/24", "1/10/24", "2/9/24", "3/9/24"], ["2024-01-09", "2024-01-10", "2024-02-09", "2024-03-09"]),
        (["03/03/24", "04/04/24"], ["2024-03-03", "2024-04-04"]),
        (["2024/02/01", "2024/03/01"], ["2024-02-01", "2024-03-01"]),
    ],
)
def test_the_order_of_day_and_month_is_found_out_from_the_file(inbox, dates, days):
    """A number above 12 is no month, and dates do not go backwards. One message may come a day late."""
    inbox.put("a.txt", "".join(f"{date}, 10:00 - Ann: x\n" for date in dates))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "cast(_at as date)::varchar", "order by _row") == days


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["24/05/30", "24/05/31", "24/06/01"], ["2024-05-30", "2024-05-31", "2024-06-01"]),
        (["24-05-12", "24-05-13", "24-05-14"], ["2024-05-12", "2024-05-13", "2024-05-14"]),
        (["24. 5. 12.", "24. 5. 13.", "24. 5. 14."], ["2024-05-12", "2024-05-13", "2024-05-14"]),
        (["12/05/24", "13/05/24"], ["2024-05-12", "2024-05-13"]),
        (["14-05-24", "15-05-24", "14-06-24"], ["2024-05-14", "2024-05-15", "2024-06-14"]),
        (["31.12.24", "01.01.25"], ["2024-12-31", "2025-01-01"]),
        (["14.05.24"], ["2024-05-14"]),
    ],
)
def test_years_of_two_digits_in_front_are_told_from_days(inbox, dates, days):
    """No chat has each of its days in another year; and with plain dots the year is last."""
    inbox.put("a.txt", "".join(f"{date} 15:07 - Ann: x\n" for date in dates))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "cast(_at as date)::varchar", "order by _row") == days


@pytest.mark.parametrize("dates", [["24/05/12"], ["24-05-12", "24-05-13"]])
def test_years_of_two_digits_that_may_be_days_are_not_guessed_at(inbox, dates):
    inbox.put("a.txt", "".join(f"{date} 15:07 - Ann: x\n" for date in dates))
    inbox.pull()
    assert inbox.reasons() == {
        "a.txt": "its dates can be read as day/month and as year/month/day: give the source the key"
        ' date_order = "dmy" or date_order = "ymd"'
    }


@pytest.mark.parametrize("dates", [["01/02/24"], ["01/02/24", "02/02/24"], ["01/01/24", "02/01/24"]])
def test_a_file_that_can_be_read_both_ways_is_an_error_that_names_the_key(inbox, dates):
    inbox.put("a.txt", "".join(f"{date}, 10:00 - Ann: x\n" for date in dates))
    inbox.put("b.txt", chat([(NOON, "Ben", "x")]))
    inbox.pull()
    assert inbox.reasons() == {
        "a.txt": "its dates can be read as day/month and as month/day: give the source the key"
        ' date_order = "dmy" or date_order = "mdy"'
    }
    assert inbox.rows("whatsapp_messages", "account_name") == ["Ben"]
    for order, day in (("dmy", datetime(2024, 2, 1)), ("mdy", datetime(2024, 1, 2)), ("ymd", datetime(2001, 2, 24))):
        other = Inbox(inbox.folder / order, SOURCE + f'date_order = "{order}"\n')
        other.put("a.txt", "01/02/24, 00:00 - Ann: x\n")
        other.pull()
        assert other.rows("whatsapp_messages", "_at") == [day]


def test_each_bad_line_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    soon = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=3)
    inbox.put(
        "a.txt",
        "some words\n\n"
        + chat([(NOON, "Ann", "x")])
        + "32.01.24, 10:00 - Ann: no such day\n"
        + "31.01.24, 24:00 - Ann: no such time\n"
        + "[31.01.24, 10:00:00] Ann: in another way\n"
        + "31.01.24, 10:00 - \u200e: nobody\n"
        + chat([(soon, "Ann", "x"), (NOON, "Ben", "x")]),
    )
    inbox.pull()
    account = inbox.account("a.txt")
    assert (account.rows_read, account.rows_loaded, account.rows_quarantined) == (8, 2, 6)
    assert inbox.reasons() == {
        1: "expected a date, as WhatsApp writes one before each message",
        4: "expected a date and time, found 32.01.24, 10:00 -",
        5: "expected a date and time, found 31.01.24, 24:00 -",
        6: "dated in another way than the lines before it (before a dash, numbers with '.', year last):"
        " is it pasted text?",
        7: "name: missing",
        8: f"instant in the future: {soon:%Y-%m-%d %H:%M}:00",
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"\n \r\n", "empty file"),
        (b"hello\nworld\n", "no line begins with a date and time as WhatsApp writes them"),
        (b"31.01.24, 12:05 - Ann: h\xe9llo\n", "not UTF-8 text"),
        (chat([(NOON, "Ann", "x")]).encode("utf-16"), "not UTF-8 text"),
    ],
)
def test_a_file_that_is_something_else_is_told(inbox, content, reason):
    inbox.put("a.txt", content)
    inbox.put("b.txt", chat([(NOON, "Ben", "x")]))
    inbox.put("IMG-1.jpg", b"\xff\xd8")
    inbox.pull()
    assert inbox.account("a.txt").reason.startswith(reason)
    assert inbox.rows("whatsapp_messages", "account_name") == ["Ben"]


def test_a_file_cut_off_anywhere_loses_no_whole_message(inbox):
    written = chat(
        [(NOON, "Ann", "one"), (NOON, "Bén", "two\nlines"), (NOON + timedelta(days=1), "Ann", "x")], IPHONE_US
    )
    for cut in range(1, len(written)):
        inbox.put(f"{cut:03}.txt", written[:cut])
    inbox.pull()
    for account in inbox.accounts():
        whole = written[: int(account.file[:3])].count("\n[")
        assert account.outcome == "unreadable" or account.rows_loaded >= whole, account


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind_are_read(inbox, ends):
    inbox.put("a.txt", "\ufeff" + chat([(NOON, "Ann", "one\ntwo"), (NOON, "Ben", "x")]).replace("\n", ends))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "account_name, text_length") == [("Ann", 7), ("Ben", 1)]


def test_a_line_longer_than_memory_is_one_message(inbox):
    inbox.put("a.txt", chat([(NOON, "Ann", "x" * (3 << 20)), (NOON, "Ben", "y")]))
    inbox.pull()
    assert inbox.rows("whatsapp_messages", "_row, account_name", "order by _row") == [(1, "Ann"), (2, "Ben")]


HOSTILE = [
    "it's",
    "'; drop table x; --",
    'say "hi"',
    "<script>",
    "漢字 🙂",
    "{a}",
    "%s",
    "[x]",
    "a - b",
    "1/2/24",
    "=1+1",
]


def test_hostile_names_are_names_and_nothing_else(inbox):
    inbox.put("a.txt", chat([(NOON, name, name) for name in HOSTILE]))
    inbox.pull()
    assert set(inbox.rows("whatsapp_messages", "account_name")) == set(HOSTILE)


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=20)
names = st.sampled_from(["Ann", "Ben", "O'Neil", "漢字", "+49 170 1234567"])
chats = st.lists(
    st.tuples(st.datetimes(datetime(2010, 1, 1), datetime(2026, 1, 1)), names, st.lists(words, min_size=1, max_size=3)),
    max_size=12,
).map(lambda rows: sorted((at.replace(microsecond=0), name, "\n".join(text)) for at, name, text in rows))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(chats, st.sampled_from([ANDROID_DE, ANDROID_ISO, ANDROID_US, IPHONE_DE, IPHONE_US]), st.data())
def test_any_chat_is_read_as_it_was_written(tmp_path_factory, written, layout, data):
    """Exported twice, overlapping; shuffled, as no phone does it; and split between two minutes."""
    order = "mdy" if layout in (ANDROID_US, IPHONE_US) else "dmy"
    inbox = Inbox(
        tmp_path_factory.mktemp("whatsapp"),
        SOURCE.replace('"exports"', '"exports/*"') + f'date_order = "{"ymd" if layout is ANDROID_ISO else order}"\n',
    )
    random = data.draw(st.randoms(use_true_random=False))
    instant = (lambda at: at) if layout[1] else (lambda at: at.replace(second=0))
    cuts = [
        i
        for i in range(len(written) + 1)
        if i in (0, len(written)) or instant(written[i - 1][0]) != instant(written[i][0])
    ]
    cut = random.choice(cuts)
    start, stop = sorted(random.choices(range(len(written) + 1), k=2))
    shuffled = random.sample(written, len(written))
    for name, rows in {
        "first/1.txt": written[:cut], "first/2.txt": written[cut:], "second/a.txt": written[start:stop],
        "third/shuffled.txt": shuffled,
    }.items():  # fmt: skip
        inbox.put(name, chat(rows, layout) if rows else chat([(NOON, "Always", "x")], layout))
    inbox.pull()
    assert inbox.quarantine() == []
    found = inbox.rows("whatsapp_messages", "distinct _at, account_name, place")
    expected = {}
    for at, name, _ in written:
        expected[instant(at), name] = expected.get((instant(at), name), 0) + 1
    places = {(at, name, place + 1) for (at, name), times in expected.items() for place in range(times)}
    assert {row for row in found if row[1] != "Always"} == places
    whole = inbox.rows("whatsapp_messages", "_at, account_name, text_length", "where _export like '%first'")
    assert sorted(row for row in whole if row[1] != "Always") == sorted(
        (instant(at), name, len(text)) for at, name, text in written
    )
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_the_figures_of_a_small_chat_are_those_worked_out_by_hand(tmp_path):
    """Two exports that overlap within a minute: the first ends in it, the second begins in it."""
    monday = datetime(2024, 1, 15, 10)
    first = [(monday, "Ann", "one"), (monday, "Ben", "two"), (monday, "Ann", "one")]
    minute = [(monday + timedelta(days=7), "Ann", text) for text in ("a", "<Media omitted>", "c")]
    later = [(monday + timedelta(days=8), "Cem", "hello")]
    inbox = Inbox(tmp_path / "community", SOURCE.replace('"exports"', '"exports/*"') + 'language = "en"\n')
    sentences = line(monday, "Ann added Ben and Dan") + line(monday + timedelta(days=9), "Ann removed Dan")
    inbox.put("january/WhatsApp Chat with Group.txt", line(monday, "Ann added Ben and Dan") + chat(first + minute[:2]))
    inbox.put(
        "february/WhatsApp Chat with Group (1).txt",
        chat([minute[0], (minute[1][0], "Ann", "IMG-1.jpg (file attached)"), minute[2], *later])
        + sentences.splitlines()[1]
        + "\n",
    )
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 15), date(2024, 1, 22)], "report_activity")
    # Members: Ben and Dan are added, Ann and Cem are seen writing; Dan is removed again.
    assert looked_at(
        community,
        "select week_start::varchar, members, new_members, left_members, active_members, posts, reactions, new_active,"
        " retained, dormant, members_join_inferred from reports.report_activity where source = 'whatsapp'"
        " order by week_start",
    ) == [("2024-01-15", 3, 3, 0, 2, 3, None, 2, 0, 0, 1), ("2024-01-22", 3, 1, 1, 2, 4, None, 1, 1, 1, 2)]
