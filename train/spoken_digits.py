"""Trains LSTMs that tell spoken digits apart; writes `specs/spoken_digits/`."""

import numpy as np
import torch

import datasets
import experiment
import mfcc
import spec
from training import Recipe
from variants import Variant

HIDDEN = 118
FASTEST, LONGEST_CUT, GAIN, NOISE = 1.15, 2.0, 0.3, 0.15


def varied(inputs, lengths, generator):
    """Speech up to 15 % faster or slower, cut at both ends, louder or softer, noisy, with frames masked."""
    uniform = lambda *shape: torch.rand(shape, generator=generator)
    count, steps, features = inputs.shape
    speed = FASTEST ** (2 * uniform(count) - 1)
    start, end = LONGEST_CUT * uniform(2, count)
    start, end = (torch.minimum(cut, lengths / 10) for cut in (start, end))
    longer = ((lengths - 1 - start - end) / speed).long() + 1
    at = (start[:, None] + speed[:, None] * torch.arange(longer.max())).clamp(max=steps - 1)
    at = torch.minimum(at, lengths[:, None] - 1.0)
    below = at.long()
    above = torch.minimum(below + 1, lengths[:, None] - 1)
    rows = torch.arange(count)[:, None]
    share = (at - below)[:, :, None]
    x = inputs[rows, below] * (1 - share) + inputs[rows, above] * share
    x = x + NOISE * torch.randn(x.shape, generator=generator)
    x[:, :, 0] += GAIN * (2 * uniform(count, 1) - 1)
    first, width = uniform(count) * longer, 4 * uniform(count)
    frames = torch.arange(x.shape[1])
    masked = (frames >= first[:, None]) & (frames < (first + width)[:, None])
    masked = masked[:, :, None] | (uniform(count, 1, features) < 0.05)
    return x.masked_fill(masked, 0.0), longer


def write_front_end(data):
    mean, std = data.mean.astype(np.float32), data.std.astype(np.float32)
    signal = mfcc.test_signal()
    features = ((mfcc.features(signal) - mean) / std).astype(np.float32)
    tensors = {"mean": mean, "std": std, "signal": signal, "features": features}
    spec.save(TASK.folder() / "frontend.safetensors", tensors)


TASK = experiment.Task(
    name="spoken_digits",
    kind="lstm",
    layer="lstm",
    features=mfcc.COEFFICIENTS,
    classes=10,
    load=datasets.spoken_digits,
    augment=varied,
    recipe=Recipe(epochs=100, batch=64, learning_rate=4e-3, dropout=0.3),
    variants={
        "dense": Variant(HIDDEN),
        "small": Variant(24),
        "pruned": Variant(HIDDEN, "pruned", {"kept": 1344}),
        "low_rank": Variant(HIDDEN, "low_rank", {"rank": 2}),
        "hmd": Variant(HIDDEN, "hmd", {"top": 57}),
        "kp": Variant(HIDDEN, "kp", {"factors": [[2, 16], [59, 8]]}),
        "hkp": Variant(HIDDEN, "hkp", {"top": 10, "factors": [[9, 16], [12, 8]]}),
    },
    step="one frame of coefficients, normalised",
    output="the probabilities of 0..9 once the last frame is read",
    golden_steps=30,
)

if __name__ == "__main__":
    experiment.main(TASK, write_front_end)
