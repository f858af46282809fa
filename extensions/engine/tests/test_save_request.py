"""Checkpoints on request: all ranks save at the same step, or none does, and the saves by interval stay where they are."""

import json
import random
from types import SimpleNamespace

from mindformers_lab_engine.save_request import SaveRequests, enable_save_requests, install


def ask(folder, step, number=1):
    (folder / "save.json").write_text(json.dumps({"id": str(number), "step": step}))


def answer(folder):
    return json.loads((folder / "save-answer.json").read_text())


def test_all_ranks_save_at_the_step_that_the_request_names(tmp_path):
    ranks = [SaveRequests(str(tmp_path), rank, 2) for rank in range(2)]
    ask(tmp_path, 3)
    assert [[rank.due(step) for rank in ranks] for step in range(1, 6)] == [
        [False] * 2, [False] * 2, [True] * 2, [False] * 2, [False] * 2,
    ]  # fmt: skip
    assert answer(tmp_path) == {"id": "1", "step": 3, "saves": True, "noted": 2, "ranks": 2}


def test_no_rank_saves_if_one_saw_the_request_too_late(tmp_path):
    first, second = (SaveRequests(str(tmp_path), rank, 2) for rank in range(2))
    second.due(2)
    ask(tmp_path, 3)
    assert first.due(2) is False
    assert first.due(3) is False and second.due(3) is False
    assert answer(tmp_path)["saves"] is False


def test_whenever_the_request_arrives_the_ranks_decide_alike(tmp_path):
    # Ranks are at most one step apart: a rank is done with a step only after every rank has begun it.
    generator = random.Random(20261129)
    for turn in range(300):
        folder = tmp_path / str(turn)
        folder.mkdir()
        count = generator.randint(1, 4)
        ranks = [SaveRequests(str(folder), rank, count) for rank in range(count)]
        order = [(step, rank) for step in range(1, 9) for rank in generator.sample(range(count), count)]
        at, wanted = generator.randrange(len(order)), generator.randint(1, 8)
        saved = [set() for _ in ranks]
        for index, (step, rank) in enumerate(order):
            if index == at:
                ask(folder, wanted)
            if ranks[rank].due(step):
                saved[rank].add(step)
        assert all(each == saved[0] for each in saved), (turn, saved)
        assert saved[0] in (set(), {wanted})


def test_a_request_of_an_earlier_start_is_met_at_its_step_or_by_no_rank(tmp_path, monkeypatch):
    ask(tmp_path, 4)
    started = [SaveRequests(str(tmp_path), rank, 2) for rank in range(2)]
    assert [rank.due(3) for rank in started] == [False, False]
    monkeypatch.setenv("MF_LAB_ATTEMPT", "2")
    again = [SaveRequests(str(tmp_path), rank, 2) for rank in range(2)]
    assert [[rank.due(step) for rank in again] for step in (3, 4)] == [[False] * 2, [True] * 2]
    monkeypatch.setenv("MF_LAB_ATTEMPT", "3")
    late = [SaveRequests(str(tmp_path), rank, 2) for rank in range(2)]
    assert [rank.due(4) for rank in late] == [False, False]


def test_damaged_and_strange_requests_save_nothing(tmp_path):
    rank = SaveRequests(str(tmp_path), 0, 1)
    for text in ("", "{", "[]", '{"id": "../../x", "step": 2}', '{"id": "1"}', "null"):
        (tmp_path / "save.json").write_text(text)
        assert [rank.due(step) for step in (1, 2, 3)] == [False] * 3
    assert not (tmp_path / "save-notes").exists()


class Monitor:
    """As much of MindSpore's ModelCheckpoint as decides about a save."""

    def __init__(self, every):
        self._last_triggered_step, self._append_step_num, self.every, self.saved = 0, 100, every, []

    def _check_save_ckpt(self, cb_params, force_to_save):
        return cb_params.cur_step_num >= self._last_triggered_step + self.every

    def step_end(self, step):
        if self._check_save_ckpt(SimpleNamespace(cur_step_num=step), False):
            self._last_triggered_step = step
            self.saved.append(step)


def test_a_requested_save_does_not_move_those_by_interval(tmp_path):
    install(Monitor, lambda: SaveRequests(str(tmp_path), 0, 1))
    monitor = Monitor(4)
    ask(tmp_path, 106)  # global step: the training was resumed at step 100
    for step in range(1, 9):
        monitor.step_end(step)
    assert monitor.saved == [4, 6, 8]
    ask(tmp_path, 112, 2)  # at a step that saves anyway
    for step in range(9, 17):
        monitor.step_end(step)
    assert monitor.saved == [4, 6, 8, 12, 16]


def test_nothing_is_replaced_unless_a_control_file_and_a_callback_that_saves_are_there():
    config = SimpleNamespace(run_mode="train", callbacks=[{"type": "MFLossMonitor"}])
    assert enable_save_requests(None, config) is None
    assert enable_save_requests("/control/graceful_exit.json", config) is None
    assert enable_save_requests("/control/graceful_exit.json", SimpleNamespace(run_mode="predict")) is None


def test_mindformers_own_callback_saves_on_request_in_both_layouts(tmp_path, monkeypatch):
    from mindformers.core.callback.callback import CheckpointMonitor

    monkeypatch.setattr(CheckpointMonitor, "_check_save_ckpt", CheckpointMonitor._check_save_ckpt)
    config = SimpleNamespace(run_mode="train", callbacks=[{"type": "CheckpointMonitor"}])
    assert str(tmp_path) in enable_save_requests(str(tmp_path / "graceful_exit.json"), config)
    for number, legacy in enumerate((True, False)):
        before = [{"epoch_num": 1, "step_num": 100, "global_step": 100, "loss_scale": 1}]
        monitor = CheckpointMonitor(
            prefix="a",
            directory=str(tmp_path),
            save_checkpoint_steps=4,
            checkpoint_format="safetensors",
            append_info=before,
            use_legacy_format=legacy,
        )
        saved = []

        def save(cb_params, monitor=monitor, saved=saved):
            saved.append(cb_params.cur_step_num)
            monitor._last_triggered_step = cb_params.cur_step_num

        monitor.save_checkpoint = monitor._save_megatron_ckpt_file_format = save
        monitor.save_checkpoint_network = lambda cb_params: None
        monitor._need_flush_from_cache = False
        ask(tmp_path, 106, number)
        for step in range(1, 9):
            cb_params = SimpleNamespace(cur_step_num=step, batch_num=8, cur_epoch_num=1, network=None, net_outputs=None)
            monitor.step_end(SimpleNamespace(original_args=lambda cb_params=cb_params: cb_params))
        assert saved == [4, 6, 8], legacy
