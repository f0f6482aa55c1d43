"""What the workers in Python have in common: orders from standard input, as worker.ts takes them."""

import json
import os
import sys
import time

PAYLOAD = {"path": "src/module_1.ts", "symbol": "total"}
RESULT = {"ok": True}


def repeat(step, until):
    """Calls step until an instant, or until it returns False."""
    count = 0
    last = time.time() * 1000
    while last < until and step() is not False:
        count += 1
        last = time.time() * 1000
    return {"count": count, "last": last}


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_synced(path, record):
    """Writes a file beside its name, syncs it, and renames it over what is there."""
    staging = f"{path}.{os.getpid()}.new"
    with open(staging, "w") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(staging, path)
    sync_folder(os.path.dirname(path))


def serve(queue):
    """Does what standard input says with a queue that has enqueue(), claim() and complete(task)."""

    def work():
        task = queue.claim()
        if task is None:
            return False
        queue.complete(task)
        return True

    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = None
        if order["do"] == "fill":
            for _ in range(order["count"]):
                queue.enqueue()
        elif order["do"] != "prepare":
            time.sleep(max(0, order["at"] / 1000 - time.time()))
            step = work if order["do"] == "work" else queue.enqueue
            answer = repeat(step, order["at"] + order["ms"])
        print(json.dumps(answer), flush=True)
