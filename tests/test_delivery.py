"""Mail and webhook: tried against a mail server and a web server on this machine."""

from __future__ import annotations

import email
import email.policy
import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

import expectations
from orchestration import config as configuration
from orchestration.config import Config
from orchestration.delivery import deliver, mail, webhook
from orchestration.delivery.digest import read
from orchestration.errors import ConfigError
from orchestration.gate import Verdict
from orchestration.home import Home
from tests.communities import LAST, Place, stillhere

SECRET = "s3cret-of-the-mail"


class Inbox:
    """A mail server that keeps what it gets, and refuses addresses that begin with `nobody`."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return "250 kept"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    kept = Inbox()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port())
    controller.start()
    kept.port = controller.port
    yield kept
    controller.stop()


class Hook(http.server.ThreadingHTTPServer):
    """A webhook that keeps what it gets; `answer` is the status that it answers with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.messages: list[dict] = []
        self.answer = 200
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/services/T0/B0/s3cret"


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Hook

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/json"
        if self.server.answer == 200:
            self.server.messages.append(json.loads(body))
        self.send_response(self.server.answer)
        self.end_headers()


@pytest.fixture
def hook(monkeypatch) -> Iterator[Hook]:
    server = Hook()
    monkeypatch.setenv("HOOK_URL", server.url)
    yield server
    server.shutdown()
    server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def mail_section(port: int, to: str = '"ana@example.org"', more: str = 'security = "none"') -> str:
    return f'\n[mail]\nhost = "127.0.0.1"\nport = {port}\nfrom = "Roll call <r@example.org>"\nto = [{to}]\n{more}\n'


HOOK_SECTION = '\n[webhook]\nurl = "env:HOOK_URL"\n'


def configured(sample: Place, tmp_path: Path, sections: str) -> tuple[Config, Home]:
    """The sample's config with more sections, and a home whose published file is the sample's."""
    file = tmp_path / "stillhere.toml"
    text = sample.config.read_text(encoding="utf-8").replace('"exports/', f'"{sample.config.parent}/exports/')
    text = text.replace('"identities.csv"', f'"{sample.config.parent}/identities.csv"')
    file.write_text(text + sections, encoding="utf-8")
    home = Home(tmp_path / "home").create()
    home.published.symlink_to(sample.home.published)
    return configuration.load(file), home


def send_all(config: Config, home: Home, withheld: tuple[Verdict, ...] = ()) -> list[str]:
    return deliver(config, home, withheld, lambda text: None)


def test_the_mail_of_a_week_says_what_the_tables_say(sample: Place, tmp_path: Path, inbox: Inbox):
    config, home = configured(sample, tmp_path, mail_section(inbox.port, '"ana@example.org", "Bo <bo@example.org>"'))
    assert send_all(config, home) == []
    (message,) = inbox.messages
    assert inbox.recipients == [["ana@example.org", "bo@example.org"]]
    assert message["Subject"].startswith("Harbour Makers · Week of Oct 12")
    assert (message["From"], message["Auto-Submitted"]) == ("Roll call <r@example.org>", "auto-generated")
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    active, members = sample.published(
        f"select active_members, members from reports.report_activity where source = 'all' and week_start = '{LAST}'"
    )[0]
    assert f"{active} of {members} members took part" in text
    values = sample.published(
        "select value from reports.report_headlines where source = 'all' and metric = 'report_churn.at_risk'"
        f" and week_start = '{LAST}'"
    )
    assert f"{values[0][0]:.0f} people are at risk" in text
    said = [line.split(" ", 1)[1] for line in text.splitlines() if line[:1] in "▲▼•" and line]
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))
    assert len(said) >= 6 and all(sentence in shown for sentence in said)


def test_the_mail_shows_without_style_sheets_and_without_the_network(sample: Place, tmp_path: Path, inbox: Inbox):
    config, home = configured(sample, tmp_path, mail_section(inbox.port))
    send_all(config, home)
    html = inbox.messages[0].get_body(("html",)).get_content()
    assert "<style" not in html and 'style="' in html
    assert "http://" not in html and "https://" not in html
    (image,) = [part for part in inbox.messages[0].walk() if part.get_content_type() == "image/png"]
    assert re.findall(r'src="cid:([^"]+)"', html) == [image["Content-ID"][1:-1]]
    assert image.get_content().startswith(b"\x89PNG") and len(image.get_content()) > 3000
    assert image.get_content_disposition() == "inline"
    assert len(inbox.messages[0].as_bytes()) < 200_000


def test_a_week_is_told_once_and_the_newest_only(sample: Place, tmp_path: Path, inbox: Inbox, hook: Hook):
    config, home = configured(sample, tmp_path, mail_section(inbox.port) + HOOK_SECTION)
    for _ in range(3):
        assert send_all(config, home) == []
    assert (len(inbox.messages), len(hook.messages)) == (1, 1), "of forty weeks, the last"
    entries = [json.loads(line) for line in home.delivered.read_text().splitlines()]
    assert [(entry["by"], entry["what"]) for entry in entries] == [
        ("mail", f"week {LAST}"),
        ("webhook", f"week {LAST}"),
    ]
    # A line of which a killed run wrote half neither breaks the next run nor swallows what it notes.
    home.delivered.write_text(json.dumps(entries[1]) + '\n{"by": "ma')
    assert send_all(config, home) == send_all(config, home) == []
    assert (len(inbox.messages), len(hook.messages)) == (2, 1)


def test_what_cannot_be_sent_is_told_and_sent_the_next_time(sample: Place, tmp_path: Path, inbox: Inbox, hook: Hook):
    sections = mail_section(free_port()) + HOOK_SECTION
    config, home = configured(sample, tmp_path, sections)
    hook.answer = 404
    for_mail, for_hook = send_all(config, home)
    assert "cannot be reached" in for_mail and "mail.port" in for_mail and "The next run tries again" in for_mail
    assert "127.0.0.1 answered 404" in for_hook and "s3cret" not in for_hook
    assert not home.delivered.exists()
    hook.answer = 200
    config.file.write_text(config.file.read_text().replace(f"port = {config.mail.port}", f"port = {inbox.port}"))
    assert send_all(configuration.load(config.file), home) == []
    assert (len(inbox.messages), len(hook.messages)) == (1, 1)


def test_nothing_that_goes_wrong_in_sending_fails_the_run(sample: Place, tmp_path: Path, inbox: Inbox):
    config, home = configured(sample, tmp_path, mail_section(inbox.port))
    home.delivered.symlink_to(tmp_path / "a folder that is not there" / "delivered.jsonl")
    (told,) = send_all(config, home)
    assert told.startswith(f"mail: week {LAST} could not be made or noted") and "The next run tries again" in told


def test_who_is_refused_is_told_once_and_the_others_have_it(sample: Place, tmp_path: Path, inbox: Inbox):
    config, home = configured(sample, tmp_path, mail_section(inbox.port, '"ana@example.org", "nobody@example.org"'))
    (told,) = send_all(config, home)
    assert "refused nobody@example.org" in told
    assert (send_all(config, home), inbox.recipients) == ([], [["ana@example.org"]])


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate of 127.0.0.1 and its key."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


def test_the_login_is_encrypted_and_comes_from_the_environment(sample: Place, tmp_path: Path, monkeypatch):
    import ssl

    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    kept = Inbox()

    def login(server, session, envelope, mechanism, given: LoginPassword) -> AuthResult:
        is_right = given.login == b"roll-call" and given.password == SECRET.encode()
        return AuthResult(success=is_right, handled=False)

    controller = Controller(
        kept, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True, auth_required=True,
        authenticator=login,
    )  # fmt: skip
    controller.start()
    try:
        more = 'user = "roll-call"\npassword = "env:MAIL_SECRET"'
        config, home = configured(sample, tmp_path, mail_section(controller.port, more=more))
        (told,) = send_all(config, home)
        assert "mail.password: the environment variable MAIL_SECRET is not set" in told
        monkeypatch.setenv("MAIL_SECRET", SECRET)
        (told,) = send_all(config, home)
        assert "certificate" in told and SECRET not in told, "a stranger's certificate is not trusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        assert (send_all(config, home), len(kept.messages)) == ([], 1)
        home.delivered.unlink()
        monkeypatch.setenv("MAIL_SECRET", "wrong-" + SECRET)
        (told,) = send_all(config, home)
        assert "does not take the login" in told and SECRET not in told
    finally:
        controller.stop()


def withheld(week: date, observed: str) -> Verdict:
    result = expectations.CheckResult(
        week,
        "report_activity",
        "source_delivers",
        "critical",
        False,
        observed,
        "rows of the source",
        (),
        None,
        "No source has stopped.",
    )
    return Verdict(week, (result,))


def test_withheld_weeks_are_told_with_the_reason_once(sample: Place, tmp_path: Path, hook: Hook):
    config, home = configured(sample, tmp_path, HOOK_SECTION)
    send_all(config, home)
    bad = withheld(date(2026, 10, 19), "no rows of <!channel> & co")
    for _ in range(2):
        assert send_all(config, home, (bad,)) == []
    week, told = hook.messages
    assert "people are at risk" in week["text"] and week["blocks"][0]["type"] == "header"
    assert "withheld: week of 2026-10-19" in told["text"]
    assert "2026-10-19: Not so: No source has stopped. (report_activity.source_delivers: " in told["text"]
    assert "source_delivers: observed no rows of &lt;!channel&gt; &amp; co; expected rows of the source" in told["text"]
    assert not re.search(r"<[!@#]", json.dumps(told)), "a name must not call everybody"
    # Another reason is another message.
    send_all(config, home, (withheld(date(2026, 10, 19), "nothing at all"),))
    assert len(hook.messages) == 3


def test_blocks_stay_within_what_slack_takes(sample: Place, tmp_path: Path):
    config, _ = configured(sample, tmp_path, "")
    message = webhook.of_withheld(config, [date(2026, 10, 5), date(2026, 10, 12)], ["x" * 2000] * 5, 50)
    assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"])
    assert "and 45 more" in message["text"] and "2 weeks, 2026-10-05 to 2026-10-12" in message["text"]


def test_names_from_strangers_are_text(sample: Place, tmp_path: Path):
    config, home = configured(sample, tmp_path, mail_section(25))
    name = 'Evil\r\nBcc: all@example.org <script>alert(1)</script> "quoted"'
    community = config.community.model_copy(update={"name": name})
    message = mail.compose(config.mail, read(config.model_copy(update={"community": community}), home, LAST))
    assert message["Bcc"] is None and "\n" not in str(message["Subject"])
    html = message.get_body(("html",)).get_content()
    assert "<script" not in html and "&lt;script&gt;" in html


def test_the_page_is_linked_where_it_has_an_address(sample: Place, tmp_path: Path):
    config, home = configured(sample, tmp_path, mail_section(25))
    assert str(home.page(LAST)) in mail.plain_text(read(config, home, LAST))
    publish = config.publish.model_copy(update={"pages_url": "https://example.org/weeks/"})
    digest = read(config.model_copy(update={"publish": publish}), home, LAST)
    assert f'href="https://example.org/weeks/{LAST}/index.html"' in mail.html(digest, None)


def test_mail_in_the_communitys_language(sample: Place, tmp_path: Path):
    config, home = configured(sample, tmp_path, mail_section(25))
    assert "took part" in mail.plain_text(read(config, home, LAST))
    for language in ("zh_CN", "id"):
        community = config.community.model_copy(update={"language": language})
        text = mail.plain_text(read(config.model_copy(update={"community": community}), home, LAST))
        assert "took part" not in text and "Week of" not in text


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ('[mail]\nhost = "h"\nfrom = "r@example.org"\nto = []\n', "mail.to: expected at least one"),
        ('[mail]\nhost = "h"\nfrom = "nobody"\nto = ["a@b.org"]\n', "mail.from: 'nobody': expected an address"),
        ('[mail]\nhost = "h"\nfrom = "r@b.org"\nto = ["a@b.org"]\nuser = "u"\n', "expected both or neither"),
        (
            '[mail]\nhost = "h"\nfrom = "r@b.org"\nto = ["a@b.org"]\nuser = "u"\npassword = "hunter2"\n',
            "mail.password: expected 'env:NAME'",
        ),
        (
            '[mail]\nhost = "h"\nfrom = "r@b.org"\nto = ["a@b.org"]\nuser = "u"\npassword = "env:P"\n'
            'security = "none"\n',
            "a password is not sent unencrypted",
        ),
        ('[webhook]\nurl = "https://hooks.example.org/hunter2"\n', "webhook.url: expected 'env:NAME'"),
    ],
)
def test_what_is_wrong_with_the_config_is_told_without_secrets(tmp_path: Path, sections: str, told: str):
    file = tmp_path / "stillhere.toml"
    source = '[community]\nname = "x"\n[[sources]]\nname = "slack"\nformat = "slack"\npath = "exports"\n'
    file.write_text(source + sections)
    with pytest.raises(ConfigError) as raised:
        configuration.load(file)
    assert told in raised.value.message
    assert "hunter2" not in raised.value.message


def test_a_run_without_a_due_week_sends_what_was_not_sent(sample: Place, tmp_path: Path, inbox: Inbox):
    place = sample.copy(tmp_path / "copy")
    place.config.write_text(place.config.read_text() + mail_section(free_port()))
    done = place.run()
    assert done.returncode == 0, "a mail server that is down fails nothing"
    assert "Not sent: mail: 127.0.0.1" in done.stderr
    place.config.write_text(re.sub(r"port = \d+", f"port = {inbox.port}", place.config.read_text()))
    done = place.run()
    assert (done.returncode, len(inbox.messages)) == (0, 1)
    assert "Not sent" not in done.stderr
    assert stillhere("check", "--config", place.config).returncode == 0
