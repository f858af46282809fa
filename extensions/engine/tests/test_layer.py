"""The layer as a whole, each time in a fresh Python: what is rebound for a CPU, and that nothing is for Ascend."""

import subprocess
import sys
from pathlib import Path

ENGINE = Path(__file__).resolve().parent.parent
TEMPLATE = ENGINE.parent.parent / "src/config/templates/pretrain_deepseek3_tiny_cpu.yaml"

PROBE = """
import sys
sys.path.insert(0, {engine!r})
from mindformers_lab_engine.launch import prepare
config = prepare({arguments!r})
import mindspore as ms
from mindspore import mint, nn, ops
from mindspore.ops import auto_generate, operations
from mindspore.communication import comm_func
import mindformers.core.callback.callback as callback
import mindformers.parallel_core.training_graph.base_models.gpt.gpt_model as gpt_model
import mindformers.parallel_core.training_graph.transformer.moe.token_dispatcher as token_dispatcher
import mindformers.parallel_core.training_graph.transformer.flash_attention as flash_attention
from mindspore.utils.utils import ExitByRequest
places = dict(
    RmsNorm=operations.RmsNorm, Swiglu=auto_generate.Swiglu, FlashAttentionScore=flash_attention.FlashAttentionScore,
    embedding=mint.nn.functional.embedding, MoveTo=ops.MoveTo, TopkExt=auto_generate.TopkExt,
    overflow=nn.TrainOneStepWithLossScaleCell.get_overflow_status, barrier=comm_func.barrier,
    affinity=ms.runtime.set_cpu_affinity, exit=ExitByRequest.exit_by_request, separate=callback._get_separate_loss,
    world=gpt_model.initialize_model_parallel, expert=token_dispatcher.get_ep_group_name,
)
print("OURS", *sorted(name for name, value in places.items() if value.__module__.startswith("mindformers_lab_engine")))
print("ALL", *sorted(places))
print("GRACEFUL", config.use_graceful_exit)
"""


def probe(tmp_path, *arguments, **environment):
    script = PROBE.format(
        engine=str(ENGINE), arguments=["--config", str(TEMPLATE), "--output_dir", str(tmp_path), *arguments]
    )
    program = [sys.executable, "-c", script]
    result = subprocess.run(
        program,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin", **environment},
        check=True,
    )
    lines = dict(
        line.split(" ", 1) if " " in line else (line, "")
        for line in result.stdout.splitlines()
        if line.split(" ")[0] in ("OURS", "ALL", "GRACEFUL")
    )
    return lines, result.stderr


def test_on_a_cpu_everything_is_in_place_before_mindformers_loads(tmp_path):
    lines, said = probe(tmp_path, MF_LAB_CONTROL=str(tmp_path / "control.json"))
    assert lines["OURS"] == lines["ALL"]
    assert lines["GRACEFUL"] == "True"
    assert "mindformers-lab engine: device CPU: substitutes for CumsumExt, FlashAttentionScore" in said
    assert "mindformers-lab engine: graceful exit: write" in said


def test_on_ascend_nothing_is_replaced(tmp_path):
    lines, said = probe(tmp_path, "--device_target", "Ascend")
    assert lines["OURS"] == ""
    assert lines["GRACEFUL"] == "None"
    assert "mindformers-lab engine" not in said


def test_a_problem_that_the_user_can_cure_ends_with_code_1_and_two_lines(tmp_path):
    program = [
        sys.executable,
        str(ENGINE / "run_mindformer.py"),
        "--config",
        str(TEMPLATE),
        "--parallel.parallel_mode",
        "1",
    ]
    result = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert result.returncode == 1
    said = result.stderr[result.stderr.index("mindformers-lab engine: ERROR") :].splitlines()
    assert said[0].startswith(
        "mindformers-lab engine: ERROR parallel.parallel_mode is 1; on CPU only data parallelism exists"
    )
    assert said[1].strip() == "--parallel.parallel_mode 0"
