"""The shipped tower by itself: what a picture shows, in a word, for a model whose own eyes have learnt nothing."""
