"""What is proposed to the owner, with how sure it is and why."""

from dataclasses import dataclass
from enum import StrEnum


class Sureness(StrEnum):
    HIGH = "almost surely"
    MIDDLE = "probably"
    LOW = "perhaps"


@dataclass(frozen=True, slots=True)
class SamePerson:
    """Contacts who are one person, by short names, the one that stays first. reasons: sentences for the owner."""

    slugs: tuple[str, ...]
    sureness: Sureness
    reasons: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the owner calls the proposal by: the same as long as it proposes the same."""
        return "+".join(self.slugs)


@dataclass(frozen=True, slots=True)
class Relation:
    """Who a contact is to the subject. reasons: sentences for the owner, the weightiest first."""

    slug: str
    relationship: str
    sureness: Sureness
    reasons: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the owner calls the proposal by."""
        return f"{self.slug}={self.relationship}"


Proposal = SamePerson | Relation
