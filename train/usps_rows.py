"""Trains GRUs with a gate that read handwritten digits row by row, drawn by anyone; writes `specs/usps_rows/`."""

import math

import torch
from torch.nn import functional

import datasets
import experiment
import har_skipping
import skipping_task
import training
from skipping import Gate, Recipe
from skipping_task import Task, Variant
from usps_pixels import loss


def bent(sequences):
    """Digits turned, stretched, sheared and moved a little: hands differ more than the writers of the data set."""
    digits, lengths, labels = training.tensors(sequences)

    def draw(generator, count):
        batch = torch.randint(len(labels), (count,), generator=generator)
        turn, wide, high, shear, right, down = 2 * torch.rand(6, count, generator=generator) - 1
        turn, wide, high, shear = turn * math.pi / 14, 1 + 0.15 * wide, 1 + 0.15 * high, 0.15 * shear
        cos, sin = turn.cos(), turn.sin()
        first = torch.stack([wide * cos, shear - sin, right / 8], dim=1)
        second = torch.stack([sin, high * cos, down / 8], dim=1)
        grid = functional.affine_grid(torch.stack([first, second], dim=1), (count, 1, 16, 16), align_corners=False)
        paper = digits[batch].view(-1, 1, 16, 16) + 1
        return functional.grid_sample(paper, grid, align_corners=False)[:, 0] - 1, labels[batch]

    return draw


def noise(count):
    return experiment.smooth_noise(count, 16, 16).tanh().numpy()


TASK = Task(
    name="usps_rows",
    kind="gru",
    features=16,
    hidden_size=64,
    head="classifier",
    units=10,
    activation="softmax",
    load=datasets.usps,
    draw=bent,
    loss=loss,
    score=har_skipping.score,
    recipe=Recipe(steps=4000, batch=128, learning_rate=4e-3, weight_decay=1e-3),
    variants={
        "dense": Variant(),
        "skip_rnn": Variant(Gate("skip_rnn"), {"steps": 3000, "gate_rate": 3, "cost": 1e-2}, start="dense"),
    },
    step="one row of pixels, -1 (paper) to 1 (ink); a digit is sixteen rows, from the top",
    output="the probabilities of 0..9 once the last row is read",
    golden_inputs=noise,
    thresholds=(),
)

if __name__ == "__main__":
    skipping_task.main(TASK)
