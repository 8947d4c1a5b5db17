"""Writes a recurve spec, and the weights and golden trace beside it."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save as serialize


def flow(mapping):
    """{"name": "lstm", "bidirectional": True} as the one-line YAML map {name: lstm, bidirectional: true}."""
    text = {True: "true", False: "false"}
    items = (f"{key}: {text[value] if isinstance(value, bool) else value}" for key, value in mapping.items())
    return "{" + ", ".join(items) + "}"


def type_name(case):
    return "".join(word.capitalize() for word in case.split("_"))


def text(case, convention, inputs, layers, output, skip=None, dual=None):
    """layers: [(kind, {key: value})], where `value` is written as it is: give only what differs from a default."""
    lines = [
        "recurve: 1",
        f"name: {type_name(case)}",
        f"weights: {case}.safetensors",
        f"golden: {case}.golden.safetensors",
        f"convention: {convention}",
        "",
        f"input: {flow(inputs)}",
        "",
        "layers:",
        *(f"  - {kind}: {flow(keys)}" for kind, keys in layers),
        "",
        f"output: {output}",
    ]
    if skip or dual:
        lines += ["", "runtime:"]
    if skip:
        lines += ["  skip:", f"    {skip}"]
    if dual:
        lines += ["  dual_module:", f"    - {dual}"]
    return "\n".join(lines) + "\n"


def save(path, tensors):
    Path(path).write_bytes(serialize({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}))


def write(folder, case, convention, inputs, layers, output, weights, golden, skip=None, dual=None):
    """golden: (inputs, outputs) as the framework had them, or all tensors by name."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{case}.yaml").write_text(text(case, convention, inputs, layers, output, skip, dual))
    save(folder / f"{case}.safetensors", weights)
    if not isinstance(golden, dict):
        golden = dict(zip(("inputs", "outputs"), golden))
    save(folder / f"{case}.golden.safetensors", golden)
