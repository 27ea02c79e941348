"""When to speak: the decision beside simple rules, on days that were not learnt."""
