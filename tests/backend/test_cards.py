"""The INT8 engine's forward pass on cards: its arithmetic by Triton's interpreter where there is no card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from autoglm_backend import models
from autoglm_backend.checkpoint import inspect
from autoglm_backend.cuda import placement
from autoglm_backend.cuda.placement import GIB, Needs, Placement, deal, place
from autoglm_backend.decoder_torch import load_model
from autoglm_backend.engine import Engine
from autoglm_backend.int8 import Int8Linear, quantize_rows
from autoglm_backend.language import read_language
from autoglm_backend.machine import Gpu
from autoglm_backend.plan.ladder import plan
from autoglm_backend.what_if import machine
from transformers import AutoModelForCausalLM

GLM = models.read("zai-org/GLM-4-9B-0414")
CTX = 256


def test_one_card_takes_all_where_it_has_the_room() -> None:
    assert place(Needs.of(GLM, 8192), [24 * GIB, 24 * GIB]) == Placement((40,), 16)


def test_a_model_that_is_too_large_for_a_card_is_dealt_over_several() -> None:
    needs = Needs.of(GLM, 8192)
    found = place(needs, [8 * GIB, 8 * GIB])
    assert found is not None
    assert sum(found.layers) == 40
    for card in (0, 1):
        held = found.weights(needs, card) + found.kept(needs, card) + needs.space + placement.OUTSIDE
        assert held <= 8 * GIB


def test_unequal_cards_take_layers_by_their_room() -> None:
    found = deal(Needs.of(GLM, 8192), [8 * GIB, 16 * GIB], 4)
    assert found is not None
    assert found[0] < found[1]


def test_what_does_not_fit_is_refused_and_spilled_nowhere() -> None:
    assert place(Needs.of(GLM, 8192), [6 * GIB]) is None


def test_weights_are_counted_to_the_byte() -> None:
    needs = Needs.of(GLM, 8192)
    counted = needs.layers * (needs.layer - placement.joined(GLM)) + needs.first + needs.last
    scales = sum(4 * t.rows for layer in GLM.network.layers for t in layer.tensors if t.linear)
    assert (
        counted
        == GLM.parameters
        + scales
        + sum(t.size for layer in GLM.network.layers for t in layer.tensors if not t.linear)
        + GLM.network.embedding.size
        + GLM.network.norm.size
        + 4 * GLM.network.head.rows
    )


def test_the_plan_has_the_int8_engine_on_cards_from_ampere_on() -> None:
    embedded = models.read("embedded")
    (found,) = (c for c in plan(machine("H200"), GLM, embedded).candidates if c.rung == "int8" and c.gpus)
    assert found.fits
    assert found.decode is not None
    assert found.decode.value == pytest.approx(300, rel=0.1)
    assert not [c for c in plan(machine("T4"), GLM, embedded).candidates if c.rung == "int8" and c.gpus]


def test_cards_that_the_kernels_do_not_run_on_are_left_out() -> None:
    new = Gpu(0, "NVIDIA A10", 24 * GIB, compute_capability=(8, 6))
    assert placement.usable([replace(new, compute_capability=(7, 5)), replace(new, vendor="amd"), new]) == [new]


@pytest.fixture(scope="module")
def device() -> torch.device:
    """A card, or the processor by Triton's interpreter."""
    pytest.importorskip("triton", reason="Triton is not installed here")
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    pytest.MonkeyPatch().setenv("TRITON_INTERPRET", "1")
    try:
        range(int(np.zeros(1).astype(int)))  # as the interpreter does
    except (TypeError, DeprecationWarning):
        pytest.skip("Triton's interpreter does not go with NumPy 2.4: install numpy<2.3 to run this without a card")
    return torch.device("cpu")


@pytest.fixture(scope="module", params=["glm4_dir", "glm_dir"])
def folder(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def on_cards(folder: Path, device: torch.device, layers: tuple[int, ...]) -> Any:
    from autoglm_backend.cuda.load import load

    return load(inspect(folder), CTX, Placement(layers, 16), [device] * len(layers))


@pytest.fixture(scope="module")
def plain(folder: Path) -> Callable[[list[int]], Any]:
    """Transformers' own logits after these tokens, in float32, with the same INT8 weights."""
    quantized: Any = load_model(inspect(folder))
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    for name, module in quantized.named_modules():
        if isinstance(module, Int8Linear):
            model.get_submodule(name).weight.data = (module.weight.float() * module.weight_scale).detach()
    weight, scale = quantize_rows(quantized.get_output_embeddings().weight.detach())
    model.get_output_embeddings().weight = torch.nn.Parameter(weight.float() * scale)

    def logits(ids: list[int]) -> Any:
        with torch.no_grad():
            return model(torch.tensor([ids])).logits[0, -1].numpy()

    return logits


@pytest.mark.parametrize("layers", [(2,), (1, 1)], ids=["one card", "two cards"])
def test_every_way_to_the_same_tokens_gives_transformers_logits(
    layers: tuple[int, ...], folder: Path, device: torch.device, plain: Callable[[list[int]], Any]
) -> None:
    decoder = on_cards(folder, device, layers)
    some = torch.Generator().manual_seed(3)
    one, two = (torch.randint(5, 340, (100,), generator=some).tolist() for _ in range(2))
    a, b, c = decoder.cache(), decoder.cache(), decoder.cache()

    def check(parts: list[tuple[Any, list[int]]], *whole: list[int]) -> None:
        for got, ids in zip(decoder.logits(parts).copy(), whole, strict=True):
            want = plain(ids)
            assert np.linalg.norm(got - want) < (5e-3 if device.type == "cuda" else 1e-5) * np.linalg.norm(want)

    check([(a, one[:70])], one[:70])  # a prompt
    check([(a, one[70:71])], one[:71])  # a token
    check([(a, one[71:75]), (b, two[:3])], one[:75], two[:3])  # some forced, and another's first
    check([(a, one[75:77]), (b, two[3:80])], one[:77], two[:80])  # a reply beside a prompt
    c.copy_from(a, 60)
    check([(b, two[80:81]), (c, one[60:63]), (a, one[77:78])], two[:81], one[:63], one[:78])
    a.keep(10)
    check([(a, two[10:12])], one[:10] + two[10:12])


def test_a_place_is_free_again_after_keep_nothing(folder: Path, device: torch.device) -> None:
    decoder = on_cards(folder, device, (2,))
    held = [decoder.cache() for _ in range(decoder.slots)]
    for cache in held:
        cache.place()
    with pytest.raises(RuntimeError, match="all 17 conversations that fit on the cards are in use"):
        decoder.cache().place()
    freed = held[3].place()
    held[3].keep(0)
    assert decoder.cache().place() == freed


def test_the_engine_replies_on_a_card(folder: Path, device: torch.device, ask: Callable[..., Any]) -> None:
    engine = Engine(on_cards(folder, device, (2,)), read_language(folder), slots=4)
    first, finished = ask(engine, "hello there", max_tokens=6)
    again, reused = ask(engine, "hello there", max_tokens=6)
    assert again == first
    assert reused.timings.cached_tokens > finished.timings.cached_tokens
