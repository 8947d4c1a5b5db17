"""Trains LSTMs with gates on the adding task; writes `specs/adding/`."""

import numpy as np
import torch
from torch.nn import functional

import datasets
import skipping_task
from skipping import Gate, Recipe
from skipping_task import Task, Variant


# Of the variants that start from a trained network.
FINE = {"learning_rate": 1e-3, "gate_rate": 3}

# A high cost finds what can be skipped, a low one gives back what cannot.
WINDOW = FINE | {"steps": 5000, "gate_rate": 5, "jitter": 0.05}
WINDOW |= {"cost": 3e-4, "growth": 0.2, "relief": 0.5, "last_cost": 5e-5}


def fresh(training):
    """Every batch anew: the task is made, not collected."""

    def draw(generator, count):
        seed = torch.randint(2**31, (), generator=generator).item()
        # Seeds from 2^32 on, which the calibration and test sequences do not have.
        sequences = datasets.adding_sequences(count, np.random.default_rng(2**32 + seed))
        return torch.from_numpy(sequences.inputs), torch.from_numpy(sequences.labels)

    return draw


def score(outputs, labels):
    return {"mse": float(f"{np.square(outputs - labels).mean():.4e}")}


TASK = Task(
    name="adding",
    kind="lstm",
    features=2,
    hidden_size=110,
    head="sum",
    units=1,
    activation="none",
    load=datasets.adding,
    draw=fresh,
    loss=functional.mse_loss,
    score=score,
    recipe=Recipe(steps=3000, batch=128, learning_rate=2e-3),
    variants={
        "dense": Variant(),
        "skip_rnn": Variant(Gate("skip_rnn"), FINE | {"steps": 3500, "cost": 5e-5, "jitter": 0.02}, start="dense"),
        "thr_rnn": Variant(Gate("thr_rnn", 0.51), weights="skip_rnn"),
        "window": Variant(Gate("window", length=10, budget=10), WINDOW, start="skip_rnn"),
    },
    step="a number in -0.5..0.5, and 1 if it is marked, otherwise 0",
    output="the sum of the two marked numbers",
    golden_inputs=lambda count: datasets.adding_sequences(count, np.random.default_rng(3)).inputs,
    thresholds=(0.3, 0.4, 0.5, 0.6, 0.7),
)

if __name__ == "__main__":
    skipping_task.main(TASK)
