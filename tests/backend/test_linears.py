"""Every way to multiply by INT8 weights gives what the weights say."""

from __future__ import annotations

import pytest
import torch
from autoglm_backend.int8 import Int8Linear, quantize_rows
from autoglm_backend.linears import CompactLinear, Form, HalfLinear, Kernels, int8_dots
from torch import nn

FBGEMM = "fbgemm" in torch.backends.quantized.supported_engines


@pytest.mark.parametrize("bias", [None, torch.linspace(-1, 1, 40)])
@pytest.mark.parametrize("rows", [1, 5, 16, 70])
@pytest.mark.parametrize(
    ("form", "tolerance"),
    [
        (int8_dots, 0.02),
        (CompactLinear, 0.006),
        pytest.param(HalfLinear, 0.0005, marks=pytest.mark.skipif(not FBGEMM, reason="torch without FBGEMM")),
    ],
)
def test_a_form_computes_what_the_weights_say(
    form: Form, tolerance: float, rows: int, bias: torch.Tensor | None
) -> None:
    torch.manual_seed(1)
    linear = Int8Linear.holding(*quantize_rows(torch.randn(40, 96) * 0.1), bias)
    hidden = torch.randn(1, rows, 96)
    want = nn.functional.linear(hidden, linear.weight * linear.weight_scale, bias)

    got = form(linear)(hidden)

    assert got.shape == want.shape
    assert float((got - want).norm() / want.norm()) < tolerance


def test_kernels_are_chosen_for_any_size() -> None:
    assert Kernels.fastest(1 << 20).linear in (int8_dots, HalfLinear, CompactLinear)
    assert Kernels.fastest(1 << 40).linear in (int8_dots, CompactLinear)
