"""What vLLM does at its ends, without a model between them: its options, its log, its exit codes, its HTTP.

Run as `python fake_vllm.py -m vllm.entrypoints.cli.main serve MODEL …`. FAKE_VLLM names what goes wrong, by words:
`taken`, `no-cache`, `no-cache-at-all`, `big-cache`, `context`, `moved` and `strange` (the first time), `truncated`,
`disk`, `killed`, `mute`. Its sentences are vLLM 0.32's own.
"""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

ERROR = "(EngineCore pid=7) ERROR 11-20 14:02:41 [core.py:1100] "


def main() -> None:
    options = read(sys.argv[sys.argv.index("serve") + 2 :])
    for fault in os.environ.get("FAKE_VLLM", "").split():
        fail(fault, options)
    sys.stdout.write(LOG)
    sys.stdout.flush()
    (Path(options["--uds"]).parent / "pid").write_text(str(os.getpid()))
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # EngineCore
    with socketserver.ThreadingUnixStreamServer(options["--uds"], Answers) as server:
        server.serve_forever()


def read(arguments: list[str]) -> dict[str, str]:
    """--name value and --name, as a dictionary."""
    options: dict[str, str] = {}
    name = ""
    for argument in arguments:
        if argument.startswith("--"):
            name = argument
            options[name] = ""
        else:
            options[name] = argument
    return options


def fail(fault: str, options: dict[str, str]) -> None:
    share = float(options.get("--gpu-memory-utilization", "0.92"))
    length = int(options.get("--max-model-len", "32768"))
    once = Path(os.environ.get("FAKE_VLLM_STATE", os.devnull))
    match fault:
        case "taken" if share > 10.5 / 23.6:
            end(
                f"ValueError: Free memory on device cuda:0 (10.5/23.6 GiB) on startup is less than desired GPU memory "
                f"utilization ({share}, {share * 23.6:.2f} GiB). Decrease GPU memory utilization or reduce GPU memory "
                "used by other processes."
            )
        case "no-cache" if "--enforce-eager" not in options:
            end("ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`.")
        case "no-cache-at-all":
            end("ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`.")
        case "big-cache" if int(options["--kv-cache-memory-bytes"]) > 2**31:
            sys.stdout.write(LOG)
            end("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.16 GiB. GPU 0 has a total capacity")
        case "context" if length > 23_041:
            end(
                f"ValueError: To serve at least one request with the model's max seq len ({length}), (1.25 GiB KV "
                "cache is needed, which is larger than the available KV cache memory (0.88 GiB). Based on the "
                "available memory, the estimated maximum model length is 23041. Try increasing "
                "`gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine."
            )
        case "moved" if not once.read_text():
            once.write_text("x")
            end(
                "AssertionError: Error in memory profiling. Initial free memory 21.2 GiB, current free memory 22.9 "
                "GiB. This happens when other processes sharing the same container release GPU memory."
            )
        case "strange" if not once.read_text():
            once.write_text("x")
            end("KeyError: 'strange'")
        case "truncated":
            end("safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata")
        case "disk":
            end("OSError: [Errno 28] No space left on device: 'torch_compile_cache'")
        case "killed":
            os.kill(os.getpid(), 9)
        case "mute":
            Answers.mute = True
        case _:
            pass


def end(message: str) -> None:
    sys.stdout.write(f"{ERROR}Traceback (most recent call last):\n{ERROR}{message}\n")
    sys.exit("RuntimeError: Engine core initialization failed. See root cause above.")


LOG = """\
(Worker pid=5820) INFO 11-20 14:02:39 [default_loader.py:501] Loading weights took 0.44 seconds
(Worker pid=5820) INFO 11-20 14:02:39 [gpu_model_runner.py:5149] Model loading took 17.51 GiB memory and 3.25 seconds
(Worker pid=5820) INFO 11-20 14:02:41 [gpu_worker.py:759] Available KV cache memory: 2.45 GiB
(EngineCore pid=5642) INFO 11-20 14:02:41 [kv_cache_utils.py:2327] GPU KV cache size: 64,224 tokens, \
Maximum concurrency for 8,192 tokens per request: 7.84x
"""


class Answers(BaseHTTPRequestHandler):
    """Completions of one word, the word "slow" a while later; of "for ever" it is only told that it has begun."""

    mute = False

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self.reply(METRICS.encode(), "text/plain")
        elif self.path == "/v1/models":
            self.reply(json.dumps({"object": "list", "data": [{"id": "glm", "max_model_len": 4096}]}).encode())
        else:
            self.reply(b"")

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.mute:
            self.send_error(500)
            return
        if body["messages"][-1]["content"] == "long":
            error = {"message": "This model's maximum context length is 4096 tokens.", "code": 400}
            self.reply(json.dumps({"error": error}).encode(), status=400)
            return
        if body["messages"][-1]["content"] == "slow":
            time.sleep(1.0)
        if body["messages"][-1]["content"] == "for ever":
            Path(str(self.server.server_address)).with_name("begun").touch()
            time.sleep(600)
        if body.get("stream"):
            self.reply(b'data: {"choices": [{"delta": {"content": "word"}}]}\n\ndata: [DONE]\n\n', "text/event-stream")
            return
        choice = {"index": 0, "message": {"role": "assistant", "content": "word"}, "finish_reason": "stop"}
        self.reply(json.dumps({"choices": [choice], "got": body}).encode())

    def reply(self, body: bytes, kind: str = "application/json", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


METRICS = """
vllm:num_requests_running{engine="0",model_name="glm"} 3.0
vllm:num_requests_waiting{engine="0",model_name="glm"} 2.0
vllm:kv_cache_usage_perc{engine="0",model_name="glm"} 0.25
vllm:num_preemptions_total{engine="0",model_name="glm"} 4.0
"""

if __name__ == "__main__":
    main()
