"""Trains the variants of a task and writes the specs, weights, golden traces and accuracies of `specs/<task>/`.

`--validate` trains on a part of the training set, prints the accuracy on the rest of it and writes nothing:
hyper-parameters were chosen that way, never on the test set.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import torch

import spec
import training
import variants

SPECS = Path(__file__).resolve().parent.parent / "specs"

SPEC = """\
# yaml-language-server: $schema=../recurve.schema.json
recurve: 1
name: {type_name}
weights: {variant}.safetensors
golden: {variant}.golden.safetensors
convention: pytorch

input: {input}   # {step}

layers:
  - {kind}: {keys}
  - linear: {classifier}

output: last   # {output}
"""


@dataclass
class Task:
    name: str
    # Of the recurrent layer: `fastrnn`, `lstm` or `bidirectional_lstm`, and how its tensors begin.
    kind: str
    layer: str
    features: int
    classes: int
    load: Callable
    augment: Callable
    recipe: training.Recipe
    variants: dict
    # For the spec: what a step and the output are.
    step: str
    output: str
    golden_steps: int
    int8: tuple = ("dense", "kp")

    def model(self, variant, recipe):
        torch.manual_seed(recipe.seed)
        return variants.Classifier(self.layer, self.kind, self.features, self.classes, variant, recipe.dropout)

    def folder(self):
        return SPECS / self.name


def text(task, name, precision=None):
    variant = task.variants[name]
    keys = {"name": task.layer, "hidden_size": variant.hidden_size}
    if task.kind == "bidirectional_lstm":
        keys["bidirectional"] = True
    stored = {"precision": precision} if precision else {}
    keys |= stored
    if variant.form:
        keys["compression"] = variant.compression()
    return SPEC.format(
        type_name=spec.type_name("_".join(filter(None, (task.name, name, precision)))),
        variant=name,
        input=spec.flow({"features": task.features}),
        step=task.step,
        kind=task.kind.removeprefix("bidirectional_"),
        keys=spec.flow(keys),
        classifier=spec.flow({"name": "classifier", "units": task.classes, "activation": "softmax", **stored}),
        output=task.output,
    )


def smooth_noise(count, steps, features):
    """[count, steps, features] of unit variance, each number much like the one a step before."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(steps, count, features, generator=generator)
    for step in range(1, steps):
        noise[step] = 0.9 * noise[step - 1] + (1 - 0.9**2) ** 0.5 * noise[step]
    return noise.transpose(0, 1).contiguous()


def golden(task, model):
    inputs = smooth_noise(8, task.golden_steps, task.features)
    lengths = torch.full((len(inputs),), task.golden_steps)
    outputs = torch.softmax(model(inputs, lengths), dim=1)
    precise = torch.softmax(model.double()(inputs.double(), lengths), dim=1)
    drift = (precise - outputs).abs().max().item()
    model.float()
    assert drift < 2e-5, f"f32 and f64 differ by {drift:.1e}"
    return {"inputs": inputs.numpy(), "outputs": outputs.numpy()}


def stored_numbers(task, name, tensors):
    if task.variants[name].form == "pruned":
        return sum(int(tensor.count_nonzero()) if tensor.dim() == 2 else tensor.numel() for tensor in tensors.values())
    return sum(tensor.numel() for tensor in tensors.values())


@torch.no_grad()
def write(task, name, model, test):
    """The weights are rounded to f16 first: the trace and the accuracy are those of the rounded ones."""
    folder = task.folder()
    tensors = {key: tensor.half() for key, tensor in model.state_dict().items()}
    model.load_state_dict(tensors)
    right = training.correct(model, test)
    spec.save(folder / f"{name}.safetensors", {key: tensor.numpy() for key, tensor in tensors.items()})
    spec.save(folder / f"{name}.golden.safetensors", golden(task, model))
    (folder / f"{name}.yaml").write_text(text(task, name))
    if name in task.int8:
        (folder / f"{name}_int8.yaml").write_text(text(task, name, "int8"))
    file = folder / "accuracy.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    found[name] = {
        "accuracy": round(right / len(test), 6),
        "correct": right,
        "test": len(test),
        "parameters": stored_numbers(task, name, tensors),
    }
    found = {key: found[key] for key in task.variants if key in found}
    file.write_text(json.dumps(found, indent=2) + "\n")
    return right


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
    for name in arguments.variants or task.variants:
        start = time.time()
        variant = task.variants[name]
        recipe = replace(task.recipe, **variant.recipe)
        model = training.fit(task.model(variant, recipe), variant, recipe, data.training, task.augment)
        training_right = training.correct(model, data.training) / len(data.training)
        right = training.correct(model, data.test) if arguments.validate else write(task, name, model, data.test)
        print(
            f"{name:9} training {training_right:.2%}, {'validation' if arguments.validate else 'test'} "
            f"{right / len(data.test):.2%} ({right} of {len(data.test)}), {time.time() - start:.0f} s",
            flush=True,
        )
