"""FastRNN and FastGRNN (Kusupati et al., NeurIPS 2018) as PyTorch modules.

Parameters have the names and shapes of the PyTorch cells in EdgeML, where a row vector meets a matrix from the
left (x W, h U), so W is [input, hidden]. A module reads a whole sequence, [time, input] or [time, batch, input].
"""

import torch
from torch import nn

NONLINEARITIES = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}


class _FastCell(nn.Module):
    def __init__(self, input_size, hidden_size, input_rank=None, recurrent_rank=None):
        super().__init__()
        self.hidden_size = hidden_size
        self._matrix("W", input_size, hidden_size, input_rank)
        self._matrix("U", hidden_size, hidden_size, recurrent_rank)
        self.bias_update = nn.Parameter(torch.ones(1, hidden_size))

    def _matrix(self, name, rows, columns, rank):
        if rank is None:
            setattr(self, name, nn.Parameter(0.1 * torch.randn(rows, columns)))
        else:
            setattr(self, name + "1", nn.Parameter(0.1 * torch.randn(rows, rank)))
            setattr(self, name + "2", nn.Parameter(0.1 * torch.randn(rank, columns)))

    def _product(self, x, name):
        if hasattr(self, name):
            return x @ getattr(self, name)
        return x @ getattr(self, name + "1") @ getattr(self, name + "2")

    def forward(self, x):
        """The hidden state after each step, starting from zeros."""
        input_products = self._product(x, "W")
        h = torch.zeros_like(input_products[0])
        states = []
        for product in input_products:
            # The cell's [1, hidden] biases would add an axis to an unbatched state.
            h = self.step(product + self._product(h, "U"), h).view_as(h)
            states.append(h)
        return torch.stack(states)


class FastRNN(_FastCell):
    def __init__(self, input_size, hidden_size, input_rank=None, recurrent_rank=None, nonlinearity="tanh"):
        super().__init__(input_size, hidden_size, input_rank, recurrent_rank)
        self.nonlinearity = NONLINEARITIES[nonlinearity]
        self.alpha = nn.Parameter(torch.full((1, 1), -3.0))
        self.beta = nn.Parameter(torch.full((1, 1), 3.0))

    def step(self, pre, h):
        update = self.nonlinearity(pre + self.bias_update)
        return torch.sigmoid(self.beta) * h + torch.sigmoid(self.alpha) * update


class FastGRNN(_FastCell):
    def __init__(
        self,
        input_size,
        hidden_size,
        input_rank=None,
        recurrent_rank=None,
        gate_nonlinearity="sigmoid",
        update_nonlinearity="tanh",
    ):
        super().__init__(input_size, hidden_size, input_rank, recurrent_rank)
        self.gate_nonlinearity = NONLINEARITIES[gate_nonlinearity]
        self.update_nonlinearity = NONLINEARITIES[update_nonlinearity]
        self.bias_gate = nn.Parameter(torch.ones(1, hidden_size))
        self.zeta = nn.Parameter(torch.ones(1, 1))
        self.nu = nn.Parameter(torch.full((1, 1), -4.0))

    def step(self, pre, h):
        z = self.gate_nonlinearity(pre + self.bias_gate)
        update = self.update_nonlinearity(pre + self.bias_update)
        return z * h + (torch.sigmoid(self.zeta) * (1 - z) + torch.sigmoid(self.nu)) * update
