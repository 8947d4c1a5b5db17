"""GRUs and LSTMs that learn which steps to skip: Skip RNN and ThrRNN (Campos et al. 2018, Lambert et al. 2020) and
SkipW (Mayet et al. 2021).

A skipped step is simulated by keeping the old state, so that batches stay dense. Roundings pass their gradient on
(straight-through), and the loss has the number of executed steps, times a cost.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

import policies
import training


@dataclass
class Gate:
    """`kind` is skip_rnn, thr_rnn or window."""

    kind: str
    threshold: float = 0.5
    length: int = 0
    budget: int = 0

    def keys(self):
        """As the spec has them."""
        keys = {"name": "skip"}
        if self.kind == "window":
            keys |= {"length": self.length, "budget": self.budget, "threshold": self.threshold, "time": "windows"}
        elif self.kind == "thr_rnn":
            keys["threshold"] = self.threshold
        return keys

    def policy(self):
        if self.kind == "window":
            return policies.Window(self.length, self.budget, self.threshold)
        return policies.SkipRNN(self.threshold)


def lstm_cell(product, h, c, weight, bias):
    i, f, g, o = torch.addmm(product, h, weight.t()).add(bias).chunk(4, dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_cell(product, h, weight, bias):
    ri, zi, ni = product.chunk(3, dim=1)
    rh, zh, nh = torch.addmm(bias, h, weight.t()).chunk(3, dim=1)
    n = (ni + (ri + rh).sigmoid() * nh).tanh()
    return (torch.lerp(n, h, (zi + zh).sigmoid()),)


CELLS = {"lstm": lstm_cell, "gru": gru_cell}


class StraightThrough(torch.autograd.Function):
    """`hard`, with the gradient of `soft`."""

    @staticmethod
    def forward(context, soft, hard):
        return hard

    @staticmethod
    def backward(context, gradient):
        return gradient, None


def at_least(x, threshold):
    """1 or 0."""
    return StraightThrough.apply(x, (x >= threshold).to(x.dtype))


def largest(x, count):
    """1 at the `count` largest of each row, 0 elsewhere."""
    return StraightThrough.apply(x, torch.zeros_like(x).scatter(1, x.topk(count, dim=1).indices, 1.0))


class Skipping(nn.Module):
    """Levels of a GRU or LSTM, one gate for all of them, and a linear layer behind the last."""

    def __init__(
        self, kind, features, hidden_size, units, gate=None, levels=1, dropout=0.0, jitter=0.0, head="classifier"
    ):
        super().__init__()
        self.kind, self.gate, self.levels, self.jitter = kind, gate, levels, jitter
        self.head = head
        self.add_module(kind, {"gru": nn.GRU, "lstm": nn.LSTM}[kind](features, hidden_size, levels))
        self.dropout = nn.Dropout(dropout)
        self.add_module(head, nn.Linear(hidden_size, units))
        if kind == "lstm":
            for level in range(levels):
                # A forget gate that starts open (Jozefowicz et al. 2015).
                self.weights(level)[2].data[hidden_size : 2 * hidden_size] += 1
        if gate:
            window = gate.kind == "window"
            self.skip = nn.Linear(hidden_size + window, gate.length if window else 1)
            # At first every step is executed.
            nn.init.ones_(self.skip.bias)
            self.skip.weight.data *= 0.1

    def weights(self, level):
        layer = self.get_submodule(self.kind)
        return [getattr(layer, f"{name}_l{level}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def forward(self, inputs):
        """Outputs after the last step [batch, units], and the steps that were executed [batch, time] or None."""
        if not self.gate:
            h = self.get_submodule(self.kind)(inputs.transpose(0, 1))[0][-1]
            return self.get_submodule(self.head)(self.dropout(h)), None
        h, updates = self.skipping(inputs.transpose(0, 1))
        return self.get_submodule(self.head)(self.dropout(h)), torch.stack(updates, dim=1)

    def skipping(self, steps):
        levels = [self.weights(level) for level in range(self.levels)]
        # The first level's products with all inputs at once.
        products = functional.linear(steps, levels[0][0], levels[0][2])
        zeros = steps.new_zeros(steps.shape[1], levels[0][1].shape[1])
        states = [(zeros, zeros) if self.kind == "lstm" else (zeros,) for _ in levels]
        of_window = self.gate.kind == "window"
        total = steps.new_ones(steps.shape[1], 1)
        threshold = torch.full_like(total, self.gate.threshold)
        if self.training and self.jitter:
            threshold = threshold + self.jitter * (2 * torch.rand_like(total) - 1)
        updates = []
        for step, product in enumerate(products):
            if of_window:
                i = step % self.gate.length
                if i == 0:
                    decisions = self.window(states[-1][-1], step // self.gate.length, threshold)
                u = decisions[:, i : i + 1]
            else:
                u = at_least(total, threshold)
            for level, (w_ih, w_hh, b_ih, b_hh) in enumerate(levels):
                if level:
                    product = functional.linear(states[level - 1][0], w_ih, b_ih)
                old = states[level]
                new = CELLS[self.kind](product, *old, w_hh, b_hh)
                # The levels above see what the one below has now; where u is 0, they keep their own state anyway.
                states[level] = tuple(torch.lerp(before, after, u) for before, after in zip(old, new))
            if not of_window:
                gain = self.skip(states[-1][-1]).sigmoid()
                total = u * gain + (1 - u) * (total + torch.minimum(gain, 1 - total))
            updates.append(u[:, 0])
        return states[-1][0], updates

    def window(self, state, window, threshold):
        time = state.new_full((len(state), 1), float(window))
        importance = self.skip(torch.cat([state, time], dim=1)).sigmoid()
        decisions = at_least(importance, threshold)
        if self.gate.budget < self.gate.length:
            decisions = decisions * largest(importance, self.gate.budget)
        return decisions


@dataclass
class Recipe:
    steps: int
    batch: int
    learning_rate: float
    # Of an executed step.
    cost: float = 0.0
    # The part of the training in which the cost grows from 0, and the one after which it is `last_cost`.
    growth: float = 0.3
    relief: float = 1.0
    last_cost: float = 0.0
    # Thresholds in training are up to this much higher or lower, for each sequence anew. A gate without it comes to
    # rest at the threshold itself: the cost pushes a useful step's importance down until the step is skipped.
    jitter: float = 0.0
    # Of the gate, times the others'.
    gate_rate: float = 1.0
    weight_decay: float = 0.0
    dropout: float = 0.0
    warmup: float = 0.02
    clip: float = 1.0
    seed: int = 1

    def cost_at(self, progress):
        return self.last_cost if progress > self.relief else self.cost * min(1, progress / self.growth)


def fit(model, recipe, draw, loss, report=None):
    """`draw(generator, count)` gives inputs and targets of a batch, `loss(outputs, targets)` its task's loss."""
    generator = torch.Generator().manual_seed(recipe.seed)
    others = [parameter for name, parameter in model.named_parameters() if not name.startswith("skip.")]
    groups = [{"params": others, "times": 1.0}]
    if model.gate:
        groups.append({"params": list(model.skip.parameters()), "times": recipe.gate_rate, "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(groups, recipe.learning_rate, weight_decay=recipe.weight_decay)
    model.train()
    for step in range(1, recipe.steps + 1):
        progress = step / recipe.steps
        for group in optimizer.param_groups:
            group["lr"] = group["times"] * recipe.learning_rate * training.rate(progress, recipe.warmup)
        inputs, targets = draw(generator, recipe.batch)
        outputs, updates = model(inputs)
        of_task = total = loss(outputs, targets)
        if updates is not None:
            total = of_task + recipe.cost_at(progress) * updates.sum(dim=1).mean()
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        if report and (step % report == 0):
            share = 1 if updates is None else updates.mean().item()
            print(f"  step {step}: loss {of_task.item():.6f}, inputs {share:.1%}", flush=True)
    return model.eval()
