"""Plans: what is legal and why not, what fits on the machines of the source articles, and what comes out of it."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from autoglm_backend import models, profiles, what_if
from autoglm_backend.cli import main
from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Cpu, Gpu
from autoglm_backend.plan import Plan, Setting, Wanted, command, legality, memory, plan, speed, text
from autoglm_backend.plan.candidate import Candidate
from hypothesis import given, settings
from hypothesis import strategies as st

GIB = 2**30
ROOT = Path(__file__).parents[2]
FILES = profiles.load((ROOT / "hardware_profiles",))
EMBEDDED = models.read("embedded")


def cards(words: str) -> tuple[Gpu, ...]:
    return what_if.machine(words, FILES).gpus


def planned(words: str, model: str = "glm-4-9b-0414", wanted: Wanted | None = None) -> Plan:
    return plan(what_if.machine(words, FILES), models.read(model), EMBEDDED, wanted)


def rung(found: Plan, name: str, title: str = "") -> Candidate:
    return next(c for c in found.candidates if c.rung == name and title in c.title)


# facts/serving.md, 3.3, 3.4 and section 1 B: cards, model, setting, the rule that refuses, vLLM's words.
RULES = [
    ("3x RTX 3090", "glm-4-9b-0414", Setting("bf16", tp=3), "heads", r"heads \(32\) must be divisible by .* \(3\)"),
    ("5x RTX 3090", "glm-4-9b-0414", Setting("bf16", tp=5), "heads", r"\(32\) must be divisible by .* \(5\)"),
    ("8x H100 SXM", "glm-4.7-flash", Setting("bf16", tp=8), "heads", r"\(20\) must be divisible by .* \(8\)"),
    ("3x H200", "glm-4.5-air", Setting("bf16", tp=3), "kv heads", "8 key-value heads neither divide by 3"),
    ("6x RTX 3090", "glm-4-32b-0414", Setting("bf16", tp=6), "vocabulary", "151552 is not divisible by 6"),
    ("5x H200", "glm-4.7-flash", Setting("bf16", tp=5), "experts", "1536 % 5"),
    ("2x RTX 3090", "glm-4-9b-0414", Setting("bf16", tp=4), "world size", r"World size \(4\) is larger than .* \(2\)"),
    ("2x RTX 3090", "glm-4-9b-0414", Setting("bf16", pp=4), "world size", r"World size \(4\) is larger"),
    ("T4", "glm-4-9b-0414", Setting("bf16"), "bf16", "Bfloat16 is only supported .* at least 8.0"),
    ("RTX 2080 Ti", "glm-4-9b-chat-hf", Setting("bf16"), "bf16", "Bfloat16 is only supported"),
    ("T4", "glm-4-9b-0414", Setting("fp16"), "fp16", "'glm4' does not support float16. Reason: Numerical instability"),
    ("RTX 3090", "glm-4-9b-0414", Setting("fp16"), "fp16", "does not support float16"),
    ("T4", "glm-4-9b-0414", Setting("fp8"), "fp16", "does not support float16"),
    ("T4", "glm-4-9b-0414", Setting("int4"), "fp16", "does not support float16"),
    ("P40", "glm-4-9b-0414", Setting("fp16"), "machine code", "no kernel image is available"),
    ("P100", "glm-4-9b-chat-hf", Setting("fp16"), "machine code", "no kernel image is available"),
    ("V100", "glm-4-9b-chat-hf", Setting("fp16"), "machine code", "no kernel image is available"),
    ("RTX 3090 + RTX 5090", "glm-4-9b-0414", Setting("bf16", tp=2), "equal cards", "smallest and slowest"),
    ("H200", "glm-4-9b-0414", Setting("bf16", ctx=65536), "max model len", r"\(65536\) is greater than .* \(32768\)"),
]  # fmt: skip
LEGAL = [
    ("T4", "glm-4-9b-chat-hf", Setting("fp16")),
    ("T4", "glm-4.1v-9b", Setting("fp16")),  # not blocked; the plan warns
    ("T4", "glm-4-9b-chat-hf", Setting("fp8")),  # Marlin, weights only
    ("4x RTX 3090", "glm-4-9b-0414", Setting("bf16", tp=4)),
    ("3x RTX 3090", "glm-4-9b-0414", Setting("bf16", pp=3)),
    ("4x RTX 3090", "glm-4-32b-0414", Setting("bf16", tp=4)),
    ("8x H100 SXM", "glm-4.5-air", Setting("fp8", tp=8)),
    ("16x H100 SXM", "glm-4-9b-0414", Setting("bf16", tp=16)),
    ("RTX 3090 + RTX 5090", "glm-4-9b-0414", Setting("bf16", pp=2)),
]


@pytest.mark.parametrize(("words", "model", "setting", "rule", "reason"), RULES)
def test_what_vllm_refuses_is_refused_before_with_its_own_words(
    words: str, model: str, setting: Setting, rule: str, reason: str
) -> None:
    gpus = cards(words)
    present = len(gpus)
    found = legality.check(models.read(model), setting, gpus[: setting.tp * setting.pp], present)
    assert [v.rule for v in found] == [rule] or (rule in [v.rule for v in found] and rule in ("bf16", "machine code"))
    assert re.search(reason, next(v.reason for v in found if v.rule == rule))


@pytest.mark.parametrize(("words", "model", "setting"), LEGAL)
def test_what_vllm_runs_is_legal(words: str, model: str, setting: Setting) -> None:
    assert legality.check(models.read(model), setting, cards(words)) == ()


# facts/serving.md, section 1, 11, less what vLLM 0.32 refuses later: experts of 1,536 (GLM-4.7-Flash) do not divide
# by 5, 10 and 20, nor a vocabulary of 151,552 rows by 3.
@pytest.mark.parametrize(
    ("model", "legal"),
    [
        ("glm-4-9b-0414", [1, 2, 4, 8, 16, 32]),
        ("glm-4-32b-0414", [1, 2, 4, 8, 16]),
        ("glm-4.7-flash", [1, 2, 4]),
        ("glm-4.5-air", [1, 2, 4, 8, 16, 32]),
    ],
)
def test_legal_tensor_parallel_sizes(model: str, legal: list[int]) -> None:
    assert legality.legal_tps(models.read(model), 32) == legal


def test_twelve_vision_heads_are_copied_where_they_do_not_divide() -> None:
    model = models.read("glm-4.1v-9b")
    assert [legality.vision_by_copies(model, tp) for tp in (1, 2, 4, 8)] == [False, False, False, True]
    assert "--mm-encoder-tp-mode" in command.arguments(model, Setting("bf16", tp=8), 0)


@pytest.mark.parametrize(("words", "runs"), [("T4", False), ("RTX 3090", False), ("RTX 4090", True), ("H200", True)])
def test_fp8_of_the_cache_and_by_channel_need_hardware(words: str, runs: bool) -> None:
    assert (legality.kv_fp8(cards(words)) is None) is runs
    assert (legality.per_channel_fp8(cards(words)) is None) is runs


def test_vllms_own_int8_takes_experts_only() -> None:
    assert legality.int8_online(models.read("glm-4.5-air")) is None
    assert "linear stays unquantized" in str(legality.int8_online(models.read("glm-4-9b-0414")))


# The machines of the five source articles and their neighbours. Each line was read against facts/serving.md, 3.2, 3.3
# and section 7: what is chosen, its context, its GiB a card, its tokens a second; None: the embedded model stays.
GOLDEN = [
    ("3x P40", "glm-4-9b-0414", "embedded", None, None, None),
    ("5x RTX 3090", "glm-4-9b-0414", "full", 32768, 22.0, 41),
    ("P100", "glm-4-9b-0414", "embedded", None, None, None),
    ("2x RTX 3060 12 GB", "glm-4-9b-0414", "pipeline", 11264, 11.4, 17),
    ("RTX 3060", "glm-4-9b-0414", "int8", None, 11.6, 28.9),
    ("RTX 6000 Ada", "glm-4-9b-0414", "full", 32768, 44.0, 42),
    ("A100 80", "glm-4-9b-0414", "full", 32768, 73.3, 79),
    ("T4", "glm-4-9b-0414", "embedded", None, None, None),
    ("no GPU", "glm-4-9b-0414", "embedded", None, None, None),
    ("T4", "glm-4-9b-chat-hf", "8-bit", 32768, None, None),
    ("RTX 4090", "glm-4.1v-9b", "full", None, None, None),
    ("RTX 4090", "glm-4.7-flash", "embedded", None, None, None),
    ("2x H100 SXM", "glm-4.5-air", "tensor-parallel", 32768, None, None),
    ("4x H200", "glm-4.5-air", "8-bit", 32768, None, None),
    ("RTX 3090 + RTX 5090", "glm-4-32b-0414", "int8", None, None, None),
]


@pytest.mark.parametrize(
    ("words", "model", "chosen", "ctx", "gib", "rate"), GOLDEN, ids=[f"{g[0]} {g[1]}" for g in GOLDEN]
)
def test_golden_plans(
    words: str, model: str, chosen: str, ctx: int | None, gib: float | None, rate: float | None
) -> None:
    found = planned(words, model)
    assert found.chosen.rung == chosen
    if ctx:
        assert found.chosen.setting is not None
        assert found.chosen.setting.ctx == ctx
    if gib and rate:
        assert found.chosen.decode
        assert max(held.used for held in found.chosen.memory) / GIB == pytest.approx(gib, abs=0.1)
        assert found.chosen.decode.value == pytest.approx(rate, rel=0.03)


@pytest.mark.parametrize("words", [g[0] for g in GOLDEN])
@pytest.mark.parametrize("model", ["glm-4-9b-0414", "glm-4.1v-9b", "glm-4.7-flash", "glm-4.5-air"])
def test_nothing_that_fits_exceeds_a_card_or_its_cache(words: str, model: str) -> None:
    for candidate in planned(words, model).candidates:
        setting = candidate.setting
        if candidate.fits and candidate.legal and setting is not None:
            for held in candidate.memory:
                assert held.used + held.uncertain <= held.total, candidate.title
                assert held.kv > 0, candidate.title
            assert candidate.ctx is not None
            assert candidate.ctx.value >= setting.ctx
            assert candidate.ctx.within == 0, "the cache is made as long as was promised"


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ("H200", Setting("bf16")),
        ("2x H200", Setting("bf16", tp=2)),
        ("3x RTX 3060", Setting("bf16", pp=3)),  # 14, 14 and 12 layers
        ("RTX 3090 + RTX 5090", Setting("bf16", pp=2, partition=(14, 26))),
    ],
)
def test_vllm_makes_of_the_bytes_the_tokens_that_were_promised(words: str, setting: Setting) -> None:
    model, gpus = models.read("glm-4-9b-0414"), cards(words)
    held = memory.devices(model, setting, gpus)
    cache = memory.cache_bytes(model, setting, held)
    stages = memory.stage_layers(model.layers, setting.pp, setting.partition)
    page = [16 * model.kv_bytes(tp=setting.tp, layers=stages[rank // setting.tp]) for rank in range(len(held))]
    blocks = min(cache // size for size in page)  # vLLM 0.25.1: the same bytes on each rank, then the fewest blocks
    assert (blocks - 1) * 16 == memory.pool_tokens(model, setting, held) > 0
    assert [h.kv for h in held] == [blocks * size for size in page]
    assert command.arguments(model, setting, cache)[8:10] == ("--kv-cache-memory-bytes", str(cache))


def test_three_cards_run_as_stages_and_not_tensor_parallel() -> None:
    found = planned("3x RTX 3060")
    assert not rung(found, "tensor-parallel", "3 tensor").legal
    assert rung(found, "pipeline").fits


def test_unequal_cards_never_share_a_tensor_parallel_group() -> None:
    found = planned("RTX 3090 + RTX 5090")
    assert [c.legal for c in found.candidates if c.rung == "tensor-parallel"] == [False]
    stages = rung(found, "pipeline")
    assert stages.setting is not None
    assert stages.setting.partition[0] > stages.setting.partition[1], "the roomier card takes more layers"
    assert sum(stages.setting.partition) == 40
    assert stages.environment["VLLM_PP_LAYER_PARTITION"] == ",".join(map(str, stages.setting.partition))


def test_an_images_encoding_is_kept_free_outside_vllms_share() -> None:
    (held,) = planned("RTX 4090", "glm-4.1v-9b").chosen.memory
    assert held.encoder / GIB == pytest.approx(0.78, abs=0.05), "five million pixels"
    assert held.used + held.uncertain <= held.total
    (small,) = rung(planned("RTX 3060", "glm-4.1v-9b"), "4-bit").memory
    inside = small.weights + small.activations + small.other + small.kv
    assert inside < 0.92 * small.total - small.uncertain - 2**28, "the image does not fit into the 8 % that are left"
    assert small.used + small.uncertain <= small.total


def test_a_longer_context_than_fits_is_not_promised() -> None:
    assert not rung(planned("RTX 3060", wanted=Wanted(ctx=32768)), "8-bit").fits
    assert planned("RTX 3090", wanted=Wanted(ctx=32768, requests=4)).chosen.rung != "full"
    beyond = planned("H200", wanted=Wanted(ctx=200_000))
    assert beyond.chosen.rung == "embedded", "no engine makes a model hold more than it was made for"
    reasons = [c.violations[-1].reason for c in beyond.candidates if c.rung in ("full", "int8")]
    assert len(reasons) == 3 and all("32768" in reason for reason in reasons)


@pytest.mark.parametrize("words", ["no GPU", "RTX 3060", "H200", "3x P40"])
@pytest.mark.parametrize("ctx", [None, 4096, 30_000, 100_000])
def test_what_runs_holds_the_context_that_was_asked_for(words: str, ctx: int | None) -> None:
    found = planned(words, wanted=Wanted(ctx=ctx))
    for candidate in found.candidates:
        if ctx and candidate.legal and candidate.fits and candidate.rung not in ("remote", "embedded"):
            assert candidate.ctx is not None and candidate.ctx.low >= ctx, candidate.title
            if candidate.engine == "int8":
                assert candidate.command[-2:] == ("--ctx", str(ctx))
    assert ("that were asked for" in rung(found, "embedded").note) is bool(ctx and ctx > 8192)


def test_the_processors_vllm_has_the_models_own_limit() -> None:
    found = rung(plan(what_if.machine("no GPU", FILES), EMBEDDED, EMBEDDED, Wanted(ctx=100_000)), "full")
    assert not found.legal and "max_model_len (100000)" in found.binding


@pytest.mark.parametrize("words", ["64x RTX 3060", "H200 + 2x A100 80 + 61x RTX 3060 8 GB"])
def test_more_cards_than_layers_leave_some_idle(words: str) -> None:
    stages = rung(planned(words), "pipeline")
    assert stages.legal and len(stages.gpus) == 40 and stages.fits
    assert not stages.setting or not stages.setting.partition or min(stages.setting.partition) == 1
    refused = legality.check(models.read("glm-4-9b-0414"), Setting("bf16", pp=41), cards("41x RTX 3060"))
    assert [v.rule for v in refused] == ["layers"]


def test_who_else_is_on_the_card_is_left_his_memory() -> None:
    machine = what_if.machine("RTX 6000 Ada", FILES)
    shared = replace(machine.gpus[0], free_bytes=30 * GIB)
    found = plan(replace(machine, gpus=(shared,)), models.read("glm-4-9b-0414"), EMBEDDED)
    assert found.chosen.setting is not None
    assert found.chosen.setting.utilization * shared.memory_bytes <= 30 * GIB
    (held,) = found.chosen.memory
    assert held.used + held.uncertain + shared.used_by_others_bytes <= shared.memory_bytes


def test_a_smaller_model_is_tried_before_the_embedded_one() -> None:
    found = planned("RTX 3090", "glm-4-32b-0414", Wanted(others=(models.read("glm-4-9b-0414"),)))
    assert (found.chosen.rung, found.chosen.model) == ("smaller", "glm-4-9b-0414")
    assert found.chosen.title == "glm-4-9b-0414, vLLM bf16"


def test_offload_names_its_price() -> None:
    offloaded = rung(planned("RTX 3060", wanted=Wanted(slowest=0.1)), "offload")
    assert "--cpu-offload-gb" in offloaded.arguments
    assert "ms for PCIe" in offloaded.note


def test_the_command_holds_the_flags_of_the_setting_and_no_removed_ones() -> None:
    chosen = planned("2x RTX 3060 12 GB").chosen
    assert chosen.command[:3] == ("vllm", "serve", "glm-4-9b-0414")
    assert "--pipeline-parallel-size" in chosen.arguments
    assert chosen.environment["CUDA_VISIBLE_DEVICES"] == "0,1"
    removed = {"--worker-use-ray", "--engine-use-ray", "--disable-log-requests", "--max-batch-size"}
    assert not removed & set(chosen.arguments)


def test_what_comes_after_the_cache_has_its_room() -> None:
    for setting in (Setting("bf16", tp=2), Setting("bf16", pp=2)):
        for held in memory.devices(models.read("glm-4-9b-0414"), setting, cards("2x RTX 3060 12 GB")):
            assert held.later > 0.3 * GIB
            assert held.used + held.uncertain <= held.total


def test_torch_is_not_told_to_make_segments_that_vllms_all_reduce_cannot_share() -> None:
    assert "True" not in rung(planned("2x H100 SXM"), "tensor-parallel").environment["PYTORCH_ALLOC_CONF"]


def test_broken_peer_access_is_said_to_nccl_and_working_is_not() -> None:
    machine = what_if.machine("2x RTX 4090", FILES)
    setting = Setting("bf16", tp=2)
    silent = command.environment(setting, machine.gpus, None)
    broken = command.environment(setting, machine.gpus, frozenset())
    fine = command.environment(setting, machine.gpus, frozenset({(0, 1)}))
    assert [("NCCL_P2P_DISABLE" in e) for e in (silent, broken, fine)] == [False, True, False]


def test_every_way_has_its_constraint_and_the_short_ones_their_ways_out() -> None:
    for words in ("RTX 3060", "3x RTX 3090", "T4", "3x P40", "no GPU"):
        for candidate in planned(words).candidates:
            if candidate.engine != "remote":
                assert candidate.binding, candidate.title
                assert len(candidate.ways_out) <= 3
            if candidate.engine != "remote" and not (candidate.legal and candidate.fits and candidate.needs is None):
                assert candidate.ways_out or candidate.engine == "vllm", candidate.title


@pytest.mark.parametrize("words", ["RTX 3060", "2x RTX 3060", "3x P40", "2x RTX 4090", "H200", "no GPU"])
def test_every_way_that_fits_has_all_its_figures(words: str) -> None:
    for candidate in planned(words).candidates:
        if not (candidate.legal and candidate.fits) or candidate.engine == "remote":
            continue
        assert candidate.memory and all(0 < held.weights < held.used for held in candidate.memory), candidate.title
        assert candidate.ctx and candidate.requests >= 1 and candidate.load
        assert candidate.decode and candidate.decode_many and candidate.first_token
        assert 0.9 * candidate.decode.value <= candidate.decode_many.value <= 60 * candidate.decode.value
        assert 0.01 < candidate.first_token.value < 60


def test_the_int8_engine_on_a_card_is_as_fast_as_it_was_measured() -> None:
    """tests/bench/engine_card.py on an H200: 302 tokens a second, 3,155 of sixteen; 68 ms for a prompt of 1,500."""
    model, profile = models.read("glm-4-9b-0414"), profiles.of(what_if.machine("H200", FILES).gpus[0])
    assert speed.card_decode(model, profile).value == pytest.approx(302, rel=0.1)
    assert speed.card_decode_many(model, profile, 16).value == pytest.approx(3155, rel=0.15)
    assert speed.card_first_token(model, profile, 1500, 2048).value == pytest.approx(0.068 + speed.FIRST_S, rel=0.2)


def test_the_int8_engine_on_a_processor_reads_prompts_as_fast_as_it_was_measured() -> None:
    """tests/bench/engine.py, two cores with AVX2: 1,347 tokens a second, and 2,705 on a quicker day."""
    took = speed.processor_first_token(EMBEDDED, Cpu("EPYC", 2, frozenset({"avx2"})), 1500)
    assert took.low < 1500 / 1347 and took.value * (1 + took.within) > 1500 / 2705


def test_a_plan_is_a_table_and_a_versioned_object() -> None:
    machine = what_if.machine("2x RTX 3060", FILES)
    found = plan(machine, models.read("glm-4-9b-0414"), EMBEDDED)
    shown = text.table(found, machine)
    assert re.search(r"> pipeline .* yes +11\.4 +11,488 +1 +16\.\d ", shown), (
        "GiB, context, requests at once, tokens a second"
    )
    assert "GiB short of" in shown
    values = json.loads(json.dumps(text.as_json(found, machine)))
    assert values["schema"] == "autoglm.plan/1"
    assert values["candidates"][values["chosen"]]["rung"] == "pipeline"


@pytest.mark.parametrize("kind", ["compose", "systemd", "ray-serve"])
def test_exports_carry_the_command(kind: str) -> None:
    out = command.export(planned("2x RTX 3060"), kind)
    assert "pipeline" in out
    assert "glm-4-9b-0414" in out
    if kind == "ray-serve":
        ast.parse(out)
    assert "expandable_segments:False" in out, "the environment goes with it"


def test_servers_side_by_side_have_a_cache_that_fits_on_each_card() -> None:
    machine = what_if.machine("2x RTX 6000 Ada", FILES)
    shared = replace(machine.gpus[1], free_bytes=30 * GIB)
    found = plan(replace(machine, gpus=(machine.gpus[0], shared)), models.read("glm-4-9b-0414"), EMBEDDED)
    least = min(held.kv for held in rung(found, "replicas").memory)
    assert command.export(found, "compose").count(f'"--kv-cache-memory-bytes", "{least}"') == 2


def test_a_way_that_is_only_too_slow_says_so() -> None:
    machine = what_if.machine("no GPU", FILES)
    shown = text.table(plan(machine, models.read("glm-4-9b-0414"), EMBEDDED), machine)
    assert "not      INT8 on the processor: 3 tokens a second" in shown


def test_the_processors_vllm_is_planned_with_a_bounded_cache() -> None:
    machine = what_if.machine("no GPU", FILES)
    built = replace(machine, software=replace(machine.software, vllm="0.32.0+cpu", vllm_device="cpu"))
    found = rung(plan(built, EMBEDDED, EMBEDDED), "full", "on the processor")
    assert found.needs is None
    assert int(found.arguments[found.arguments.index("--kv-cache-memory-bytes") + 1]) < 2 * GIB
    assert rung(plan(machine, EMBEDDED, EMBEDDED), "full").needs == "autoglm-backend install vllm --build cpu"


@pytest.mark.parametrize(
    "model", ["embedded", str(models.checkpoint.EMBEDDED), str(models.CONFIGS / "glm-4-9b-0414.json")]
)
def test_the_command_plans_a_name_a_folder_and_a_file(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", model, "--what-if", "no GPU"]) == 0
    assert re.search(r"^  > (int8|embedded) ", capsys.readouterr().out, re.MULTILINE)


def test_a_config_in_this_folder_is_called_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text((models.CONFIGS / "glm-4-9b-0414.json").read_text())
    monkeypatch.chdir(tmp_path)
    assert models.read("config.json").name == tmp_path.name


def test_the_command_says_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--what-if", "Voodoo 2"]) == 2
    assert "no profile for 'Voodoo 2'" in capsys.readouterr().err
    assert main(["plan", "./nowhere", "--what-if", "no GPU"]) == 2


def test_the_command_plans_for_the_machine_that_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "embedded", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hypothetical"] is False


def test_what_needs_no_file_says_what_to_run_instead() -> None:
    with pytest.raises(BackendError, match="serve --model embedded"):
        command.export(planned("no GPU"), "compose")


@settings(deadline=None, max_examples=60)
@given(
    seqs=st.integers(1, 256),
    batched=st.integers(512, 8192),
    utilization=st.floats(0.3, 0.95),
    tp=st.sampled_from([1, 2]),
)
def test_more_requests_a_bigger_step_or_a_smaller_share_never_enlarge_the_cache(
    seqs: int, batched: int, utilization: float, tp: int
) -> None:
    model, gpus = models.read("glm-4-9b-0414"), cards("2x H100 SXM")

    def pool(setting: Setting) -> int:
        return memory.pool_tokens(model, setting, memory.devices(model, setting, gpus))

    here = Setting("bf16", tp=tp, seqs=seqs, batched=batched, utilization=utilization)
    assert pool(replace(here, seqs=seqs * 2)) <= pool(here)
    assert pool(replace(here, batched=batched * 2)) <= pool(here)
    assert pool(replace(here, utilization=utilization * 0.9)) <= pool(here)
    assert pool(replace(here, precision="fp8")) >= pool(here)


@pytest.mark.parametrize(
    ("layers", "stages", "counts"), [(40, 3, [13, 14, 13]), (61, 2, [31, 30]), (46, 4, [11, 12, 12, 11])]
)
def test_layers_are_dealt_as_vllm_deals_them(layers: int, stages: int, counts: list[int]) -> None:
    assert [len(stage) for stage in memory.stage_layers(layers, stages)] == counts


@pytest.mark.parametrize(("seqs", "count"), [(16, 7), (32, 11), (64, 19), (128, 35), (256, 51), (1024, 51)])
def test_graphs_are_counted_as_vllm_captures_them(seqs: int, count: int) -> None:
    assert memory.graph_sizes(Setting("bf16", seqs=seqs)) == count


def test_speed_follows_bytes_batch_and_length() -> None:
    model, profile = models.read("glm-4-9b-0414"), profiles.of(cards("RTX 3090")[0], FILES)
    bf16, fp8 = Setting("bf16"), Setting("fp8")
    assert speed.step_seconds(model, fp8, profile, ctx=1000) < speed.step_seconds(model, bf16, profile, ctx=1000)
    assert speed.step_seconds(model, bf16, profile, ctx=30000) > speed.step_seconds(model, bf16, profile, ctx=1000)
    assert speed.first_token_seconds(model, bf16, profile, 8000) > speed.first_token_seconds(model, bf16, profile, 1000)
    assert speed.load(model, bf16, profile, 0.2, 0.0).value > speed.load(model, bf16, profile, 3.0, 0.0).value


def test_the_arithmetic_does_no_input_or_output() -> None:
    for file in (ROOT / "backend/autoglm_backend/plan").glob("*.py"):
        names = {
            name
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        }
        assert not names & {"os", "pathlib", "subprocess", "socket", "sys", "time", "httpx", "torch"}, file.name
