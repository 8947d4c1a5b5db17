"""Dual-module inference (Zhang et al. 2019) plainly, in NumPy: which rows of a layer are read, and what it gives.

`tensors` has a layer's own under PyTorch's names, those of its little module under `<layer>.dual_module.`: `weight_ih_l0`,
`weight_hh_l0` and biases that multiply projections, and the ternary `projection_ih_l0` and `projection_hh_l0`.
A step is of many sequences at once: `x` is [n, inputs], and so is each state, [n, hidden].
"""

from dataclasses import dataclass, replace

import numpy as np

GROUP = 32


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "softmax": softmax}


def int4_scale(group):
    """A seventh of the largest; of numbers that are multiples of a scale already, that one."""
    largest = np.abs(group).max()
    scales = [np.float32(np.float16(largest / np.float32(integer))) for integer in range(7, 0, -1)]
    multiples = [scale > 0 and (np.abs(group / scale - np.rint(group / scale)) < 1e-4).all() for scale in scales]
    return scales[multiples.index(True)] if any(multiples) else scales[0]


def round_rows(weight, precision):
    """A little module's matrix as it is stored."""
    if precision == "f32":
        return weight
    if precision == "int8":
        scale = (np.abs(weight).max(axis=1, keepdims=True) / np.float32(127)).astype(np.float32)
        return np.rint(weight / np.where(scale == 0, 1, scale)).clip(-127, 127) * scale
    rounded = np.zeros_like(weight)
    for row, to in zip(weight, rounded):
        for start in range(0, len(row), GROUP):
            group = row[start : start + GROUP]
            if precision == "int4":
                scale = int4_scale(group)
                to[start : start + GROUP] = np.rint(group / (scale or 1)).clip(-7, 7) * scale
            else:
                sizes = np.sort(np.abs(group.astype(np.float64)))[::-1]
                counts = np.arange(1, len(group) + 1)
                best = (np.cumsum(sizes) ** 2 / counts).argmax()
                scale = np.float32(np.float16(np.float32(np.cumsum(sizes)[best] / counts[best])))
                to[start : start + GROUP] = np.where(np.abs(group) > scale / 2, np.sign(group) * scale, 0)
    return rounded


def row_scales(rows):
    """Of a projection that is multiplied in integers: without them half of the largest number would be no step."""
    return (1 + np.arange(rows) * 37 % 256 / 1024).astype(np.float32)


def round_vectors(x):
    """Each in steps of a 127th of its largest magnitude."""
    largest = np.abs(x).max(axis=1, keepdims=True).astype(np.float32)
    step, inverse = largest / np.float32(127), np.float32(127) / np.where(largest == 0, 1, largest)
    return np.rint(x.astype(np.float32) * inverse).astype(np.float64) * step


@dataclass
class Knobs:
    """How a layer's rows are chosen; thresholds are compared with sums, before the activation."""

    precision: str = "int8"
    sigmoid: float = -np.inf
    tanh: float = np.inf
    budget: int | None = None
    cross_gate: bool = False


def at_ratio(curve, ratio):
    """The thresholds of an insensitive ratio, from rows of a ratio and what gave it."""
    if ratio <= 0:
        return [-np.inf, np.inf]
    if ratio >= 1:
        return [np.inf, 0.0]
    return [np.interp(ratio, curve[:, 0], curve[:, column]) for column in range(1, curve.shape[1])]


class Dual:
    """One direction of one level, or a linear layer: what it has in common."""

    def __init__(self, tensors, name, end, knobs):
        self.knobs = knobs
        if knobs.budget is not None:
            # Where all rows are infinitely sensitive none is more so than another.
            self.knobs = replace(knobs, sigmoid=max(knobs.sigmoid, -100.0), tanh=min(knobs.tanh, 100.0))
        wide = {key: np.asarray(tensor).astype(np.float64) for key, tensor in tensors.items()}
        parts = ["_ih", "_hh"] if f"{name}.weight_ih{end}" in wide else [""]
        self.big = [(wide[f"{name}.weight{part}{end}"], wide[f"{name}.bias{part}{end}"]) for part in parts]
        self.little = []
        for part in parts:
            of = lambda what: wide[f"{name}.dual_module.{what}{part}{end}"]
            weight, signs = np.asarray(tensors[f"{name}.dual_module.weight{part}{end}"]), of("projection")
            if knobs.precision != "f32":
                scales = row_scales(len(signs))
                weight, signs = weight / scales, signs * scales[:, None].astype(np.float64)
            weight = round_rows(weight, knobs.precision)
            # So narrow a matrix is widened, and its vector is not rounded.
            exact = knobs.precision == "f32" or (weight.shape[1] < 32 and knobs.precision != "int2")
            self.little.append((signs, weight.astype(np.float64), of("bias"), exact))
        # Of the last step: which rows were read, and how near one was to be decided otherwise.
        self.sensitive, self.margin = None, np.inf

    def sums(self, inputs):
        """The big module's parts, then the little one's."""
        big = [x @ weight.T + bias for x, (weight, bias) in zip(inputs, self.big)]
        little = []
        for x, (projection, weight, bias, exact) in zip(inputs, self.little):
            # Projections are multiplied in integers, unless nothing is to be rounded.
            projected = (x if self.knobs.precision == "f32" else round_vectors(x)) @ projection.T
            little.append((projected if exact else round_vectors(projected)) @ weight.T + bias)
        return big, little

    def choose(self, scores):
        above = np.zeros((len(scores), 1))
        budget = self.knobs.budget
        if budget is not None and budget < scores.shape[1]:
            above = np.maximum(-np.sort(-scores, axis=1)[:, budget : budget + 1], 0)
        self.sensitive = scores > above
        distance = np.abs(scores - above)
        self.margin = np.where(distance > 0, distance, np.inf).min(axis=1)
        return self.sensitive


class LSTM(Dual):
    def step(self, x, state):
        h, c = state
        (bx, bh), (lx, lh) = self.sums([x, h])
        little, size = lx + lh, h.shape[1]
        scores = little - self.knobs.sigmoid
        candidate = slice(2 * size, 3 * size)
        scores[:, candidate] = self.knobs.tanh - np.abs(little[:, candidate])
        if self.knobs.cross_gate:
            scores[:, candidate] = np.minimum(scores[:, candidate], scores[:, :size])
        i, f, g, o = np.split(np.where(self.choose(scores), bx + bh, little), 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c


class GRU(Dual):
    """With the reset gate behind the product."""

    def step(self, x, state):
        (h,) = state
        (bx, bh), (lx, lh) = self.sums([x, h])
        size = h.shape[1]
        gates, n = slice(0, 2 * size), slice(2 * size, None)
        scores = lx + lh - self.knobs.sigmoid
        r, z = np.split((lx + lh)[:, gates], 2, axis=1)
        scores[:, n] = self.knobs.tanh - np.abs(lx[:, n] + sigmoid(r) * lh[:, n])
        if self.knobs.cross_gate:
            scores[:, n] = np.minimum(scores[:, n], -self.knobs.sigmoid - z)
        sensitive = self.choose(scores)
        of_x, of_h = np.where(sensitive, bx, lx), np.where(sensitive, bh, lh)
        r, z = np.split(sigmoid((of_x + of_h)[:, gates]), 2, axis=1)
        n = np.tanh(of_x[:, n] + r * of_h[:, n])
        return ((1 - z) * n + z * h,)


class Linear(Dual):
    def __init__(self, tensors, name, activation, knobs):
        super().__init__(tensors, name, "", knobs)
        self.activation = activation

    def apply(self, x):
        (big,), (little,) = self.sums([x])
        tanh = self.activation == "tanh"
        scores = self.knobs.tanh - np.abs(little) if tanh else little - self.knobs.sigmoid
        return ACTIVATIONS[self.activation](np.where(self.choose(scores), big, little))


def projection(generator, rows, columns):
    """-1, 0 and 1 with probabilities 1/6, 2/3 and 1/6 (Achlioptas 2003)."""
    return generator.choice(np.array([-1, 0, 1], np.int8), (rows, columns), p=[1 / 6, 2 / 3, 1 / 6])


def dim(rows, epsilon=0.5):
    return int(4 * np.log(rows) / (epsilon**2 / 2 - epsilon**3 / 3))
