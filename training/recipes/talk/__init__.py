"""How the embedded models learn how people write to each other, before they learn how one person does.

The English one's first LoRA, from which every LoRA on that model begins, goes on from the one that the eyes' recipe
made, with private talks of many people, each of them under a name that is made up anew for every talk. The Chinese
one's begins from nothing.
"""
