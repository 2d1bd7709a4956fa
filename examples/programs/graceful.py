"""Works until it is asked to stop, then saves what it has: something to stop."""
import signal
import sys
import time

finished = 0


def finish(*_):
    print(f"asked to stop: saved {finished} pieces of work")
    sys.exit(0)


signal.signal(signal.SIGTERM, finish)
while True:
    finished += 1
    print(f"piece {finished} done")
    time.sleep(0.2)
