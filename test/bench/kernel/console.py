"""Drives `jupyter console` with our kernel through a terminal, as a person would, and says what worked.

    python3 -m venv /tmp/console && /tmp/console/bin/pip install jupyter-console pexpect
    /tmp/console/bin/python test/bench/kernel/console.py

Not part of the tests: jupyter-console is nothing that the project needs otherwise. The kernel must be built (npm run build).
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parents[3]
PROMPT = r"In \[\d+\]: $"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]")


class Console:
    def __init__(self, folder):
        subprocess.run(["node", str(ROOT / "dist/kernel/main.js"), "install", "--prefix", folder], check=True, stdout=subprocess.DEVNULL)
        environment = dict(
            os.environ,
            JUPYTER_PATH=f"{folder}/share/jupyter",
            JUPYTER_DATA_DIR=f"{folder}/data",
            MINDFORMERS_LAB_HISTORY=f"{folder}/history",
            TERM="xterm",
            PROMPT_TOOLKIT_NO_CPR="1",
        )
        program = [sys.executable, "-m", "jupyter_console", "--kernel", "mindformers-lab"]
        self.child = pexpect.spawn(program[0], program[1:], env=environment, encoding="utf-8", dimensions=(50, 160), cwd=folder)
        self.seen = ""
        self.failed = 0

    def read(self, seconds):
        try:
            self.seen += ESCAPES.sub("", self.child.read_nonblocking(65536, timeout=seconds))
        except pexpect.TIMEOUT:
            pass

    def shows(self, pattern, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            if re.search(pattern, self.seen):
                return True
            self.read(0.05)
        return False

    def send(self, keys, wait=0.0):
        self.seen = ""
        self.child.send(keys)
        time.sleep(wait)

    def check(self, what, good):
        self.failed += not good
        print("ok  " if good else "FAIL", what, "" if good else f"\n{self.seen[-1500:]}", flush=True)

    def run(self, what, code, pattern):
        self.send(f"{code}\r")
        self.check(what, self.shows(pattern) and self.shows(PROMPT))

    def interrupt(self, what, code, before=r"$"):
        self.send(f"{code}\r")
        self.shows(before)
        time.sleep(0.8)
        self.child.send("\x03")
        self.check(what, self.shows("KeyboardInterrupt", 5) and self.shows(PROMPT))


def drive(console):
    console.check("the prompt appears", console.shows(r"In \[1\]: ", 30))
    console.run("the first value is shown at once", "const first = 40 + 2; first", r"Out\[1\]: 42")
    console.check("the console goes on asking the kernel whether a cell is complete", "did not respond" not in console.seen)
    console.send("function twice(x: number) {\r")
    console.check("an open brace asks for more, indented", console.shows(r"\.\.\.:   "))
    console.send("return 2 * x\r", 0.5)
    console.send("\x7f\x7f}\r", 0.5)
    console.check("a whole function runs", console.shows(r"In \[3\]: "))
    console.run("and can be called", "twice(first)", r"Out\[3\]: 84")
    console.send("[1,2].flatM\t")
    console.check("Tab completes", console.shows("flatMap"))
    console.send("\x03", 0.5)
    console.interrupt("Ctrl-C ends a loop", "while (true) {}")
    console.interrupt("Ctrl-C ends an await", "await new Promise(() => {})")
    console.interrupt("Ctrl-C ends a question", "await input('Stop? ')", r"\nStop\? ")
    console.send("const who = await input('Name? ')\r")
    console.check("a question is asked", console.shows(r"\nName\? "))
    console.run("and answered", "Ada", PROMPT)
    console.run("with what was typed", "who + '!'", r"Out\[\d+\]: '?Ada!")
    console.send("const secret = await input('Key? ', { password: true })\r")
    console.check("a password is asked for", console.shows(r"\nKey\? "))
    console.send("hidden\r")
    console.check("and is not on the screen", console.shows(PROMPT) and "hidden" not in console.seen)
    console.run("but in the cell", "secret.length", r"Out\[\d+\]: 6")
    console.run("a type error has its place", "const z: number = 'a'", r"not assignable[\s\S]*Cell \[\d+\], line 1")
    console.run("an exception is shown", "throw new Error('boom')", r"Error[\s\S]*boom")
    console.run("HTML is shown as text", "display.html('<b>bold</b>')", r"\r\nbold\r\n")
    console.run("a table is shown as text", "[{ a: 1, b: 2 }]", r"\{ a: 1, b: 2 \}")
    slow = "for (let i = 0; i < 3; i++) { console.log('row', i); await new Promise(r => setTimeout(r, 50)) }"
    console.run("lines come", slow, r"row 0[\s\S]*row 2")
    console.send("\x1b[A")
    console.check("arrow up brings the last cell", console.shows("row"))
    console.send("\x03", 0.5)
    console.send("\x04")
    console.shows(r"\(\[y\]/n\)", 3)
    console.child.send("y\r")
    try:
        console.child.expect(pexpect.EOF, timeout=10)
    except pexpect.TIMEOUT:
        pass
    console.child.close()
    console.check("the console ends with status 0", console.child.exitstatus == 0)


def main():
    with tempfile.TemporaryDirectory(prefix="console-") as folder:
        console = Console(folder)
        try:
            drive(console)
        finally:
            console.child.close(force=True)
    print(f"{console.failed} failed")
    sys.exit(1 if console.failed else 0)


main()
