"""A file for each task; a claim reads them all under a lock, and takes the oldest that is pending."""

import fcntl
import json
import os
import sys
import time
import uuid

from queue_worker import PAYLOAD, RESULT, serve, write_synced


class Queue:
    def __init__(self, folder):
        self.folder = f"{folder}/tasks"
        os.makedirs(self.folder, exist_ok=True)
        self.lock = open(f"{folder}/lock", "w")
        self.me = str(os.getpid())

    def path(self, task):
        return f"{self.folder}/{task['id']}.json"

    def enqueue(self):
        task = {"id": str(uuid.uuid4()), "state": "pending", "created": time.time(), "payload": PAYLOAD}
        write_synced(self.path(task), task)

    def claim(self):
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        try:
            pending = []
            for name in os.listdir(self.folder):
                if not name.endswith(".json"):
                    continue
                with open(f"{self.folder}/{name}") as file:
                    task = json.load(file)
                if task["state"] == "pending":
                    pending.append(task)
            if not pending:
                return None
            task = min(pending, key=lambda each: each["created"])
            task.update(state="claimed", holder=self.me)
            write_synced(self.path(task), task)
            return task
        finally:
            fcntl.flock(self.lock, fcntl.LOCK_UN)

    def complete(self, task):
        task.update(state="completed", result=RESULT)
        write_synced(self.path(task), task)


serve(Queue(sys.argv[1]))
