"""What a line of a WhatsApp chat says: a message, one of WhatsApp's own sentences, or more of the message before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Marks of writing direction, which WhatsApp puts before its own words, around phone numbers and into Arabic dates.
_MARKS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_OWN_WORDS = ("\u200e", "\u200f")
_IN_BRACKETS = "in brackets"
_MARK = re.compile(f"[{_MARKS}]")
# Digits of any script. Words before and after the time are looked up; a line with others is none of WhatsApp's.
_WORD = r"[^\W\d_][^\d:\[\]–-]{0,13}?"
_TIME = (
    rf"(?:(?P<before>{_WORD})\s?)?(?P<hour>\d{{1,2}})(?:[:.]|\s?h\s?)(?P<minute>\d{{2}})"
    rf"(?:(?:[:.]|\s?min\s)(?P<second>\d{{2}})(?:\s?s(?!\w))?)?(?:\s?(?P<after>{_WORD}))?"
)
_DATE = r"(?P<a>\d{1,4})(?P<mark>[./-]\s?)(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})\.?(?:\s?г\.)?[,،]?\s+"
# iPhones write `[date, time] name: text`, Android phones `date, time - name: text`.
_BRACKETED = re.compile(rf"\[{_DATE}{_TIME}\]\s?(?P<rest>.*)", re.DOTALL)
_DASHED = re.compile(rf"{_DATE}{_TIME}\s[-–]\s(?P<rest>.*)", re.DOTALL)
_HEAD_CHARACTERS = 80
# What stands between date and time, or after the time, and says nothing.
_FILLERS = {"à", "às", "alle", "kl", "klo", "om", "um", "uhr", "ч", "น"}
_BEFORE_NOON, _AFTER_NOON = (0, 11), (12, 23)
# Halves and other parts of the day, in small letters without blanks and dots: the hours that they may mean.
_PARTS_OF_DAY = {
    **dict.fromkeys(
        (
            "am", "上午", "午前", "오전", "ص", "صباحا", "قظ", "قبلازظهر", "לפנהצ", "πμ", "öö", "ap", "fm", "dop", "de",
            "проб", "дп", "pg", "sa", "pd", "fh", "үө", "ก่อนเที่ยง", "पूर्वाह्न", "मपू", "ਪੂਦੁ", "পূর্বাহ্ণ", "முற்பகல்",
            "ಪೂರ್ವಾಹ್ನ", "ጥዋት", "بن", "gh", "wd", "vm", "凌晨", "清晨", "早上", "早晨",
        ),
        _BEFORE_NOON,
    ),
    **dict.fromkeys(
        (
            "pm", "下午", "午後", "오후", "م", "مساء", "بظ", "بعدازظهر", "אחהצ", "μμ", "ös", "ip", "em", "odp", "du",
            "слоб", "пп", "ptg", "ch", "md", "eh", "үх", "หลังเที่ยง", "अपराह्न", "मउ", "ਬਾਦੁ", "অপরাহ্ণ", "பிற்பகல்", "ಅಪರಾಹ್ನ",
            "ከሰዓት", "دن", "gd", "wb", "nm",
        ),
        _AFTER_NOON,
    ),
    "中午": (10, 14),
    "傍晚": (16, 20),
    "晚上": (17, 23),
    "午夜": (0, 0),
}  # fmt: skip
# Phones that write these put the year in front, also where it has two digits.
_YEAR_FIRST = {"오전", "오후", "午前", "午後"}
# A blank follows the colon after a name: `https://` and `15:07` in WhatsApp's own sentences come after none.
_NAMED = re.compile(rf"(?P<name>[^\n]{{1,200}}?):(?=[{_MARKS}]*(?:\s|$)) ?(?P<text>.*)", re.DOTALL)
_MARKED = re.compile(rf"(?P<name>[^\n]{{1,200}}?): (?P<text>[{''.join(_OWN_WORDS)}].*)", re.DOTALL)
# A quotation mark that is opened and not closed, at the end of what looks like a name; and where it is closed.
_OPENED = re.compile(r"""[“„«「『《〈][^”“»」』》〉]*$|^[^"]*"(?:[^"]*"[^"]*")*[^"]*$|\s['‘‚][^'’‘]*$""")
_CLOSED = re.compile(r"""[”“»」』》〉"'’‘]""")
_NAME_KEPT = 200
_LINE_CHARACTERS = 1 << 20
_SENTENCE_CHARACTERS = 2000
# The notice of encryption is longer than this in every language, the words that stand for a medium are shorter.
_NOTICE_CHARACTERS = 40

_LINK = r"(?:using (?:this (?:group|community)'s|a|your) (?:invite )?(?:group )?link|from the community|via .*|.*link)"
# WhatsApp's own sentences, as an English phone writes them: which event, and whom it is about.
_EVENTS = (
    ("join", re.compile(rf"(?P<who>.+?) joined(?: {_LINK})?\.?", re.DOTALL)),
    ("join", re.compile(r"(?P<who>.+?) (?:was|were) added\.?", re.DOTALL)),
    ("join", re.compile(r"(?:.+?) added (?P<who>.+?)\.?", re.DOTALL)),
    ("leave", re.compile(r"(?P<who>.+?) left\.?", re.DOTALL)),
    ("removed", re.compile(r"(?P<who>.+?) (?:was|were) removed\.?", re.DOTALL)),
    ("removed", re.compile(r"(?:.+?) removed (?P<who>.+?)\.?", re.DOTALL)),
)
_SENTENCE = re.compile(
    r"(?:.+ (?:created (?:this )?(?:group|community)|changed (?:the|this|their|to)|deleted this group|pinned a"
    r"|is a contact|turned (?:on|off)|updated the|requested to join|reset|started a|now an admin|no longer an admin"
    r"|security code)\b|(?:Messages|Your security code|You're now|You are now|This chat|Disappearing|Missed|Only"
    r"|Waiting for this)\b).*",
    re.DOTALL,
)
_IS_ABOUT_NAMES = re.compile(
    r'.+? (?:created (?:this )?group|changed the (?:subject|group name)) (?:from |to )?["“‘\']'
)

_ENDINGS = {
    "image": ("jpg", "jpeg", "png", "gif", "webp", "heic"),
    "video": ("mp4", "mov", "3gp", "avi", "mkv"),
    "audio": ("opus", "ogg", "m4a", "mp3", "aac", "amr", "wav"),
}
# The phone's language is in the words around a file's name; WhatsApp's own names for files are the same in all.
_ATTACHED = re.compile(
    r"<attached: (?P<iphone>[^>\n]*)>|<[^:<>\n]{1,40}: (?P<numbered>\d{8}-[^>\n]*)>"
    r"|(?P<android>[^\n]{1,255}) \(file attached\)|(?P<dated>[A-Z]{3}-\d{8}-WA\d+\.\w{1,5}) \([^()\n]{1,60}\)"
)
# Android puts a few words in such brackets where a medium was, "<Medien ausgeschlossen>".
_OMITTED = re.compile(
    r"<[^\W\d_][^<>\n:]{4,60}>"
    r"|(?:[^\n]{0,255}\s)?(?P<what>image|video(?: note)?|audio|sticker|GIF|document|Contact card) omitted"
)
_OMITTED_TYPES = {"image": "image", "sticker": "image", "GIF": "video", "video": "video", "video note": "video",
                  "audio": "audio", "document": "file", "Contact card": "file"}  # fmt: skip
_POLL = re.compile(r"POLL:")
_WEB = re.compile(r"https?://")
_EDITED = re.compile(r"\s*<This message was edited>$")


@dataclass
class Line:
    """A dated line and those that belong to it: one message, or one of WhatsApp's own sentences.

    Attributes:
        number: the line's number in its file.
        problem: why it cannot be used; then nothing else is of account.
        layout: how the file writes its dates: bracketed or not, the mark between the numbers, whether years come first.
        date: the three numbers of the date, in the order of the file.
        time: seconds since midnight; None where there is no such time.
        written: the date and time as they stand there.
        name: who wrote it; None for WhatsApp's own sentences.
        is_quoting: whether a quotation mark is opened in the name and closed behind it, as in WhatsApp's own sentences
            about a group's name with a colon in it.
        event: join, leave or removed, where such a sentence tells of one; and the names that it is about.
    """

    number: int
    layout: str = ""
    date: tuple[int, int, int] = (0, 0, 0)
    time: int | None = None
    has_seconds: bool = False
    written: str = ""
    name: str | None = None
    is_quoting: bool = False
    text_length: int = 0
    content_type: str | None = None
    event: str | None = None
    about: list[str] = field(default_factory=list)
    problem: str | None = None


def read(path: Path) -> Iterator[Line]:
    """The dated lines of a file, each with the lines that continue it; one line after another is in memory."""
    layout = chat_name = None
    last: Line | None = None
    with path.open(encoding="utf-8-sig", newline=None) as text:
        for number, line in _numbered(text):
            found = _dated(line)
            if found is None:
                if last is None and line.strip():
                    yield Line(number, problem="expected a date, as WhatsApp writes one before each message")
                elif last is not None:
                    _continue(last, line)
                continue
            if layout is None:
                layout = _layout(found)
            if _layout(found) != layout:
                yield Line(
                    number, written=found.group(0)[: found.start("rest")],
                    problem=f"dated in another way than the lines before it ({layout}): is it pasted text?",
                )  # fmt: skip
                continue
            if last is not None:
                yield last
            else:
                chat_name = _speaker_of_own_words(found)
            last = _line(number, found, layout, chat_name)
    if last is not None:
        yield last


def _numbered(text: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; a line too long for memory comes in pieces of one number."""
    number, begun = 0, False
    while line := text.readline(_LINE_CHARACTERS):  # type: ignore[attr-defined]
        if not begun:
            number += 1
            yield number, line.rstrip("\n")
        elif line.strip():
            yield number, " " + line.rstrip("\n")  # never taken for the begin of a message
        begun = not line.endswith("\n")


def _dated(line: str) -> re.Match[str] | None:
    start = line.lstrip(_MARKS)
    pattern = _BRACKETED if start.startswith("[") else _DASHED
    found = pattern.fullmatch(start)
    if found is None and (unmarked := _without_marks_in_head(start)) != start:
        found = pattern.fullmatch(unmarked)
    if found is None or not all(_is_known(_word(found, place)) for place in ("before", "after")):
        return None
    return found


def _without_marks_in_head(line: str) -> str:
    """Arabic phones put marks between the numbers of a date and after it; those of what is said stay."""
    end = line.find("]" if line.startswith("[") else " - ", 0, _HEAD_CHARACTERS)
    return line if end < 0 else _MARK.sub("", line[:end]) + line[end:]


def _word(found: re.Match[str], place: str) -> str:
    """A word beside the time, as `_PARTS_OF_DAY` has it."""
    return re.sub(r"[\s.\u200c\"'״׳]", "", found[place] or "").lower()


def _is_known(word: str) -> bool:
    return not word or word in _FILLERS or word in _PARTS_OF_DAY


def _layout(found: re.Match[str]) -> str:
    day = "year first" if len(found["a"]) == 4 or _word(found, "before") in _YEAR_FIRST else "year last"
    place = _IN_BRACKETS if found.group(0).startswith("[") else "before a dash"
    return f"{place}, numbers with {found['mark']!r}, {day}"


def _time(found: re.Match[str]) -> int | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    for place in ("before", "after"):
        if part := _PARTS_OF_DAY.get(_word(found, place)):
            meant = [h for h in (hour % 12, hour % 12 + 12) if part[0] <= h <= part[1]]
            if hour > 12 or not meant:
                return None
            (hour,) = meant
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second


def _line(number: int, found: re.Match[str], layout: str, chat_name: str | None) -> Line:
    line = Line(
        number,
        layout=layout,
        date=(int(found["a"]), int(found["b"]), int(found["c"])),
        time=_time(found),
        has_seconds=found["second"] is not None,
        written=found.group(0)[: found.start("rest")].strip(),
    )
    rest = found["rest"]
    named = None if _IS_ABOUT_NAMES.match(_MARK.sub("", rest)) else _named(rest, chat_name)
    if named is None:
        _take_sentence(line, rest)
    elif _is_own_sentence(named, layout, chat_name):
        _take_sentence(line, named["text"])
    else:
        line.name = _plain_name(named["name"])
        line.is_quoting = bool(_OPENED.search(line.name) and _CLOSED.search(named["text"]))
        _take_text(line, named["text"])
    return line


def _named(rest: str, chat_name: str | None) -> re.Match[str] | None:
    """A name and what is said; the chat's own name may have a colon in it."""
    if chat_name and rest.startswith(f"{chat_name}: "):
        return re.compile(rf"(?P<name>{re.escape(chat_name)}): (?P<text>.*)", re.DOTALL).fullmatch(rest)
    return _NAMED.fullmatch(rest)


def _plain_name(name: str) -> str:
    """A name without WhatsApp's marks, and without the tilde before the names that strangers give themselves."""
    return re.sub(r"^~\s*", "", _MARK.sub("", name)).replace("\u00a0", " ").replace("\u202f", " ").strip()[:_NAME_KEPT]


def _speaker_of_own_words(found: re.Match[str]) -> str | None:
    """On iPhones the chat itself speaks first: of encryption. Its name, as it is written, is no person's."""
    named = _MARKED.fullmatch(found["rest"]) if found.group(0).startswith("[") else None
    return named["name"] if named and len(named["text"]) > _NOTICE_CHARACTERS else None


def _is_own_sentence(named: re.Match[str], layout: str, chat_name: str | None) -> bool:
    """Whether words that bear a name are WhatsApp's own: iPhones put a name before those too.

    They begin with a mark, as media do; but they tell of the name itself, come from the chat, or say what WhatsApp
    says.
    """
    if not layout.startswith(_IN_BRACKETS) or not named["text"].startswith(_OWN_WORDS):
        return False
    said = _MARK.sub("", named["text"])
    if _media_type(said) or _POLL.match(said):
        return False
    name = _plain_name(named["name"])
    return named["name"] == chat_name or name in said or _event(said)[0] is not None or bool(_SENTENCE.fullmatch(said))


def _take_sentence(line: Line, sentence: str) -> None:
    line.event, line.about = _event(_MARK.sub("", sentence).strip())


def _event(sentence: str) -> tuple[str | None, list[str]]:
    if len(sentence) > _SENTENCE_CHARACTERS or _SENTENCE.fullmatch(sentence):
        return None, []
    for event, pattern in _EVENTS:
        if found := pattern.fullmatch(sentence):
            return event, [name for who in re.split(r", | and ", found["who"]) if (name := _plain_name(who))]
    return None, []


def _take_text(line: Line, text: str) -> None:
    """Type and length of a message; the words that stand for a medium are nobody's and have no length."""
    said = _EDITED.sub("", _MARK.sub("", text))
    if media := _media_type(said):
        line.content_type = media
        return
    line.text_length = len(said)
    line.content_type = "poll" if _POLL.match(said) else "link" if _WEB.search(said) else "text"


def _media_type(said: str) -> str | None:
    if attached := _ATTACHED.fullmatch(said.strip()):
        name = next(filter(None, attached.groups()), "")
        ending = name.rsplit(".", 1)[-1].lower()
        return next((kind for kind, endings in _ENDINGS.items() if ending in endings), "file")
    if omitted := _OMITTED.fullmatch(said.strip()):
        return _OMITTED_TYPES.get(omitted["what"] or "", "media")
    return None


def _continue(line: Line, more: str) -> None:
    if line.name is None:
        return
    said = _EDITED.sub("", _MARK.sub("", more))
    line.text_length += len(said) + 1
    if line.content_type == "text" and _WEB.search(said):
        line.content_type = "link"
