"""Interrupts one cell after the other, the first while the evaluator is still being loaded, and runs cells in between.

Prints one JSON object: the errors of the interrupted cells, how long the interrupts took (ms), and what went wrong with the cells in between.
"""

import json
import time

from jupyter_client.manager import KernelManager

CELLS = ["while (true) {}", "await 0; while (true) {}", "await new Promise(() => {})"]
ROUNDS = 12


def reply(client, message_id):
    while True:
        message = client.get_shell_msg(timeout=30)
        if message["parent_header"].get("msg_id") == message_id:
            return message["content"]


def main():
    manager = KernelManager(kernel_name="mindformers-lab")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    names, times, wrong = [], [], []
    try:
        for turn in range(ROUNDS):
            message_id = client.execute(CELLS[turn % len(CELLS)])
            time.sleep(0.2)
            begin = time.monotonic()
            manager.interrupt_kernel()
            names.append(reply(client, message_id).get("ename"))
            times.append(round((time.monotonic() - begin) * 1000))
            for cell in range(3):
                content = reply(client, client.execute(f"{cell} + 1"))
                if content["status"] != "ok":
                    wrong.append([turn, cell, content["ename"]])
        manager.request_shutdown()
        code = manager.provisioner.process.wait(10)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(json.dumps({"names": names, "times": times, "wrong": wrong, "exit": code}))


main()
