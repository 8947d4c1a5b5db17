"""LSTM, GRU, RNN and FastRNN whose matrices are Kronecker, hybrid or low-rank (Thakker et al. 2019), to be trained so.

A layer's `state_dict` has the names that recurve documents for `convention: pytorch`: factors below the name of the
matrix they stand for (`weight_l0.b`), the gates first. A layer reads a whole sequence, [time, input] or
[time, batch, input], from a state of zeros, and gives the hidden state after each step.
"""

import torch
from torch import nn
from torch.nn import functional as F

import cells


def _parameter(*shape, fan_in):
    return nn.Parameter(torch.empty(shape).uniform_(-1, 1) * fan_in**-0.5)


class Dense(nn.Parameter):
    """[gates * rows, columns], as PyTorch has it."""

    def __new__(cls, gates, rows, columns):
        return super().__new__(cls, torch.empty(gates * rows, columns).uniform_(-1, 1) * rows**-0.5)


class KP(nn.Module):
    """B (x) C in each gate; `factors` are the shapes of B and C."""

    def __init__(self, gates, rows, columns, factors):
        super().__init__()
        (m1, n1), (m2, n2) = factors
        assert (m1 * m2, n1 * n2) == (rows, columns), f"{factors} do not multiply to {rows}x{columns}"
        # The variance of a product is that of B times that of C: here what a dense matrix of n1 * n2 columns has.
        self.b = _parameter(gates, m1, n1, fan_in=(n1 / 3) ** 0.5)
        self.c = _parameter(gates, m2, n2, fan_in=n2 * (n1 / 3) ** 0.5)

    def gates(self):
        return torch.stack([torch.kron(b, c) for b, c in zip(self.b, self.c)])


class HKP(KP):
    """`top` dense rows above B (x) C."""

    def __init__(self, gates, rows, columns, top, factors):
        super().__init__(gates, rows - top, columns, factors)
        self.a = _parameter(gates, top, columns, fan_in=columns)

    def gates(self):
        return torch.cat([self.a, super().gates()], dim=1)


class HMD(nn.Module):
    """`top` dense rows above two matrices of rank one, one for each half of the columns."""

    def __init__(self, gates, rows, columns, top):
        super().__init__()
        half = columns // 2
        self.a = _parameter(gates, top, columns, fan_in=columns)
        self.b = _parameter(gates, rows - top, fan_in=1 / 3)
        self.c = _parameter(gates, half, fan_in=columns)
        self.d = _parameter(gates, rows - top, fan_in=1 / 3)
        self.e = _parameter(gates, columns - half, fan_in=columns)

    def gates(self):
        left = self.b[:, :, None] * self.c[:, None, :]
        right = self.d[:, :, None] * self.e[:, None, :]
        return torch.cat([self.a, torch.cat([left, right], dim=2)], dim=1)


class LowRank(nn.Module):
    """U V in each gate."""

    def __init__(self, gates, rows, columns, rank):
        super().__init__()
        self.u = _parameter(gates, rows, rank, fan_in=rank / 3)
        self.v = _parameter(gates, rank, columns, fan_in=columns)

    def gates(self):
        return self.u @ self.v


def _weight(matrix):
    return matrix if isinstance(matrix, nn.Parameter) else matrix.gates().flatten(0, 1)


def _product(matrix, x):
    return F.linear(x, _weight(matrix))


class _Layer(nn.Module):
    """`form(gates, rows, columns)` makes the compressed matrices, which are those of `on`, or none."""

    SUFFIXES = ["_l0"]

    def __init__(self, input_size, hidden_size, form, on="joint"):
        super().__init__()
        self.hidden_size = hidden_size
        self.joint = on == "joint"
        rows = self.GATES * hidden_size
        matrix = lambda columns, compressed: (form if compressed else Dense)(self.GATES, hidden_size, columns)
        for suffix in self.SUFFIXES:
            if self.joint:
                setattr(self, "weight" + suffix, matrix(input_size + hidden_size, True))
            else:
                setattr(self, "weight_ih" + suffix, matrix(input_size, on in ("input", "both")))
                setattr(self, "weight_hh" + suffix, matrix(hidden_size, on in ("recurrent", "both")))
            setattr(self, "bias_ih" + suffix, _parameter(rows, fan_in=hidden_size))
            setattr(self, "bias_hh" + suffix, _parameter(rows, fan_in=hidden_size))

    def products(self, x, h):
        """Of the input and of the state, biases included; their sum alone has a meaning where they are joint."""
        if self.joint:
            return _product(self.weight_l0, torch.cat([x, h], dim=-1)) + self.bias_ih_l0, self.bias_hh_l0
        return _product(self.weight_ih_l0, x) + self.bias_ih_l0, _product(self.weight_hh_l0, h) + self.bias_hh_l0

    def forward(self, xs):
        h = torch.zeros(*xs.shape[1:-1], self.hidden_size, dtype=xs.dtype, device=xs.device)
        c, states = h, []
        for x in xs:
            h, c = self.step(x, h, c)
            states.append(h)
        return torch.stack(states)


class LSTM(_Layer):
    GATES = 4

    def step(self, x, h, c):
        i, f, g, o = sum(self.products(x, h)).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class FusedLSTM(LSTM):
    """The same with PyTorch's own loop over the steps, for [time, batch, input] alone."""

    def direction(self, suffix):
        if self.joint:
            weight = _weight(getattr(self, "weight" + suffix))
            columns = weight.shape[1] - self.hidden_size
            weights = [weight[:, :columns].contiguous(), weight[:, columns:].contiguous()]
        else:
            weights = [_weight(getattr(self, name + suffix)) for name in ("weight_ih", "weight_hh")]
        return weights + [getattr(self, name + suffix) for name in ("bias_ih", "bias_hh")]

    def forward(self, xs):
        weights = [weight for suffix in self.SUFFIXES for weight in self.direction(suffix)]
        zeros = xs.new_zeros(len(self.SUFFIXES), xs.shape[1], self.hidden_size)
        both = len(self.SUFFIXES) == 2
        return torch.lstm(xs, (zeros, zeros), weights, True, 1, 0.0, self.training, both, False)[0]


class BidirectionalLSTM(FusedLSTM):
    """Gives the states of both directions side by side."""

    SUFFIXES = ["_l0", "_l0_reverse"]


class GRU(_Layer):
    """With the reset gate before the product (Cho et al. 2014), or as PyTorch has it after the product."""

    GATES = 3

    def __init__(self, *args, reset="before", **keys):
        super().__init__(*args, **keys)
        assert reset == "before" or not self.joint, "a reset gate behind the product needs a product of its own"
        self.after = reset == "after"

    def step(self, x, h, c):
        of_input, of_state = self.products(x, h)
        if self.after:
            (ri, zi, ni), (rh, zh, nh) = of_input.chunk(3, dim=-1), of_state.chunk(3, dim=-1)
            r, z = (ri + rh).sigmoid(), (zi + zh).sigmoid()
            n = (ni + r * nh).tanh()
        else:
            r, z, _ = (of_input + of_state).sigmoid().chunk(3, dim=-1)
            n = sum(self.products(x, r * h)).chunk(3, dim=-1)[2].tanh()
        return (1 - z) * n + z * h, c


class RNN(_Layer):
    GATES = 1

    def step(self, x, h, c):
        return sum(self.products(x, h)).tanh(), c


class FastRNN(nn.Module):
    """`cells.FastRNN` with one matrix for the input and the state."""

    nonlinearity = staticmethod(torch.tanh)

    def __init__(self, input_size, hidden_size, form):
        super().__init__()
        self.WU = form(1, hidden_size, input_size + hidden_size)
        self.bias_update = nn.Parameter(torch.ones(1, hidden_size))
        self.alpha = nn.Parameter(torch.full((1, 1), -3.0))
        self.beta = nn.Parameter(torch.full((1, 1), 3.0))

    def forward(self, xs):
        """The hidden state after each step, starting from zeros; xs is [time, batch, input]."""
        weight = self.WU.gates()[0]
        columns = xs.shape[-1]
        h = xs.new_zeros(xs.shape[1], len(weight))
        states = []
        for product in xs @ weight[:, :columns].T:
            h = cells.FastRNN.step(self, product + h @ weight[:, columns:].T, h)
            states.append(h)
        return torch.stack(states)
