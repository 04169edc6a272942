"""INT8 weights and the linear layer over them, as a quantizer that Transformers knows. Knows no files and no GLM.

Weights are symmetric with one scale per output channel, activations symmetric with one scale per token: the arithmetic
of compressed-tensors' W8A8, so the same tensors (`X.weight` int8, `X.weight_scale`) load in vLLM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers.core_model_loading import ConversionOps
from transformers.quantizers.auto import register_quantization_config, register_quantizer
from transformers.quantizers.base import HfQuantizer
from transformers.utils.quantization_config import QuantizationConfigMixin

if TYPE_CHECKING:
    from transformers import PreTrainedModel

METHOD = "autoglm-int8"

int_mm: Callable[[Tensor, Tensor], Tensor] = torch._int_mm  # pyright: ignore[reportPrivateImportUsage, reportPrivateUsage]


def quantize_rows(values: Tensor) -> tuple[Tensor, Tensor]:
    """(int8 of the same shape, float32 scale with the last axis 1), so that `int8 * scale` is nearly `values`."""
    values = values.float()
    scale = values.abs().amax(dim=-1, keepdim=True).clamp_min_(1e-8).div_(127)
    return torch.div(values, scale).round_().to(torch.int8), scale


class Int8Linear(nn.Module):
    """`nn.Linear` with int8 weights and float32 in and out."""

    def __init__(self, in_features: int, out_features: int, bias: bool) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features, dtype=torch.int8), requires_grad=False)
        self.weight_scale = nn.Parameter(torch.empty(out_features, 1, dtype=torch.float32), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_features), requires_grad=False) if bias else None

    @classmethod
    def holding(cls, weight: Tensor, weight_scale: Tensor, bias: Tensor | None) -> Int8Linear:
        """A layer over these tensors: (out, in) int8, (out, 1), (out,)."""
        with torch.device("meta"):
            linear = cls(weight.shape[1], weight.shape[0], bias is not None)
        linear.weight = nn.Parameter(weight, requires_grad=False)
        linear.weight_scale = nn.Parameter(weight_scale.float(), requires_grad=False)
        linear.bias = None if bias is None else nn.Parameter(bias.float(), requires_grad=False)
        return linear

    def forward(self, hidden: Tensor) -> Tensor:
        rows, scale = quantize_rows(hidden.reshape(-1, self.in_features))  # (tokens, in) int8, (tokens, 1)
        summed = int_mm(rows, self.weight.t())  # (tokens, out) int32
        out = torch.mul(summed, self.weight_scale.view(1, -1)).mul_(scale)
        if self.bias is not None:
            out += self.bias
        return out.view(*hidden.shape[:-1], self.out_features)


@register_quantization_config(METHOD)
class Int8Config(QuantizationConfigMixin):
    """Names our quantizer. It has no settings."""

    def __init__(self, quant_method: Any = METHOD, **_: Any) -> None:
        super().__init__(quant_method)


@register_quantizer(METHOD)
class Int8Quantizer(HfQuantizer):
    """Puts `Int8Linear` where the model has `nn.Linear`, except at the output, which shares the embedding's weights."""

    def _process_model_before_weight_loading(self, model: PreTrainedModel, **kwargs: Any) -> PreTrainedModel:
        output = model.get_output_embeddings()
        for name, module in list(model.named_modules()):
            if isinstance(module, nn.Linear) and module is not output:
                with torch.device("meta"):
                    biased = "bias" in dict(module.named_parameters())
                    linear = Int8Linear(module.in_features, module.out_features, biased)
                model.set_submodule(name, linear)
        return model

    def param_needs_quantization(self, model: PreTrainedModel, param_name: str, **kwargs: Any) -> bool:
        module, _, tensor = param_name.rpartition(".")
        return not self.pre_quantized and tensor == "weight" and isinstance(model.get_submodule(module), Int8Linear)

    def get_quantize_ops(self) -> ConversionOps:
        return QuantizeRows()

    def is_serializable(self) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        return False  # convert.save_int8 writes checkpoints, tensor by tensor

    @property
    def is_trainable(self) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        return False


class QuantizeRows(ConversionOps):
    """One full-precision weight becomes its two INT8 tensors as it comes from disk."""

    def convert(self, input_dict: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        ((name, found),) = input_dict.items()
        weight, scale = quantize_rows(found[0] if isinstance(found, list) else found)
        return {name: weight, name.removesuffix("weight") + "weight_scale": scale}
