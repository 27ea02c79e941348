"""The engine over llama.cpp: the model as one GGUF file, served by a process of its own to this one alone."""
