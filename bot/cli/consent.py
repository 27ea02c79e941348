"""`echoes consent`: records with the person who agreed to the avatar, in what role, to what, and until when."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from adapters.registry import installed
from bot.cli.consent_words import WORDS
from bot.cli.language import terminal_language
from bot.consent import Consent, Role, Use, load_consent, record, withdraw
from bot.errors import ConfigError, ExitCode, UsageError
from bot.persona import load_persona
from bot.workspace import Workspace

_DAYS = 365  # offered where no day is said

_ROLES = dict(zip("1234", Role, strict=True))
_YES, _NO = ("y", "yes", "是", "同意", "好"), ("n", "no", "不", "否", "不同意")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", choices=("give", "show", "withdraw"), default="give", help="what to do (default: give)"
    )
    parser.add_argument("--by", metavar="NAME", help="who agrees; with this, the rest comes from options as well")
    parser.add_argument("--role", choices=[role.value for role in Role], help="in what role (default: self)")
    parser.add_argument(
        "--uses", metavar="LIST", help="agreed to: training, writings, running, with commas (default: training,running)"
    )
    parser.add_argument(
        "--voice", metavar="NAME", help="the synthetic voice that it may answer in, as config.yaml calls it (none)"
    )
    parser.add_argument("--platforms", metavar="LIST", help="where it may run: all (default), or names with commas")
    parser.add_argument(
        "--until", metavar="DAY", help="the last day it holds, as 2027-12-31 (default: a year from now)"
    )
    parser.add_argument("--note", metavar="TEXT", help="anything agreed beyond that")
    parser.add_argument("--language", choices=("en", "zh"), help="of the questions (default: the persona's)")
    parser.add_argument("--yes", action="store_true", help="do not ask whether this is what was agreed")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    ask = Questions(_language(args.language, workspace))
    if args.action == "show":
        return _show(workspace, ask)
    if args.action == "withdraw":
        return _withdraw(workspace, args.yes, ask)
    if args.by is not None:
        consent = _from_options(args)
    elif any(value is not None for value in (args.role, args.uses, args.voice, args.platforms, args.until, args.note)):
        raise UsageError("Say who agrees, with --by NAME.")
    else:
        consent = from_questions(ask)
    print(_shown(consent, ask.words))
    if not args.yes and not ask.agreed("confirm"):
        ask.say("refused")
        return ExitCode.FAILED
    record(workspace.consent, consent)
    print(ask.words["written"].format(path=workspace.consent))
    return ExitCode.OK


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks at the terminal in one language; `read` stands for the keyboard."""

    language: str
    read: Callable[[str], str] = input

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def say(self, what: str) -> None:
        print(self.words[what])

    def require_person(self) -> None:
        if self.read is input and not sys.stdin.isatty():
            raise UsageError("Nobody is here to be asked: give the answers as --by NAME … --yes (see --help).")

    def text(self, what: str, default: str = "", **filled_in: str) -> str:
        """The answer to a question. Raises UsageError where nobody is there to answer."""
        self.require_person()
        question = self.words[what].format(**filled_in)
        shown = f"{question} [{default}]: " if default else f"{question}: "
        try:
            return self.read(shown).strip() or default
        except EOFError:
            raise UsageError("The questions were broken off: nothing was written.") from None

    def agreed(self, what: str) -> bool:
        while True:
            answer = self.text(what).lower()
            if answer in (*_YES, *_NO):
                return answer in _YES
            self.say("again")


def from_questions(ask: Questions) -> Consent:
    """Asks everything, one question at a time, until each is answered."""
    ask.require_person()
    ask.say("about")
    while not (by := ask.text("by")):
        ask.say("again")
    while (role := ask.text("role", "1")) not in _ROLES:
        ask.say("again")
    uses: tuple[Use, ...] = ()
    for use in (Use.TRAINING, Use.WRITINGS, Use.RUNNING):
        if (use is not Use.WRITINGS or Use.TRAINING in uses) and ask.agreed(use):
            uses = (*uses, use)
    platforms: tuple[str, ...] = ()
    disclosure, voice = False, ""
    if Use.RUNNING in uses:
        there = ", ".join(installed().names)
        while True:
            try:
                platforms = _platforms(ask.text("platforms", "all", platforms=there))
                break
            except UsageError:
                ask.say("again")
        disclosure = ask.agreed("disclosure")
        voice = ask.text("voice")
    if voice:
        uses = (*uses, Use.VOICE)
    until = _ask_day(ask)
    return Consent(
        by, _ROLES[role], uses, datetime.now(UTC), until, platforms, disclosure, ask.text("note"), voice=voice
    )


def _ask_day(ask: Questions) -> date:
    while True:
        try:
            day = date.fromisoformat(ask.text("until", _in_a_year().isoformat()))
        except ValueError:
            ask.say("again")
            continue
        if day >= date.today():
            return day
        ask.say("past")


def _from_options(args: argparse.Namespace) -> Consent:
    by = args.by.strip()
    if not by:
        raise UsageError("--by needs the name of the person who agrees.")
    try:
        uses = tuple(Use(word) for word in _words(args.uses or "training,running"))
    except ValueError:
        raise UsageError(f"--uses {args.uses}: must be training, writings, running, or several with commas.") from None
    voice = (args.voice or "").strip()
    if voice:
        uses = tuple(dict.fromkeys((*uses, Use.VOICE)))
    elif Use.VOICE in uses:
        raise UsageError("--uses voice: say which voice, with --voice NAME.")
    try:
        until = date.fromisoformat(args.until) if args.until else _in_a_year()
    except ValueError:
        raise UsageError(f"--until {args.until}: must be a day such as 2027-12-31.") from None
    if until < date.today():
        raise UsageError(f"--until {until}: that day is over.")
    platforms = _platforms(args.platforms or "all")
    role = Role(args.role or Role.SELF)
    note = (args.note or "").strip()
    return Consent(by, role, uses, datetime.now(UTC), until, platforms, note=note, voice=voice)


def _platforms(text: str) -> tuple[str, ...]:
    """Empty for all. Raises UsageError on a name that is none."""
    names = _words(text.lower())
    if names in (["all"], ["全部"]):
        return ()
    there = installed().names
    unknown = [name for name in names if name not in there]
    if unknown or not names:
        raise UsageError(f"{', '.join(unknown) or 'nothing'}: must be all, or some of {', '.join(there)}.")
    return tuple(dict.fromkeys(names))


def _words(text: str) -> list[str]:
    return [word for word in text.replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if word]


def _in_a_year() -> date:
    return date.today() + timedelta(days=_DAYS)


def _language(chosen: str | None, workspace: Workspace) -> str:
    """The one asked for, else the persona's, else the terminal's."""
    if chosen:
        return chosen
    try:
        return load_persona(workspace.persona).language
    except ConfigError:
        return terminal_language()


def _show(workspace: Workspace, ask: Questions) -> int:
    consent = load_consent(workspace.consent)
    if consent is None:
        ask.say("nobody")
        return ExitCode.CONSENT
    print(_shown(consent, ask.words))
    return ExitCode.OK


def _shown(consent: Consent, words: Mapping[str, str]) -> str:
    rows = [
        ("by", f"{consent.by} ({words[f'role_{consent.role}']})"),
        ("to", ", ".join(words[f"use_{use}"] for use in consent.uses) or words["nothing"]),
        ("voice", consent.voice),
        ("platforms", ", ".join(consent.platforms) or words["all"]),
        ("disclosure", words["yes" if consent.disclosure else "no"]),
        ("given", _minute(consent.given_at)),
        ("until", consent.until.isoformat()),
        ("note", consent.note),
        ("withdrawn", _minute(consent.withdrawn_at) if consent.withdrawn_at else ""),
    ]
    return "\n".join(f"  {words[f'label_{name}']}: {value}" for name, value in rows if value)


def _minute(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _withdraw(workspace: Workspace, sure: bool, ask: Questions) -> int:
    consent = load_consent(workspace.consent)
    if consent is not None and consent.withdrawn_at is None and not sure:
        print(_shown(consent, ask.words))
        if not ask.agreed("withdraw"):
            ask.say("refused")
            return ExitCode.FAILED
    withdraw(workspace.consent)
    ask.say("withdrawn")
    return ExitCode.OK
