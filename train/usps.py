"""Trains FastRNNs that read handwritten digits row by row; writes `specs/usps/`."""

import torch
from torch.nn import functional

import datasets
import experiment
from training import Recipe
from variants import Variant

HIDDEN = 32


def shifted(digits, lengths, generator):
    """Each digit moved by up to one pixel along each axis."""
    padded = functional.pad(digits, (1, 1, 1, 1), value=-1)
    top, left = torch.randint(3, (2, len(digits)), generator=generator)
    pixels = torch.arange(16)
    index = torch.arange(len(digits))[:, None, None]
    return padded[index, (top[:, None] + pixels)[:, :, None], (left[:, None] + pixels)[:, None, :]], lengths


TASK = experiment.Task(
    name="usps",
    kind="fastrnn",
    layer="rnn",
    features=16,
    classes=10,
    load=datasets.usps,
    augment=shifted,
    recipe=Recipe(epochs=120, batch=128, learning_rate=1e-2, dropout=0.0, label_smoothing=0.05),
    variants={
        "dense": Variant(HIDDEN),
        "small": Variant(11),
        "pruned": Variant(HIDDEN, "pruned", {"kept": 53}),
        "low_rank": Variant(HIDDEN, "low_rank", {"rank": 1}),
        "hmd": Variant(HIDDEN, "hmd", {"top": 14}),
        "kp": Variant(HIDDEN, "kp", {"factors": [[4, 8], [8, 6]]}),
        "hkp": Variant(HIDDEN, "hkp", {"top": 2, "factors": [[5, 8], [6, 6]]}),
    },
    step="one row of pixels, -1 (paper) to 1 (ink); a digit is sixteen rows, from the top",
    output="the probabilities of 0..9 once the last row is read",
    golden_steps=16,
)

if __name__ == "__main__":
    experiment.main(TASK)
