"""A file for each task, in the folder of its state; a claim renames the first one, and one renamer wins."""

import json
import os
import sys
import time

from queue_worker import PAYLOAD, RESULT, serve, sync_folder, write_synced


class Queue:
    def __init__(self, folder):
        self.folders = {state: f"{folder}/{state}" for state in ("pending", "claimed", "completed")}
        for path in self.folders.values():
            os.makedirs(path, exist_ok=True)
        self.count = 0

    def enqueue(self):
        self.count += 1
        name = f"{time.time_ns():020}-{os.getpid()}-{self.count}.json"
        write_synced(f"{self.folders['pending']}/{name}", {"payload": PAYLOAD})

    def claim(self):
        for name in sorted(os.listdir(self.folders["pending"])):
            if not name.endswith(".json"):
                continue
            try:
                os.rename(f"{self.folders['pending']}/{name}", f"{self.folders['claimed']}/{name}")
            except FileNotFoundError:
                continue  # another process was first
            return name
        return None

    def complete(self, name):
        path = f"{self.folders['claimed']}/{name}"
        with open(path) as file:
            task = json.load(file)
        task["result"] = RESULT
        write_synced(path, task)
        os.rename(path, f"{self.folders['completed']}/{name}")
        sync_folder(self.folders["completed"])


serve(Queue(sys.argv[1]))
