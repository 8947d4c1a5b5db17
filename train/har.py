"""Trains bidirectional LSTMs that tell what a smartphone's wearer does; writes `specs/har/`."""

import numpy as np
import torch

import datasets
import experiment
import spec
from training import Recipe
from variants import Variant

HIDDEN = 180
SHIFT, NOISE, SCALE = 16, 0.1, 0.1
# Of the variants with few numbers.
FAST = {"learning_rate": 1e-2}


def varied(windows, lengths, generator):
    """Each window turned around in time, its channels scaled, noisy."""
    count, steps, channels = windows.shape
    shift = torch.randint(-SHIFT, SHIFT + 1, (count, 1), generator=generator)
    x = windows[torch.arange(count)[:, None], (torch.arange(steps) + shift) % steps]
    x = x * (1 + SCALE * torch.randn(count, 1, channels, generator=generator))
    return x + NOISE * torch.randn(x.shape, generator=generator), lengths


def write_front_end(data):
    tensors = {"mean": data.mean.astype(np.float32), "std": data.std.astype(np.float32)}
    spec.save(TASK.folder() / "frontend.safetensors", tensors)


TASK = experiment.Task(
    name="har",
    kind="bidirectional_lstm",
    layer="lstm",
    features=9,
    classes=6,
    load=datasets.activities,
    augment=varied,
    recipe=Recipe(epochs=20, batch=60, learning_rate=3e-3, dropout=0.4, label_smoothing=0.1),
    variants={
        "dense": Variant(HIDDEN),
        "small": Variant(23, recipe=FAST),
        "pruned": Variant(HIDDEN, "pruned", {"kept": 2064}, FAST),
        "low_rank": Variant(HIDDEN, "low_rank", {"rank": 1}, FAST),
        "hmd": Variant(HIDDEN, "hmd", {"top": 88}),
        "kp": Variant(HIDDEN, "kp", {"factors": [[12, 21], [15, 9]]}, FAST),
        "hkp": Variant(HIDDEN, "hkp", {"top": 18, "factors": [[9, 21], [18, 9]]}, {"learning_rate": 5e-3}),
    },
    step="three axes each of body acceleration, rotation and total acceleration, standardised",
    output="the probabilities of the six activities, from both directions' final states",
    golden_steps=28,
)

if __name__ == "__main__":
    experiment.main(TASK, write_front_end)
