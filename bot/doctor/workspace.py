"""What can be found wrong before a start. Each check looks at one thing and says what to do about it."""

import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.checks import Check, bad, good, note
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.doctor.meaning import examine_meaning
from bot.doctor.model import examine_model
from bot.doctor.speech import examine_speech
from bot.era import doubt
from bot.errors import ConfigError, EchoesError
from bot.lock import pid_file, running
from bot.people import NOTHING_LEFT_OUT, STRANGER, load_people
from bot.persona import load_persona
from bot.platform import Platform, Platforms
from bot.released import load_released
from bot.secrets import Secret, Secrets, kept_secret, load_secrets
from bot.store.past import Past
from bot.validation import either
from bot.workspace import Workspace

_DISK_NEEDED, _DISK_WANTED = 200e6, 2e9  # bytes free
_EARLIEST = 1_767_225_600.0  # 2026: a clock that shows less was never set


def examine(workspace: Workspace, platforms: Platforms, progress: Callable[[str], None]) -> Iterator[Check]:
    """All checks that need no network, in the order in which a start needs them."""
    config: Config | None = None
    try:
        config = load_config(workspace.config, platforms)
        yield good("config", f"platforms: {', '.join(config.platforms.on) or 'none'}")
        if not config.platforms.on:
            choice = either([f"`{name}: {{}}`" for name in platforms.good])
            yield bad("config", ConfigError(f"platforms: none is on: add {choice}."))
    except EchoesError as error:
        yield bad("config", error)
    yield from _packages(config, platforms)
    yield from _folder(workspace, platforms)
    yield from _persona(workspace)
    yield from _people(workspace, config)
    yield from _released(workspace)
    if config is not None:
        yield from _consent(workspace, config)
        yield from _tokens(workspace, config, platforms)
        yield from examine_model(workspace, config, progress)
        yield from _ports(workspace, config)
        yield from examine_speech(workspace, config)
        yield from examine_meaning(workspace, config, progress)
    yield from _journal(workspace)
    yield from _disk(workspace)
    yield from _clock(workspace)


def _packages(config: Config | None, platforms: Platforms) -> Iterator[Check]:
    """The packages that bring platforms, where one of them breaks."""
    broken = dict(config.platforms.broken if config is not None else {})
    for name, error in broken.items():
        yield bad(f"{name} package", error)
    for name, error in platforms.broken.items():
        if name not in broken:
            yield note(f"{name} package", str(error))
    for remark in platforms.remarks:
        yield note("packages", remark)


def _folder(workspace: Workspace, platforms: Platforms) -> Iterator[Check]:
    root = workspace.root
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        yield bad("workspace", ConfigError(f"{root} cannot be written: run as its owner, or give it to this user."))
        return
    paths = [workspace.persona, workspace.personality, workspace.people, workspace.questionnaire, workspace.consent]
    paths += [workspace.corpus, workspace.journal, workspace.released, pid_file(workspace), *_folders(workspace)]
    paths += [path for one in platforms.good.values() for path in _owned(workspace, one)]
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
    return [workspace.media, workspace.received, workspace.loras]


def _owned(workspace: Workspace, platform: Platform[Any]) -> list[Path]:
    """What a platform keeps in the workspace."""
    return [workspace.root / platform.name, *(one.path(workspace) for one in platform.secrets if one.kept)]


def _persona(workspace: Workspace) -> Iterator[Check]:
    try:
        persona = load_persona(workspace.persona)
        yield good("persona", f"{persona.name}, {persona.language}")
    except EchoesError as error:
        yield bad("persona", error)
        return
    span = Past(workspace.corpus).span(NOTHING_LEFT_OUT) if persona.era else None
    if span and (odd := doubt(persona.era, persona.zone, *span)):
        yield note("era", odd)


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
    if unknown := _unknown_in_dates(workspace, slugs):
        yield note("people", f"{counts}; `dates` in persona.yaml names {', '.join(unknown)}: not in people.yaml")
        return
    listed = [contact for contact in contacts if not isinstance(answer, tuple) or contact.slug in answer]
    unreachable = [
        name
        for name in config.platforms.on
        if answer != "everyone" and not any(people.is_on(name, one) for one in listed)
    ]
    if unreachable and not missing:
        where = ", ".join(unreachable)
        yield note("people", f"{counts}; nobody who is answered has an account on {where}: `echoes people` adds one")
    else:
        yield known


def _unknown_in_dates(workspace: Workspace, slugs: set[str]) -> list[str]:
    """Whom the persona's dates name and people.yaml does not."""
    try:
        return sorted({day.contact for day in load_persona(workspace.persona).dates} - slugs)
    except EchoesError:
        return []  # what is wrong with the persona is told by itself


def _released(workspace: Workspace) -> Iterator[Check]:
    try:
        released = load_released(workspace.released)
    except EchoesError as error:
        yield bad("released", error)
        return
    if released:
        number = sum(map(len, released.values()))
        yield good("released", f"{number} exchange{'' if number == 1 else 's'} that others may see")


def _consent(workspace: Workspace, config: Config) -> Iterator[Check]:
    try:
        consent = require(workspace.consent, Use.RUNNING, config.platforms.on)
        if config.speaking is not None:
            require(workspace.consent, Use.VOICE, voice=config.speaking.voice)
        yield good("consent", f"from {consent.by} ({consent.role}) until {consent.until}")
    except EchoesError as error:
        yield bad("consent", error)


def _tokens(workspace: Workspace, config: Config, platforms: Platforms) -> Iterator[Check]:
    try:
        secrets = load_secrets(platforms.secrets)
    except EchoesError as error:
        yield bad("tokens", error)
        return
    for name in config.platforms.sections:
        for secret in platforms.good[name].secrets:
            try:
                yield _kept(workspace, secret, secrets) if secret.kept else _given(secret, secrets)
            except EchoesError as error:
                yield bad(secret.words, error)


def _kept(workspace: Workspace, secret: Secret, secrets: Secrets) -> Check:
    if secrets.get(secret.name):
        return good(secret.words, "given")
    there = kept_secret(workspace, secret) is not None
    return good(secret.words, "there" if there else "will be made at the first start")


def _given(secret: Secret, secrets: Secrets) -> Check:
    secrets.need(secret.name)
    return good(secret.words, "there (--online tries it)")


def _ports(workspace: Workspace, config: Config) -> Iterator[Check]:
    owner = running(pid_file(workspace))
    if owner is not None:
        yield note("running", f"this avatar runs already (process {owner}); its ports are not tried")
        return
    listening = {name: section.listens() for name, section in config.platforms.sections.items()}
    if config.health is not None:
        listening["health"] = (config.health.host, config.health.port)
    for name, address in listening.items():
        if address is not None:
            yield _port(f"{name} port", *address)


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
