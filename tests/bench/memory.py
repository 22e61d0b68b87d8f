#!/usr/bin/env python3
"""Memory of a running outtrayd: with many devices that send large messages at once, that send small ones without a pause, or
that stay connected and say nothing.

  memory.py large PID PORT [CONNECTIONS] [MEGABYTES]
  memory.py busy  PID PORT [CONNECTIONS] [SECONDS] [plain | starttls | implicit]
  memory.py idle  PID PORT [CONNECTIONS] [plain | starttls | implicit]

Connects from this machine to 127.0.0.1:PORT and prints the process's memory before, at its peak or while they wait, and
after. Its settings must allow that many connections (limits.connections, …PerClient, …PerSubnet), and for `busy` that many
messages (bursts.hold false). Linux only: reads /proc.
"""
import multiprocessing, os, resource, selectors, socket, ssl, sys, threading, time


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


SMALL = b"From: <scan@office.test>\r\nTo: <ann@away.test>\r\nSubject: Alarm\r\n\r\nThe door was opened.\r\n.\r\n"
# What a device writes, and with which code each of the answers must begin; in two turns, as RFC 2920 allows.
TURNS = ((b"MAIL FROM:<scan@office.test>\r\nRCPT TO:<ann@away.test>\r\nDATA\r\n", (b"250", b"250", b"354")), (SMALL, (b"250",)))


class Sender:
    """A device that writes its next turn as soon as the last one was answered."""

    def __init__(self, device):
        self.link, self.turn, self.answers, self.heard = device.link, 0, [], b""

    def begin(self):
        turn, answers = TURNS[self.turn]
        self.answers = list(answers)
        self.link.sendall(turn)

    def listen(self):
        """True when a message was taken."""
        more = self.link.recv(4096)
        if not more:
            raise RuntimeError("it closed the connection")
        *lines, self.heard = (self.heard + more).split(b"\r\n")
        for line in lines:
            if not line.startswith(self.answers.pop(0)):
                raise RuntimeError(line)
        if self.answers:
            return False
        taken = self.turn == 1
        self.turn = 1 - self.turn
        self.begin()
        return taken


def crowd(port, connections, encryption, until, gate, counts):
    """Some of them, in a process of their own: the one that is measured shall be the slower one."""
    senders = [Sender(Device(port, encryption)) for _ in range(connections)]
    gate.wait()
    waiting = selectors.DefaultSelector()
    for sender in senders:
        waiting.register(sender.link, selectors.EVENT_READ, sender)
        sender.begin()
    messages = 0
    while time.monotonic() < until.value:
        for key, _ in waiting.select(0.1):
            messages += key.data.listen()
            while hasattr(key.fileobj, "pending") and key.fileobj.pending():
                messages += key.data.listen()
    counts.put(messages)


def busy(pid, port, connections=200, seconds=30, encryption="plain"):
    connections, seconds, crowds = int(connections), float(seconds), min(2, os.cpu_count() or 1)
    print("before", memory(pid))
    gate, until, counts = multiprocessing.Barrier(crowds + 1), multiprocessing.Value("d", 0.0), multiprocessing.Queue()
    shares = [connections // crowds + (n < connections % crowds) for n in range(crowds)]
    processes = [multiprocessing.Process(target=crowd, args=(port, share, encryption, until, gate, counts)) for share in shares]
    for process in processes:
        process.start()
    until.value = time.monotonic() + 3600
    gate.wait(60)
    begun = time.monotonic()
    until.value = begun + seconds
    peak = {"Rss": 0, "Pss": 0}
    while time.monotonic() < until.value:
        now = memory(pid)
        peak = {name: max(peak[name], now[name]) for name in peak}
        time.sleep(0.1)
    messages = sum(counts.get(timeout=30) for _ in processes)
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        sys.exit("a device was not served")
    print(f"peak   {peak}  {connections} busy sessions ({encryption}), {messages} messages in {seconds:.0f} s, {messages / seconds:.0f} a second")
    time.sleep(1)
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
    acts = {"large": large, "busy": busy, "idle": idle}
    if len(sys.argv) < 4 or sys.argv[1] not in acts:
        sys.exit(__doc__)
    acts[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
