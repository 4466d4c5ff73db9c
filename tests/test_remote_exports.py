"""Exports elsewhere: an S3-compatible server, a web server and an SFTP server, all real, all on this machine."""

from __future__ import annotations

import http.server
import io
import json
import os
import socket
import threading
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from orchestration import cli, config
from orchestration.errors import ConfigError, ExportsError
from orchestration.exports import remote
from tests.exports_in.inbox import SLACK, Inbox
from tests.exports_in.slack_export import files, message, write_zip


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(remote, "_FIRST_PAUSE", 0.01)


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community")


def at(inbox: Inbox, url: str, storage: str = "") -> Inbox:
    inbox.configure(SLACK.replace('"exports"', f'"{url}"') + storage)
    return inbox


def zip_bytes(members: dict) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(content))
    return packed.getvalue()


# --- a web server -----------------------------------------------------------------------------------------------------


class Web(http.server.ThreadingHTTPServer):
    """Serves `content`; `trouble` maps a path to what goes wrong with its next requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.content: dict[str, bytes] = {}
        self.trouble: dict[str, list[str]] = {}
        self.with_etag = True
        self.login: str | None = None
        self.gets = Counter[str]()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Web

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body: bool):
        path = self.path.split("?")[0]
        content = self.server.content.get(path)
        trouble = self.server.trouble.get(path, [])
        wrong = trouble.pop(0) if trouble and (body or trouble[0] != "cut") else ""
        if self.server.login and self.headers.get("Authorization") != self.server.login:
            wrong = "401"
        if content is None or wrong.isdigit():
            self.send_error(int(wrong or 404))
            return
        self.server.gets[path] += body
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        if self.server.with_etag:
            self.send_header("ETag", f'"{hash(content)}"')
        self.end_headers()
        if body:
            self.wfile.write(content[: len(content) // 2] if wrong == "cut" else content)


@pytest.fixture
def web():
    server = Web()
    yield server
    server.shutdown()
    server.server_close()


def test_a_zip_on_the_web_is_read_and_fetched_again_only_when_it_changed(inbox, web):
    web.content["/slack.zip"] = zip_bytes(files())
    at(inbox, web.url("/slack.zip"))
    assert inbox.pull().total("rows_loaded") == 3
    assert inbox.accounts()[0].export == web.url("/slack.zip")
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert (web.gets["/slack.zip"], inbox.footprint()) == (1, before)
    web.content["/slack.zip"] = zip_bytes(files(message(), message("1704110401.000100")))
    assert inbox.pull().total("rows_loaded") == 2
    assert web.gets["/slack.zip"] == 2
    assert [path.name for path in (inbox.home.remote / "slack").iterdir()] == ["fetched.jsonl"], "no bytes are kept"


def test_without_an_etag_the_hash_decides(inbox, web):
    web.with_etag = False
    web.content["/slack.zip"] = zip_bytes(files())
    at(inbox, web.url("/slack.zip")).pull()
    assert not inbox.pull().changed
    assert web.gets["/slack.zip"] == 2


@pytest.mark.parametrize("trouble", [["503", "503"], ["503", "503", "503", "503", "503", "503"], ["cut", "cut", "cut"]])
def test_trouble_that_passes_is_waited_out(inbox, web, trouble):
    """Each look is two requests, HEAD and GET."""
    web.content["/slack.zip"] = zip_bytes(files())
    web.trouble["/slack.zip"] = list(trouble)
    assert at(inbox, web.url("/slack.zip")).pull().total("rows_loaded") == 3
    assert web.trouble["/slack.zip"] == []


@pytest.mark.parametrize(("trouble", "told"), [("503", "503"), ("cut", "")])
def test_trouble_that_stays_is_told_and_leaves_nothing_that_counts(inbox, web, trouble, told):
    web.content["/slack.zip"] = zip_bytes(files())
    web.trouble["/slack.zip"] = [trouble] * 20
    at(inbox, web.url("/slack.zip?token=s3cret"))
    with pytest.raises(ExportsError) as raised:
        inbox.pull()
    assert "after 4 tries" in raised.value.message
    assert f"sources.slack.path: {web.url('/slack.zip')}" in raised.value.message
    assert told in raised.value.message
    assert "s3cret" not in raised.value.message
    assert inbox.trace() == []
    web.trouble.clear()
    assert inbox.pull().total("rows_loaded") == 3
    assert "s3cret" not in (inbox.home.remote / "slack" / "fetched.jsonl").read_text()
    assert "s3cret" not in inbox.accounts()[0].export


def test_a_missing_page_is_told_at_once(inbox, web):
    at(inbox, web.url("/nothing.zip"))
    with pytest.raises(ExportsError) as raised:
        inbox.pull()
    assert "tries" not in raised.value.message
    assert "cannot look at it: nothing lies there. Check the URL" in raised.value.message


def test_a_single_day_and_a_packed_file_on_the_web(inbox, web):
    import gzip

    web.content["/general/2024-01-01.json"] = json.dumps([message()]).encode()
    at(inbox, web.url("/general/2024-01-01.json")).pull()
    assert inbox.rows("slack_messages", "channel") == ["general"]
    web.content["/general/2024-01-02.json.gz"] = gzip.compress(json.dumps([message(user="U2")]).encode())
    at(inbox, web.url("/general/2024-01-02.json.gz")).pull()
    assert inbox.rows("slack_messages", "user_id") == ["U1", "U2"]


def test_a_login_comes_from_the_environment(inbox, web, monkeypatch):
    web.login = "Bearer s3cret"
    web.content["/slack.zip"] = zip_bytes(files())
    at(inbox, web.url("/slack.zip"), '[sources.storage]\nheaders = { Authorization = "env:MY_LOGIN" }\n')
    with pytest.raises(ExportsError, match="storage.headers.Authorization: the environment variable MY_LOGIN is not"):
        inbox.pull()
    monkeypatch.setenv("MY_LOGIN", "Bearer s3cret")
    assert inbox.pull().total("rows_loaded") == 3
    web.login, web.content["/slack.zip"] = "Bearer other", zip_bytes({})
    with pytest.raises(ExportsError) as raised:
        inbox.pull()
    assert "401" in raised.value.message
    assert "s3cret" not in raised.value.message


def test_a_web_server_does_not_list(inbox, web):
    with pytest.raises(ExportsError, match="web servers do not list what they hold"):
        at(inbox, web.url("/slack-*.zip")).pull()


def test_a_server_that_is_not_there_is_told(inbox):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(ExportsError, match="after 4 tries"):
        at(inbox, f"http://127.0.0.1:{port}/slack.zip").pull()


def test_check_reads_an_export_on_the_web_and_writes_nothing(inbox, web, capsys):
    web.content["/slack.zip"] = zip_bytes(files() | {"general/2024-01-02.json": {"no": "list"}})
    at(inbox, web.url("/slack.zip"))
    before = set(inbox.folder.rglob("*"))
    assert cli.main(["check", "--config", str(inbox.config_file)]) == 1
    said = capsys.readouterr().out
    assert "general/2024-01-02.json: expected a JSON list, found object" in said
    assert '{"no": "list"}' in said
    assert set(inbox.folder.rglob("*")) == before


# --- an S3-compatible server ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3_server():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """A bucket, and credentials for it in the environment, where boto looks for them."""
    import s3fs

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fs = s3fs.S3FileSystem(endpoint_url=s3_server, skip_instance_cache=True, use_listings_cache=False)
    if fs.exists("exports-of-ours"):
        fs.rm("exports-of-ours", recursive=True)
    fs.mkdir("exports-of-ours")
    fs.storage = f'[sources.storage]\nendpoint_url = "{s3_server}"\n'
    return fs


def put(fs, members: dict, top: str = "slack/") -> None:
    for name, content in members.items():
        fs.pipe_file(f"exports-of-ours/{top}{name}", json.dumps(content).encode())


def test_a_folder_of_a_bucket_is_read_as_a_local_one_is(inbox, bucket, tmp_path, monkeypatch):
    put(bucket, files() | {"general/2024-01-02.json": [message("1704196800.000100")]})
    bucket.pipe_file("exports-of-ours/slack/", b"")  # how some tools mark a folder
    bucket.pipe_file("exports-of-ours/slack-old/general/2024-01-01.json", b"[]")
    at(inbox, "s3://exports-of-ours/slack", bucket.storage)
    assert inbox.pull().total("rows_loaded") == 4
    assert {(a.export, a.file) for a in inbox.accounts() if a.outcome == "loaded"} == {
        ("s3://exports-of-ours/slack", name)
        for name in ("users.json", "general/2024-01-01.json", "general/2024-01-02.json")
    }
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before
    fetched: list[str] = []
    get = remote.Place._fetch
    monkeypatch.setattr(remote.Place, "_fetch", lambda *a: fetched.append(a[3]) or get(*a))
    put(bucket, {"general/2024-01-09.json": [message("1704801600.000100")]})
    assert inbox.pull().total("rows_loaded") == 1
    assert fetched == ["s3://exports-of-ours/slack/general/2024-01-09.json"], "only what is new is fetched"


def test_archives_of_a_bucket_by_a_pattern(inbox, bucket):
    for week in (1, 2):
        day = {f"general/2024-01-0{week}.json": [message(f"17041104{week:02}.000100")]}
        bucket.pipe_file(f"exports-of-ours/slack-{week}.zip", zip_bytes(files() | day))
    bucket.pipe_file("exports-of-ours/other.txt", b"x")
    at(inbox, "s3://exports-of-ours/slack-*.zip", bucket.storage)
    inbox.pull()
    assert inbox.rows("slack_messages", "distinct _export") == [
        "s3://exports-of-ours/slack-1.zip",
        "s3://exports-of-ours/slack-2.zip",
    ]
    assert not inbox.pull().changed


def test_a_pull_that_broke_off_goes_on_where_it_stopped(inbox, bucket, monkeypatch):
    """What was fetched is not fetched again, and none of it counts before all of it is there."""
    put(bucket, files() | {f"general/2024-02-0{day}.json": [message()] for day in range(1, 9)})
    at(inbox, "s3://exports-of-ours/slack", bucket.storage)
    fetched: list[str] = []
    attempt = remote.Place._try

    def breaks_off(self, what, action, url=None):
        if what == "fetch it":
            fetched.append(url)
            if len(fetched) == 5:
                raise ExportsError("the line went dead")
        return attempt(self, what, action, url)

    monkeypatch.setattr(remote.Place, "_try", breaks_off)
    with pytest.raises(ExportsError, match="went dead"):
        inbox.pull()
    assert inbox.trace() == []
    inbox.pull()
    assert len(fetched) == len(set(fetched)) + 1, "only the one that failed was asked for twice"
    assert inbox.rows("slack_messages", "count(*)", "") == [9]


def test_a_changed_object_is_read_and_a_changed_mapping_fetches_all_again(inbox, bucket):
    bucket.pipe_file("exports-of-ours/group.csv", b"who,at,when\nann,2024-01-01,2024-02-01\n")
    mapped = (
        '[[sources]]\nname = "group"\nformat = "table"\npath = "s3://exports-of-ours/group.csv"\ntype = "post"\n'
        '[sources.columns]\nmember = "who"\nat = "at"\n' + bucket.storage
    )
    inbox.configure(mapped)
    inbox.pull()
    inbox.configure(mapped.replace('at = "at"', 'at = "when"'))
    inbox.pull()
    assert inbox.weeks("table_events") == ["2024-01-29"]


def test_what_is_not_there_is_told(inbox, bucket):
    for url in ("s3://exports-of-ours/nothing", "s3://exports-of-ours/*.zip"):
        with pytest.raises(ExportsError, match="nothing lies there"):
            at(inbox, url, bucket.storage).pull()
    with pytest.raises(ExportsError, match="cannot look at it: nothing lies there"):
        at(inbox, "s3://no-such-bucket-here/x", bucket.storage).pull()
    assert inbox.trace() == []


# --- an SFTP server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def sftp(tmp_path):
    """A server of paramiko's that shows a folder to the user `ann` with the password `s3cret`."""
    import paramiko

    root = tmp_path / "server"
    root.mkdir()
    host_key = paramiko.ECDSAKey.generate()

    class Login(paramiko.ServerInterface):
        def check_auth_password(self, username, password):
            return paramiko.AUTH_SUCCESSFUL if (username, password) == ("ann", "s3cret") else paramiko.AUTH_FAILED

        def check_channel_request(self, kind, channel):
            return paramiko.OPEN_SUCCEEDED

    class Folder(paramiko.SFTPServerInterface):
        def _real(self, path):
            return root / path.lstrip("/")

        def list_folder(self, path):
            found = []
            for entry in sorted(self._real(path).iterdir()):
                attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
                attributes.filename = entry.name
                found.append(attributes)
            return found

        def stat(self, path):
            try:
                return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        lstat = stat

        def open(self, path, flags, attributes):
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = self._real(path).open("rb")
            handle.stat = lambda: paramiko.SFTPAttributes.from_stat(os.fstat(handle.readfile.fileno()))
            return handle

    listener = socket.create_server(("127.0.0.1", 0))
    transports = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Folder)
            transport.start_server(server=Login())
            transports.append(transport)

    threading.Thread(target=serve, daemon=True).start()
    port = listener.getsockname()[1]
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n")
    yield root, port, known
    listener.close()
    for transport in transports:
        transport.close()


def test_a_folder_and_a_zip_on_an_sftp_server(inbox, sftp, monkeypatch):
    root, port, known = sftp
    monkeypatch.setenv("SFTP_PASSWORD", "s3cret")
    storage = f'[sources.storage]\npassword = "env:SFTP_PASSWORD"\nknown_hosts = "{known}"\n'
    for name, content in files().items():
        (root / "slack" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "slack" / name).write_text(json.dumps(content))
    at(inbox, f"sftp://ann@127.0.0.1:{port}/slack", storage)
    assert inbox.pull().total("rows_loaded") == 3
    assert {a.export for a in inbox.accounts()} == {f"sftp://127.0.0.1:{port}/slack"}
    assert not inbox.pull().changed
    write_zip(root / "more.zip", {"general/2024-01-02.json": [message(user="U2")]})
    assert at(inbox, f"sftp://ann@127.0.0.1:{port}/*.zip", storage).pull().total("rows_loaded") == 1


def test_an_sftp_server_that_is_not_known_or_does_not_know_us(inbox, sftp, tmp_path, monkeypatch):
    _, port, known = sftp
    monkeypatch.setenv("SFTP_PASSWORD", "s3cret")
    nobody = tmp_path / "nobody"
    nobody.write_text("")
    storage = '[sources.storage]\npassword = "env:SFTP_PASSWORD"\nknown_hosts = "{}"\n'
    at(inbox, f"sftp://ann@127.0.0.1:{port}/slack", storage.format(nobody))
    with pytest.raises(ExportsError, match="is not among the known hosts"):
        inbox.pull()
    monkeypatch.setenv("SFTP_PASSWORD", "wr0ng")
    at(inbox, f"sftp://ann@127.0.0.1:{port}/slack", storage.format(known))
    with pytest.raises(ExportsError, match="Authentication failed") as raised:
        inbox.pull()
    assert "wr0ng" not in raised.value.message


# --- the config -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "storage", "told"),
    [
        ("s3://b/x", 'secret = "abc"', 'storage.secret: a secret does not belong into the config: write "env:NAME"'),
        ("s3://b/x", 'key = "abc"', "storage.key: a secret"),
        ("s3://b/x", 'client_kwargs = { aws_session_token = "abc" }', "storage.client_kwargs.aws_session_token: a sec"),
        ("https://h/x", 'headers = { Authorization = "Bearer abc" }', "storage.headers.Authorization: a secret"),
        ("sftp://ann:abc@h/x", "", 'path: a password does not belong into the config: write it as storage.password'),
        ("exports", 'key_filename = "x"', "storage is for URLs"),
        ("file:///tmp/x", "", "expected a local path, or a URL such as s3://bucket/folder"),
        ("zip://x::s3://b/x", "", "expected a local path, or a URL"),
    ],
)  # fmt: skip
def test_secrets_and_odd_urls_in_the_config_are_refused(inbox, path, storage, told):
    with pytest.raises(ConfigError) as raised:
        at(inbox, path, f"[sources.storage]\n{storage}\n" if storage else "")
    assert told in raised.value.message
    assert "abc" not in raised.value.message


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("gs://bucket/x", "pip install 'stillhere[gcs]'"),
        ("az://bucket/x", "pip install 'stillhere[azure]'"),
        ("carrier-pigeon://x/y", "carrier-pigeon"),
    ],
)
def test_a_missing_driver_is_told_with_what_to_install(inbox, url, told):
    with pytest.raises(ExportsError) as raised:
        at(inbox, url).pull()
    assert told in raised.value.message


def test_an_option_that_a_driver_does_not_take_is_told(inbox, bucket):
    with pytest.raises(ExportsError) as raised:
        at(inbox, "s3://exports-of-ours/x", bucket.storage + 'colour = "blue"\n').pull()
    assert "colour" in raised.value.message


def test_a_config_with_a_url_is_valid_and_its_storage_is_no_key_of_the_format(inbox):
    at(inbox, "s3://bucket/slack", '[sources.storage]\nkey = "env:K"\nsecret = "env:S"\ntoken = "anon"\n')
    source = config.load(inbox.config_file).sources[0]
    assert source.options == {}
    assert Path(str(inbox.home.remote)).name == "remote"
