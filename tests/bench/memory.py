#!/usr/bin/env python3
"""Memory of a running outtrayd while many devices send large messages at once.

  memory.py PID PORT [CONNECTIONS] [MEGABYTES]

Sends from this machine to 127.0.0.1:PORT and prints the process's memory before, at its peak, and after.
Linux only: reads /proc.
"""
import socket, sys, threading, time


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        fields = dict(line.split(":", 1) for line in rollup if ":" in line[:40])
    return {name: int(fields[name].split()[0]) / 1024 for name in ("Rss", "Pss")}


def send(port, megabytes, results, gate):
    link = socket.create_connection(("127.0.0.1", port))
    replies = link.makefile("rb")

    def hear(code):
        while True:
            line = replies.readline()
            if not line.startswith(code):
                raise RuntimeError(line)
            if line[3:4] != b"-":
                return

    hear(b"220")
    for command, code in ((b"EHLO memory.test", b"250"), (b"MAIL FROM:<scan@office.test>", b"250"), (b"RCPT TO:<ann@away.test>", b"250"), (b"DATA", b"354")):
        link.sendall(command + b"\r\n")
        hear(code)
    gate.wait()
    block = (b"x" * 76 + b"\r\n") * 800
    link.sendall(b"Subject: large\r\n\r\n")
    for _ in range(megabytes * 1_000_000 // len(block)):
        link.sendall(block)
    link.sendall(b".\r\n")
    hear(b"250")
    results.append(1)


def main():
    pid, port = int(sys.argv[1]), int(sys.argv[2])
    connections = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    megabytes = int(sys.argv[4]) if len(sys.argv) > 4 else 25
    print("before", memory(pid))
    results, gate, start = [], threading.Barrier(connections), time.monotonic()
    threads = [threading.Thread(target=send, args=(port, megabytes, results, gate)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    peak = {"Rss": 0, "Pss": 0}
    while any(thread.is_alive() for thread in threads):
        now = memory(pid)
        peak = {name: max(peak[name], now[name]) for name in peak}
        threads[0].join(0.02)
        time.sleep(0.02)
    print(f"peak   {peak}  {len(results)} of {connections} messages of {megabytes} MB accepted in {time.monotonic() - start:.1f} s")
    print("after ", memory(pid))


if __name__ == "__main__":
    main()
