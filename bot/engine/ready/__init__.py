"""A ready GGUF file of a Qwen-VL, its mmproj beside it, opened once into a folder as transformers has it."""
