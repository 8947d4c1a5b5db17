"""Trains GRUs with gates that read handwritten digits pixel by pixel; writes `specs/usps_pixels/`."""

import torch
from torch.nn import functional

import datasets
import experiment
import har_skipping
import skipping_task
import training
import usps
from skipping import Gate, Recipe
from skipping_task import Task, Variant


# Of the variants that start from a trained network.
FINE = {"steps": 800, "learning_rate": 1e-3, "gate_rate": 5, "cost": 5e-4}


def shifted(sequences):
    digits, lengths, labels = training.tensors(sequences)

    def draw(generator, count):
        batch = torch.randint(len(labels), (count,), generator=generator)
        moved, _ = usps.shifted(digits[batch].view(-1, 16, 16), lengths[batch], generator)
        return moved.reshape(-1, 256, 1), labels[batch]

    return draw


def loss(outputs, labels):
    return functional.cross_entropy(outputs, labels, label_smoothing=0.05)


def noise(count):
    return experiment.smooth_noise(count, 256, 1).tanh().numpy()


TASK = Task(
    name="usps_pixels",
    kind="gru",
    features=1,
    hidden_size=110,
    head="classifier",
    units=10,
    activation="softmax",
    load=datasets.usps_pixels,
    draw=shifted,
    loss=loss,
    score=har_skipping.score,
    recipe=Recipe(steps=1500, batch=64, learning_rate=3e-3),
    variants={
        "dense": Variant(),
        "skip_rnn": Variant(Gate("skip_rnn"), FINE, start="dense"),
        "window": Variant(Gate("window", length=16, budget=16), FINE, start="dense"),
    },
    step="one pixel, -1 (paper) to 1 (ink); a digit is sixteen rows of sixteen, from the top left",
    output="the probabilities of 0..9 once the last pixel is read",
    golden_inputs=noise,
    thresholds=(0.3, 0.4, 0.5, 0.6, 0.7),
)

if __name__ == "__main__":
    skipping_task.main(TASK)
