"""Tests of the node program: `python -m unittest discover -s extensions/node/tests`."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from mindformers_lab_node import attempt, busy, facts, lease, metrics, node_files, search  # noqa: E402
from mindformers_lab_node.attempt import NodePlace, Refusal  # noqa: E402


def sample(name):
    with open(os.path.join(HERE, "samples", name), encoding="utf-8") as file:
        return file.read()


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="node-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.place = NodePlace(self.folder, 0)
        self.files = node_files.Place(self.folder)

    def tool(self, name, output):
        """A program of that name in PATH that prints `output`."""
        path = os.path.join(self.folder, "bin", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        node_files.write_whole(path + ".txt", output.encode())
        node_files.write_whole(path, f'#!/bin/sh\ncat "{path}.txt"\n'.encode())
        os.chmod(path, stat.S_IRWXU)
        before = os.environ["PATH"]
        os.environ["PATH"] = os.path.dirname(path) + os.pathsep + before
        self.addCleanup(os.environ.__setitem__, "PATH", before)


class Devices(InFolder):
    def test_the_table_of_one_chip_an_npu_is_read_with_values_that_are_missing(self):
        first, second, third = metrics.parse_devices(sample("npu-smi-a2.txt"))
        self.assertEqual(first["health"], "OK")
        self.assertEqual((first["powerWatts"], first["temperatureCelsius"], first["utilizationPercent"]), (93.4, 41, 0))
        self.assertEqual((second["memoryUsedBytes"], second["memoryTotalBytes"]), (59356 << 20, 65536 << 20))
        self.assertEqual(second["health"], "Warning")
        self.assertEqual(second["processes"], [{"pid": 31467, "name": "python"}])
        self.assertNotIn("powerWatts", third)
        self.assertNotIn("temperatureCelsius", third)

    def test_the_chips_of_an_npu_of_two_count_as_mindspore_counts_them(self):
        found = metrics.parse_devices(sample("npu-smi-a3.txt"))
        self.assertEqual([device["device"] for device in found], [0, 1, 2, 3])
        self.assertEqual([device["utilizationPercent"] for device in found], [0, 10, 20, 30])
        self.assertEqual([len(device["processes"]) for device in found], [0, 0, 0, 1])

    def test_npu_smi_is_asked_where_it_is_and_a_network_link_that_is_down_is_reported(self):
        self.assertEqual(facts.device_links(2), [])
        self.tool("npu-smi", sample("npu-smi-a2.txt"))
        self.tool("hccn_tool", "link status: DOWN\n")
        self.assertEqual(len(metrics.devices()), 3)
        self.assertEqual(facts.device_links(1), [{"device": 0, "link": "link status: DOWN"}])


class AtWork(unittest.TestCase):
    def child(self, command):
        process = subprocess.Popen(["sh", "-c", command])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process.pid

    def test_a_process_that_works_or_is_stopped_is_told_from_one_that_sleeps(self):
        self.addCleanup(setattr, busy, "LOOK_SECONDS", busy.LOOK_SECONDS)
        busy.LOOK_SECONDS = 0.01
        pids = [self.child("while :; do :; done"), self.child("exec sleep 600"), self.child("exec sleep 600")]
        os.kill(pids[2], signal.SIGSTOP)
        found = busy.Busy(lambda: [{"role": "worker", "rank": rank, "pid": pid} for rank, pid in enumerate(pids)])
        self.assertEqual(found.looks(), [{"rank": rank, "looks": 0, "busy": 0} for rank in range(3)])
        deadline = time.monotonic() + 30
        while (seen := found.looks())[0]["looks"] < 50 and time.monotonic() < deadline:
            time.sleep(0.01)
        at_work, asleep, stopped = (each["busy"] / each["looks"] for each in seen)
        self.assertGreater(at_work, 0.8)
        self.assertLess(asleep, 0.2)
        self.assertGreater(stopped, 0.8)

    def test_the_pauses_are_unequal_and_last_a_second_on_average(self):
        pauses = [busy.pause_after(look) for look in range(1000)]
        self.assertEqual(len({round(pause, 3) for pause in pauses}), 2)
        self.assertAlmostEqual(sum(pauses) / 1000, 1, places=2)


class Lease(InFolder):
    def test_of_two_supervisors_that_saw_the_same_one_silent_one_takes_over(self):
        lease.take(self.place, "first", None, origin="a")
        taken = lease.take(self.place, "second", "first", origin="b")
        self.assertEqual((taken["supervisor"], taken["from"]), ("second", "b"))
        self.assertEqual(lease.take(self.place, "third", "first", origin="c")["supervisor"], "second")

    def test_only_questions_of_the_obeyed_supervisor_renew_its_lease(self):
        lease.take(self.place, "first", None)
        path = os.path.join(self.place.own, "beat")
        before = node_files.read_json(path)
        lease.Beat(self.place).heard("other")
        self.assertEqual(node_files.read_json(path), before)
        time.sleep(0.01)
        lease.Beat(self.place).heard("first")
        self.assertGreater(node_files.read_json(path)["at"], before["at"])
        self.assertLess(lease.lease_of(self.place)["silent"], 1)

    def test_a_stamp_of_another_boot_says_nothing(self):
        lease.take(self.place, "first", None)
        stamp = json.dumps({"boot": "another", "at": 1}).encode()
        node_files.write_whole(os.path.join(self.place.own, "beat"), stamp)
        self.assertIsNone(lease.lease_of(self.place)["silent"])

    def test_a_launch_reserves_the_folder_and_gives_it_back_when_it_fails(self):
        mine = lease.reserve(self.place, "run-1", "f", "a")
        self.assertEqual((mine["run"], mine["started"]), ("run-1", False))
        self.assertEqual(lease.reserve(self.place, "run-2", "f", "b")["run"], "run-1")
        lease.release(self.place, "run-2")
        self.assertEqual(lease.reserve(self.place, "run-2", "f", "b")["run"], "run-1")
        lease.release(self.place, "run-1")
        self.assertEqual(lease.reserve(self.place, "run-2", "f", "b")["run"], "run-2")

    def test_a_replaced_supervisor_and_another_run_are_refused(self):
        node_files.write_whole(self.place.state, json.dumps({"run": "run-1", "attempt": 1}).encode())
        lease.take(self.place, "first", None)
        attempt.require_obeyed(self.place, {"run": "run-1", "supervisor": "first"})
        for who, code in (({"run": "run-1", "supervisor": "old"}, "NODE_FENCED"), ({"run": "run-2"}, "NODE_BUSY")):
            with self.assertRaises(Refusal) as caught:
                attempt.require_obeyed(self.place, who)
            self.assertEqual(caught.exception.code, code)


class Files(InFolder):
    def test_bytes_are_written_at_an_offset_and_none_beyond_the_end(self):
        self.assertEqual(node_files.write_at(self.files, "events/a", 0, "YWJj"), 3)
        self.assertEqual(node_files.write_at(self.files, "events/a", 2, "eHk="), 4)
        self.assertEqual(node_files.write_at(self.files, "events/a", 9, "eHk="), 4)
        with open(os.path.join(self.folder, "events/a"), "rb") as file:
            self.assertEqual(file.read(), b"abxy")

    def test_a_backlog_of_several_logs_comes_in_whole_lines(self):
        lines = {f"logs/backlog_{log}.log": [f"{log} {number} {'y' * (number % 90)}" for number in range(4000)] for log in range(4)}
        for name, texts in lines.items():
            node_files.write_whole(self.files.path(name), "".join(f"{text}\n" for text in texts).encode())
        offsets, followed = {}, {name: [] for name in lines}
        while found := node_files.follow_once(self.files, ["logs/backlog_*.log"], offsets):
            for entry in found:
                offsets[entry["path"]] = entry["offset"]
                followed[entry["path"]] += entry["text"].splitlines()
        self.assertEqual(followed, lines)

    def test_following_gives_whole_lines_and_begins_anew_with_a_shorter_file(self):
        log = self.files.path("logs/worker_0.log")
        node_files.write_whole(log, "one\ntw".encode())
        (first,) = node_files.follow_once(self.files, ["logs/*.log"], {})
        self.assertEqual((first["text"], first["offset"]), ("one\n", 4))
        node_files.write_whole(log, "x\n".encode())
        (again,) = node_files.follow_once(self.files, ["logs/*.log"], {"logs/worker_0.log": 4})
        self.assertEqual((again["text"], again["restarted"]), ("x\n", True))

    def test_a_search_finds_records_of_several_lines_by_level(self):
        lines = [
            "2026-11-28 22:43:14,900 - mindformers/o[a.py:7] - INFO - fine",
            "Traceback (most recent call last):",
            "RuntimeError: broken",
        ]
        node_files.write_whole(self.files.path("logs/worker_0.log"), ("\n".join(lines) + "\n").encode())
        question = {"patterns": ["logs/*.log"], "level": 3, "since": None, "until": None, "match": None, "tail": 5}
        (record,) = search.search_logs(self.files, question)["records"]
        self.assertEqual(record["text"], "\n".join(lines[1:]))


class Keeper(InFolder):
    def test_the_end_of_the_launcher_is_recorded_as_its_exit_code_or_its_signal(self):
        for script, end in (("exit 3", {"exitCode": 3}), ("kill -9 $$", {"signal": "SIGKILL"})):
            told = []
            request = {"run": "r", "attempt": 1, "argv": ["/bin/sh", "-c", script], "environment": {}}
            attempt.keep(self.place, request, told.append)
            state = attempt.state_of(self.place)
            self.assertEqual(told[0]["attempt"], 1)
            self.assertEqual({key: state["end"][key] for key in end}, end)

    def test_a_keeper_that_vanished_without_an_end_is_an_end_as_well(self):
        gone = subprocess.Popen(["/bin/true"])
        who = attempt.identity(gone.pid) or {"pid": gone.pid, "startTicks": 1, "host": "", "place": ""}
        gone.wait()
        node_files.write_whole(self.place.state, json.dumps({"attempt": 1, "keeper": who, "launcher": who}).encode())
        self.assertTrue(attempt.state_of(self.place)["end"]["vanished"])


if __name__ == "__main__":
    unittest.main()
