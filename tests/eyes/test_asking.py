"""The language model told of pictures as vectors answers as it would to the pictures themselves."""

import pytest
import torch
from PIL import Image

from bot.engine.models import LoadedModel, photo_tensors
from training.recipes.eyes.asking import Answers, Names
from training.recipes.eyes.language import ASKINGS, CHOICES, AnswerScorer, Asking
from training.recipes.eyes.measure import (
    Answered,
    Share,
    blank,
    by_likelihood,
    by_words,
    first_or_second,
    interval,
    look,
    swapped,
)

NAMES = ["a", "ab", "abc", "abd", "b", "ba", "cab"]


@pytest.mark.parametrize("asking", [*ASKINGS, CHOICES[0]])
def test_an_answer_costs_what_it_costs_the_whole_model(
    loaded: LoadedModel, scorer: AnswerScorer, asking: Asking
) -> None:
    pictures = 2 if asking in CHOICES else 1
    images = [Image.effect_noise((56, 84), 90 + number).convert("RGB") for number in range(pictures)]
    pixels, grids = photo_tensors(loaded, images)
    grid = int(grids[0, 1]), int(grids[0, 2])
    answers = ["the first", "a dog"]
    batch = scorer.batch(asking, answers, grid, pictures, ["dog", "snowman"])
    seen = torch.cat(list(loaded.model.model.get_image_features(pixels, grids).pooler_output))
    ours = scorer.nats(batch, seen.expand(2, *seen.shape))
    start = len(batch.start)
    for number in range(2):
        ids = torch.cat([batch.start, batch.ids[number]])[None]
        kinds = torch.eq(ids, scorer.loaded.tokenizer.token_to_id("<|image_pad|>") or -1).int()
        with torch.no_grad():
            logits = loaded.model(
                input_ids=ids, pixel_values=pixels, image_grid_thw=grids, mm_token_type_ids=kinds
            ).logits[0]
        learnt = (batch.labels[number] != -100).nonzero()[:, 0]
        said = logits.log_softmax(-1)[start + learnt - 1, batch.labels[number, learnt]]
        assert float(ours[number]) == pytest.approx(-float(said.sum()), rel=1e-4)
        text = loaded.tokenizer.decode(batch.labels[number, learnt].tolist())
        assert text == answers[number]


def test_the_likeliest_name_is_found_as_by_asking_for_each(scorer: AnswerScorer) -> None:
    tree = Names(scorer, NAMES)
    for seed in range(12):
        seen = torch.randn(6, 64, generator=torch.Generator().manual_seed(seed))
        answers = Answers(scorer, ASKINGS[seed % 3], (4, 6), seen)
        every = [-answers.nats(name) for name in NAMES]
        best, score = answers.likeliest(tree)
        assert score == pytest.approx(max(every), abs=1e-3)
        assert every[best] == pytest.approx(max(every), abs=1e-3)


def test_asking_one_by_one_is_asking_many_at_once(scorer: AnswerScorer) -> None:
    seen = torch.randn(2, 6, 64, generator=torch.Generator().manual_seed(1))
    batch = scorer.batch(ASKINGS[0], ["cab", "b"], (4, 6))
    together = scorer.nats(batch, seen)
    alone = [Answers(scorer, ASKINGS[0], (4, 6), seen[n]).nats(text) for n, text in enumerate(("cab", "b"))]
    assert together.tolist() == pytest.approx(alone, rel=1e-4)


def test_words_are_free_of_control(scorer: AnswerScorer) -> None:
    for seed in range(5):
        seen = 3 * torch.randn(6, 64, generator=torch.Generator().manual_seed(seed))
        assert "<|" not in Answers(scorer, ASKINGS[1], (4, 6), seen).words()


def test_measuring_knows_its_controls(loaded: LoadedModel, scorer: AnswerScorer) -> None:
    images = [
        (Image.effect_noise((60, 60), sigma).convert("RGB"), name)
        for sigma, name in zip(range(9, 99, 9), "ab" * 5, strict=True)
    ]
    seen = look(loaded, images)
    assert {picture.grid for picture in seen} == {(4, 4)}
    answered = [Answered(name, name, f"It is {name}!") for name in ("dog", "cat", "hot dog")]
    assert by_likelihood(answered) == by_words(answered, {}) == Share(3, 3)
    assert by_likelihood(swapped(answered)) == Share(0, 3)
    assert by_words([Answered("dog face", "x", "two dogs")], {"dog face": ["dog"]}) == Share(1, 1)
    assert by_words([Answered("cat", "x", "a category")], {}) == Share(0, 1)
    assert len({answer.likeliest for answer in blank(scorer, NAMES, answered)}) == 1
    asked = first_or_second(scorer, seen, CHOICES[0])
    assert asked.of == 10 and 0 <= asked.right <= 10, "five pairs, each asked for both"


def test_intervals() -> None:
    low, high = interval(50, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)
    assert interval(0, 10)[0] == pytest.approx(0, abs=1e-9)
    assert str(Share(1, 4)) == "25.0 % (4.6–69.9; 1 of 4)"
