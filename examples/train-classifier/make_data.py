"""Writes fruit.csv: 900 fruits of three kinds, drawn with a fixed seed. Standard library only."""
import csv
import random

KINDS = {
    # kind: (weight g, diameter mm, hue degrees (360 is red, less is crimson, more is orange), firmness N), each (mean, deviation)
    "plum": ((66, 12), (47, 4), (345, 30), (21, 4)),
    "apricot": ((55, 10), (44, 4), (392, 26), (15, 3)),
    "nectarine": ((96, 24), (54, 6), (376, 30), (20, 5)),
}

rows = []
source = random.Random(20)
for kind, features in KINDS.items():
    for _ in range(300):
        rows.append([round(source.gauss(mean, deviation), 1) for mean, deviation in features] + [kind])
source.shuffle(rows)

with open("fruit.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["weight_g", "diameter_mm", "hue_deg", "firmness_n", "kind"])
    writer.writerows(rows)
