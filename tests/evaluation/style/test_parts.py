"""The parts of panel A: what is masked, counted, bundled, rewritten, copied, and compared."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ConfigError
from tests.standins.embedding_model import embedding_model
from training.evaluation.panels.style import gaming
from training.evaluation.panels.style.bundles import Sample, bundles, size_for
from training.evaluation.panels.style.embedding import embedder
from training.evaluation.panels.style.fidelity import scaled, separation
from training.evaluation.panels.style.gaming import Guard
from training.evaluation.panels.style.judges import MEANING, Lesson, train
from training.evaluation.panels.style.masking import LINK, NAME, Mask
from training.evaluation.panels.style.profile import HABITS, Yardstick, divergence, traits
from training.evaluation.panels.style.rewrites import LEARNT, TRIED, rewrites, tidied
from training.evaluation.panels.style.shape import FEATURES, shapes
from training.evaluation.panels.style.two_sample import apart
from training.evaluation.respondent import Bubbles
from training.statistics import Draws, value

MASK = Mask.of(("Mira Santos", "陶思雨", "Bern"), ("want", "WrenMouse"))


def sample(*bursts: Bubbles, times: int = 1, name: str = "me") -> Sample:
    every = bursts * times
    return Sample(name, every, tuple(date(2026, 3, 1) + timedelta(days=n % 10) for n in range(len(every))))


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("Mira, are you up?", "are you up?"),
        ("are you up, Mira?", f"are you up, {NAME}?"),
        ("mira santos owes me 20", f"{NAME} owes me 0"),
        ("WrenMouse: try  lsb_release -a", "try  lsb_release -a"),
        ("want: try it", "try it"),
        ("those who want it", "those who want it"),
        ("see https://example.org/a?b=1 ok", f"see {LINK} ok"),
        ("看https://example.org/路 好", f"看{LINK}路 好"),
        ("思雨你在吗", f"{NAME}你在吗"),
        ("@陶思雨 12 点见", "0 点见"),
        ("Bernadette", "Bernadette"),
        ("[voice message] hello", "hello"),
        ("try: sudo", "try: sudo"),
        ("at 9:30, 100%", "at 0:0, 0%"),
    ],
)
def test_names_links_and_numbers_cannot_be_told_apart(said: str, seen: str) -> None:
    assert MASK.text(said) == seen


def test_of_a_bare_name_something_is_left() -> None:
    assert MASK.bubbles(("WrenMouse: ",)) == (NAME,)
    assert MASK.bubbles(("[photo]", "ok")) == ("ok",)


def having(bubbles: Bubbles) -> set[str]:
    return {name for name, number in zip(FEATURES, shapes([bubbles])[0], strict=True) if number > 0}


def test_the_shape_of_a_burst_is_seen_in_both_languages() -> None:
    assert len(FEATURES) == 28
    english = having(("omg sooo good!!", "haha ok 😂 :)"))
    assert english >= {
        "bubbles", "more than one bubble", "ends with an exclamation mark", "marks repeated", "drawn out", "laughter",
        "particles", "emoji", "smileys", "starts with a small letter",
    }  # fmt: skip
    assert not english & {"starts with a capital", "ends with a full stop", "numbers", "links", "two languages", "asks"}
    chinese = having(("好呀哈哈哈～", "你的deadline呢？[捂脸]"))
    assert chinese >= {"bubbles", "drawn out", "laughter", "particles", "emoji", "asks", "two languages"}
    assert having(("I'm here, Dr. Brandt.",)) >= {
        "starts with a capital", "ends with a full stop", "apostrophes", "commas", "capitals",
    }  # fmt: skip
    assert "starts with a capital" not in chinese
    assert having(("…",)) >= {"dots"}
    assert np.isfinite(shapes([("",), ("😂",), ("?",)])).all()


def test_bundles_hold_nothing_twice_and_come_out_the_same() -> None:
    found = bundles(45, 20, 7)
    assert found.shape == (7, 20)
    assert all(len(set(bundle)) == 20 for bundle in found.tolist())
    assert (found == bundles(45, 20, 7)).all()
    assert (found != bundles(45, 20, 7, seed=1)).any()
    assert len(np.unique(np.concatenate(found[:2]))) == 40, "one pass before anything comes again"
    with pytest.raises(ValueError, match="bundle of 20"):
        bundles(19, 20)


def test_bundles_are_smaller_where_there_is_less() -> None:
    assert [size_for(*numbers) for numbers in ((500, 40), (30, 90), (20, 20), (19, 500))] == [20, 15, 10, None]


def test_days_are_drawn_whole() -> None:
    days = sample(("a",), times=30).days
    draws = Draws(days, 3)
    whole, *drawn = draws.rows()
    assert whole.tolist() == list(range(30)) and len(drawn) == 3
    for rows, times in zip(drawn, draws.times[1:], strict=True):
        assert len(rows) == 30 and times.sum() == 10 and times.max() > 1
        for number, day in enumerate(sorted(set(days))):
            assert sum(days[row] == day for row in rows) == 3 * times[number]
    elsewhere = [days[3], days[4]]
    assert [len(rows) for rows in draws.rows(elsewhere)] == [2, *draws.times[1:, 3:5].sum(1)]


def test_a_number_without_resamples_has_no_interval() -> None:
    assert np.isnan(value(np.array([3.0])).low)
    assert np.isnan(value(np.array([3.0, np.nan, np.nan, np.nan, 4.0])).low)
    assert value(np.array([3.0, 2.0, 4.0])).low == pytest.approx(2.05)


def test_prose_is_tidy_and_never_the_persons_own() -> None:
    assert tidied(("sooo tired lol", "u ok?? 😂")) == "So tired. You okay?"
    assert tidied(("好呀哈哈哈", "明天 见～")) == "好。明天，见。"
    bursts = [("lol",), ("I will be there.",), ("好的。",), ("😂😂",), ("see u there",)] * 8
    written = rewrites(bursts, "en")
    assert all(len(one) == 1 and one[0].strip() for one in written)
    assert not any(one == before for one, before in zip(written, bursts, strict=True))
    assert written == rewrites(bursts, "en")
    assert all("好的。" in one[0] and one[0] != "好的。" for one in written[2::5]), "in the language of what was said"
    for language in ("en", "zh"):
        learnt, tried = ({*phrases[language].openers, *phrases[language].closers} for phrases in (LEARNT, TRIED))
        assert not learnt & tried, "judges are tried with what they have not learnt"


def test_copies_are_counted_in_runs_of_six() -> None:
    learnt = sample(("the cat sat on the mat today",), ("我今天要去河边走一走",))
    guard = Guard.of(learnt, [sample(("we met nobody at all down there yesterday",))])
    assert guard.own == pytest.approx(1 / 4), "three runs, none known, and one added"
    assert guard.copy_ratio(sample(("The cat sat on the mat!",)))[0] == pytest.approx(4.0)
    assert guard.copy_ratio(sample(("我今天要去河边",)))[0] == pytest.approx(4.0), "a character is a word"
    assert np.isnan(guard.copy_ratio(sample(("the cat", "ok")))[0]), "nothing that could be a copy was measured"
    assert guard.copy_ratio(sample(("the cat sat", "on the mat")))[0] == pytest.approx(4.0), "bubbles hide nothing"


def test_numbers_that_were_masked_are_no_copies() -> None:
    def masked(*texts: str) -> Sample:
        return sample(*((MASK.text(text),) for text in texts))

    numbers = "我的号码是 138 0013 8000 00 12 34 56"
    learnt = masked("call 020 7946 0018 or 07700 900 123 when you are on the train", numbers)
    guard = Guard.of(learnt, [sample(("we met nobody at all down there yesterday",))])
    assert np.isnan(guard.copy_ratio(masked("000 0000 0000 00000 000 000", "00 00 00 00 00 00 00 ok"))[0])
    assert guard.copy_ratio(masked("000 0000 0000 00000 000 000", "but what do you think of it"))[0] == 0.0
    copied = guard.copy_ratio(masked("000 0000 when you are on 0 the train"))[0]
    assert copied == pytest.approx(4.0), "the words beside them are, whatever number stands between"


def test_variety_is_compared_at_the_same_number_of_words() -> None:
    words = [(f"w{n} x{n} y{n} z{n}",) for n in range(40)]
    real = sample(*words)
    assert gaming.distinct_ratio(real, sample(*words[:20]))[0] == pytest.approx(1.0)
    assert gaming.entropy_ratio(real, sample(*words[:20]))[0] == pytest.approx(1.0)
    assert gaming.distinct_ratio(real, sample(words[0], times=40))[0] < 0.1
    assert gaming.entropy_ratio(real, sample(("w0 X0, y0 z0!",), ("w0 x0 y0 z0",), times=20))[0] == 0.0
    half = gaming.entropy_ratio(real, sample(*words[:20], times=2))
    assert 0.75 < half[0] < 0.85
    assert value(half).low <= half[0] <= value(half).high


def test_habits_are_measured_by_how_the_person_varies() -> None:
    rng = np.random.default_rng(1)
    own = sample(
        *[("ok" * int(rng.integers(1, 9)) + ".!"[rng.integers(2)],) * int(rng.integers(1, 4)) for _ in range(100)]
    )
    stick = Yardstick.of([own], 50)
    near = stick.ratios(traits(own.take(range(50))), traits(own.take(range(50, 100))))
    assert set(near) == set(HABITS) - {"emoji"}, "nobody uses any"
    assert max(near.values()) < 4
    far = stick.ratios(traits(own), traits(sample(("Certainly; I would be delighted to do so for you 😀",), times=50)))
    assert far["emoji"] == float("inf")
    assert min(far.values()) > 5
    assert value(stick.medians(own, own)).number == 0


def test_the_divergence_is_that_of_the_book() -> None:
    assert divergence(Counter("aab"), Counter("aabaab")) == pytest.approx(0, abs=1e-9)
    assert divergence(Counter("a"), Counter("b")) == pytest.approx(1)
    assert divergence(Counter("ab"), Counter("b")) == pytest.approx(0.558, abs=1e-3)
    assert divergence(Counter(), Counter()) == 0
    assert divergence(Counter("a"), Counter()) == 1


def test_the_scale_runs_from_the_other_to_the_person() -> None:
    means = np.array([[2.0, -1.0, 2.0, -1.0, 0.5, -4.0]])
    assert [float(one[0]) for one in scaled(means)] == [100, 0, 50, -100]
    assert separation(np.array([2.0, 3.0]), np.array([1.0, 2.5])) == 0.75


def lower(number: int) -> Bubbles:
    return (f"yeah the {'abcdefgh'[number % 8]} thing lol", "so good")[: 1 + number % 2]


def upper(number: int) -> Bubbles:
    return (f"I saw the {'abcdefgh'[number % 8]} thing, and it was good.",)


def test_two_samples_are_told_apart_only_where_they_differ() -> None:
    rng = np.random.default_rng(0)
    first, second = (sample(*[lower(int(rng.integers(99))) for _ in range(60)]) for _ in range(2))
    other = sample(*[upper(int(rng.integers(99))) for _ in range(60)])
    assert apart(first, other, 10)[0] == 1.0
    assert 0.1 < apart(first, second, 10)[0] < 0.9


def test_judges_learn_who_writes_how_and_permuted_ones_do_not() -> None:
    own, others = (sample(*[write(n) for n in range(60)]) for write in (lower, upper))
    prose = sample(*rewrites(own.bursts, "en"))
    base = sample(("Certainly! How may I help you today?",), times=20)
    lesson = Lesson(10, own, others, (others,), base, prose)
    assert [(is_own, len(authors)) for is_own, authors in lesson.sources] == [(True, 1), *[(False, 1)] * 4]
    for judge in train(lesson):
        assert judge.weights[judge.labels].sum() == pytest.approx(judge.weights[~judge.labels].sum())
        mine, theirs = (judge.read(one).of_bundles() for one in (own, others))
        assert separation(mine, theirs) == 1.0
        assert mine.min() > 0 > theirs.max()
        assert abs(judge.permuted(3).read(own).of_bundles().mean()) < abs(mine.mean())


def test_an_embedding_model_from_a_folder_is_a_third_judge(tmp_path: Path) -> None:
    embed = embedder(embedding_model(tmp_path))
    found = embed(["so good", "so good", "I saw the thing"])
    assert found.shape == (3, 32)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
    assert found[0] == pytest.approx(found[1], abs=1e-5)

    own, others = (sample(*[write(n) for n in range(60)]) for write in (lower, upper))
    lesson = Lesson(10, own, others, (others,), own.take([]), sample(*rewrites(own.bursts, "en")))
    judge = train(lesson, embed)[2]
    assert judge.name == MEANING
    assert separation(judge.read(own).of_bundles(), judge.read(others).of_bundles()) > 0.95


def test_a_folder_without_a_model_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no embedding model"):
        embedder(tmp_path)
