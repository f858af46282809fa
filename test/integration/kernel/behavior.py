"""What the kernel does, seen from the Python client that Jupyter itself uses. Each check is a sentence about behavior.

Prints one JSON line per check: its name and, if it failed, why. With names as arguments only these checks run.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback

from client import KERNEL, Kernel, is_idle, is_running, parent

CHECKS = {}
HOST = "(globalThis as any)[Symbol.for('Jupyter.host')]"


def check(function):
    CHECKS[function.__name__] = function
    return function


# Cells and their messages


@check
def messages_of_a_cell_come_in_order(k):
    result = k.run("console.log('out'); 5")
    assert result.types == ["status", "execute_input", "stream", "execute_result", "status"], result.types
    assert result.of("execute_input")[0]["code"] == "console.log('out'); 5"
    assert result.text() == "5"
    counts = {c["execution_count"] for c in [*result.of("execute_input"), *result.of("execute_result"), result.reply]}
    assert len(counts) == 1


@check
def nothing_comes_after_idle(k):
    for turn in range(30):
        result = k.run(f"console.log('a{turn}'); console.error('b{turn}'); display({{ 'text/plain': 'c' }}); {turn}")
        assert result.types[-1] == "status" and result.types.count("status") == 2, result.types
        assert result.stream() == f"a{turn}\n" and result.stream("stderr") == f"b{turn}\n"
        assert result.text() == str(turn) and len(result.of("display_data")) == 1
        messages = len(k.seen)
        k.drain(0.01)
        assert len(k.seen) == messages, k.seen[messages:]


@check
def silent_publishes_nothing_but_status_and_is_not_counted(k):
    before = k.run("1").reply["execution_count"]
    result = k.run("console.log('x'); display({ 'text/plain': 'y' }); 5", silent=True)
    assert result.types == ["status", "status"], result.types
    assert result.reply["status"] == "ok" and result.reply["execution_count"] == before
    assert k.run("1").reply["execution_count"] == before + 1


@check
def store_history_false_is_not_counted_and_not_remembered(k):
    before = k.run("1").reply["execution_count"]
    result = k.run("'unremembered'", store_history=False)
    assert result.reply["execution_count"] == before and result.text() == "'unremembered'"
    message = k.client.history(hist_access_type="tail", n=1, raw=True, output=False)
    assert k.reply(message)["content"]["history"][0][2] == "1"


@check
def user_expressions_are_evaluated_after_the_cell(k):
    expressions = {"sum": "base + 2", "bad": "base.nothing.more", "text": "'a'"}
    values = k.run("const base: number = 40;", user_expressions=expressions).reply["user_expressions"]
    assert values["sum"] == {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}}, values
    assert values["text"]["data"]["text/plain"] == "'a'"
    assert values["bad"]["status"] == "error" and values["bad"]["ename"] == "TypeScriptError"


@check
def stop_on_error_aborts_what_waits_and_only_that(k):
    late = "await new Promise((resolve) => setTimeout(resolve, 500)); throw new Error('stop')"
    sent = [k.send(code) for code in [late, "1", "2"]]
    results = [k.finish(message) for message in sent]
    assert [r.reply["status"] for r in results] == ["error", "aborted", "aborted"]
    assert results[1].types == ["status", "status"]
    assert k.run("3").reply["status"] == "ok"


@check
def stop_on_error_false_lets_the_next_cells_run(k):
    sent = [k.send("throw new Error('x')", stop_on_error=False), k.send("1")]
    assert [k.finish(message).reply["status"] for message in sent] == ["error", "ok"]


@check
def an_error_names_class_message_and_place_and_the_state_survives(k):
    k.run("const kept = 7; class OwnError extends Error { override name = 'OwnError' }")
    result = k.run("\nthrow new OwnError('on purpose')")
    (error,) = result.of("error")
    assert error["ename"] == "OwnError" and error["evalue"] == "on purpose", error
    assert "line 2" in "\n".join(error["traceback"])
    assert all(result.reply[field] == error[field] for field in ("ename", "evalue", "traceback"))
    assert k.run("kept").text() == "7"


@check
def a_type_error_stops_the_cell_before_it_runs(k):
    result = k.run("globalThis.ran = true; const n: number = 'text'")
    assert result.of("error")[0]["ename"] == "TypeScriptError"
    assert k.run("'ran' in globalThis").text() == "false"


@check
def an_uncaught_error_in_a_timer_is_shown_and_the_kernel_lives(k):
    first = k.send("setTimeout(() => { throw new Error('from a timer') }, 20); 1")
    k.finish(first)
    k.until(lambda m: m["msg_type"] == "stream" and parent(m) == first and "from a timer" in m["content"]["text"])
    assert k.run("1").reply["status"] == "ok"


# Output


@check
def late_output_goes_to_the_cell_that_made_it(k):
    first = k.send("setTimeout(() => console.log('late'), 250); 'first'")
    k.finish(first)
    second = k.send("await new Promise((done) => setTimeout(done, 600)); console.log('second')")
    assert k.finish(second).stream() == "second\n"
    late = k.until(lambda m: m["msg_type"] == "stream" and "late" in m["content"]["text"])
    assert parent(late) == first


@check
def update_display_goes_to_the_running_cell_else_to_its_own(k):
    first = k.send("display({ 'text/plain': 'v1' }, { displayId: 'd' });\n"
                   "setTimeout(() => display({ 'text/plain': 'v2' }, { displayId: 'd', update: true }), 400);\n"
                   "setTimeout(() => display({ 'text/plain': 'v3' }, { displayId: 'd', update: true }), 2500)")
    result = k.finish(first)
    assert result.of("display_data")[0]["transient"] == {"display_id": "d"}
    second = k.send("await new Promise((done) => setTimeout(done, 1000))")
    (update,) = k.finish(second).of("update_display_data")
    assert update["data"] == {"text/plain": "v2"} and update["transient"] == {"display_id": "d"}
    third = k.until(lambda m: m["msg_type"] == "update_display_data" and m["content"]["data"]["text/plain"] == "v3")
    assert parent(third) == first


@check
def twenty_thousand_and_one_lines_arrive_complete_and_in_order(k):
    result = k.run("for (let i = 0; i < 20001; i++) console.log(`line ${i} ${'.'.repeat(70)}`)")
    lines = result.stream().splitlines()
    assert len(lines) == 20001
    assert all(line.startswith(f"line {i} ") for i, line in enumerate(lines))
    assert result.types[-1] == "status"


@check
def two_thousand_displays_arrive_complete_and_in_order(k):
    result = k.run("for (let i = 0; i < 2000; i++) display({ 'text/plain': String(i) })")
    assert [c["data"]["text/plain"] for c in result.of("display_data")] == [str(i) for i in range(2000)]
    assert result.stream() == ""


@check
def of_more_displays_than_a_front_end_can_take_the_first_arrive_and_the_rest_is_counted(k):
    result = k.run("for (let i = 0; i < 10000; i++) display({ 'text/plain': String(i) })")
    shown = [int(c["data"]["text/plain"]) for c in result.of("display_data")]
    assert shown[:2000] == list(range(2000)) and shown == sorted(shown)
    left_out = "".join(c["text"] for c in result.of("stream"))
    assert f"{10000 - len(shown):,} displays skipped" in left_out, left_out


@check
def stdout_and_stderr_keep_their_order(k):
    result = k.run("for (let i = 0; i < 300; i++) (i % 2 ? console.error : console.log)(String(i))")
    assert "".join(c["text"] for c in result.of("stream")) == "".join(f"{i}\n" for i in range(300))


@check
def ten_megabytes_in_one_line_arrive(k):
    assert len(k.run("process.stdout.write('x'.repeat(10 * 1024 * 1024))").stream()) == 10 * 1024 * 1024


@check
def output_is_seen_while_a_loop_still_runs(k):
    message = k.send("console.log('early'); const end = Date.now() + 1500; while (Date.now() < end) console.log('x');")
    k.until(lambda m: m["msg_type"] == "stream" and "early" in m["content"]["text"])
    assert not any(is_idle(m) for m in k.of(message))
    k.finish(message)


# Interrupts


def interrupted(k, code, limit=1.0):
    """Runs a cell, interrupts it, and returns its result; the state of earlier cells must survive."""
    k.run("const before: number = 11")
    message = k.send(code)
    k.until_started(message)
    time.sleep(0.3)
    start = time.monotonic()
    assert k.control("interrupt_request")["content"] == {"status": "ok"}
    result = k.finish(message)
    took = time.monotonic() - start
    assert took < limit, f"took {took:.2f} s"
    assert k.run("before").text() == "11"
    return result


def check_interrupt(k, code):
    result = interrupted(k, code)
    assert result.reply["status"] == "error" and result.reply["ename"] == "KeyboardInterrupt", result.reply
    assert result.of("error")[0]["ename"] == "KeyboardInterrupt"


@check
def interrupt_in_an_await(k):
    check_interrupt(k, "await new Promise(() => {})")


@check
def interrupt_in_a_busy_loop(k):
    check_interrupt(k, "while (true) {}")


@check
def interrupt_in_a_busy_loop_without_block(k):
    check_interrupt(k, "for (;;);")


@check
def interrupt_in_a_busy_loop_after_an_await(k):
    check_interrupt(k, "await 0; while (true) {}")


@check
def interrupt_in_a_function_of_an_earlier_cell(k):
    k.run("function spin(): void { for (let i = 0; ; i++) { if (i < 0) break; } }")
    check_interrupt(k, "await 0; spin()")


@check
def interrupt_in_a_loop_of_awaits(k):
    check_interrupt(k, "for (;;) await new Promise((done) => setTimeout(done, 5))")


@check
def interrupt_while_printing_loses_nothing_that_was_printed(k):
    result = interrupted(k, "for (let i = 0; ; i++) console.log(`n${i}`)", limit=10)
    assert result.reply["ename"] == "KeyboardInterrupt"
    lines = result.stream().splitlines()
    assert len(lines) > 1000 and lines == [f"n{i}" for i in range(len(lines))]


@check
def interrupt_while_a_result_shows_itself_for_ever(k):
    check_interrupt(k, "({ [Symbol.for('Jupyter.display')]: () => new Promise(() => {}) })")


@check
def interrupt_while_a_display_never_ends(k):
    interrupted(k, "display({ [Symbol.for('Jupyter.display')]: () => new Promise(() => {}) }); 1")
    assert k.run("2").reply["status"] == "ok"


@check
def interrupt_is_an_abort_signal_for_libraries(k):
    code = f"const signal: AbortSignal = {HOST}.signal; signal.addEventListener('abort', () => console.log('aborted'));"
    result = interrupted(k, code + " await new Promise(() => {})")
    assert "aborted" in result.stream()


@check
def interrupt_between_cells_does_nothing(k):
    for _ in range(100):
        k.control("interrupt_request")
        assert k.run("let n = 0; for (let i = 0; i < 1000; i++) n += await i; n").text() == "499500"


@check
def interrupt_at_the_end_of_a_cell_does_nothing_to_the_next(k):
    for wait in range(80, 120, 2):
        message = k.send(f"Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, {wait})")
        k.until_started(message)
        k.control("interrupt_request")
        k.finish(message)
        assert k.run("await 1; 2").text() == "2"


@check
def interrupt_skips_the_cells_that_wait(k):
    first = k.send("await new Promise(() => {})")
    second = k.send("1")
    k.until_started(first)
    k.control("interrupt_request")
    assert k.finish(first).reply["ename"] == "KeyboardInterrupt"
    assert k.finish(second).reply["status"] == "aborted"


@check
def sigint_interrupts_an_await_and_a_busy_loop(k):
    for code in ["await new Promise(() => {})", "while (true) {}"]:
        message = k.send(code)
        k.until_started(message)
        time.sleep(0.3)
        os.kill(k.pid, signal.SIGINT)
        assert k.finish(message, 5).reply["ename"] == "KeyboardInterrupt"
    assert k.run("1").reply["status"] == "ok"


@check
def the_kernel_manager_interrupts_by_message(k):
    message = k.send("await 0; while (true) {}")
    k.until_started(message)
    time.sleep(0.3)
    k.manager.interrupt_kernel()
    assert k.finish(message, 5).reply["ename"] == "KeyboardInterrupt"


# While a cell runs


@check
def completion_and_others_are_answered_while_a_cell_awaits(k):
    cell = k.send("await new Promise((done) => setTimeout(done, 2500)); 'done'")
    k.until_started(cell)
    start = time.monotonic()
    requests = [
        (k.client.complete("Math.flo"), "complete_reply"),
        (k.client.inspect("Math.floor", 10), "inspect_reply"),
        (k.client.is_complete("{"), "is_complete_reply"),
        (k.client.history(hist_access_type="tail", n=1), "history_reply"),
        (k.client.comm_info(), "comm_info_reply"),
        (k.client.kernel_info(), "kernel_info_reply"),
    ]
    for message, kind in requests:
        reply = k.reply(message)
        assert reply["msg_type"] == kind and reply["content"]["status"] != "error", reply
    assert time.monotonic() - start < 2
    assert not any(is_idle(m) for m in k.of(cell))
    assert k.finish(cell).text() == "'done'"


@check
def heartbeat_and_control_answer_during_a_busy_loop(k):
    cell = k.send("while (true) {}")
    k.until_started(cell)
    k.client.hb_channel.unpause()
    time.sleep(2.5)
    assert k.client.hb_channel.is_beating()
    start = time.monotonic()
    assert k.control("kernel_info_request")["content"]["protocol_version"] == "5.5"
    k.reply(k.client.kernel_info())
    assert time.monotonic() - start < 0.5
    k.control("interrupt_request")
    assert k.finish(cell).reply["ename"] == "KeyboardInterrupt"


@check
def the_kernel_is_told_busy_as_long_as_a_cell_runs(k):
    cell = k.send("await new Promise((done) => setTimeout(done, 700))")
    k.until_started(cell)
    k.reply(k.client.is_complete("1"))
    k.drain(0.3)
    states = [m["content"]["execution_state"] for m in k.seen if m["msg_type"] == "status"]
    assert states[-1] == "busy", states
    k.finish(cell)


# Introspection


@check
def positions_count_code_points(k):
    code = "const 𝒳é = '🦜🦜'; 'a🦜'.toUpperC"
    reply = k.reply(k.client.complete(code, len(code)))["content"]
    assert reply["matches"] == ["toUpperCase"], reply
    assert code[reply["cursor_start"]:reply["cursor_end"]] == "toUpperC"
    code = "'🦜🦜'.length"
    found = k.reply(k.client.inspect(code, len(code)))["content"]
    assert found["found"] and "length" in found["data"]["text/plain"], found


@check
def completion_knows_names_of_earlier_cells_and_tells_their_kind(k):
    k.run("const parrotCount = 3; function parrotName(n: number): string { return String(n) }")
    reply = k.reply(k.client.complete("parrot"))["content"]
    assert set(reply["matches"]) >= {"parrotCount", "parrotName"}
    kinds = {item["text"]: item["type"] for item in reply["metadata"]["_jupyter_types_experimental"]}
    assert kinds["parrotName"] == "function" and kinds["parrotCount"], kinds


@check
def history_tail_range_and_search(k):
    for code in ["101", "'needle'", "102"]:
        last = k.run(code).reply["execution_count"]

    def ask(**query):
        return k.reply(k.client.history(raw=True, **query))["content"]["history"]

    assert [line[2] for line in ask(hist_access_type="tail", n=3, output=False)] == ["101", "'needle'", "102"]
    assert ask(hist_access_type="search", pattern="*needle*", output=True)[-1][2] == ["'needle'", "'needle'"]
    session = ask(hist_access_type="tail", n=1, output=False)[0][0]
    found = ask(hist_access_type="range", session=session, start=last, stop=last + 1, output=False)
    assert found == [[session, last, "102"]]


@check
def a_comm_for_an_unknown_target_is_closed(k):
    message = k.client.session.msg("comm_open", {"comm_id": "c", "target_name": "jupyter.widget", "data": {}})
    k.client.shell_channel.send(message)
    mine = message["header"]["msg_id"]
    k.until(lambda m: is_idle(m) and parent(m) == mine)
    assert [m["content"] for m in k.of(mine) if m["msg_type"] == "comm_close"] == [{"comm_id": "c", "data": {}}]


@check
def libraries_learn_whether_somebody_can_answer(k):
    assert k.run(f"{HOST}.interactive", allow_stdin=True).text() == "true"
    assert k.run(f"{HOST}.interactive", allow_stdin=False).text() == "false"


# Start, end, strangers


@check
def a_message_with_a_wrong_key_is_ignored(k):
    from jupyter_client.session import Session

    stranger = Session(key=b"wrong", signature_scheme="hmac-sha256")
    stranger.send(k.client.shell_channel.socket, stranger.msg("execute_request", {"code": "globalThis.stranger = 1"}))
    k.drain(0.3)
    assert k.run("'stranger' in globalThis").text() == "false"


@check
def cells_sent_before_the_evaluator_is_loaded_run_in_order(_):
    with Kernel() as k:
        sent = [k.send(code) for code in ["let order = [1]", "order.push(2)", "order"]]
        assert [k.finish(message).reply["status"] for message in sent] == ["ok"] * 3
        assert "1, 2" in k.run("order").text()


@check
def an_interrupt_before_the_evaluator_is_loaded_ends_the_waiting_cell(_):
    with Kernel() as k:
        cell = k.send("1")
        k.control("interrupt_request")
        reply = k.finish(cell).reply
        assert reply["status"] == "ok" or reply["ename"] == "KeyboardInterrupt", reply
        assert k.run("2").text() == "2"


@check
def kernel_info_is_answered_long_before_the_evaluator_is_loaded(_):
    times = []
    for _ in range(3):
        start = time.monotonic()
        from jupyter_client.manager import KernelManager

        manager = KernelManager(kernel_name=KERNEL)
        manager.start_kernel()
        client = manager.client()
        client.start_channels()
        client.kernel_info()
        client.get_shell_msg(timeout=20)
        times.append(time.monotonic() - start)
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    # 0.35 to 0.6 s on a quiet machine; the evaluator alone takes 1.5 s.
    assert min(times) < 1, times


@check
def restart_forgets_the_state_and_keeps_the_ports(_):
    with Kernel() as k:
        k.run("const old = 1")
        ports = k.manager.get_connection_info()["shell_port"]
        first = k.pid
        k.manager.restart_kernel()
        k.client.wait_for_ready(timeout=30)
        assert k.pid != first and not is_running(first)
        assert k.manager.get_connection_info()["shell_port"] == ports
        assert k.run("typeof (globalThis as any).old").text() == "'undefined'"


@check
def shutdown_ends_the_process_with_code_0_in_time(_):
    for code in [None, "await new Promise(() => {})", "while (true) {}"]:
        with Kernel() as k:
            k.run("1")
            if code:
                k.until_started(k.send(code))
            process = k.manager.provisioner.process
            start = time.monotonic()
            reply = k.control("shutdown_request", {"restart": False})
            assert reply["content"] == {"status": "ok", "restart": False}
            exit_code = process.wait(5)
            took = time.monotonic() - start
            assert took < 0.6, f"{code}: took {took:.2f} s"
            assert exit_code == 0 or code == "while (true) {}", exit_code


@check
def process_exit_in_a_cell_fails_as_sys_exit_does_and_the_kernel_lives(k):
    k.run("const keptOverExit = 7")
    error = k.run("process.exit(7)").of("error")[0]
    assert error["ename"] == "ProcessExit" and "process.exit(7)" in error["evalue"], error
    assert k.run("keptOverExit").text() == "7"


@check
def no_orphan_stays_when_the_client_is_killed(_):
    code = (
        "import time; from jupyter_client.manager import KernelManager\n"
        f"m = KernelManager(kernel_name='{KERNEL}'); m.start_kernel()\n"
        "c = m.client(); c.start_channels(); c.wait_for_ready(timeout=30); c.execute(CODE)\n"
        "print(m.provisioner.process.pid, flush=True); time.sleep(60)"
    )
    for cell in ["1", "while (true) {}"]:
        program = code.replace("CODE", repr(cell))
        client = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        pid = int(client.stdout.readline())
        time.sleep(2.5 if cell != "1" else 0)
        assert is_running(pid)
        client.send_signal(signal.SIGKILL)
        client.wait()
        end = time.monotonic() + 3
        while is_running(pid) and time.monotonic() < end:
            time.sleep(0.05)
        assert not is_running(pid), f"still there while running {cell!r}"


# Batch clients


def run_notebook(*cells, **options):
    import nbclient
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    nbclient.NotebookClient(notebook, timeout=options.pop("timeout", 60), kernel_name=KERNEL, **options).execute()
    return [cell.outputs for cell in notebook.cells]


@check
def nbclient_keeps_all_of_20001_lines_and_their_cells(_):
    first, second = run_notebook("for (let i = 0; i < 20001; i++) console.log(`line ${i}`)", "console.log('next')")
    text = "".join(output.text for output in first)
    assert text.splitlines() == [f"line {i}" for i in range(20001)]
    assert [output.text for output in second] == ["next\n"]


@check
def nbclient_keeps_updates_of_a_display_from_an_earlier_cell(_):
    first, second = run_notebook(
        "let step = 0; display({ 'text/plain': 'step 0' }, { displayId: 'live' });\n"
        "const timer = setInterval(() => display({ 'text/plain': `step ${++step}` }, { displayId: 'live', update: true }), 20)",
        "while (step < 10) await new Promise((done) => setTimeout(done, 5)); clearInterval(timer)",
    )
    assert int(re.match(r"step (\d+)", first[0].data["text/plain"])[1]) >= 9, first
    assert second == [], second


@check
def nbclient_stops_at_an_error_and_names_it(_):
    from nbclient.exceptions import CellExecutionError

    try:
        run_notebook("throw new RangeError('too far')", "1")
    except CellExecutionError as error:
        assert error.ename == "RangeError" and error.evalue == "too far", (error.ename, error.evalue)
        return
    raise AssertionError("the notebook went on")


@check
def nbclient_interrupts_a_cell_that_takes_too_long(_):
    from nbclient.exceptions import CellTimeoutError

    try:
        run_notebook("await 0; while (true) {}", timeout=2)
        raise AssertionError("the notebook did not stop")
    except CellTimeoutError:
        pass
    outputs = run_notebook("while (true) {}", "'after'", timeout=4, interrupt_on_timeout=True, allow_errors=True)
    assert outputs[0][0].ename == "KeyboardInterrupt"
    assert outputs[1][0].data["text/plain"] == "'after'"


def main(names):
    shared = None
    for name, function in CHECKS.items():
        if names and name not in names:
            continue
        start = time.monotonic()
        failure = None
        try:
            if function.__code__.co_varnames[0] == "_":
                function(None)
            else:
                shared = shared or Kernel()
                shared.seen.clear()
                function(shared)
        except Exception:
            failure = traceback.format_exc()
            # What a failed check left behind must not make the next ones fail.
            if shared is not None:
                shared.__exit__()
                shared = None
        print(json.dumps({"name": name, "failure": failure, "seconds": round(time.monotonic() - start, 2)}), flush=True)
    if shared is not None:
        shared.__exit__()


main(sys.argv[1:])
