"""Whose pictures the weights were learnt from: goes where the weights go."""

from training.recipes.eyes.config import Recipe

_LICENCES = {
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "MIT": "https://opensource.org/license/mit",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}
_HEAD = """embedded_tower.safetensors: the weights of the embedded model's vision tower.
embedded_first_lora.safetensors: what the embedded model learnt of pictures that this tower sees (and of talking, see
embedded_first_lora.NOTICE).

They were learnt, with the recipe in training/recipes/eyes, from the pictures named here. The pictures themselves
are not part of this package; they were changed for training (drawn at 128 pixels, recoloured, turned, blurred, put
on other grounds, lines drawn around shapes).
"""
_GROCERIES = """Photos of groceries: the Grocery Store Dataset by Marcus Klasson, Cheng Zhang and Hedvig Kjellström
  ("A Hierarchical Grocery Store Image Dataset with Visual and Semantic Labels", WACV 2019), licence MIT:
  https://opensource.org/license/mit
"""


def notice(recipe: Recipe) -> str:
    """The text beside the weights."""
    lines = [*_HEAD.splitlines(), ""]
    for style in recipe.styles:
        if not style.test:
            lines += [
                f"{style.name}: drawings by {style.author}, licence {style.licence}, npm package {style.package}:",
                f"  {_LICENCES[style.licence]}",
            ]
    return "\n".join(lines) + "\n" + (_GROCERIES if recipe.groceries else "")
