"""A kernel and its client for the checks in behavior.py: cells run, and what came back is kept in order."""

import os
import time
from queue import Empty

from jupyter_client.manager import KernelManager

KERNEL = "mindformers-lab"
TIMEOUT = 30


class Result:
    """One executed cell: its reply and every iopub message whose parent it is, up to its idle."""

    def __init__(self, reply, messages):
        self.reply = reply["content"]
        self.messages = messages
        self.types = [message["msg_type"] for message in messages]

    def of(self, kind):
        return [m["content"] for m in self.messages if m["msg_type"] == kind]

    def stream(self, name="stdout"):
        return "".join(c["text"] for c in self.of("stream") if c["name"] == name)

    def text(self):
        (result,) = self.of("execute_result")
        return result["data"]["text/plain"]


class Kernel:
    """Starts a kernel; `with Kernel() as kernel:` ends it."""

    def __init__(self, **start):
        self.manager = KernelManager(kernel_name=KERNEL)
        self.manager.start_kernel(**start)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)
        self.seen = []
        self.replies = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    @property
    def pid(self):
        return self.manager.provisioner.process.pid

    def send(self, code, **options):
        return self.client.execute(code, **options)

    def run(self, code, **options):
        return self.finish(self.send(code, **options))

    def finish(self, message_id, timeout=TIMEOUT):
        """Waits for the idle and the reply of a cell that was sent."""
        self.until(lambda m: is_idle(m) and parent(m) == message_id, timeout)
        return Result(self.reply(message_id, timeout), self.of(message_id))

    def of(self, message_id):
        return [m for m in self.seen if parent(m) == message_id]

    def until(self, wanted, timeout=TIMEOUT):
        """Reads iopub until a message is wanted, and returns it; looks at those already read first."""
        for message in self.seen:
            if wanted(message):
                return message
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0:
                kinds = [(m["msg_type"], m["content"]) for m in self.seen[-8:]]
                raise AssertionError(f"not within {timeout} s; the last on iopub: {kinds}")
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except Empty:
                continue
            self.seen.append(message)
            if wanted(message):
                return message

    def until_started(self, message_id):
        self.until(lambda m: m["msg_type"] == "execute_input" and parent(m) == message_id)

    def reply(self, message_id, timeout=TIMEOUT):
        # Replies may come in another order than their requests: one that is not wanted yet is kept.
        end = time.monotonic() + timeout
        while message_id not in self.replies:
            message = self.client.get_shell_msg(timeout=max(0.01, end - time.monotonic()))
            self.replies[parent(message)] = message
        return self.replies.pop(message_id)

    def control(self, kind, content=None):
        """Sends a request on the control channel and returns its reply."""
        message = self.client.session.msg(kind, content or {})
        self.client.control_channel.send(message)
        return self.control_reply(message["header"]["msg_id"])

    def control_reply(self, message_id):
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT)
            if parent(reply) == message_id:
                return reply

    def drain(self, seconds):
        """Reads what still comes on iopub within a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.seen.append(self.client.get_iopub_msg(timeout=max(0.01, end - time.monotonic())))
            except Empty:
                pass


def parent(message):
    return message["parent_header"].get("msg_id")


def is_idle(message):
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def is_running(pid):
    """False also for a process that has ended but that nobody has waited for."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        pass
    if os.path.exists("/proc/self/stat"):
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
