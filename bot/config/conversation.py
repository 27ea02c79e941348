"""What can be configured of how the avatar talks, with whom, and in which groups."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator

from bot.validation import Section, Text, if_empty, wrong

W = TypeVar("W")
T = TypeVar("T")
WordOrList = Annotated[
    Annotated[W, Tag("word")] | Annotated[tuple[T, ...], Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list | tuple) else "word"),
]
"""One of a few words, or a list of texts."""
OTHERS = "others"
"""In a mapping by group: every group that is not named."""
_KEY = r"[a-z0-9_-]+:.+"
GroupKey = Annotated[Text, Field(pattern=rf"^{_KEY}$")]
GroupName = Annotated[Text, Field(pattern=rf"^({_KEY}|{OTHERS})$")]
Part = Literal["off", "decided", "addressed"]
"""What part the avatar takes in a group: none, deciding on each message, or answering only what is addressed to it."""
PerHour = Annotated[int, Field(ge=1, le=3600)]


def _form(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "each" if isinstance(value, Mapping) else "word"


Groups = Annotated[
    Annotated[Literal["all", "none", "addressed"], Tag("word")]
    | Annotated[tuple[GroupKey, ...], Tag("list")]
    | Annotated[Mapping[GroupName, Part], Tag("each")],
    Discriminator(_form),
]
Budget = Annotated[
    Annotated[PerHour, Tag("number")] | Annotated[Mapping[GroupName, PerHour], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, Mapping) else "number"),
]


class SpeakFirstConfig(Section):
    most_a_week: int = Field(
        default=2,
        ge=1,
        le=14,
        description="how often a contact is written to in a week at most, where the person did so oftener",
    )
    from_hour: int = Field(default=8, ge=0, le=23, description="not before this hour, where the person lived")
    until_hour: int = Field(default=22, ge=1, le=24, description="nor from this hour on")
    wait_days: float = Field(
        default=5,
        ge=1,
        le=365,
        description="after one without an answer it waits so long; after two, until the contact writes",
    )

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "SpeakFirstConfig":
        if self.until_hour <= self.from_hour:
            raise wrong("until_hour must be later than from_hour.", "until_hour", "from_hour")
        return self


class ConversationConfig(Section):
    gap_minutes: float = Field(
        default=60, ge=1, le=10080, description="a longer silence ends a conversation, in training and when talking"
    )
    carried_turns: int = Field(
        default=8, ge=0, le=200, description="turns of the conversation before that are still read"
    )
    remember: bool = Field(
        default=True,
        description="whether what was said with this contact before is looked up for each message; an avatar that was "
        "trained without it never does",
    )
    gather_seconds: float = Field(
        default=3.0,
        ge=0,
        le=600,
        description="how long nothing more must come before an answer is begun; longer for a contact who writes in "
        "bursts, down to a third for one who does not, and twice as long after a picture without words",
    )
    gather_max_seconds: float = Field(
        default=15.0, ge=0, le=3600, description="answer after this long even if more keeps coming, or is being typed"
    )
    characters_per_second: float = Field(
        default=8.0, ge=0, le=1000, description="the pace of typing; 0 sends without pauses"
    )
    max_pause_seconds: float = Field(
        default=10.0, ge=0, le=120, description="the longest pause between two messages of a reply"
    )
    pace: Literal["typing", "person"] = Field(
        default="typing",
        description="typing (an answer begins at once and comes as fast as it is typed) or person (it is delayed as "
        "the person's were, by contact and hour of the day, and its messages come with their pauses)",
    )
    longest_delay_seconds: float = Field(
        default=300.0, ge=0, le=86400, description="with pace: person: the longest delay before an answer begins"
    )
    reactions: bool = Field(
        default=True,
        description="whether it puts an emoji on a message in private, as the person did; who never did, it never does",
    )
    quiet_hours: Annotated[str, if_empty("")] = Field(
        default="",
        pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d)?$",
        description="hours of the day in which nothing is sent, by the persona's time zone, such as '23:00-07:30'; "
        "what came is answered when they end",
    )
    stale_hours: float = Field(
        default=3.0,
        ge=0.01,
        le=720,
        description="after an outage: older messages in groups are left alone; of older private ones see after_outage",
    )
    after_outage: Literal["answer", "leave"] = Field(
        default="answer",
        description="private messages older than stale_hours: answer (with a note that it comes late) or leave; "
        "quiet hours are no outage",
    )
    answer: WordOrList[Literal["contacts", "everyone"], Text] = Field(
        default="contacts",
        description="who is answered: contacts (those in people.yaml), everyone, or a list such as [mei, tom]",
    )
    groups: Groups = Field(
        default="all",
        description="in which groups it takes part: all, none, addressed (in all, answering only what is addressed to "
        "it), a list such as ['telegram:-1001234567890'], or each by itself: off, decided (message by message, as the "
        "person would) or addressed, such as {'telegram:-1001234567890': addressed, others: off}",
    )
    replies_per_hour: Budget | None = Field(
        default=None,
        description="how many replies an hour a group gets at most, no limit if left out: one number for each group, "
        "or by group such as {'telegram:-1001234567890': 6, others: 20}; the last third is kept for what is addressed "
        "to the avatar",
        examples=[20],
    )
    answer_bots: bool = Field(
        default=False,
        description="whether other bots are answered; five times an hour where no person writes in between, for two "
        "bots would never stop",
    )
    speak_first: SpeakFirstConfig | None = Field(
        default=None,
        description="the avatar may write by itself, as the person did, to those whom `echoes people speak-first` "
        "names; nobody if left out",
    )

    @model_validator(mode="after")
    def _speaks_at_some_hour(self) -> "ConversationConfig":
        begin, _, end = self.quiet_hours.partition("-")
        if begin and begin == end:
            raise wrong("would never end: give two different times, or leave it empty.", "quiet_hours")
        return self

    @model_validator(mode="after")
    def _gathers_for_some_time(self) -> "ConversationConfig":
        if self.gather_max_seconds < self.gather_seconds:
            sentence = "gather_max_seconds must not be less than gather_seconds."
            raise wrong(sentence, "gather_max_seconds", "gather_seconds")
        return self
