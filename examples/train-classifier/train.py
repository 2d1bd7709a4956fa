"""Trains a small neural network that tells plums, apricots and nectarines apart. Standard library only."""
import csv
import math
import random
import time

HIDDEN, EPOCHS, RATE, BATCH = 24, 60, 0.01, 15
source = random.Random(7)

with open("fruit.csv") as file:
    table = list(csv.reader(file))[1:]
kinds = sorted({row[-1] for row in table})
features = [[float(value) for value in row[:-1]] for row in table]
labels = [kinds.index(row[-1]) for row in table]

# Every feature with mean 0 and deviation 1, so that no unit of measure outweighs another.
columns = list(zip(*features))
means = [sum(column) / len(column) for column in columns]
deviations = [math.sqrt(sum((v - m) ** 2 for v in column) / len(column)) for column, m in zip(columns, means)]
inputs = [[(v - m) / d for v, m, d in zip(row, means, deviations)] for row in features]
split = len(inputs) * 3 // 4
print(f"{len(inputs)} fruits, {len(kinds)} kinds: {', '.join(kinds)}; {split} to learn from, the rest to be tested on")


def layer(width, depth):
    scale = math.sqrt(2 / depth)
    return [[source.gauss(0, scale) for _ in range(depth)] for _ in range(width)], [0.0] * width


w1, b1 = layer(HIDDEN, len(inputs[0]))
w2, b2 = layer(len(kinds), HIDDEN)


def forward(x):
    hidden = [max(0.0, sum(w * v for w, v in zip(row, x)) + bias) for row, bias in zip(w1, b1)]
    scores = [sum(w * h for w, h in zip(row, hidden)) + bias for row, bias in zip(w2, b2)]
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return hidden, [power / total for power in powers]


def learn(batch):
    loss = 0.0
    step = RATE / len(batch)
    for index in batch:
        x, label = inputs[index], labels[index]
        hidden, chances = forward(x)
        loss -= math.log(max(chances[label], 1e-12))
        errors = [chance - (1.0 if k == label else 0.0) for k, chance in enumerate(chances)]
        back = [sum(errors[k] * w2[k][j] for k in range(len(kinds))) if hidden[j] > 0 else 0.0 for j in range(HIDDEN)]
        for k, error in enumerate(errors):
            b2[k] -= step * error
            for j in range(HIDDEN):
                w2[k][j] -= step * error * hidden[j]
        for j, error in enumerate(back):
            b1[j] -= step * error
            for i, value in enumerate(x):
                w1[j][i] -= step * error * value
    return loss


def accuracy(indexes):
    right = sum(1 for index in indexes if max(range(len(kinds)), key=forward(inputs[index])[1].__getitem__) == labels[index])
    return right / len(indexes)


began = time.perf_counter()
order = list(range(split))
for epoch in range(1, EPOCHS + 1):
    source.shuffle(order)
    loss = sum(learn(order[start : start + BATCH]) for start in range(0, split, BATCH)) / split
    if epoch == 1 or epoch % 5 == 0:
        print(f"epoch {epoch:3}  loss {loss:.4f}  accuracy on unseen fruit {accuracy(range(split, len(inputs))):.1%}")

print(f"done in {time.perf_counter() - began:.2f} s")
