"""The process that runs llama.cpp's server: `python -m bot.engine.llama.child`, with its settings as JSON on stdin.

It says in one line of JSON where it listens, or why it cannot. It ends when its stdin ends, and so with whoever
started it, however that ended.
"""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from bot.engine.llama.pages import give_back_zeros

_FIRST_TO_DIE = "600"  # of 1,000: where memory runs out, this process and not the daemon


def main() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE, "utf-8")
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        said = _serve(**settings)
    except Exception as error:  # the library raises no narrower kind
        said = {"error": f"{type(error).__name__}: {str(error).strip()[:300]}"}
    print(json.dumps(said), flush=True)
    if "url" not in said:
        return  # not at once: what llama.cpp says of it is written by a thread of its own, which must come to its end
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)  # the server's threads have nothing to finish


def _serve(
    model: str, slots: int, context: int, threads: int, batch: int, kept_mib: int, short_keys: bool, key: str
) -> dict[str, Any]:
    """context: tokens of one slot. batch: read in one step. kept_mib: of chats that have no slot.

    short_keys: keep the keys in 8 bits instead of 16, a quarter of the cache less.
    """
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = model
    asked.n_parallel, asked.n_ctx = slots, slots * context
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = threads
    asked.n_batch = asked.n_ubatch = batch
    asked.n_gpu_layers = 0
    # On processors flash attention is the slower way: 2.5 times for 25 tokens after 2,000 (AVX2, 16 bits).
    asked.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if short_keys:  # the values cannot be short without flash attention
        asked.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_Q8_0
    asked.cache_ram_mib = kept_mib
    asked.slot_prompt_similarity = 0.0  # a chat without a slot takes the longest unused, and that one's state is kept
    asked.cache_idle_slots = False
    asked.api_keys = [key]
    asked.hostnames = ["127.0.0.1"]
    asked.endpoint_slots = False
    asked.ui = False
    asked.warmup = False
    asked.fit_params = False  # which would lessen the context unasked
    asked.verbosity = 1  # errors alone
    global _running
    _running = xllamacpp.Server(asked)
    give_back_zeros()
    return {"url": _running.listening_address}


_running: Any = None


if __name__ == "__main__":
    main()
