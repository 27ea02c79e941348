"""What llama.cpp itself says after a prompt with a photo: `python -m tests.ready.llama_sees MODEL MMPROJ PHOTO`.

In a process of its own, for its code may end one that a file displeases.
"""

import base64
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

import xllamacpp

PROMPT = ("<|im_start|>user\nlook ", " nice?")


def main(model: str, mmproj: str, photo: str) -> None:
    asked = xllamacpp.CommonParams()
    asked.model.path, asked.mmproj.path, asked.mmproj_use_gpu = model, mmproj, False
    asked.n_ctx, asked.n_parallel, asked.n_gpu_layers, asked.warmup, asked.ui = 1024, 1, 0, False, False
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = 1
    asked.verbosity = 1
    server = xllamacpp.Server(asked)
    before, after = PROMPT
    marker = ask(f"{server.listening_address}/props")["media_marker"]
    picture = base64.b64encode(Path(photo).read_bytes()).decode()
    prompt = {"prompt_string": f"{before}{marker}{after}", "multimodal_data": [picture]}
    body = {"prompt": prompt, "n_predict": 1, "n_probs": 10, "temperature": 0}
    (first,) = ask(f"{server.listening_address}/completion", body)["completion_probabilities"]
    print(json.dumps({one["id"]: one["logprob"] for one in first["top_logprobs"]}))


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url, data, timeout=60) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
