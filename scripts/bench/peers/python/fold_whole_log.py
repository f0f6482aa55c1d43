"""One log of all that happened; each claim reads it from the start, under a lock, to know what is pending."""

import fcntl
import json
import os
import sys
import uuid

from queue_worker import PAYLOAD, RESULT, serve


class Queue:
    def __init__(self, folder):
        self.path = f"{folder}/log.jsonl"
        self.log = open(self.path, "a")
        self.lock = open(f"{folder}/lock", "w")
        self.me = str(os.getpid())

    def append(self, event):
        self.log.write(json.dumps(event) + "\n")
        self.log.flush()
        os.fdatasync(self.log.fileno())

    def pending(self):
        state = {}
        with open(self.path) as file:
            for line in file:
                event = json.loads(line)
                if event["op"] == "enqueue":
                    state[event["id"]] = event
                else:
                    state.pop(event["id"], None)
        return state

    def locked(self, step):
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        try:
            return step()
        finally:
            fcntl.flock(self.lock, fcntl.LOCK_UN)

    def enqueue(self):
        self.locked(lambda: self.append({"op": "enqueue", "id": str(uuid.uuid4()), "payload": PAYLOAD}))

    def claim(self):
        def step():
            task = next(iter(self.pending()), None)
            if task is not None:
                self.append({"op": "claim", "id": task, "holder": self.me})
            return task

        return self.locked(step)

    def complete(self, task):
        self.locked(lambda: self.append({"op": "complete", "id": task, "result": RESULT}))


serve(Queue(sys.argv[1]))
