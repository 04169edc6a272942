"""OpenVINO's decoder computes what Transformers does, and its pages are shared, copied and given back as meant."""

from __future__ import annotations

import mmap
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from autoglm_backend import int8
from autoglm_backend.checkpoint import inspect
from autoglm_backend.decoder_openvino import OpenVinoDecoder, Unfit, load
from autoglm_backend.pages import PagedCache, Pages, runs
from autoglm_backend.weights import Weights, quantize_rows
from transformers import AutoModelForCausalLM

CTX = 512
STATM = Path("/proc/self/statm")


@pytest.fixture(scope="module")
def decoder(int8_dir: Path) -> OpenVinoDecoder:
    return load(inspect(int8_dir), CTX, 2, conversations=4)


@pytest.mark.parametrize("folder", ["glm4_dir", "glm_dir"])
@pytest.mark.parametrize("length", [1, 8, 300])
def test_logits_are_within_five_percent_of_transformers_in_float32(
    folder: str, length: int, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(folder)
    ids = torch.randint(7, 340, (1, length), generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        want = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)(ids).logits[0, -1].numpy()
    decoder = load(inspect(path), CTX, 2, conversations=1)

    (got,) = decoder.logits([(decoder.cache(), ids[0].tolist())])

    assert np.linalg.norm(got - want) <= 0.05 * np.linalg.norm(want)


def test_conversations_that_share_copy_and_forget_say_what_each_says_alone(decoder: OpenVinoDecoder) -> None:
    random = Random(3)
    held: list[tuple[PagedCache, list[int]]] = [(decoder.cache(), []) for _ in range(4)]
    for _ in range(60):
        at, other = random.sample(range(4), 2)
        cache, ids = held[at]
        match random.choice(["copy", "keep", "grow", "grow"]):
            case "copy":
                kept = random.randint(0, len(held[other][1]))
                cache.copy_from(held[other][0], kept)
                ids[:] = held[other][1][:kept]
            case "keep":
                kept = random.randint(0, len(ids))
                cache.keep(kept)
                del ids[kept:]
            case _:
                chosen = [held[i] for i in random.sample(range(4), random.randint(1, 4))]
                parts = [(c, random.choices(range(7, 340), k=random.choice([1, 2, 40]))) for c, _ in chosen]
                parts = [part for part, (_, known) in zip(parts, chosen, strict=True) if len(known) + 40 < CTX]
                if not parts:
                    continue
                together = decoder.logits(parts)
                for (c, tokens), got in zip(parts, together, strict=True):
                    known = next(ids for mine, ids in held if mine is c)
                    known += tokens
                    alone = decoder.cache()
                    (want,) = decoder.logits([(alone, known)])
                    alone.keep(0)
                    assert np.linalg.norm(got - want) <= 0.01 * np.linalg.norm(want)
        assert all(cache.length == len(ids) for cache, ids in held)
    for cache, _ in held:
        cache.keep(0)
    assert not any(decoder.memory.holders)
    assert len(decoder.memory.free) == len(decoder.memory.holders)


@pytest.mark.skipif(not STATM.exists(), reason="asks Linux how much memory is resident")
def test_prompts_of_all_lengths_take_no_more_memory_than_those_of_a_few(int8_dir: Path) -> None:
    decoder = load(inspect(int8_dir), CTX, 2, conversations=1)

    def resident_after(lengths: Iterable[int]) -> float:
        for length in lengths:
            cache = decoder.cache()
            decoder.logits([(cache, [7] * length)])
            cache.keep(0)
        return int(STATM.read_text().split()[1]) * mmap.PAGESIZE / 2**20

    before = resident_after([*range(16, CTX, 16), *range(1, 16)] * 2)
    after = resident_after(range(1, CTX))

    assert after - before < 40  # MiB; 345 were seen where each number of rows was passed on as it came, 2 so


def test_what_two_conversations_have_in_common_takes_memory_once() -> None:
    pages = Pages(8, 4, [(2,)], np.float32)
    first, second = PagedCache(pages), PagedCache(pages)
    first.grow(10)
    first.length = 10
    pages.values[0][first.pages] = 7

    second.copy_from(first, 10)
    assert len(pages.free) == 8 - 3

    second.grow(1)
    assert second.pages[:2] == first.pages[:2] and second.pages[2] != first.pages[2]
    assert (pages.values[0][second.pages] == 7).all()


def test_memory_of_a_conversation_that_is_forgotten_goes_back_to_the_system() -> None:
    pages = Pages(4, 4, [(1 << 20,)], np.uint8)
    cache = PagedCache(pages)
    cache.grow(16)
    cache.length = 16
    pages.values[0][:] = 1

    cache.keep(0)

    assert not pages.values[0].any()  # the system gives zeros for what it has taken back


def test_neighbours_are_found() -> None:
    assert list(runs([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]


def test_weights_are_quantized_as_torch_does() -> None:
    values = torch.randn(9, 33)
    rows, scale = quantize_rows(values.numpy())
    theirs, their_scale = int8.quantize_rows(values)
    assert (rows == theirs.numpy()).all() and (scale == their_scale.numpy()).all()


def test_bf16_is_read_exactly(glm4_dir: Path) -> None:
    want = AutoModelForCausalLM.from_pretrained(glm4_dir, dtype=torch.bfloat16).model.norm.weight
    got = Weights(inspect(glm4_dir).shards).floats("model.norm.weight")
    assert (got == want.detach().float().numpy()).all()


def test_a_model_that_it_does_not_compute_is_told(glm_dir: Path) -> None:
    checkpoint = inspect(glm_dir)
    config = checkpoint.config.model_copy(update={"rope_parameters": {"rope_type": "yarn"}})
    with pytest.raises(Unfit, match="rope_type 'yarn'"):
        load(checkpoint.__class__(checkpoint.path, config, checkpoint.int8, checkpoint.shards), CTX, 2, 1)


def test_neither_torch_nor_transformers_is_imported_to_serve(int8_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from autoglm_backend import app, engine, in_process, language, worker\n"
        "from autoglm_backend.checkpoint import inspect\n"
        f"folder = Path({str(int8_dir)!r})\n"
        "decoder, _ = in_process.fastest(inspect(folder), 512, 1)\n"
        "assert engine.Engine(decoder, language.read_language(folder)).probe() >= 0\n"
        "print(decoder.name, sorted({'torch', 'transformers', 'openvino_telemetry'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("OpenVINO") and done.stdout.endswith(" []\n"), done.stdout
