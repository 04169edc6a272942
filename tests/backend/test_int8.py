"""The INT8 model computes what the full-precision one does, nearly, and the same from either kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from autoglm_backend.attention import causal_attention
from autoglm_backend.cache import Batch
from autoglm_backend.checkpoint import inspect
from autoglm_backend.convert import save_int8
from autoglm_backend.decoder_torch import Threads, load
from autoglm_backend.int8 import Int8Linear, quantize_rows
from autoglm_backend.linears import Kernels, int8_dots
from torch import Tensor, nn
from transformers import AutoModelForCausalLM


def logits(folder: Path, ids: Tensor, kernels: Kernels | None = None) -> Tensor:
    """After every token."""
    decoder = load(inspect(folder), 512, Threads(2, 1), kernels)
    with torch.inference_mode():
        rows = ids[0].tolist()
        return decoder.head(decoder.run(Batch([(decoder.cache(), len(rows))]), rows))


@pytest.mark.parametrize("folder", ["glm4_dir", "glm_dir"])
@pytest.mark.parametrize("length", [8, 300])
def test_int8_logits_are_within_five_percent_of_float32(
    folder: str, length: int, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(folder)
    ids = torch.randint(7, 340, (1, length), generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        want = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)(ids).logits

    got = logits(path, ids)

    assert float((got - want).norm() / want.norm()) <= 0.05


@pytest.mark.parametrize("folder", ["glm4_dir", "glm_dir"])
def test_a_saved_int8_folder_computes_bit_for_bit_what_quantizing_at_load_does(
    folder: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(folder)
    ids = torch.arange(10, 60).unsqueeze(0)

    kernels = Kernels(int8_dots, torch.float32)  # two choices by measurement might differ

    at_load = logits(path, ids, kernels)
    from_file = logits(save_int8(path, tmp_path / "int8"), ids, kernels)

    assert torch.equal(at_load, from_file)


def test_quantizing_errs_by_at_most_half_a_step() -> None:
    values = torch.randn(9, 33)
    rows, scale = quantize_rows(values)
    assert bool(((rows * scale - values).abs() <= scale / 2 * 1.001).all())


def test_a_row_of_zeros_stays_zero() -> None:
    linear = Int8Linear.holding(*quantize_rows(torch.randn(5, 8)), None)
    assert torch.equal(linear(torch.zeros(1, 3, 8)), torch.zeros(1, 3, 5))


@pytest.mark.parametrize(("queries", "past"), [(1, 0), (1, 40), (5, 7), (31, 3), (300, 0), (130, 200)])
@pytest.mark.parametrize("blocks", [torch.float32, torch.bfloat16])
def test_attention_is_causal_attention(queries: int, past: int, blocks: torch.dtype) -> None:
    torch.manual_seed(1)
    query, key, value = (
        torch.randn(1, heads, size, 16) for heads, size in ((4, queries), (2, past + queries), (2, past + queries))
    )
    mask = torch.ones(queries, past + queries, dtype=torch.bool).tril(past)
    want = nn.functional.scaled_dot_product_attention(query, key, value, mask, enable_gqa=True).transpose(1, 2)

    got, _ = causal_attention(nn.Identity(), query, key, value, None, blocks=blocks)

    tolerance = 1e-5 if queries < 32 or blocks == torch.float32 else 0.03
    assert torch.allclose(got, want, atol=tolerance)
