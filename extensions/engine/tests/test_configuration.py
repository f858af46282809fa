"""Values of the command line in MindFormers' configuration, read by MindFormers' own functions."""

import os
import sys

import pytest

from mindformers_lab_engine.apply import compose_config, read_options, read_values
from mindformers_lab_engine.command_line import parse_command_line
from mindformers_lab_engine.failure import EngineError

YAML = """
run_mode: train
seed: 1
output_dir: ./output
load_checkpoint: ''
resume_training: False
use_parallel: False
trainer: {type: CausalLanguageModelingTrainer, model_name: x}
runner_config: {epochs: 1, batch_size: 1, sink_mode: False}
train_dataset: &train_dataset
  data_loader: {type: X, sizes: [8, 0, 0]}
train_dataset_task: {type: CausalLanguageModelDataset, dataset_config: *train_dataset}
context: {device_target: CPU}
model: {model_config: {hidden_size: 8}}
callbacks: [{type: MFLossMonitor}]
"""


@pytest.fixture
def compose(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(YAML)

    def read(*words):
        return compose_config(parse_command_line(["--config", str(path), *words]))

    return read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.25", 0.25),
        ("1e-5", 1e-5),
        ("True", True),
        ("False", False),
        ("true", True),  # JSON
        ("null", None),
        ("[240, 0, 0]", [240, 0, 0]),
        ('{"a": [1]}', {"a": [1]}),
        ("text", "text"),
        ("", ""),
        ("/a/b.yaml", "/a/b.yaml"),
        ("None", "None"),
    ],
)
def test_values_of_free_overrides(compose, text, value):
    found = compose("--runner_config.anything", text).runner_config["anything"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("text", ["1.0", "1e3", "inf"])
def test_numbers_on_which_mindformers_stumbles_are_refused_with_the_number(compose, text):
    from mindformers.tools.utils import parse_value

    with pytest.raises((ValueError, OverflowError)):
        parse_value(text)  # the reason; drop the refusal when this changes
    with pytest.raises(EngineError, match=f"--runner_config.x: MindFormers 1.9.0 cannot read '{text}'"):
        compose("--runner_config.x", text)


def test_free_overrides_reach_nested_keys_and_new_leaves(compose):
    config = compose(
        "--model.model_config.hidden_size", "16", "--train_dataset.data_loader.sizes=[4,0,0]", "--brand_new", "1"
    )
    assert config.model.model_config.hidden_size == 16
    assert config.train_dataset.data_loader.sizes == [4, 0, 0]
    assert config.train_dataset_task.dataset_config.data_loader.sizes == [8, 0, 0]  # MindFormers copies the alias
    assert config.brand_new == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nothing.here", "1"], "'nothing' is not a key of the configuration"),
        (["--model.nothing.here", "1"], "'nothing' is not a key of model; its keys: model_config"),
        (["--callbacks.0.type", "x"], "'0' is not a key of callbacks"),
        (["--seed.x", "1"], "seed is a int, it has no keys"),
    ],
)
def test_an_override_below_nothing_is_refused_with_the_keys_that_exist(compose, words, message):
    with pytest.raises(EngineError, match=message):
        compose(*words)


def test_flags_go_to_their_places(compose):
    config = compose(
        *[
            "--epochs",
            "3",
            "--batch_size",
            "4",
            "--sink_mode",
            "True",
            "--gradient_accumulation_steps",
            "2",
            "--seed",
            "7",
            "--mode",
            "0",
            "--use_parallel",
            "True",
        ],
        *[
            "--load_checkpoint",
            "/c",
            "--auto_trans_ckpt",
            "True",
            "--output_dir",
            "/o",
            "--num_samples",
            "9",
            "--train_dataset_dir",
            "/d",
            "--profile",
            "False",
        ],
    )
    assert (config.runner_config.epochs, config.runner_config.batch_size, config.runner_config.sink_mode) == (
        3,
        4,
        True,
    )
    assert (config.runner_config.gradient_accumulation_steps, config.seed, config.context.mode) == (2, 7, 0)
    assert (config.use_parallel, config.load_checkpoint, config.auto_trans_ckpt, config.output_dir) == (
        True,
        "/c",
        True,
        "/o",
    )
    assert (config.train_dataset.data_loader.num_samples, config.train_dataset.data_loader.dataset_dir) == (9, "/d")
    assert config.profile is False


@pytest.mark.parametrize(
    ("text", "value"),
    [("True", True), ("false", False), ("deepseekv3_rank_0-1_50.safetensors", "deepseekv3_rank_0-1_50.safetensors")],
)
def test_resume_training_is_a_boolean_or_a_file_name(compose, text, value):
    assert compose("--resume_training", text).resume_training == value


def test_a_boolean_flag_takes_nothing_else(compose):
    with pytest.raises(EngineError, match="--use_parallel must be True or False; found 'yes'"):
        compose("--use_parallel", "yes")


def test_the_run_mode_must_be_one_of_four(compose):
    assert compose("--run_mode", "finetune").run_mode == "finetune"
    with pytest.raises(EngineError, match="run_mode must be one of train, finetune, eval, predict; found 'test'"):
        compose("--run_mode", "test")


def test_options_are_merged_before_free_overrides(compose):
    config = compose(
        "--options",
        "runner_config.epochs=5",
        "runner_config.batch_size=6",
        "model.sizes=[1,2]",
        "--runner_config.epochs",
        "7",
    )
    assert (config.runner_config.epochs, config.runner_config.batch_size, config.model.sizes) == (7, 6, [1, 2])


def test_true_in_options_is_refused_because_mindformers_reads_it_as_false():
    from mindformers.tools.register import ActionDict

    assert ActionDict._parse_int_float_bool("True") is False  # the reason; drop the refusal when this changes
    with pytest.raises(EngineError, match="reads 'use_parallel=True' in --options as False") as raised:
        read_options(["use_parallel=True"])
    assert raised.value.hint == "--use_parallel True"
    assert read_options(["use_parallel=False"]) == {"use_parallel": False}


def test_a_folder_of_strategies_means_its_first_checkpoint(tmp_path):
    for name in ("b.ckpt", "a.ckpt", "c.txt"):
        (tmp_path / name).touch()
    assert read_values({"strategy_load_checkpoint": str(tmp_path)}) == {
        "strategy_load_checkpoint": str(tmp_path / "a.ckpt")
    }


def test_register_path_is_importable_and_known_to_mindformers(compose, tmp_path, monkeypatch):
    monkeypatch.delenv("REGISTER_PATH", raising=False)
    compose("--register_path", str(tmp_path))
    assert os.environ["REGISTER_PATH"] == str(tmp_path) and str(tmp_path) in sys.path
