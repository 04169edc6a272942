"""Parameters, bytes and cache of every GLM family, against Transformers' own models and the published figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from autoglm_backend.checkpoint import EMBEDDED
from autoglm_backend.errors import CheckpointError
from autoglm_backend.models import CONFIGS, describe, from_hub, read

GIB = 2**30
CLASSES = {
    "glm": "GlmForCausalLM",
    "glm4": "Glm4ForCausalLM",
    "glm4v": "Glm4vForConditionalGeneration",
    "glm46v": "Glm46VForConditionalGeneration",
    "glm4_moe": "Glm4MoeForCausalLM",
    "glm4v_moe": "Glm4vMoeForConditionalGeneration",
    "glm4_moe_lite": "Glm4MoeLiteForCausalLM",
    "glm_moe_dsa": "GlmMoeDsaForCausalLM",
    "glm5_next": "Glm5NextForConditionalGeneration",
    "glm_ocr": "GlmOcrForConditionalGeneration",
}


def transformers_count(config: dict[str, Any], name: str) -> int:
    import torch
    import transformers

    settings = transformers.AutoConfig.for_model(**config)
    with torch.device("meta"):
        model = getattr(transformers, name)(settings)
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("kind", CLASSES)
def test_parameters_equal_transformers_own_model_of_each_family(kind: str) -> None:
    import transformers

    config = transformers.AutoConfig.for_model(kind).to_dict()
    assert describe(config, kind).parameters == transformers_count(config, CLASSES[kind])


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.json")), ids=lambda file: file.stem)
def test_parameters_equal_transformers_own_model_of_each_checkpoint(file: Path) -> None:
    config = json.loads(file.read_text())
    assert read(str(file)).parameters == transformers_count(config, config["architectures"][0])


# facts/serving.md, section 2: GiB in bf16, with 8-bit and with 4-bit linear weights; bytes of cache a token.
PUBLISHED = [
    ("glm-4-9b-0414", 17.51, 9.91, 6.26, 40_960),
    ("glm-4.1v-9b", 19.17, 11.58, 7.92, 40_960),
    ("glm-4-32b-0414", 60.66, 32.08, 18.32, 62_464),
    ("glm-4.7-flash", 55.77, 28.49, 15.36, 54_144),
    ("glm-4.5-air", 199.0, 100.7, 53.4, 188_416),
    ("glm-4.5v", 200.7, 102.4, 55.1, 188_416),
]


@pytest.mark.parametrize(("name", "bf16", "int8", "int4", "kv"), PUBLISHED)
def test_bytes_and_cache_equal_the_published_figures(name: str, bf16: float, int8: float, int4: float, kv: int) -> None:
    model = read(str(CONFIGS / f"{name}.json"))
    assert model.weight_bytes("bf16") / GIB == pytest.approx(bf16, rel=2e-3)
    assert model.weight_bytes("int8") / GIB == pytest.approx(int8, rel=3e-3)
    assert model.weight_bytes("int4") / GIB == pytest.approx(int4, rel=3e-3)
    assert model.kv_bytes() == kv


def test_mla_keeps_one_vector_a_token_on_every_rank_and_others_would_keep_18_times_as_much() -> None:
    flash = read(str(CONFIGS / "glm-4.7-flash.json"))
    assert flash.kv_bytes(tp=4) == flash.kv_bytes() == 54_144
    assert flash.expanded_kv_bytes == 962_560


def test_key_value_heads_are_copied_where_ranks_outnumber_them() -> None:
    model = read(str(CONFIGS / "glm-4-9b-0414.json"))
    assert [model.kv_bytes(tp=tp) for tp in (1, 2, 4, 8)] == [40_960, 20_480, 20_480, 20_480]
    assert model.kv_bytes("transformers", tp=2) == 40_960


def test_pipeline_stages_hold_the_whole_model_between_them() -> None:
    model = read(str(CONFIGS / "glm-4.5-air.json"))
    halves = [
        model.rank_bytes("bf16", 1, range(23), first=True, last=False),
        model.rank_bytes("bf16", 1, range(23, 46), first=False, last=True),
    ]
    assert sum(halves) == model.rank_bytes("bf16", 1, range(46), first=True, last=True)
    assert sum(halves) == pytest.approx(model.weight_bytes("bf16"), rel=1e-3), "torch rounds some up"


# Measured: vLLM 0.25.1 on H200, 2026-11-20, "Model loading took", docs/planner.md.
@pytest.mark.parametrize(
    ("name", "precision", "tp", "measured"),
    [
        ("glm-4-9b-0414", "bf16", 1, 17.55),
        ("glm-4-32b-0414", "bf16", 1, 60.66),
        ("glm-4-32b-0414", "bf16", 2, 30.45),
        ("glm-4-32b-0414", "bf16", 4, 15.41),
        ("glm-4-32b-0414", "fp8", 1, 32.19),
        ("glm-4.7-flash", "bf16", 2, 28.08),
        ("glm-4.7-flash", "fp8", 1, 29.04),
        ("glm-4.5-air", "bf16", 4, 49.86),
        ("glm-4.5-air", "fp8", 1, 100.76),
    ],
)
def test_a_ranks_weights_are_within_half_a_percent_of_what_vllm_allocated(
    name: str, precision: Any, tp: int, measured: float
) -> None:
    model = read(str(CONFIGS / f"{name}.json"))
    held = model.rank_bytes(precision, tp, range(model.layers), first=True, last=True)
    assert held / GIB == pytest.approx(measured, rel=5e-3)


def test_the_embedded_model_is_read_from_its_own_files() -> None:
    model = read("embedded")
    assert (model.precision, model.name, model.notes) == ("int8", "embedded", ())
    assert model.stored_bytes == pytest.approx((EMBEDDED / "model.safetensors").stat().st_size, rel=1e-2)


def test_work_grows_with_the_prompt_and_with_what_stands_before_it() -> None:
    model = read(str(CONFIGS / "glm-4-9b-0414.json"))
    assert model.flops(1) == pytest.approx(2 * 8.78e9, rel=1e-3)
    assert model.flops(1000, before=8000) > model.flops(1000) > 900 * model.flops(1) * 0.9


def test_an_image_becomes_one_token_for_28_by_28_pixels_up_to_the_limit() -> None:
    vision = read(str(CONFIGS / "glm-4.1v-9b.json")).vision
    assert vision is not None
    assert vision.tokens(1120, 2240) == 40 * 80
    assert vision.tokens(4000, 4000, max_pixels=5_000_000) <= 5_000_000 / 28**2


def test_an_unknown_architecture_is_guessed_and_said_to_be() -> None:
    config = json.loads((CONFIGS / "glm-4-9b-0414.json").read_text()) | {"model_type": "glm9"}
    (note,) = describe(config, "new").notes
    assert "guessed" in note


def test_a_config_without_sizes_says_which_one_is_missing(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "glm4", "vocab_size": 10}')
    with pytest.raises(CheckpointError, match="hidden_size"):
        read(str(tmp_path))


@pytest.mark.parametrize("size", ["hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size"])
def test_a_size_that_no_model_has_is_said(size: str) -> None:
    config = json.loads((CONFIGS / "glm-4-9b-0414.json").read_text()) | {size: 0}
    with pytest.raises(CheckpointError, match=rf"garbles {size} \(0\): .*take config.json from"):
        describe(config, "broken")


def test_a_name_that_is_nothing_says_what_would_be_something() -> None:
    with pytest.raises(CheckpointError, match="Hugging Face id"):
        read("./nowhere")


def test_a_repository_is_read_without_its_weights(tmp_path: Path) -> None:
    """A hub of our own: config.json and the first kilobytes of the safetensors file, never the rest."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    config = (EMBEDDED / "config.json").read_bytes()
    weights = (EMBEDDED / "model.safetensors").read_bytes()
    sent: list[int] = []

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *_: Any, **__: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            name = self.path.rpartition("/")[2]
            content = {"config.json": config, "model.safetensors": weights}.get(name)
            if content is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            wanted = self.headers.get("Range")
            part = content
            if wanted:
                start, _, end = wanted.removeprefix("bytes=").partition("-")
                part = content[int(start) : int(end) + 1]
            self.send_response(206 if wanted else 200)
            for key, value in {
                "X-Repo-Commit": "a" * 40,
                "ETag": f'"{name}"',
                "Content-Length": str(len(part)),
            }.items():
                self.send_header(key, value)
            self.end_headers()
            if body:
                sent.append(len(part))
                self.wfile.write(part)

    hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    try:
        model = from_hub("someone/tiny", f"http://127.0.0.1:{hub.server_address[1]}", tmp_path)
    finally:
        hub.shutdown()
        hub.server_close()
    assert (model.name, model.parameters) == ("someone/tiny", read("embedded").parameters)
    assert model.stored_bytes == read("embedded").stored_bytes
    assert sum(sent) < 0.02 * len(weights)
