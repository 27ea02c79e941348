"""`echoes people propose`: what the chats suggest of who is who. It changes nothing but what `--apply` names."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from bot.errors import DataError, ExitCode, UsageError
from bot.people import NOTHING_LEFT_OUT, STRANGER, People, save_people
from bot.persona import load_persona
from bot.workspace import Workspace

if TYPE_CHECKING:
    from training.data.proposals.proposal import Proposal, Relation, SamePerson

_WARNING = (
    "Look before you merge: what one contact said in private is from then on the past that the other is shown.\n"
    "Take over what is right: echoes people propose --apply {} …"
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--apply", nargs="+", default=[], metavar="PROPOSAL", help="write these into people.yaml, as they are listed"
    )


def run(args: argparse.Namespace, workspace: Workspace, people: People) -> int:
    if not workspace.corpus.exists():
        raise DataError(f"{workspace.root} holds no messages yet: run `echoes import PATH` first.")
    if not people.subject or not people.contacts:
        raise UsageError("Nobody is in people.yaml yet: run `echoes subject WHO` and `echoes people` first.")
    same, relations = _proposals(workspace, people)
    if args.apply:
        save_people(workspace.people, _applied(people, same, relations, args.apply))
        print(f"Written to {workspace.people}: {', '.join(args.apply)}.")
    elif args.json:
        listed = {"same": _as_json(same), "relationships": _as_json(relations)}
        print(json.dumps(listed, ensure_ascii=False, indent=2))
    else:
        _show(same, relations)
    return ExitCode.OK


def _proposals(workspace: Workspace, people: People) -> "tuple[list[SamePerson], list[Relation]]":
    from bot.store.corpus import Corpus
    from training.data.proposals.relations import relations
    from training.data.proposals.same import same_people
    from training.data.proposals.seen import look

    with Corpus.open(workspace.corpus, NOTHING_LEFT_OUT) as corpus:
        senders = corpus.senders()
        seen = look(corpus, people, _zone(workspace))
    names = [name for sender in senders if sender.account in people.subject for name in sender.names]
    return same_people(seen, senders), relations(seen, names)


def _zone(workspace: Workspace) -> tzinfo:
    return load_persona(workspace.persona).zone if workspace.persona.exists() else UTC


def _show(same: "Sequence[SamePerson]", relations: "Sequence[Relation]") -> None:
    if not same and not relations:
        print("The chats suggest nothing that people.yaml does not say.")
        return
    _list("One person under several names:", same)
    _list("Who they are to the subject:", relations)
    proposals: list[Proposal] = [*same, *relations]
    print(_WARNING.format(proposals[0].key))


def _list(title: str, proposals: "Sequence[Proposal]") -> None:
    if proposals:
        print(title)
        for one in proposals:
            print(f"  {one.key}  ({one.sureness})\n      {'; '.join(one.reasons)}")
        print()


def _as_json(proposals: "Sequence[Proposal]") -> list[dict[str, object]]:
    return [{"proposal": one.key} | asdict(one) for one in proposals]


def _applied(
    people: People, same: "Sequence[SamePerson]", relations: "Sequence[Relation]", wanted: Sequence[str]
) -> People:
    """Raises UsageError for what is not proposed. Who is merged with somebody of a relationship takes that one."""
    proposals: list[Proposal] = [*same, *relations]
    if unknown := [key for key in wanted if key not in {one.key for one in proposals}]:
        raise UsageError(f"Not proposed: {', '.join(unknown)}. `echoes people propose` lists what is.")
    stays: dict[str, str] = {}
    by_slug = {one.slug: one for one in people.contacts}
    for person in same:
        if person.key in wanted:
            first, *others = person.slugs
            for other in others:
                people = people.merging(next(one for one in people.contacts if one.slug == first), by_slug[other])
                stays[other] = first
    for relation in relations:
        slug = stays.get(relation.slug, relation.slug)
        contact = next(one for one in people.contacts if one.slug == slug)
        if relation.key in wanted and contact.relationship == STRANGER:
            people = people.changing(replace(contact, relationship=relation.relationship))
    return people
