"""Trains the networks of a task with gates that skip steps, and writes the specs, weights, golden traces and results of
`specs/<task>/`.

`--validate` trains on a part of the training set, prints the results on the rest of it and writes nothing:
hyper-parameters were chosen that way, never on the test set.
"""

import argparse
import json
import time
from dataclasses import dataclass, field, replace
from typing import Callable

import numpy as np
import torch
from safetensors.torch import load_file

import experiment
import policies
import skipping
import spec

SPEC = """\
# yaml-language-server: $schema=../recurve.schema.json
recurve: 1
name: {type_name}
weights: {weights}.safetensors
golden: {variant}.golden.safetensors
convention: pytorch

input: {input}   # {step}

layers:
  - {kind}: {keys}
  - linear: {head}

output: last   # {output}
"""
RUNTIME = """
runtime:
  skip:
    {kind}: {keys}
"""
GOLDEN_SEQUENCES = 8
LEAST_MARGIN = 1e-4
LEAST_BIAS = 0.01


@dataclass
class Variant:
    gate: skipping.Gate | None = None
    # What differs from the task's recipe.
    recipe: dict = field(default_factory=dict)
    # The variant whose weights, without its gate's, training starts from.
    start: str | None = None
    # The variant whose weights it has: nothing is trained.
    weights: str | None = None


@dataclass
class Task:
    name: str
    # The recurrent layer: `gru` or `lstm`.
    kind: str
    features: int
    hidden_size: int
    # The name and the units of the linear layer, and its activation.
    head: str
    units: int
    activation: str
    load: Callable
    # draw(training)(generator, count) gives inputs and targets of a batch.
    draw: Callable
    loss: Callable
    # score(outputs, labels) is what results.json has of a test.
    score: Callable
    recipe: skipping.Recipe
    variants: dict
    # For the spec: what a step and the output are.
    step: str
    output: str
    golden_inputs: Callable
    thresholds: tuple
    levels: int = 1

    def folder(self):
        return experiment.SPECS / self.name

    def model(self, name):
        variant = self.variants[name]
        recipe = replace(self.recipe, **variant.recipe)
        torch.manual_seed(recipe.seed)
        model = skipping.Skipping(
            self.kind, self.features, self.hidden_size, self.units, variant.gate, self.levels, recipe.dropout,
            recipe.jitter, self.head,
        )
        return model, recipe

    def network(self, tensors, dtype=np.float32):
        return policies.Network(tensors, self.kind, self.kind, self.head, self.activation, dtype=dtype)


def text(task, name):
    variant = task.variants[name]
    keys = {"name": task.kind, "hidden_size": task.hidden_size}
    if task.levels > 1:
        keys["num_layers"] = task.levels
    if task.kind == "gru":
        keys["reset"] = "after"
    head = {"name": task.head, "units": task.units}
    if task.activation != "none":
        head["activation"] = task.activation
    found = SPEC.format(
        type_name=spec.type_name(f"{task.name}_{name}"),
        weights=variant.weights or name,
        variant=name,
        input=spec.flow({"features": task.features}),
        step=task.step,
        kind=task.kind,
        keys=spec.flow(keys),
        head=spec.flow(head),
        output=task.output,
    )
    if variant.gate:
        found += RUNTIME.format(kind=variant.gate.kind, keys=spec.flow(variant.gate.keys()))
    return found


def policy(variant):
    return variant.gate.policy() if variant.gate else policies.Every()


def golden(task, variant, tensors):
    """Of sequences all of whose decisions are clear, so that no rounding can turn one."""
    inputs = task.golden_inputs(8 * GOLDEN_SEQUENCES)
    chooser = policy(variant)
    outputs, updates = policies.run(task.network(tensors), chooser, inputs)
    margin = chooser.margin
    precise, precise_updates = policies.run(task.network(tensors, np.float64), chooser, inputs)
    clear = (np.minimum(margin, chooser.margin) >= LEAST_MARGIN).nonzero()[0][:GOLDEN_SEQUENCES]
    assert len(clear) == GOLDEN_SEQUENCES, f"only {len(clear)} sequences have clear decisions"
    assert (updates[clear] == precise_updates[clear]).all(), "f32 and f64 decide differently"
    outputs, precise = outputs[clear, -1], precise[clear, -1]
    drift = abs(outputs - precise).max()
    assert drift < 2e-5, f"f32 and f64 differ by {drift:.1e}"
    found = {"inputs": inputs[clear], "outputs": outputs}
    if variant.gate:
        found["updates"] = updates[clear].astype(np.uint8)
        print(f"  golden: {updates[clear].mean():.1%} of the inputs, drift {drift:.0e}")
    return found


def measure(task, tensors, chooser, test):
    outputs, updates = policies.run(task.network(tensors), chooser, test.inputs)
    return {**task.score(outputs[:, -1], test.labels), "inputs": round(float(updates.mean()), 6)}


def results(task, variant, tensors, test):
    found = measure(task, tensors, policy(variant), test)
    found["parameters"] = int(sum(tensor.size for tensor in tensors.values()))
    if variant.gate and variant.gate.kind == "thr_rnn":
        found["at_threshold"] = {
            f"{threshold:g}": measure(task, tensors, policies.SkipRNN(threshold), test)
            for threshold in np.arange(0.4, 1.001, 0.05).round(2)
        }
    if variant.gate and variant.gate.kind == "window":
        length = variant.gate.length
        at = lambda budget, threshold: measure(task, tensors, policies.Window(length, budget, threshold), test)
        found["at_budget"] = {str(budget): at(budget, 0.5) for budget in range(length, 0, -1)}
        found["at_threshold"] = {f"{threshold:g}": at(length, threshold) for threshold in task.thresholds}
        found["at_budget_and_threshold"] = {
            f"{budget}, {threshold:g}": at(budget, threshold)
            for budget in sorted({1, 2, length // 4, length // 2}) for threshold in task.thresholds
        }
    return found


def rounded(model):
    """The weights in f16.

    In the first window only biases speak, and training leaves some of them at the threshold itself: they move away from
    it, that the decisions do not hang on the rounding of a sigmoid.
    """
    tensors = {name: tensor.half().numpy() for name, tensor in model.state_dict().items()}
    if model.gate and model.gate.kind == "window":
        bias = tensors["skip.bias"]
        tensors["skip.bias"] = np.where(abs(bias) < LEAST_BIAS, np.copysign(LEAST_BIAS, bias), bias).astype(np.float16)
    return tensors


class Trained:
    """The variants' weights in f16, trained when they are asked for first."""

    def __init__(self, task, data, stored):
        self.task, self.data, self.stored, self.found = task, data, stored, {}

    def __call__(self, name):
        variant = self.task.variants[name]
        if variant.weights:
            return {key: tensor.numpy() for key, tensor in self.start(variant.weights).items()}
        if name not in self.found:
            self.found[name] = self.train(name, variant)
        return self.found[name]

    def start(self, name):
        file = self.task.folder() / f"{name}.safetensors"
        if self.stored and name not in self.found and file.exists():
            return load_file(file)
        return {key: torch.from_numpy(tensor) for key, tensor in self(name).items()}

    def train(self, name, variant):
        model, recipe = self.task.model(name)
        if variant.start:
            start = self.start(variant.start)
            network = {key: tensor for key, tensor in start.items() if not key.startswith("skip.")}
            model.load_state_dict(network, strict=False)
        draw = self.task.draw(self.data.training)
        return rounded(skipping.fit(model, recipe, draw, self.task.loss, recipe.steps // 8))


def write(task, name, tensors, test):
    """The trace and the results are those of the weights as rounded to f16."""
    folder, variant = task.folder(), task.variants[name]
    if not variant.weights:
        spec.save(folder / f"{name}.safetensors", tensors)
    spec.save(folder / f"{name}.golden.safetensors", golden(task, variant, tensors))
    (folder / f"{name}.yaml").write_text(text(task, name))
    file = folder / "results.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    found[name] = results(task, variant, tensors, test)
    found = {key: found[key] for key in task.variants if key in found}
    file.write_text(json.dumps(found, indent=2) + "\n")
    return found[name]


def main(task, prepare=lambda data: None):
    """`prepare(data)` writes what else belongs into the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("variants", nargs="*", metavar="variant", help="all, unless given")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    data = task.load()
    if arguments.validate:
        data = data.validation()
    else:
        task.folder().mkdir(parents=True, exist_ok=True)
        prepare(data)
    trained = Trained(task, data, not arguments.validate)
    for name in arguments.variants or task.variants:
        start = time.time()
        tensors = trained(name)
        if arguments.validate:
            found = results(task, task.variants[name], tensors, data.test)
        else:
            found = write(task, name, tensors, data.test)
        print(f"{name:9} {json.dumps(found)}, {time.time() - start:.0f} s", flush=True)
