"""The process that runs llama.cpp's server: `python -m bot.engine.llama.child`, with its settings as JSON on stdin.

It says in one line of JSON where it listens, or why it cannot. It ends when its stdin ends, and so with whoever
started it, however that ended.
"""

import contextlib
import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

_FIRST_TO_DIE = "600"  # of 1,000: where memory runs out, this process and not the daemon
_Q4_K_M = 15  # LLAMA_FTYPE_MOSTLY_Q4_K_M


def main() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE, "utf-8")
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        said = _quantize(**settings) if "coarse" in settings else _serve(**settings)
    except Exception as error:  # the library raises no narrower kind
        said = {"error": f"{type(error).__name__}: {str(error).strip()[:300]}"}
    print(json.dumps(said), flush=True)
    if "url" in said:
        while os.read(sys.stdin.fileno(), 1):
            pass
    os._exit(0)  # the server's threads have nothing to finish


def _serve(model: str, slots: int, context: int, threads: int, batch: int, kept_mib: int, key: str) -> dict[str, Any]:
    """context: tokens of one slot. batch: of prompts, read in one step. kept_mib: of chats that have no slot."""
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = model
    asked.n_parallel, asked.n_ctx = slots, slots * context
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = threads
    asked.n_batch = asked.n_ubatch = batch
    asked.n_gpu_layers = 0
    # On processors flash attention is the slower way: 2.5 times for 25 tokens after 2,000 (AVX2, 16 bits).
    asked.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
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
    return {"url": _running.listening_address}


_running: Any = None


def _quantize(coarse: str, fine: str, threads: int) -> dict[str, Any]:
    """Writes `coarse`, in Q4_K_M, from the 16-bit file `fine`, by llama.cpp's own function.

    Its parameters are a struct whose first two members are the number of threads and the type; the rest stays as the
    library fills it in.
    """
    import xllamacpp

    class Parameters(ctypes.Structure):
        _fields_ = (("threads", ctypes.c_int32), ("type", ctypes.c_int32), ("rest", ctypes.c_byte * 1024))

    library = ctypes.CDLL(str(Path(xllamacpp.xllamacpp.__file__)))
    library.llama_backend_init()
    defaults = library.llama_model_quantize_default_params
    defaults.restype = Parameters
    parameters = defaults()
    parameters.threads, parameters.type = threads, _Q4_K_M
    code = library.llama_model_quantize(fine.encode(), coarse.encode(), ctypes.byref(parameters))
    return {"error": f"llama.cpp could not quantize it ({code})"} if code else {"done": True}


if __name__ == "__main__":
    main()
