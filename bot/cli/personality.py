"""`echoes personality`: what comes of the 120 statements, and whether the avatar is told of it."""

import argparse
from collections.abc import Iterator
from dataclasses import replace

from bot.cli.language import terminal_language
from bot.cli.personality_words import WORDS
from bot.cli.table import table
from bot.errors import ExitCode
from bot.persona import LANGUAGES, load_persona
from bot.personality.answers import Personality, load_personality, save_personality
from bot.personality.items import HELD_OUT, ITEMS
from bot.personality.scores import Score, approximate_type, domain_scores, facet_scores
from bot.personality.words import in_words
from bot.workspace import Workspace


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--in-prompt", choices=("on", "off"), help="whether the avatar is told what stands out")
    parser.add_argument("--language", choices=LANGUAGES, help="of what is shown (default: the persona's)")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    personality = load_personality(workspace.personality)
    if args.in_prompt:
        personality = replace(personality, in_prompt=args.in_prompt == "on")
        save_personality(workspace.personality, personality)
    known = load_persona(workspace.persona).language if workspace.persona.exists() else terminal_language()
    print("\n".join(_shown(personality, args.language or known, known)))
    return ExitCode.OK


def _shown(personality: Personality, language: str, told_in: str) -> Iterator[str]:
    """told_in: the language of the prompt."""
    words, facets = WORDS[language], facet_scores(personality.answers)
    domains = domain_scores(facets)
    done, by = len(personality.answers), words[f"by_{personality.by.value}"]
    yield words["answered"].format(done=done, all=len(ITEMS), by=by) if done else words["nothing"]
    if facets:
        yield ""
        yield table(words["head"].split(" / "), list(_rows(facets, domains, language)))
        yield ""
        kind = approximate_type(domains)
        yield words["type"].format(type=kind) if kind else words["no_type"]
        yield words["norms"]
    if done:
        yield ""
        said = in_words(replace(personality, in_prompt=True), told_in)
        yield words["told" if said and personality.in_prompt else "off" if said else "plain"].format(said=said)
        yield words["kept"].format(kept=len(HELD_OUT))


def _rows(facets: tuple[Score, ...], domains: tuple[Score, ...], language: str) -> Iterator[tuple[str, ...]]:
    """Each domain, if it is told, before its facets."""
    words = WORDS[language]
    of_domain = {score.trait.code: score for score in domains}
    for code in "NEOAC":
        every = [score for score in facets if score.trait.domain == code]
        if whole := of_domain.get(code):
            yield whole.trait.name[language], f"{whole.raw:g}", "24–120", words[whole.level]
        for score in sorted(every, key=lambda score: score.trait.code):
            yield f"· {score.trait.name[language]}", f"{score.raw:.3g}", "4–20", words[score.level]
