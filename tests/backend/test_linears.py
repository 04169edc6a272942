"""Every way to multiply by INT8 weights gives what the weights say."""

from __future__ import annotations

import pytest
import torch
from autoglm_backend.int8 import Int8Linear, quantize_rows
from autoglm_backend.linears import CompactLinear, Form, HalfLinear, fastest
from torch import nn

FBGEMM = "fbgemm" in torch.backends.quantized.supported_engines


@pytest.mark.parametrize("bias", [None, torch.linspace(-1, 1, 40)])
@pytest.mark.parametrize("rows", [1, 5, 16, 70])
@pytest.mark.parametrize(
    ("form", "tolerance"),
    [
        (lambda linear: linear, 0.02),
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


def test_a_form_is_chosen_for_any_size() -> None:
    assert callable(fastest(1 << 20))
    assert callable(fastest(1 << 40))
