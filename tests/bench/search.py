#!/usr/bin/env python3
"""How fast the history answers while somebody types, with so many messages in it.

  search.py OUTTRAYD [MESSAGES]

Starts that outtrayd on a folder of its own, hands in 200 messages of many kinds by SMTP, multiplies them in the database while
the engine is stopped (100,000 unless told), starts it again and asks for the first page by its control socket, letter by letter, as
the window does. Prints milliseconds, the median and the longest of 15. Linux only: speaks to the Unix socket.
"""
import json, os, smtplib, socket, sqlite3, statistics, struct, subprocess, sys, tempfile, time

KINDS = 200
PORT = 38125
SEARCHES = ["", "i", "in", "inv", "invo", "invoice 1", "ann42@", "10.0.0.7", "nothing has this", "subject:alarm", "from:scanner to:bea",
            "after:2026-01-01 subject:scan"]


def settings(folder):
    text = json.dumps({
        "version": 1, "hostName": "search.test",
        "listeners": [{"address": "127.0.0.1", "port": PORT, "encryption": "plain"}],
        "rules": [{"name": "here", "network": "127.0.0.0/8"}],
        "smartHost": {"server": "127.0.0.1", "port": 9, "encryption": "none"},
        "bursts": {"hold": False},
    })
    with open(os.path.join(folder, "settings.json"), "w") as file:
        file.write(text)


def start(program, folder):
    engine = subprocess.Popen([program, "run", "--data", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if not engine.stdout.readline():
        raise SystemExit("outtrayd did not start")
    return engine


def stop(engine):
    engine.terminate()
    engine.wait()


def hand_in():
    with smtplib.SMTP("127.0.0.1", PORT) as device:
        for n in range(KINDS):
            subject = ["Invoice", "Scan", "Alarm", "Backup done", "Rechnung", "UPS on battery", "Fax received"][n % 7]
            sender = f"{['scanner', 'erp', 'nas', 'door', 'ups'][n % 5]}@office.example"
            to = [f"ann{n}@customer.example"] + ([f"bea{n}@customer.example"] if n % 9 == 0 else [])
            device.sendmail(sender, to, f"From: {sender}\r\nTo: {', '.join(to)}\r\nSubject: {subject} {n}\r\n\r\nx\r\n")


def columns(database, table):
    return [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]


def multiply(folder, wanted):
    """The same again and again, each with an id of its own, settled, and with every row that belongs to it."""
    database = sqlite3.connect(os.path.join(folder, "queue.db"))
    first, last = database.execute("SELECT min(seq), max(seq) FROM message").fetchone()
    sent = {"seq": "seq + :by", "id": "randomblob(16)", "unsettled": "0", "settled_at": "accepted_at + 900", "accepted_at": "accepted_at - :by * 60000"}
    for table, replaced in (("message", sent), ("recipient", {"message": "message + :by"}), ("record", {"message": "message + :by"})):
        names = columns(database, table)
        key = "seq" if table == "message" else "message"
        copy = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(replaced.get(name, name) for name in names)} FROM {table} WHERE {key} <= :last"
        for by in range(last - first + 1, wanted, last - first + 1):
            database.execute(copy, {"by": by, "last": last})
    database.commit()
    kept = database.execute("SELECT count(*) FROM message").fetchone()[0]
    database.close()
    return kept


class Window:
    def __init__(self, folder):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(os.path.join(folder, "control.sock"))
        self.asked = 0

    def ask(self, request):
        self.asked += 1
        frame = json.dumps({"id": self.asked, "request": request}).encode()
        self.link.sendall(struct.pack(">I", len(frame)) + frame)
        while True:
            answer = json.loads(self.read(struct.unpack(">I", self.read(4))[0]))
            if answer.get("id") == self.asked:
                return answer["answer"]

    def read(self, size):
        octets = b""
        while len(octets) < size:
            piece = self.link.recv(size - len(octets))
            if not piece:
                raise SystemExit("the engine hung up")
            octets += piece
        return octets


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    program, wanted = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        settings(folder)
        engine = start(program, folder)
        hand_in()
        stop(engine)
        kept = multiply(folder, wanted)
        engine = start(program, folder)
        try:
            window = Window(folder)
            print(f"{kept} messages, {os.path.getsize(os.path.join(folder, 'queue.db')) >> 20} MiB")
            for text in SEARCHES:
                took = []
                for _ in range(15):
                    began = time.perf_counter()
                    answer = window.ask({"ask": "history", "filter": {"text": text, "states": [], "lane": None}, "offset": 0, "limit": 60})
                    took.append((time.perf_counter() - began) * 1000)
                if answer["kind"] != "page":
                    raise SystemExit(answer)
                print(f"{text or '(all)':32} {answer['page']['total']:7} found   median {statistics.median(took):7.1f} ms   longest {max(took):7.1f} ms")
        finally:
            stop(engine)


main()
