import os
import signal
import subprocess
import sys
import time

PROGRAM = """
import sys, time
from mindformers_lab_engine.stacks import enable_stacks
print(enable_stacks(sys.argv[1], "3"), flush=True)
def waits_for_the_others():
    time.sleep(60)
waits_for_the_others()
"""


def test_the_signal_writes_the_stack_of_a_waiting_rank_and_ends_nothing(tmp_path):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=folder
    )
    try:
        path = process.stdout.readline().strip()
        assert path == str(tmp_path / "rank-3.txt")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and "waits_for_the_others" not in open(path).read():
            process.send_signal(signal.SIGUSR2)
            time.sleep(0.05)
        assert "waits_for_the_others" in open(path).read()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_nothing_asked_for_and_a_folder_that_cannot_be_made_are_no_reason_not_to_train(tmp_path):
    from mindformers_lab_engine.stacks import enable_stacks

    (tmp_path / "file").write_text("")
    assert enable_stacks(None, "0") is None
    assert enable_stacks(str(tmp_path / "file" / "below"), "0") is None
