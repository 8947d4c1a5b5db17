"""Golden traces of networks with gates, predictors and filters that skip steps; `traces.py` calls `write`.

The weights are random, the networks and what decides NumPy (`policies.py`), checked against PyTorch where nothing is
skipped. Only sequences whose decisions are all
clear are kept: no rounding can turn one. A case with changes has `<case>/changes.safetensors` beside its golden
trace: the same network on the same inputs, with the budgets and thresholds that were set before each step.
"""

import zlib
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
from torch import nn

import policies
import spec
from policies import Predictor, SkipRNN, Window
from traces_pytorch import TORCH_RNNS, features, gru, linear, lstm

SEQUENCES, CANDIDATES, STEPS = 4, 64, 100
LEAST_MARGIN = 1e-4
# Of [x, h] with the cases' sizes below: 6 features or an embedding of 6, and 9 units.
INPUTS, HIDDEN = 6, 9


@dataclass
class Case:
    name: str
    inputs: dict
    layers: list
    # As the spec has it: (kind, its keys or value).
    skip: tuple
    # policy(inputs) decides.
    policy: Callable
    # tensors(generator) gives those of the gate or predictor.
    tensors: Callable
    output: str = "every"
    initial_state: bool = False
    # changes(generator): values of the policy's attributes, each [t].
    changes: Callable | None = None


def gate(shape, scale, bias, time_scale=None):
    """`shape` and `scale` are the weights', `bias` the two ends of what the biases are drawn from."""

    def tensors(generator):
        weight = generator.uniform(-scale, scale, shape)
        if time_scale is not None:
            weight[:, -1] = generator.uniform(-time_scale, time_scale, len(weight))
        return {"skip.weight": weight, "skip.bias": generator.uniform(*bias, len(weight))}

    return tensors


def logistic(tensors, x, _):
    return policies.sigmoid(x @ tensors["skip.weight"].T + tensors["skip.bias"])[:, 0]


def mlp(tensors, x, _):
    for layer in (0, 2):
        x = np.maximum(x @ tensors[f"skip.{layer}.weight"].T + tensors[f"skip.{layer}.bias"], 0)
    return policies.sigmoid(x @ tensors["skip.4.weight"].T + tensors["skip.4.bias"])[:, 0]


def random_mlp(generator):
    sizes = (INPUTS + HIDDEN, 10, 10, 1)
    found = {}
    for layer, (columns, rows) in zip((0, 2, 4), zip(sizes, sizes[1:])):
        found[f"skip.{layer}.weight"] = generator.uniform(-1, 1, (rows, columns))
        found[f"skip.{layer}.bias"] = generator.uniform(-0.5, 0.5, rows)
    return found


def forest(tensors, x, policy):
    """Each tree's leaf is found by going left where a feature is at most the threshold; the trees' mean."""
    rows = np.arange(len(x))
    values = []
    for feature, threshold, left, right, value in zip(
        *(tensors[f"skip.{name}"] for name in ("feature", "threshold", "children_left", "children_right", "value"))
    ):
        node = np.zeros(len(x), int)
        while (left[node] >= 0).any():
            inner = left[node] >= 0
            distance = x[rows, np.where(inner, feature[node], 0).astype(int)] - threshold[node]
            policy.near(np.where(inner, abs(distance), np.inf))
            node = np.where(inner, np.where(distance <= 0, left[node], right[node]), node).astype(int)
        values.append(value[node])
    return np.mean(values, axis=0, dtype=x.dtype)


def random_forest(trees, depth):
    """Trees grown at random: some leaves are high up, and a tree with fewer nodes ends in unused leaves."""

    def tree(generator):
        nodes = []

        def grow(level):
            index = len(nodes)
            nodes.append([0, 0.0, -1, -1, generator.uniform()])
            if level < depth and (level < 2 or generator.uniform() < 0.7):
                # The state alone could hold still, and skip all steps.
                columns = INPUTS + HIDDEN if level else INPUTS
                nodes[index][:2] = generator.integers(columns), generator.uniform(-0.4, 0.4)
                nodes[index][2] = grow(level + 1)
                nodes[index][3] = grow(level + 1)
            return index

        grow(0)
        return nodes

    def tensors(generator):
        grown = [tree(generator) for _ in range(trees)]
        most = max(map(len, grown))
        padded = [nodes + [[0, 0.0, -1, -1, 0.0]] * (most - len(nodes)) for nodes in grown]
        names = ("feature", "threshold", "children_left", "children_right", "value")
        integers = ("feature", "children_left", "children_right")
        return {
            f"skip.{name}": np.array([[node[i] for node in nodes] for nodes in padded]).astype(
                np.int32 if name in integers else np.float32
            )
            for i, name in enumerate(names)
        }

    return tensors


def predictor(name, kind, score, tensors, threshold, layers, inputs=features(INPUTS)):
    keys = {kind: spec.flow({"name": "skip", "threshold": threshold})}
    return Case(name, inputs, layers, ("predictor", keys), lambda inputs: Predictor(score, threshold), tensors)


def window(name, layers, length, budget, threshold=0.5, time="windows", hidden=HIDDEN, changes=None):
    keys = {"name": "skip", "length": length, "budget": budget, "threshold": threshold, "time": time}
    tensors = gate((length, hidden + 1), 1.5, (-0.5, 0.7), 0.05 if time == "windows" else 0.2)
    policy = lambda inputs: Window(length, budget, threshold, time)
    return Case(name, features(INPUTS), layers, ("window", keys), policy, tensors, changes=changes)


def held(generator, values):
    """One of `values` at a time, each for 1 to 12 steps."""
    found = []
    while len(found) < STEPS:
        found += [values[generator.integers(len(values))]] * generator.integers(1, 13)
    return np.array(found[:STEPS])


EMBEDDING = ("embedding", {"name": "embedding", "dim": INPUTS})
STOP, FIRST, LAST = [3, 5, 9], 3, 2
CASES = [
    Case("skip_rnn_lstm", features(5), [lstm(hidden_size=11), linear(4)], ("skip_rnn", {"name": "skip"}),
         lambda inputs: SkipRNN(), gate((1, 11), 2, (-1.5, -1.0))),
    Case("skip_rnn_gru", features(6), [gru(hidden_size=7)], ("skip_rnn", {"name": "skip"}),
         lambda inputs: SkipRNN(), gate((1, 7), 2, (-1.5, -1.0))),
    Case("skip_rnn_gru_initial_state", features(3), [gru(hidden_size=5)], ("skip_rnn", {"name": "skip"}),
         lambda inputs: SkipRNN(), gate((1, 5), 2, (-1.5, -1.0)), initial_state=True),
    Case("thr_rnn_gru", features(6), [gru(hidden_size=9), linear(3, activation="softmax")],
         ("thr_rnn", {"name": "skip", "threshold": 0.7}), lambda inputs: SkipRNN(0.7), gate((1, 9), 2, (-1.5, -1.0))),
    window("window_gru", [gru(hidden_size=HIDDEN), linear(4)], 7, 3),
    window("window_lstm_stack", [lstm(hidden_size=11, num_layers=2), linear(5)], 8, 5, 0.45, hidden=11),
    window("window_since_update", [gru(hidden_size=HIDDEN)], 5, 4, 0.55, time="since_update"),
    window("window_changing", [gru(hidden_size=HIDDEN), linear(3)], 8, 4,
           changes=lambda generator: {
               "budget": held(generator, [0, 1, 2, 4, 6, 8]),
               "threshold": held(generator, [0.0, 0.3, 0.5, 0.6]),
           }),
    Case("thr_rnn_changing", features(6), [lstm(hidden_size=9)], ("thr_rnn", {"name": "skip", "threshold": 0.6}),
         lambda inputs: SkipRNN(0.6), gate((1, 9), 1, (-0.8, -0.4)),
         changes=lambda generator: {"threshold": held(generator, [0.3, 0.5, 0.6, 0.8, 1.0])}),
    predictor("predictor_logistic", "logistic", logistic, gate((1, INPUTS + HIDDEN), 1, (0.2, 0.4)), 0.5,
              [gru(hidden_size=HIDDEN), linear(4)]),
    predictor("predictor_mlp", "mlp", mlp, random_mlp, 0.5,
              [lstm(hidden_size=HIDDEN), linear(3, activation="softmax")]),
    predictor("predictor_tree", "tree", forest, random_forest(1, 5), 0.35, [gru(hidden_size=HIDDEN)]),
    predictor("predictor_forest", "forest", forest, random_forest(6, 4), 0.5,
              [lstm(hidden_size=HIDDEN, num_layers=2), linear(4)]),
    predictor("predictor_tokens", "mlp", mlp, random_mlp, 0.4, [EMBEDDING, lstm(hidden_size=HIDDEN), linear(2)],
              {"tokens": 30}),
    Case("stop_tokens", {"tokens": 12},
         [EMBEDDING, gru(hidden_size=HIDDEN), linear(3)],
         ("stop_tokens", {"tokens": STOP}), lambda inputs: policies.Chosen(~np.isin(inputs, STOP)), lambda generator: {}),
    Case("concat", features(INPUTS), [lstm(hidden_size=7), linear(3)], ("concat", {"first": FIRST, "last": LAST}),
         lambda inputs: policies.Chosen(np.tile(np.r_[:STEPS] < FIRST, (len(inputs), 1))
                                        | (np.r_[:STEPS] >= STEPS - LAST)),
         lambda generator: {}, output="last"),
]


def modules(case):
    """Of PyTorch, by name: they say the tensors' names and shapes, and are what NumPy is checked against."""
    size = case.inputs.get("features") or case.inputs["tokens"]
    found = nn.ModuleDict()
    for kind, keys in case.layers:
        if kind == "embedding":
            module, size = nn.Embedding(size, keys["dim"]), keys["dim"]
        elif kind == "linear":
            module = nn.Linear(size, keys["units"])
        else:
            module, size = TORCH_RNNS[kind](size, keys["hidden_size"], keys.get("num_layers", 1)), keys["hidden_size"]
        found[keys["name"]] = module
    return found


def network(case, tensors, dtype=np.float32):
    layers = {kind: keys for kind, keys in case.layers}
    kind = "lstm" if "lstm" in layers else "gru"
    head = layers.get("linear", {})
    return policies.Network(
        tensors, kind, layers[kind]["name"], head.get("name"), head.get("activation", "none"),
        layers.get("embedding", {}).get("name"), dtype,
    )


@torch.no_grad()
def check(case, layers, tensors, inputs):
    """NumPy against PyTorch, every step executed."""
    layers.load_state_dict({name: torch.from_numpy(tensors[name]) for name in layers.state_dict()})
    x = torch.from_numpy(inputs.astype(np.int64) if inputs.ndim == 2 else inputs).transpose(0, 1)
    for kind, keys in case.layers:
        x = layers[keys["name"]](x)
        x = x[0] if kind in TORCH_RNNS else torch.softmax(x, dim=-1) if keys.get("activation") else x
    outputs, _ = policies.run(network(case, tensors), policies.Every(), inputs)
    difference = abs(outputs - x.transpose(0, 1).numpy()).max()
    assert difference < 2e-6, f"{case.name}: NumPy and PyTorch differ by {difference:.1e}"


def clear(case, tensors, inputs, changes=None):
    """(outputs, updates) in f32, and whether all decisions are clear, in f32 and f64."""
    found, margins = [], []
    for dtype in (np.float32, np.float64):
        policy = case.policy(inputs)
        found.append(policies.run(network(case, tensors, dtype), policy, inputs, changes=changes))
        margins.append(policy.margin)
    (outputs, updates), (precise, precise_updates) = found
    kept = np.minimum(*margins) >= LEAST_MARGIN
    assert (updates[kept] == precise_updates[kept]).all(), f"{case.name}: f32 and f64 decide differently"
    drift = abs(outputs[kept] - precise[kept]).max(initial=0)
    assert drift < 5e-6, f"{case.name}: f32 and f64 differ by {drift:.1e}"
    return outputs, updates, kept


def trace(case):
    generator = np.random.default_rng(zlib.crc32(case.name.encode()))
    layers = modules(case)
    tensors = {
        name: generator.uniform(-0.6, 0.6, tensor.shape).astype(np.float32)
        for name, tensor in layers.state_dict().items()
    }
    if "tokens" in case.inputs:
        inputs = generator.integers(case.inputs["tokens"], size=(CANDIDATES, STEPS)).astype(np.uint32)
    else:
        inputs = generator.normal(size=(CANDIDATES, STEPS, case.inputs["features"])).astype(np.float32)
    check(case, layers, tensors, inputs)
    if case.initial_state:
        kind, keys = case.layers[0]
        tensors[f"{keys['name']}.h0"] = generator.uniform(-0.6, 0.6, (1, keys["hidden_size"])).astype(np.float32)
    tensors |= {
        name: tensor if tensor.dtype == np.int32 else tensor.astype(np.float32)
        for name, tensor in case.tensors(generator).items()
    }
    outputs, updates, kept = clear(case, tensors, inputs)
    changed = None
    if case.changes:
        changes = [case.changes(generator) for _ in inputs]
        runs = [clear(case, tensors, inputs[i : i + 1], values) for i, values in enumerate(changes)]
        kept &= [run[2][0] for run in runs]
    chosen = kept.nonzero()[0][:SEQUENCES]
    assert len(chosen) == SEQUENCES, f"{case.name}: only {len(chosen)} sequences have clear decisions"
    if case.changes:
        changed = {
            "inputs": inputs[chosen],
            "outputs": np.concatenate([runs[i][0] for i in chosen]),
            "updates": np.concatenate([runs[i][1] for i in chosen]).astype(np.uint8),
        }
        for name, key, dtype in (("budget", "budgets", np.uint32), ("threshold", "thresholds", np.float32)):
            if name in changes[0]:
                changed[key] = np.stack([changes[i][name] for i in chosen]).astype(dtype)
    outputs = outputs[chosen] if case.output == "every" else outputs[chosen, -1]
    return tensors, {"inputs": inputs[chosen], "outputs": outputs, "updates": updates[chosen].astype(np.uint8)}, changed


def write(folder):
    for case in CASES:
        tensors, golden, changed = trace(case)
        kind, keys = case.skip
        keys = spec.flow(keys) if isinstance(keys, dict) else keys
        spec.write(
            folder, case.name, "pytorch", case.inputs, case.layers, case.output, tensors, golden, f"{kind}: {keys}"
        )
        if changed:
            (folder / case.name).mkdir(exist_ok=True)
            spec.save(folder / case.name / "changes.safetensors", changed)
        shares = [f"{part['updates'].mean():.0%}" for part in (golden, changed) if part]
        print(f"{case.name:34} outputs {golden['outputs'].shape}, executed {', changed '.join(shares)}")
