"""Counts for ever: something to abort."""
import time

count = 0
while True:
    count += 1
    print(f"still counting: {count}")
    time.sleep(0.2)
