"""What decides at inference which steps of a recurrent network are executed, plainly, in NumPy.

A network runs many sequences at once: `x` is one step of all of them, [n, features], and so is each state, [n, hidden].
Decisions are booleans [n]. A policy notes in `margin` [n] how close any of its decisions came to its threshold.
"""

import numpy as np


def sigmoid(x):
    return (1 / (1 + np.exp(-x))).astype(x.dtype)


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


class Network:
    """A stack of LSTM or GRU layers and maybe an embedding and a linear layer, from PyTorch's tensors."""

    def __init__(self, tensors, kind, layer, classifier=None, activation="none", embedding=None, dtype=np.float32):
        self.tensors = {name: np.asarray(tensor).astype(dtype) for name, tensor in tensors.items()}
        self.kind, self.layer, self.classifier, self.activation = kind, layer, classifier, activation
        self.embedding, self.dtype = embedding, dtype
        self.step_of = {"lstm": self.lstm, "gru": self.gru}[kind]
        names = [name for name in self.tensors if name.startswith(f"{layer}.weight_hh_l")]
        self.levels = [
            [self.tensors[f"{layer}.{name}_l{level}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            for level in range(len(names))
        ]
        self.hidden_size = self.levels[0][1].shape[1]

    def rest(self, count):
        """Of each level, h and for an LSTM c."""
        zeros = np.zeros((1, self.hidden_size), self.dtype)
        learned = [self.tensors.get(f"{self.layer}.{name}", zeros) for name in ("h0", "c0")]
        state = [np.repeat(row, count, axis=0) for row in learned[: 2 if self.kind == "lstm" else 1]]
        return [state for _ in self.levels]

    def lstm(self, x, state, w_ih, w_hh, b_ih, b_hh):
        h, c = state
        i, f, g, o = np.split(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return [sigmoid(o) * np.tanh(c), c]

    def gru(self, x, state, w_ih, w_hh, b_ih, b_hh):
        (h,) = state
        (ri, zi, ni), (rh, zh, nh) = np.split(x @ w_ih.T + b_ih, 3, axis=1), np.split(h @ w_hh.T + b_hh, 3, axis=1)
        z = sigmoid(zi + zh)
        return [(1 - z) * np.tanh(ni + sigmoid(ri + rh) * nh) + z * h]

    def step(self, x, states):
        after = []
        for state, weights in zip(states, self.levels):
            after.append(self.step_of(x, state, *weights))
            x = after[-1][0]
        return after

    def read(self, inputs):
        """The steps of [n, t, features], or of [n, t] tokens, as the recurrent layers see them."""
        if self.embedding:
            return self.tensors[f"{self.embedding}.weight"][inputs]
        return inputs.astype(self.dtype)

    def output(self, states):
        y = states[-1][0]
        if self.classifier:
            y = y @ self.tensors[f"{self.classifier}.weight"].T + self.tensors[f"{self.classifier}.bias"]
        return softmax(y) if self.activation == "softmax" else y


class Every:
    """Executes every step."""

    def start(self, network, count):
        self.network = network
        self.margin = np.full(count, np.inf)

    def near(self, distance):
        self.margin = np.minimum(self.margin, distance)

    def gate(self, states):
        """What a gate reads of the last level: c of an LSTM, h of a GRU."""
        return states[-1][-1]

    def decide(self, step, x, states):
        return np.ones(len(self.margin), bool)

    def after(self, executed, states):
        pass


class SkipRNN(Every):
    """Skip RNN (Campos et al. 2018) with a threshold of 0.5, and ThrRNN (Lambert et al. 2020) with another."""

    def __init__(self, threshold=0.5):
        self.threshold = threshold

    def start(self, network, count):
        super().start(network, count)
        self.weight, self.bias = network.tensors["skip.weight"], network.tensors["skip.bias"]
        self.sum = np.ones(count, network.dtype)

    def decide(self, step, x, states):
        # The first step is 1, whatever the threshold, and so is every sum that reached its largest.
        self.near(np.where(self.sum < 1, abs(self.sum - self.threshold), np.inf))
        return self.sum >= self.sum.dtype.type(self.threshold)

    def after(self, executed, states):
        gain = sigmoid(self.gate(states) @ self.weight.T + self.bias)[:, 0]
        self.sum = np.where(executed, gain, self.sum + np.minimum(gain, 1 - self.sum))


class Window(Every):
    """SkipW (Mayet et al. 2021): of each window of `length` steps, the `budget` most important above the threshold."""

    def __init__(self, length, budget, threshold=0.5, time="windows"):
        self.length, self.budget, self.threshold, self.time = length, budget, threshold, time

    def start(self, network, count):
        super().start(network, count)
        self.weight, self.bias = network.tensors["skip.weight"], network.tensors["skip.bias"]
        self.since_update = np.zeros(count, network.dtype)

    def decide(self, step, x, states):
        i = step % self.length
        if i == 0:
            windows = np.full_like(self.since_update, step // self.length)
            time = {"windows": windows, "since_update": self.since_update}[self.time]
            self.importance = sigmoid(np.c_[self.gate(states), time] @ self.weight.T + self.bias)
            # Stable: of equals, the one with the lower index comes first.
            order = np.argsort(-self.importance, axis=1, kind="stable")
            self.rank = np.argsort(order, axis=1, kind="stable")
            self.sorted = np.take_along_axis(self.importance, order, axis=1)
            self.used = np.zeros(len(self.margin), int)
        if 0 < self.budget < self.length:
            self.near(self.sorted[:, self.budget - 1] - self.sorted[:, self.budget])
        self.near(abs(self.importance[:, i] - self.threshold))
        # A budget lowered within a window may be used up already.
        chosen = (self.rank[:, i] < self.budget) & (self.used < self.budget)
        return chosen & (self.importance[:, i] >= self.importance.dtype.type(self.threshold))

    def after(self, executed, states):
        self.used = self.used + executed
        self.since_update = np.where(executed, 0, self.since_update + 1).astype(self.since_update.dtype)


class Predictor(Every):
    """Skip predictor (Tao et al. 2019): `score(tensors, [x, h])` [n] says how likely a step matters."""

    def __init__(self, score, threshold=0.5):
        self.score, self.threshold = score, threshold

    def decide(self, step, x, states):
        score = self.score(self.network.tensors, np.concatenate([x, states[-1][0]], axis=1), self)
        self.near(abs(score - self.threshold))
        return score >= score.dtype.type(self.threshold)


class Chosen(Every):
    """Executes what `mask` [n, t] says, whatever the states are."""

    def __init__(self, mask):
        self.mask = mask

    def decide(self, step, x, states):
        return self.mask[:, step]


def run(network, policy, inputs, lengths=None, changes=None):
    """Outputs after every step [n, t, units], and the steps that were executed [n, t].

    `changes` has values of the policy's attributes, each [t], that are set before each step. Behind its length a
    sequence stays as it is.
    """
    policy.start(network, len(inputs))
    steps = network.read(inputs)
    states = network.rest(len(inputs))
    outputs, updates = [], []
    for step in range(steps.shape[1]):
        for name, values in (changes or {}).items():
            setattr(policy, name, values[step])
        executed = policy.decide(step, steps[:, step], states)
        if lengths is not None:
            executed &= step < lengths
        after = network.step(steps[:, step], states)
        states = [
            [np.where(executed[:, None], new, old) for new, old in zip(*pair)] for pair in zip(after, states)
        ]
        policy.after(executed, states)
        outputs.append(network.output(states))
        updates.append(executed)
    return np.stack(outputs, axis=1), np.stack(updates, axis=1)
