"""What can be found wrong before a start. Each check looks at one thing and says what to do about it."""

import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.config import Config, load_config
from bot.consent import Use, require
from bot.doctor.checks import Check, bad, good, note
from bot.doctor.model import examine_model
from bot.errors import ConfigError, EchoesError
from bot.files import read_text
from bot.lock import pid_file, running
from bot.people import STRANGER, load_people
from bot.persona import load_persona
from bot.secrets import Secrets, load_secrets, web_token_path
from bot.workspace import Workspace

_DISK_NEEDED, _DISK_WANTED = 200e6, 2e9  # bytes free
_EARLIEST = 1_767_225_600.0  # 2026: a clock that shows less was never set


def examine(workspace: Workspace, progress: Callable[[str], None]) -> Iterator[Check]:
    """All checks that need no network, in the order in which a start needs them."""
    config: Config | None = None
    try:
        config = load_config(workspace.config)
        yield good("config", f"platforms: {', '.join(config.platforms.on) or 'none'}")
        if not config.platforms.on:
            yield bad("config", ConfigError("platforms: none is on: add `web: {}`, `telegram: {}` or `discord: {}`."))
    except EchoesError as error:
        yield bad("config", error)
    yield from _folder(workspace)
    yield from _persona(workspace)
    yield from _people(workspace, config)
    if config is not None:
        yield from _consent(workspace, config)
        yield from _tokens(workspace, config)
        yield from examine_model(workspace, config, progress)
        yield from _ports(workspace, config)
    yield from _journal(workspace)
    yield from _disk(workspace)
    yield from _clock(workspace)


def _folder(workspace: Workspace) -> Iterator[Check]:
    root = workspace.root
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        yield bad("workspace", ConfigError(f"{root} cannot be written: run as its owner, or give it to this user."))
        return
    paths = [workspace.persona, workspace.people, workspace.questionnaire, workspace.consent, workspace.corpus]
    paths += [workspace.journal, web_token_path(workspace), pid_file(workspace), *_folders(workspace)]
    there = [path for path in paths if path.exists()]
    closed = [path.name for path in there if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0))]
    if closed:
        what = f"This user cannot read and write {', '.join(closed)}: run as its owner, or `chown -R USER {root}`."
        yield bad("workspace", ConfigError(what))
        return
    if root.stat().st_mode & 0o077 == 0:
        yield good("workspace", f"{root} opens to its owner only, who can write all of it")
        return
    exposed = [path for path in there if path.stat().st_mode & 0o077]
    if exposed:
        names = ", ".join(path.name for path in exposed)
        yield bad("workspace", ConfigError(f"Others on this machine can read {names}: run `chmod -R go= {root}`."))
    else:
        yield note("workspace", f"others on this machine can list {root}: `chmod 700 {root}` closes it")


def _folders(workspace: Workspace) -> list[Path]:
    """Where the running avatar and training write; each may be a link to another disk."""
    return [workspace.media, workspace.received, workspace.loras, workspace.root / "web"]


def _persona(workspace: Workspace) -> Iterator[Check]:
    try:
        persona = load_persona(workspace.persona)
        yield good("persona", f"{persona.name}, {persona.language}")
    except EchoesError as error:
        yield bad("persona", error)


def _people(workspace: Workspace, config: Config | None) -> Iterator[Check]:
    try:
        people = load_people(workspace.people)
    except EchoesError as error:
        yield bad("people", error)
        return
    contacts = people.contacts
    strangers = sum(contact.relationship == STRANGER for contact in contacts)
    counts = f"{len(contacts)} contact{'' if len(contacts) == 1 else 's'}" + (
        f", {strangers} without a relationship" if strangers else ""
    )
    known, missing = good("people", counts), not workspace.people.exists()
    if missing:
        known = note("people", "people.yaml is missing, so nobody is known: `echoes subject WHO`, then `echoes people`")
    if config is None:
        yield known
        return
    answer = config.conversation.answer
    slugs = {contact.slug for contact in contacts}
    if isinstance(answer, tuple) and (unknown := [slug for slug in answer if slug not in slugs]):
        yield bad("people", ConfigError(f"conversation.answer names {', '.join(unknown)}: not in people.yaml."))
        return
    listed = [contact for contact in contacts if not isinstance(answer, tuple) or contact.slug in answer]
    unreachable = [
        name
        for name in config.platforms.on
        if answer != "everyone"
        and name != "web"  # there every contact can be spoken as
        and not any(account.platform == name for one in listed for account in one.accounts)
    ]
    if unreachable and not missing:
        where = ", ".join(unreachable)
        yield note("people", f"{counts}; nobody who is answered has an account on {where}: `echoes people` adds one")
    else:
        yield known


def _consent(workspace: Workspace, config: Config) -> Iterator[Check]:
    try:
        consent = require(workspace.consent, Use.RUNNING, config.platforms.on)
        yield good("consent", f"from {consent.by} ({consent.role}) until {consent.until}")
    except EchoesError as error:
        yield bad("consent", error)


def _tokens(workspace: Workspace, config: Config) -> Iterator[Check]:
    try:
        secrets = load_secrets()
    except EchoesError as error:
        yield bad("tokens", error)
        return
    for name in config.platforms.on:
        if name == "web":
            yield _web_token(workspace, secrets)
            continue
        yield _token(name, secrets)


def _web_token(workspace: Workspace, secrets: Secrets) -> Check:
    if secrets.get("web_token"):
        return good("web token", "given")
    path = web_token_path(workspace)
    try:
        if read_text(path).strip():
            return good("web token", "there")
    except FileNotFoundError:
        pass
    except UnicodeDecodeError:
        return bad("web token", ConfigError(f"{path} is damaged: remove it, and a new one is made."))
    except EchoesError as error:
        return bad("web token", error)
    return good("web token", "will be made at the first start")


def _token(name: str, secrets: Secrets) -> Check:
    try:
        secrets.need(f"{name}_token")
        return good(f"{name} token", "there (--online tries it)")
    except ConfigError as error:
        return bad(f"{name} token", error)


def _ports(workspace: Workspace, config: Config) -> Iterator[Check]:
    owner = running(pid_file(workspace))
    if owner is not None:
        yield note("running", f"this avatar runs already (process {owner}); its ports are not tried")
        return
    for name, section in (("web", config.platforms.web), ("health", config.health)):
        if section is not None:
            yield _port(f"{name} port", section.host, section.port)


def _port(name: str, host: str, port: int) -> Check:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return bad(name, ConfigError(f"{host}:{port} cannot be used ({reason}): choose another in config.yaml."))
    if host not in ("127.0.0.1", "::1", "localhost"):
        return note(name, f"{host}:{port} is free, and open to the network: put a proxy with TLS before it")
    return good(name, f"{host}:{port} is free")


def _journal(workspace: Workspace) -> Iterator[Check]:
    if not workspace.journal.exists():
        return
    try:
        connection = sqlite3.connect(f"{workspace.journal.as_uri()}?mode=ro", uri=True)
        try:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            waiting = connection.execute(
                "SELECT count(*) FROM entries WHERE state IN ('new', 'queued', 'sending')"
            ).fetchone()[0]
            aside = connection.execute("SELECT count(*) FROM entries WHERE state = 'aside'").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        verdict, waiting, aside = str(error), 0, 0
    if verdict == "ok":
        yield good("journal", f"whole; {waiting} messages wait")
        if aside:
            yield note("aside", f"{aside} failed again and again and were set aside: `echoes aside` shows them")
    else:
        what = f"{workspace.journal} is damaged ({verdict}): restore it from a copy, or move it away."
        yield bad("journal", ConfigError(what))


def _disk(workspace: Workspace) -> Iterator[Check]:
    """Room for the journal, the photos, and logs where they go to the same disk."""
    seen = set()
    for folder in (workspace.root, *_folders(workspace)):
        if not folder.exists() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        free = shutil.disk_usage(folder).free
        if free < _DISK_NEEDED:
            yield bad("disk", ConfigError(f"Only {free / 1e6:.0f} MB are free at {folder}: make room."))
        elif free < _DISK_WANTED:
            yield note("disk", f"{free / 1e9:.1f} GB free at {folder}: it fills with what is said and shown")
        else:
            yield good("disk", f"{free / 1e9:.0f} GB free at {folder}")


def _clock(workspace: Workspace) -> Iterator[Check]:
    now = time.time()
    newest = max((path.stat().st_mtime for path in _files(workspace.root)), default=0.0)
    shown = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    if now < _EARLIEST or now < newest - 86400:
        what = f"The clock shows {shown}, which cannot be: set it, or messages look old and go unanswered."
        yield bad("clock", ConfigError(what))
    else:
        yield good("clock", shown)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.iterdir() if path.is_file())
