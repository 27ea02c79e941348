"""The owner edits config.yaml."""

import itertools
import re
from pathlib import Path

import pytest
import yaml

from adapters.registry import installed
from bot.config import Config, example_text, load_config, parse_config
from bot.errors import ConfigError, PassingError
from bot.sampling import Sampling
from bot.validation import places

ROOT = Path(__file__).parent.parent.parent
TELEGRAM_TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
DISCORD_TOKEN = ".".join(("MTIzNDU2Nzg5MDEyMzQ1Njc4", "GabcdE", "abcdefghijklmnopqrstuvwxyz0123456789ab"))


PLATFORMS = installed()


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, platforms=PLATFORMS)
    return caught.value.problems


def keys() -> set[str]:
    """Every key of the sections, such as `model.base`."""
    found = set(places(Config))
    for name, platform in PLATFORMS.good.items():
        found |= {f"platforms.{name}", *places(platform.section, f"platforms.{name}.")}
    return found


def written(raw: object, prefix: str = "") -> set[str]:
    """Every key of a YAML document."""
    if not isinstance(raw, dict):
        return set()
    return {prefix + key for key in raw} | {
        inner for key, value in raw.items() for inner in written(value, f"{prefix}{key}.")
    }


def test_an_empty_file_is_the_defaults() -> None:
    assert parse_config("") == parse_config("# nothing\n") == parse_config("model:\n") == Config()


def test_the_example_is_valid_and_says_the_defaults() -> None:
    config = load_config(ROOT / "config.example.yaml")
    assert config.platforms.on == ("web",)
    assert config.model_copy(update={"platforms": Config().platforms}) == Config()


def test_the_example_in_the_repository_is_the_one_the_code_makes() -> None:
    assert (ROOT / "config.example.yaml").read_text("utf-8") == example_text(PLATFORMS)


@pytest.mark.parametrize(
    "proxy", ["http://me:open-sesame@h", "http://h:1/me:open-sesame", "http://me:open-sesame@h:99999"]
)
def test_a_proxys_password_is_not_shown_where_it_is_wrong(proxy: str) -> None:
    [found] = problems(f"platforms: {{telegram: {{proxy: '{proxy}'}}}}")
    assert "platforms.telegram.proxy" in found and "sesame" not in found


def test_a_proxys_password_is_no_part_of_what_is_shown_of_the_configuration() -> None:
    config = parse_config(
        "platforms: {telegram: {proxy: 'http://me:open%40sesame@[::1]:3128/'}, discord: {}}", platforms=PLATFORMS
    )
    assert "sesame" not in repr(config)
    assert {"me:open%40sesame", "me:open@sesame", "open%40sesame", "open@sesame"} == set(config.platforms.hidden)
    without = parse_config("platforms: {discord: {proxy: 'http://10.0.0.1:3128'}}", platforms=PLATFORMS)
    assert without.platforms.hidden == ()


def test_the_example_holds_every_key_and_a_comment_before_each() -> None:
    lines = example_text(PLATFORMS).splitlines()
    switched_on = "\n".join(
        re.sub(r"^[\s#]*#(?=\s*[a-z_]+:)", lambda it: it[0].replace("#", ""), line) for line in lines
    )
    assert written(yaml.safe_load(switched_on)) == keys()
    for before, line in itertools.pairwise(lines):
        if re.match(r"[\s#]*[a-z_]+:( |$)", line):
            assert re.match(r"\s*#.* \w", before), f"no comment before: {line}"


def test_what_the_example_leaves_commented_cannot_be_forgotten_to_fill_in() -> None:
    server = "\n".join(line.replace("#", " ", 1) for line in example_text(PLATFORMS).splitlines() if "  #" in line)
    text = "model:\n" + "\n".join(line for line in server.splitlines() if re.match(r"\s+(server|url|model):", line))
    assert any("CHANGE-ME" in problem for problem in problems(text))


def test_three_mistakes_are_three_lines_each_with_its_place() -> None:
    found = problems("model:\n  bsae: embedded\nsampling:\n  temperature: warm\nplatforms:\n  web:\n    port: 99999\n")
    assert len(found) == 3
    assert found[0] == "config.yaml:2: model.bsae: unknown key; did you mean base?"
    assert found[1].startswith("config.yaml:4: sampling.temperature: 'warm' must be a number from 0 to 2: ")
    assert found[2].startswith("config.yaml:7: platforms.web.port: '99999' must be a whole number from 0 to 65535: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("modle: {}", "1: modle: unknown key; did you mean model?"),
        ("temperature: 1", "1: temperature: unknown key; it belongs at sampling.temperature."),
        (
            "conversation:\n  max_tokens: 9",
            "2: conversation.max_tokens: unknown key; it belongs at sampling.max_tokens.",
        ),
        ("health: {path: /}", "1: health.path: unknown key; known here: host, port."),
        ("platforms: {discord: {guild: 5}}", "1: platforms.discord.guild: unknown key; known here: proxy."),
        (
            "platforms: {telegram: {proxy: 'socks5://h:1'}}",
            "1: platforms.telegram.proxy: what stands there is not what",
        ),
        ("platforms: {discord: {proxy: 'http://h'}}", "as http://host:port or http://user:password@host:port"),
        ("platforms: {discord: {proxy: 'http://h:99999'}}", "1: platforms.discord.proxy: the port must be from 1"),
        ("sampling: 3", "1: sampling: must be a section: `sampling: {}`, or"),
        ("platforms: {discord: true}", "1: platforms.discord: must be a section: `discord: {}`, or"),
        ("- model", "1: must be a section: `model: {}`"),
        ("model: {base: }", "1: model.base: has no value: embedded (small"),
        ("model: {base: ''}", "1: model.base: has no value: embedded (small"),
        ("model: {base: [a]}", "1: model.base: must be one value: embedded (small"),
        ("model: {base: <your model>}", "1: model.base: still holds the sample value '<your model>'"),
        ("model: {dtype: bfloat}", "'bfloat' must be auto, float32, bfloat16 or float16; did you mean bfloat16?"),
        ("model: {four_bit: perhaps}", "1: model.four_bit: 'perhaps' must be true or false."),
        ("model: {context_tokens: 2k}", "'2k' must be a whole number from 256 to 262144"),
        ("model: {context_tokens: 2048.5}", "'2048.5' must be a whole number"),
        ("sampling: {top_p: .nan}", "'.nan' must be a number from 0.01 to 1"),
        ("sampling: {top_p: 0}", "'0' must be a number from 0.01 to 1"),
        ("model: {server: {url: 'http://127.0.0.1/v1'}}", "1: model.server.model: missing: the name under which"),
        ("model: {server: {url: localhost, model: mei}}", "1: model.server.url: 'localhost' is not what is needed"),
        ("conversation: {answer: mei}", "'mei' must be contacts or everyone, or a list in square brackets."),
        ("conversation: {answer: everybody}", "did you mean everyone?"),
        ("conversation: {answer: [mei, [tom]]}", "1: conversation.answer[1]: must be one word; put it in quotes."),
        ("conversation: {groups: [5]}", "1: conversation.groups[0]: '5' is not what is needed here"),
        ("conversation: {groups: some}", "'some' must be all, none or addressed, or a list in square brackets."),
        (
            "conversation:\n  groups:\n    telegram:-5: adressed",
            "3: conversation.groups.telegram:-5: 'adressed' must be off, decided or addressed; did you mean addressed?",
        ),
        ("conversation: {groups: {other: off}}", "1: conversation.groups.other: 'other' is not what is needed here"),
        ("conversation: {groups: {'a:b': }}", "1: conversation.groups.a:b: has no value: in which groups"),
        ("conversation: {replies_per_hour: some}", "'some' must be a whole number from 1 to 3600: how many replies"),
        ("conversation: {replies_per_hour: {others: 0}}", "replies_per_hour.others: '0' must be a whole number from 1"),
        ("conversation: {replies_per_hour: [5]}", "1: conversation.replies_per_hour: must be one value: how many"),
        ("sampling: {top_p: 1}\nsampling: {}", "2: sampling: given twice (first on line 1)."),
        ("conversation: {gather_seconds: 20}", "1: conversation.gather_seconds: gather_max_seconds must not be less"),
        ("model: {four_bit: true, device: cpu}", "1: model.four_bit: cannot be on here: it needs a GPU."),
        ("platforms: {web: {port: 8643}}\nhealth: {}", "1: platforms.web.port: the port 8643 is taken by"),
        ("model: {\n", "2: not valid YAML: "),
        ("model:\n\tbase: embedded", "2: not valid YAML: "),
        ("a: \x07", "1: not valid YAML: "),
    ],
)
def test_each_mistake_has_its_sentence(text: str, problem: str) -> None:
    found = problems(text)
    assert len(found) == 1, found
    assert problem in found[0]


def test_values_arrive_as_they_were_meant() -> None:
    config = parse_config(
        "model: {lora: 2026-11-22, base: ../models/qwen}\n"
        "sampling: {temperature: 0, min_p: 0.1, presence_penalty: 1e-1}\n"
        "conversation:\n"
        "  answer: [mei, 7]\n"
        "  groups: ['telegram:-100123', discord:5]\n"
        "  answer_bots: yes\n"
        "platforms:\n"
        "  telegram:\n"
        "  discord: {}\n"
    )
    assert config.model.lora == "2026-11-22"
    assert config.sampling.over(Sampling(0.9, presence_penalty=0.6)) == Sampling(0.0, presence_penalty=0.1, min_p=0.1)
    assert config.conversation.answer == ("mei", "7")
    assert config.conversation.groups == ("telegram:-100123", "discord:5")
    assert config.conversation.answer_bots is True
    assert config.platforms.on == ("telegram", "discord")
    assert config.health is None


def test_each_group_can_have_its_own_part_and_budget() -> None:
    talk = parse_config(
        "conversation:\n"
        "  groups:\n"
        "    telegram:-100: addressed\n"
        "    discord:5: off\n"
        "    others: decided\n"
        "  replies_per_hour: {telegram:-100: 6, others: 20}\n"
    ).conversation
    assert talk.groups == {"telegram:-100": "addressed", "discord:5": "off", "others": "decided"}
    assert talk.replies_per_hour == {"telegram:-100": 6, "others": 20}
    assert parse_config("conversation: {replies_per_hour: 20}").conversation.replies_per_hour == 20


@pytest.mark.parametrize("token", [TELEGRAM_TOKEN, DISCORD_TOKEN])
@pytest.mark.parametrize("line", ["token: {}", "# {}", "api_url: 'https://api.telegram.org/bot{}'", "{}"])
def test_a_token_in_the_file_is_to_be_revoked_and_is_not_repeated(token: str, line: str) -> None:
    found = problems("platforms:\n  telegram:\n    " + line.format(token))
    assert any("config.yaml:3: a token stands in this line: remove it and revoke it" in problem for problem in found)
    assert token not in "\n".join(found) and token[-20:] not in "\n".join(found)


def test_a_token_of_a_platform_that_is_not_known_is_not_repeated_either() -> None:
    for text in (f"model: {{dtype: {TELEGRAM_TOKEN}}}", f"model: {{{TELEGRAM_TOKEN}: x, {TELEGRAM_TOKEN}: y}}"):
        with pytest.raises(ConfigError) as caught:
            parse_config(text)  # as commands do that need no platform
        assert TELEGRAM_TOKEN[10:] not in str(caught.value)


def test_a_key_for_a_token_says_where_tokens_go() -> None:
    (found,) = problems("platforms: {telegram: {bot_token: later}}")
    assert "tokens do not belong in this file" in found and "ECHOES_TELEGRAM_TOKEN" in found


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    with pytest.raises(ConfigError, match="is missing: `echoes init` makes one"):
        load_config(path)
    path.write_bytes("model: {base: 模型}".encode("gbk"))
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        load_config(path)
    assert int(caught.value.code) == 78
    path.write_bytes(b"\xef\xbb\xbfmodel: {base: embedded}\r\n")
    assert load_config(path) == Config()
    with pytest.raises(PassingError, match="cannot be read just now"):
        load_config(tmp_path)


def test_nobody_is_written_to_first_unless_the_section_is_there() -> None:
    assert parse_config("").conversation.speak_first is None
    limits = parse_config("conversation: {speak_first: {}}").conversation.speak_first
    assert limits is not None and (limits.from_hour, limits.until_hour) == (8, 22)
    [found] = problems("conversation: {speak_first: {from_hour: 22, until_hour: 9}}")
    assert "conversation.speak_first" in found and "until_hour must be later than from_hour." in found


@pytest.mark.parametrize("hours", ["23:00", "23-7", "24:00-07:00", "7:30-8:30", "08:00-08:00"])
def test_quiet_hours_that_are_none_are_refused(hours: str) -> None:
    [found] = problems(f"conversation: {{quiet_hours: '{hours}'}}")
    assert "conversation.quiet_hours" in found


@pytest.mark.parametrize("hours", ["23:00-07:30", ""])
def test_quiet_hours_are_a_stretch_of_the_day_or_none(hours: str) -> None:
    assert parse_config(f"conversation: {{quiet_hours: '{hours}'}}").conversation.quiet_hours == hours
    assert parse_config("conversation:\n  quiet_hours:\n").conversation.quiet_hours == ""
