"""Waits for tasks as many tools do: looks for a file once a second. Prints a line for each that came."""

import os
import sys
import time

folder = sys.argv[1]
print("ready", flush=True)
while True:
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            os.rename(f"{folder}/{name}", f"{folder}/{name}.claimed")
            print(name, flush=True)
    time.sleep(1)
