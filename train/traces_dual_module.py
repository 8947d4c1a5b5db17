"""Golden traces of networks that leave out rows of their matrices; `traces.py` calls `write`.

Weights are random, each little module is the best one for white inputs, and the networks are NumPy
(`dual_module.py`). Only traces whose decisions are all clear are kept: no rounding can turn one.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np

import dual_module
import spec
from dual_module import GRU, LSTM, Knobs, Linear

SEQUENCES, STEPS, INPUTS = 3, 8, 40
LEAST_MARGIN = 5e-5
CURVE = np.array([[0.1, -1.0, 1.2], [0.5, 0.0, 0.5], [0.9, 0.8, 0.1]], np.float32)


@dataclass
class Case:
    name: str
    # `lstm` or `gru`, and its sizes.
    kind: str
    hidden: int
    # Of the dual modules, as the spec has them, without the layer.
    knobs: dict
    levels: int = 1
    directions: int = 1
    # The activation of a linear layer that has the dual module, instead of the recurrent one.
    linear: str | None = None
    units: int = 40
    more: dict = field(default_factory=dict)


CASES = [
    Case("dual_lstm", "lstm", 48, {"precision": "f32", "thresholds": {"sigmoid": 0.45, "tanh": 0.55}}),
    Case("dual_lstm_int8", "lstm", 64, {"insensitive_ratio": 0.4}),
    Case("dual_lstm_budget", "lstm", 48, {"precision": "int4", "row_budget": 70}),
    Case("dual_lstm_cross_gate", "lstm", 48, {"precision": "int2", "insensitive_ratio": 0.3, "cross_gate": True}),
    Case("dual_lstm_stacked", "lstm", 48, {"insensitive_ratio": 0.6}, levels=2),
    Case("dual_lstm_bidirectional", "lstm", 40, {"precision": "int4", "insensitive_ratio": 0.5}, directions=2),
    Case("dual_gru", "gru", 48, {"precision": "int4", "insensitive_ratio": 0.5}),
    Case("dual_gru_budget", "gru", 48, {"insensitive_ratio": 0.2, "row_budget": 50, "cross_gate": True}),
    Case("dual_relu", "lstm", 48, {"precision": "f32", "thresholds": {"relu": -0.1}}, linear="relu"),
    Case("dual_sigmoid", "gru", 48, {"thresholds": {"sigmoid": 0.5}}, linear="sigmoid"),
    Case("dual_tanh", "lstm", 48, {"precision": "int4", "insensitive_ratio": 0.5}, linear="tanh"),
    Case("dual_softmax", "lstm", 48, {"insensitive_ratio": 0.3, "row_budget": 12}, linear="softmax"),
]


def add(tensors, generator, name, end, rows, columns, dim):
    """A matrix and its little module; `columns` by the part of the names."""
    for part, count in columns.items():
        weight = generator.uniform(-0.35, 0.35, (rows, count))
        signs = dual_module.projection(generator, dim, count)
        wide = signs.astype(np.float64)
        little = weight @ wide.T @ np.linalg.inv(wide @ wide.T + 1e-3 * np.eye(dim))
        tensors[f"{name}.weight{part}{end}"] = weight
        tensors[f"{name}.bias{part}{end}"] = generator.uniform(-0.3, 0.3, rows)
        tensors[f"{name}.dual_module.projection{part}{end}"] = signs
        tensors[f"{name}.dual_module.weight{part}{end}"] = little
        tensors[f"{name}.dual_module.bias{part}{end}"] = tensors[f"{name}.bias{part}{end}"] + generator.uniform(
            -0.02, 0.02, rows
        )


def knobs(case, curve, rows):
    keys = dict(case.knobs)
    thresholds = keys.pop("thresholds", None)
    if thresholds:
        gate = thresholds.get("sigmoid")
        found = [np.log(gate / (1 - gate)) if gate else thresholds.get("relu", -np.inf)]
        found.append(np.arctanh(thresholds["tanh"]) if "tanh" in thresholds else np.inf)
    else:
        budget = keys.get("row_budget")
        ratio = keys.get("insensitive_ratio", 1 - budget / rows if budget is not None else 0.5)
        found = dual_module.at_ratio(curve, ratio)
    if case.linear == "tanh":
        found = [-np.inf, found[1] if thresholds else found[0]]
    found = [*found, np.inf][:2]
    return Knobs(keys.get("precision", "int8"), *found, keys.get("row_budget"), keys.get("cross_gate", False))


def plain_step(kind, tensors, x, state):
    """The recurrent layer without a dual module: one whose rows are all read."""
    return {"lstm": LSTM, "gru": GRU}[kind](tensors, "rnn", "_l0", Knobs("f32")).step(x, state)


def attempt(case, seed):
    generator = np.random.default_rng(zlib.crc32(case.name.encode()) + seed)
    gates = {"lstm": 4, "gru": 3}[case.kind]
    tensors, rows = {}, gates * case.hidden
    inputs = INPUTS
    ends = []
    for level in range(case.levels):
        for reverse in ["", "_reverse"][: case.directions]:
            ends.append(f"_l{level}{reverse}")
            add(tensors, generator, "rnn", ends[-1], rows, {"_ih": inputs, "_hh": case.hidden}, 36)
            tensors[f"rnn.dual_module.thresholds{ends[-1]}"] = CURVE
        inputs = case.directions * case.hidden
    curve = CURVE
    if case.linear:
        add(tensors, generator, "head", "", case.units, {"": case.hidden}, 36)
        curve = CURVE[:, [0, 2]] if case.linear == "tanh" else CURVE[:, :2]
        tensors["head.dual_module.thresholds"] = curve
    tensors = {name: np.asarray(tensor, np.int8 if "projection" in name else np.float32) for name, tensor in tensors.items()}
    x = generator.normal(0, 0.7, (SEQUENCES, STEPS, INPUTS)).astype(np.float32)
    kind = {"lstm": LSTM, "gru": GRU}[case.kind]
    counted, margin = [], np.inf
    wide = x.astype(np.float64)

    def scan(step, wide, reverse):
        state = tuple(np.zeros((SEQUENCES, case.hidden)) for _ in range(2 if case.kind == "lstm" else 1))
        found = []
        for t in range(STEPS)[:: -1 if reverse else 1]:
            state = step(wide[:, t], state)
            found.append(state[0])
        return np.stack(found[:: -1 if reverse else 1], axis=1)

    if case.linear:
        y = scan(lambda x, state: plain_step(case.kind, tensors, x, state), wide, False)
        head = Linear(tensors, "head", case.linear, knobs(case, curve, case.units))
        y = head.apply(y.reshape(-1, case.hidden)).reshape(SEQUENCES, STEPS, -1)
        counted.append(head.sensitive.sum(axis=1).reshape(SEQUENCES, STEPS))
        margin = head.margin.min()
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("rnn.dual_module.")}
    else:
        y = wide
        for level in range(case.levels):
            halves = []
            for end in ends[level * case.directions : (level + 1) * case.directions]:
                cell = kind(tensors, "rnn", end, knobs(case, curve, rows))
                rows_read, margins = [], []

                def step(x, state):
                    state = cell.step(x, state)
                    rows_read.append(cell.sensitive.sum(axis=1))
                    margins.append(cell.margin.min())
                    return state

                reverse = end.endswith("_reverse")
                halves.append(scan(step, y, reverse))
                counted.append(np.stack(rows_read[:: -1 if reverse else 1], axis=1))
                margin = min(margin, *margins)
            y = np.concatenate(halves, axis=2)
    golden = {"inputs": x, "outputs": y.astype(np.float32), "rows": np.stack(counted, axis=2).astype(np.uint32)}
    return tensors, golden, margin


def trace(case):
    for seed in range(400):
        tensors, golden, margin = attempt(case, seed)
        if margin >= LEAST_MARGIN:
            return tensors, golden
    raise AssertionError(f"{case.name}: no trace whose decisions are clear")


def write(folder):
    for case in CASES:
        tensors, golden = trace(case)
        keys = {"name": "rnn", "hidden_size": case.hidden}
        if case.levels > 1:
            keys["num_layers"] = case.levels
        if case.directions > 1:
            keys["bidirectional"] = True
        if case.kind == "gru":
            keys["reset"] = "after"
        layers = [(case.kind, keys)]
        if case.linear:
            layers.append(("linear", {"name": "head", "units": case.units, "activation": case.linear}))
        of_spec = {"layer": "head" if case.linear else "rnn"}
        for key, value in case.knobs.items():
            of_spec[key] = spec.flow(value) if isinstance(value, dict) else value
        spec.write(
            folder, case.name, "pytorch", {"features": INPUTS}, layers, "every", tensors, golden, dual=spec.flow(of_spec)
        )
        share = golden["rows"].mean() / (case.units if case.linear else {"lstm": 4, "gru": 3}[case.kind] * case.hidden)
        print(f"{case.name:34} outputs {golden['outputs'].shape}, rows read {share:.0%}")
