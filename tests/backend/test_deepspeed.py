"""DeepSpeed as an engine: the real one where it is installed, else what is said in its place."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import autoglm_backend
import httpx
import pytest
import torch
from autoglm_backend.engines.deepspeed import launch, price
from autoglm_backend.errors import BackendError
from autoglm_backend.what_if import machine
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

HERE = importlib.util.find_spec("deepspeed") is not None
ROOT = Path(autoglm_backend.__file__).parents[1]


def test_the_price_is_all_weights_over_pcie_for_each_token() -> None:
    cards = machine("2x RTX 3090").gpus
    assert "18.8 GB of weights to the cards for every token, about 0.4 s" in price(18_800_000_000, cards)
    assert "--engine int8" in price(18_800_000_000, ())


@pytest.mark.skipif(HERE, reason="DeepSpeed is installed")
def test_without_deepspeed_the_command_that_installs_it_is_said(glm4_dir: Path) -> None:
    with pytest.raises(BackendError, match="pip install deepspeed accelerate"):
        launch(glm4_dir, "glm", 512, ())


@pytest.mark.slow
@pytest.mark.skipif(not HERE, reason="pip install deepspeed accelerate")
def test_it_serves_what_transformers_would_say_and_holds_to_a_grammar(glm4_dir: Path) -> None:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(glm4_dir)
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hello"}], tokenize=False, add_generation_prompt=True
    )
    assert isinstance(text, str)
    ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    model: Any = AutoModelForCausalLM.from_pretrained(glm4_dir, dtype=torch.bfloat16)
    wanted = model.generate(ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :]

    command = [sys.executable, "-m", "autoglm_backend", "serve", "--engine", "deepspeed", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([*command, "--model", str(glm4_dir)], env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"]
        body = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0, "max_tokens": 12}
        answers = [
            httpx.post(f"{url}/chat/completions", json={**body, **more}, timeout=60).json()
            for more in ({}, {"structured_outputs": {"regex": r"do\(ref=[0-9]{2}\)"}})
        ]
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    free, held = [answer["choices"][0]["message"]["content"] for answer in answers]
    assert free == tokenizer.decode(wanted, skip_special_tokens=True)
    assert held.startswith("do(ref=") and len(held) == len("do(ref=12)")
