"""The week's headlines as an e-mail: HTML with its style inlined, the same as plain text, and the chart as an image."""

from __future__ import annotations

import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.delivery.errors import NotDelivered, secret

if TYPE_CHECKING:
    from orchestration.config import Mail
    from orchestration.delivery.digest import Digest

_SECONDS = 60
_WIDTH, _HEIGHT, _SCALE = 520, 180, 2
_ACTIVE, _SILENT, _INK, _PAPER = "#17655f", "#e6e2d8", "#1f2428", "#fcfbf7"
TEMPLATE = Path(__file__).resolve().parent / "mail.html.j2"


def send(settings: Mail, digest: Digest) -> str | None:
    """Sends the mail of a week.

    Returns:
        Who did not get it, where others did; None where all have it.

    Raises:
        NotDelivered: the server cannot be reached, takes neither login nor mail, or the password is not set.
    """
    message = compose(settings, digest)
    password = secret(settings.password, "mail.password") if settings.password else None
    try:
        with _connection(settings) as server:
            if settings.user and password:
                server.login(settings.user, password)
            refused = server.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise NotDelivered(
            f"mail: {settings.host} does not take the login."
            " Check mail.user, and the variable that mail.password names."
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise NotDelivered(f"mail: {settings.host} refuses all of mail.to: {', '.join(error.recipients)}.") from None
    except smtplib.SMTPException as error:
        raise NotDelivered(f"mail: {settings.host} did not take it: {_told(error)}.") from None
    except (OSError, MessageError) as error:
        raise NotDelivered(
            f"mail: {settings.host}:{settings.port} cannot be reached: {_told(error)}."
            " Check mail.host, mail.port and mail.security."
        ) from None
    return f"mail: {settings.host} refused {', '.join(refused)} of mail.to; the others have it." if refused else None


def compose(settings: Mail, digest: Digest) -> EmailMessage:
    """The message of a week: plain text, and HTML with its chart."""
    message = EmailMessage()
    message["Subject"] = _one_line(digest.title)
    message["From"] = _address(settings.sender)
    message["To"] = tuple(_address(to) for to in settings.to)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=_address(settings.sender).domain)
    # Holiday replies to a machine help nobody.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain_text(digest))
    image = chart(digest)
    image_id = make_msgid(domain="stillhere.invalid")
    message.add_alternative(html(digest, image_id[1:-1] if image else None), subtype="html")
    if image:
        part = message.get_payload()[1]  # type: ignore[index]
        part.add_related(image, "image", "png", cid=image_id, filename="active-members.png", disposition="inline")
    return message


def plain_text(digest: Digest) -> str:
    """The message for readers without HTML."""
    lines = [digest.title, "", *([digest.lead, ""] if digest.lead else [])]
    lines += [f"{headline.mark} {headline.text}" for headline in digest.headlines]
    return "\n".join([*lines, "", digest.page, ""])


def html(digest: Digest, image_id: str | None) -> str:
    """The message as HTML, every style on its element: mail programs drop style sheets.

    Args:
        image_id: the chart's Content-ID, if there is one.
    """
    import css_inline
    import jinja2

    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    language = digest.language
    page = template.render(
        digest=digest, image_id=image_id, lang=language.html_name, width=_WIDTH,
        chart_says=language.gettext("Who took part, by week"), active=language.gettext("took part"),
        members=language.gettext("members"),
    )  # fmt: skip
    return css_inline.CSSInliner(load_remote_stylesheets=False).inline(page)


def chart(digest: Digest) -> bytes | None:
    """Active members against all, by week, as a PNG; None where there is nothing to draw."""
    if sum(active is not None for _, _, active in digest.weeks) < 2:
        return None
    import altair as alt
    import vl_convert

    labels = [digest.language.day(week) for week, _, _ in digest.weeks]
    values = [
        {"week": label, "place": place, "members": members, "active": active}
        for place, (label, (_, members, active)) in enumerate(zip(labels, digest.weeks, strict=True))
    ]
    shown = [label for place, label in enumerate(reversed(labels)) if place % 5 == 0]
    across = alt.X("week:O", sort=None, title=None, axis=alt.Axis(values=shown, labelAngle=0, ticks=False))
    upwards = {"title": None, "axis": alt.Axis(tickCount=4, grid=True, ticks=False)}
    drawing = (
        alt.layer(
            alt.Chart().mark_bar(color=_SILENT).encode(x=across, y=alt.Y("members:Q", **upwards)),
            alt.Chart().mark_bar(color=_ACTIVE).encode(x=across, y=alt.Y("active:Q", **upwards)),
            data=alt.Data(values=values),
        )
        .properties(width=_WIDTH - 60, height=_HEIGHT, background=_PAPER)
        .configure_view(stroke=None)
        .configure_axis(labelColor=_INK, domain=False, gridColor="#eeeae1", labelFontSize=11)
    )
    return vl_convert.vegalite_to_png(drawing.to_dict(), scale=_SCALE)


def _connection(settings: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_SECONDS)
    if settings.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(_one_line(name), addr_spec=address)


def _one_line(text: str) -> str:
    """Text for a header: a line break in a name would begin a header of its own."""
    return " ".join(text.split())


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        return f"{error.smtp_code} {answer.decode('utf-8', 'replace') if isinstance(answer, bytes) else answer}"
    return (str(error) or type(error).__name__).rstrip(".")
