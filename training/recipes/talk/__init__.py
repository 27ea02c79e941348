"""How the embedded model learns how people write to each other, before it learns how one person does.

Its first LoRA, from which every LoRA on that model begins, goes on from the one that the eyes' recipe made, with
private talks of many people, each of them under a name that is made up anew for every talk.
"""
