"""Trains GRUs with gates that tell what a smartphone's wearer does; writes `specs/har_skipping/`."""

import numpy as np
import torch
from torch.nn import functional

import datasets
import experiment
import har
import skipping_task
import spec
import training
from skipping import Gate, Recipe
from skipping_task import Task, Variant


# Of the variants that start from a trained network.
FINE = {"cost": 3e-3, "gate_rate": 3}


def varied(sequences):
    inputs, lengths, labels = training.tensors(sequences)

    def draw(generator, count):
        batch = torch.randint(len(labels), (count,), generator=generator)
        return har.varied(inputs[batch], lengths[batch], generator)[0], labels[batch]

    return draw


def loss(outputs, labels):
    return functional.cross_entropy(outputs, labels, label_smoothing=0.1)


def score(outputs, labels):
    right = int((outputs.argmax(axis=1) == labels).sum())
    return {"accuracy": round(right / len(labels), 6), "correct": right, "test": len(labels)}


def noise(count):
    return experiment.smooth_noise(count, 128, 9).numpy()


def write_front_end(data):
    tensors = {"mean": data.mean.astype(np.float32), "std": data.std.astype(np.float32)}
    spec.save(TASK.folder() / "frontend.safetensors", tensors)


TASK = Task(
    name="har_skipping",
    kind="gru",
    features=9,
    hidden_size=64,
    head="classifier",
    units=6,
    activation="softmax",
    load=datasets.activities,
    draw=varied,
    loss=loss,
    score=score,
    recipe=Recipe(steps=800, batch=64, learning_rate=3e-3, dropout=0.3, weight_decay=1e-3),
    variants={
        "dense": Variant(),
        "skip_rnn": Variant(Gate("skip_rnn"), FINE, start="dense"),
        "thr_rnn": Variant(Gate("thr_rnn", 0.6), weights="skip_rnn"),
        "window": Variant(Gate("window", length=16, budget=16), FINE | {"steps": 1200, "jitter": 0.1}, start="dense"),
    },
    step="three axes each of body acceleration, rotation and total acceleration, standardised",
    output="the probabilities of the six activities once the window has passed",
    golden_inputs=noise,
    thresholds=(0.3, 0.4, 0.5, 0.6, 0.7),
)

if __name__ == "__main__":
    skipping_task.main(TASK, write_front_end)
