"""Graceful exit: the callback in the configuration and the control file."""

import json
import threading
from types import SimpleNamespace

from mindformers_lab_engine.graceful_exit import create_control_file, enable_graceful_exit

MONITOR = {"type": "CheckpointMonitor"}


def configuration(*callbacks, run_mode="train"):
    return SimpleNamespace(run_mode=run_mode, callbacks=list(callbacks), output_dir="/out", use_graceful_exit=None)


def test_without_the_variable_nothing_changes():
    config = configuration(MONITOR)
    assert enable_graceful_exit(config, None) is None
    assert config.callbacks == [MONITOR] and config.use_graceful_exit is None


def test_with_the_variable_the_callback_comes_last_and_the_file_exists(tmp_path):
    control = tmp_path / "control" / "graceful_exit.json"
    config = configuration(MONITOR)
    line = enable_graceful_exit(config, str(control))
    assert str(control) in line
    assert config.use_graceful_exit is True
    assert [entry["type"] for entry in config.callbacks] == ["CheckpointMonitor", "OnRequestExit"]
    assert config.callbacks[1]["config_file"] == str(control)
    assert json.loads(control.read_text()) == {"GracefulExit": 0}
    assert [path.name for path in control.parent.iterdir()] == [control.name]


def test_the_exit_callback_saves_only_where_no_checkpoint_monitor_does(tmp_path):
    monitored, bare = configuration(MONITOR), configuration()
    for config in (monitored, bare):
        enable_graceful_exit(config, str(tmp_path / "c.json"))
    assert monitored.callbacks[-1]["save_ckpt"] is False
    assert bare.callbacks[-1]["save_ckpt"] is True
    assert bare.callbacks[-1]["directory"] == "/out/checkpoint"


def test_a_configuration_with_its_own_callback_keeps_it(tmp_path):
    own = {"type": "OnRequestExit", "config_file": "/mine.json"}
    config = configuration(own)
    line = enable_graceful_exit(config, str(tmp_path / "c.json"))
    assert "/mine.json" in line and config.callbacks == [own] and config.use_graceful_exit is True
    assert not (tmp_path / "c.json").exists()


def test_prediction_and_evaluation_are_left_alone(tmp_path):
    config = configuration(run_mode="predict")
    assert enable_graceful_exit(config, str(tmp_path / "c.json")) is None and config.callbacks == []


def test_a_request_made_before_the_workers_start_survives(tmp_path):
    control = tmp_path / "c.json"
    control.write_text('{"GracefulExit": 1}')
    create_control_file(str(control))
    assert json.loads(control.read_text()) == {"GracefulExit": 1}


def test_many_workers_create_the_file_at_once(tmp_path):
    control = tmp_path / "c.json"
    threads = [threading.Thread(target=create_control_file, args=(str(control),)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(control.read_text()) == {"GracefulExit": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]
