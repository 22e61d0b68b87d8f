#!/usr/bin/env python3
"""Memory of a running outtrayd: with many devices that send large messages at once, or that stay connected and say nothing.

  memory.py large PID PORT [CONNECTIONS] [MEGABYTES]
  memory.py idle  PID PORT [CONNECTIONS] [plain | starttls | implicit]

Connects from this machine to 127.0.0.1:PORT and prints the process's memory before, at its peak or while they wait, and
after. Its settings must allow that many connections (limits.connections, …PerClient, …PerSubnet). Linux only: reads /proc.
"""
import resource, socket, ssl, sys, threading, time


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        fields = dict(line.split(":", 1) for line in rollup if ":" in line[:40])
    return {name: int(fields[name].split()[0]) / 1024 for name in ("Rss", "Pss")}


class Device:
    def __init__(self, port, encryption="plain"):
        self.over(socket.create_connection(("127.0.0.1", port)))
        if encryption == "implicit":
            self.encrypt()
        self.hear(b"220")
        self.say(b"EHLO memory.test", b"250")
        if encryption == "starttls":
            self.say(b"STARTTLS", b"220")
            self.encrypt()
            self.say(b"EHLO memory.test", b"250")

    def over(self, link):
        self.link, self.replies = link, link.makefile("rb")

    def encrypt(self):
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.over(trusting.wrap_socket(self.link))

    def say(self, line, code):
        self.link.sendall(line + b"\r\n")
        self.hear(code)

    def hear(self, code):
        while True:
            line = self.replies.readline()
            if not line.startswith(code):
                raise RuntimeError(line)
            if line[3:4] != b"-":
                return


def send(port, megabytes, results, gate):
    device = Device(port)
    device.say(b"MAIL FROM:<scan@office.test>", b"250")
    device.say(b"RCPT TO:<ann@away.test>", b"250")
    device.say(b"DATA", b"354")
    gate.wait()
    block = (b"x" * 76 + b"\r\n") * 800
    device.link.sendall(b"Subject: large\r\n\r\n")
    for _ in range(megabytes * 1_000_000 // len(block)):
        device.link.sendall(block)
    device.say(b".", b"250")
    results.append(1)


def large(pid, port, connections=100, megabytes=25):
    connections, megabytes = int(connections), int(megabytes)
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


def idle(pid, port, connections=1000, encryption="plain"):
    connections = int(connections)
    resource.setrlimit(resource.RLIMIT_NOFILE, (connections + 100, max(connections + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    before = memory(pid)
    print("before", before)
    devices = [Device(port, encryption) for _ in range(connections)]
    time.sleep(1)
    during = memory(pid)
    grown = during["Pss"] - before["Pss"]
    print(f"during {during}  {len(devices)} idle connections ({encryption}) cost {grown:.1f} MB, {grown * 1024 / connections:.1f} KB each")
    for device in devices:
        device.link.close()
    time.sleep(1)
    print("after ", memory(pid))


if __name__ == "__main__":
    acts = {"large": large, "idle": idle}
    if len(sys.argv) < 4 or sys.argv[1] not in acts:
        sys.exit(__doc__)
    acts[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
