"""What a file may hold is said by pydantic models; these are the parts that they are made of.

A field's `description` ends the sentence about it; `repr=False` marks a value that is never shown.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from bot.secrets import SAMPLE

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value, such as ("platforms", "web", "port")."""


class _Empty:
    """What a key holds that has no value. It is not None, so that a model cannot take it for one."""


EMPTY: Final = _Empty()


def if_empty(instead: Any) -> BeforeValidator:
    """Gives a value that may be left empty in the file its default: `people:` alone is nobody."""
    return BeforeValidator(lambda given: instead if given is EMPTY else given)


class Section(BaseModel):
    """A section of a file. It may be left empty where every value has a default; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _may_be_empty(cls, value: Any) -> Any:
        return {} if value is EMPTY else value


def wrong(sentence: str, *keys: str) -> PydanticCustomError:
    """What a model's own validator raises. keys: where the mistake stands, the first of them that the file has."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence, "keys": keys})


def _no_sample(value: Any) -> Any:
    if isinstance(value, str) and SAMPLE.search(value.strip()):
        raise PydanticCustomError("sample", "a sample value")
    return value


Text = Annotated[str, BeforeValidator(_no_sample), Field(min_length=1)]
"""A text that is not empty, and not left over from an example."""


def parts(hint: Any) -> Iterator[Any]:
    """Yields a type hint and every type that it is made of, annotations included."""
    yield hint
    inner = hint.metadata if isinstance(hint, FieldInfo) else () if get_origin(hint) is Literal else get_args(hint)
    for part in inner:
        yield from parts(part)


def section_in(field: FieldInfo) -> type[BaseModel] | None:
    """The model that a field holds, perhaps as one of several."""
    return next((one for one in parts(field.annotation) if isinstance(one, type) and issubclass(one, BaseModel)), None)


def field_at(model: type[BaseModel], loc: Place) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The field at a place in a model, and the model that it holds."""
    inside: type[BaseModel] | None = model
    field: FieldInfo | None = None
    by_key = False
    for part in loc:
        if by_key:  # a mapping's own key, which may be called as a field is
            by_key = False
        elif inside is not None and part in inside.model_fields:
            field = inside.model_fields[str(part)]
            inside = section_in(field)
            by_key = any(get_origin(one) in (dict, Mapping) for one in parts(field.annotation))
    return inside, field


def places(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Every place in a file of this model, such as `model.base`."""
    found = []
    for name, field in model.model_fields.items():
        found.append(prefix + name)
        if (inner := section_in(field)) is not None:
            found += places(inner, f"{prefix}{name}.")
    return found
