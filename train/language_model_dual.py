"""Measures dual-module inference in the language model that `language_model.py` wrote into a folder.

`train/language_model_dual.py FOLDER` takes the LSTM's little modules and thresholds from the files that `recurve fit`
wrote of the folder's `dual_0.5_int8.yaml` and its like; `--epsilon` gives another one than 0.5. It prints the perplexity
of the test reviews at each precision of the little module and each ratio of rows left out, and puts it under the
epsilon into `FOLDER/results.json`.

Read from rest, the cells of a few reviews run away: they grow at every step, and the words are predicted worse than by
guessing. `lost` counts these. As so few move the perplexity more than the little modules do, and leaving out rows may
happen to save one, it is also given `without` the reviews that are lost with all rows read.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from torch.nn import functional

import dual_module
from dual_module import Knobs

PRECISIONS = ("f32", "int8", "int4", "int2")
RATIOS = [tenths / 10 for tenths in range(10)]
# Sequences that are read at once, and steps whose logits are held at once.
PART, STEPS = 160, 16
# Of a number of the little module.
BITS = {"f32": 32, "int8": 8, "int4": 4, "int2": 2}
# What the little module in f32 has learned is that of the one in int8.
FITS = {"f32": "int8", "int8": "int8", "int4": "int4", "int2": "int2"}


def round_vectors(x):
    """As `dual_module.round_vectors`."""
    single = x.float()
    largest = single.abs().amax(dim=-1, keepdim=True)
    # A number would be multiplied by the reciprocal, rounded twice.
    inverse = torch.tensor(127.0) / torch.where(largest == 0, 1, largest)
    return (single * inverse).round().to(x.dtype) * (largest / 127).to(x.dtype)


class LSTM:
    """`dual_module.LSTM` in torch, its sums with the inputs taken before the first step."""

    def __init__(self, tensors, precision, dtype=torch.float32):
        tensor = lambda array: torch.from_numpy(array).to(dtype)
        self.precision = precision
        self.big, self.little = [], []
        for part in ("ih", "hh"):
            of = lambda what: tensors[f"lstm.dual_module.{what}_{part}_l0"]
            self.big.append((tensor(tensors[f"lstm.weight_{part}_l0"]), tensor(tensors[f"lstm.bias_{part}_l0"])))
            weight, signs = of("weight"), of("projection")
            if precision != "f32":
                scales = dual_module.row_scales(len(signs))
                weight, signs = weight / scales, signs * scales[:, None]
            weight = dual_module.round_rows(weight, precision).astype(np.float32)
            self.little.append((tensor(signs), tensor(weight), tensor(of("bias"))))
        self.rows, self.size = self.big[1][0].shape

    def big_sums(self, at, x):
        weight, bias = self.big[at]
        return functional.linear(x, weight, bias)

    def little_sums(self, at, x):
        projection, weight, bias = self.little[at]
        projected = functional.linear(x if self.precision == "f32" else round_vectors(x), projection)
        return functional.linear(projected if self.precision == "f32" else round_vectors(projected), weight, bias)

    def step(self, big_x, little_x, state, knobs):
        """The sums with x are [n, rows]; gives which rows were read too."""
        h, c = state
        big, little = big_x + self.big_sums(1, h), little_x + self.little_sums(1, h)
        sensitive = little > knobs.sigmoid
        candidate = slice(2 * self.size, 3 * self.size)
        sensitive[:, candidate] = little[:, candidate].abs() < knobs.tanh
        if knobs.cross_gate:
            sensitive[:, candidate] &= sensitive[:, : self.size]
        i, f, g, o = torch.where(sensitive, big, little).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return (o.sigmoid() * c.tanh(), c), sensitive

    def row_bytes(self):
        return 4 * sum(weight.shape[1] for weight, _ in self.big)

    def little_bytes(self):
        """A projection has two bits a sign, and scales as every matrix of two bits."""
        total = 0
        for projection, weight, _ in self.little:
            groups = {"f32": 0, "int8": 2}.get(self.precision, -(-weight.shape[1] // dual_module.GROUP))
            total += weight.numel() * BITS[self.precision] // 8 + self.rows * groups * 2
            total += projection.numel() // 4 + len(projection) * -(-projection.shape[1] // dual_module.GROUP) * 2
        return total


def knobs_at(tensors, precision, ratio, cross_gate):
    return Knobs(precision, *dual_module.at_ratio(tensors["lstm.dual_module.thresholds_l0"], ratio), None, cross_gate)


def check(all_tensors, tokens):
    """That `LSTM` does what the plain implementation does; in its precision, so that no rounding turns a decision."""
    for precision, cross_gate in ((precision, cross_gate) for precision in all_tensors for cross_gate in (False, True)):
        tensors = all_tensors[precision]
        x = tensors["embedding.weight"][tokens].astype(np.float64)
        knobs = knobs_at(tensors, precision, 0.5, cross_gate)
        plain, fast = dual_module.LSTM(tensors, "lstm", "_l0", knobs), LSTM(tensors, precision, torch.float64)
        state = tuple(np.zeros((len(x), fast.size)) for _ in range(2))
        same = tuple(torch.from_numpy(part) for part in state)
        for t in range(x.shape[1]):
            now = torch.from_numpy(x[:, t])
            state = plain.step(x[:, t], state)
            same, sensitive = fast.step(fast.big_sums(0, now), fast.little_sums(0, now), same, knobs)
            assert (sensitive.numpy() == plain.sensitive).all(), f"{precision}: other rows are read"
            distance = max(np.abs(one.numpy() - other).max() for one, other in zip(same, state))
            assert distance < 1e-4, f"{precision}: states differ by {distance:.1e}"


def loss(tensors, states, targets):
    """The cross-entropy of [steps, n], summed over the steps."""
    linear = lambda x, name: functional.linear(
        x, torch.from_numpy(tensors[f"{name}.weight"]), torch.from_numpy(tensors[f"{name}.bias"])
    )
    total = torch.zeros(states.shape[1], dtype=torch.float64)
    for part, expected in zip(states.split(STEPS), targets.split(STEPS)):
        logits = linear(linear(part, "bottleneck"), "classifier")
        losses = functional.cross_entropy(logits.flatten(0, 1), expected.flatten(), reduction="none")
        total += losses.view(expected.shape).sum(dim=0, dtype=torch.float64)
    return total.numpy()


def measure(all_tensors, tokens, settings):
    """Mean cross-entropy of each sequence and share of rows that were read, of each (precision, ratio, cross_gate)."""
    losses, totals = {setting: [] for setting in settings}, dict.fromkeys(settings, 0)
    modules = {precision: LSTM(all_tensors[precision], precision) for precision, _, _ in settings}
    tensors = all_tensors["f32"]
    embedding = torch.from_numpy(tensors["embedding.weight"])
    start, done = time.time(), 0
    for part in torch.from_numpy(tokens).split(PART):
        x, targets = embedding[part.T[:-1]], part.T[1:]
        big_x = next(iter(modules.values())).big_sums(0, x)
        for precision, lstm in modules.items():
            little_x = lstm.little_sums(0, x)
            for setting in settings:
                if setting[0] != precision:
                    continue
                state = (torch.zeros(len(part), lstm.size),) * 2
                knobs, states, read = knobs_at(all_tensors[precision], *setting), [], 0
                for step in range(len(x)):
                    state, sensitive = lstm.step(big_x[step], little_x[step], state, knobs)
                    states.append(state[0])
                    read += sensitive.sum().item()
                losses[setting].append(loss(tensors, torch.stack(states), targets) / len(x))
                totals[setting] += read
        done += len(part)
        print(f"{done} of {len(tokens)} rows, {time.time() - start:.0f} s", flush=True)
    count = tokens[:, 1:].size * next(iter(modules.values())).rows
    return {setting: (np.concatenate(losses[setting]), totals[setting] / count) for setting in settings}


def results(all_tensors, tokens, precisions, ratios):
    variants = [(precision, precision, False) for precision in precisions]
    if "int8" in precisions:
        variants.append(("int8 cross_gate", "int8", True))
    # Where all rows are read the little module says nothing.
    settings = [("f32", 0.0, False)]
    settings += [(precision, ratio, cross) for _, precision, cross in variants for ratio in ratios if ratio > 0]
    found = measure(all_tensors, tokens, settings)
    guessing = np.log(len(all_tensors["f32"]["classifier.bias"]))
    dense = found[settings[0]][0]
    kept = dense <= guessing
    base, without = np.exp(dense.mean()), np.exp(dense[kept].mean())
    table = {"rows": len(tokens), "perplexity": round(base, 3), "lost": np.flatnonzero(~kept).tolist()}
    table["without"] = round(without, 3)
    print(f"perplexity {base:.2f} with all rows read, {without:.2f} without the lost {table['lost']}")
    of_all = f"{'':16}{'ratio':>6}{'perplexity':>12}{'change':>9}"
    print(f"{of_all}{'lost':>6}{'without':>9}{'change':>9}{'left out':>10}{'bytes':>8}")
    for name, precision, cross in variants:
        lstm, table[name] = LSTM(all_tensors[precision], precision), {}
        for ratio in ratios:
            if ratio == 0:
                continue
            losses, read = found[precision, ratio, cross]
            all_rows, others = np.exp(losses.mean()), np.exp(losses[kept].mean())
            lost = int((losses > guessing).sum())
            share = read + lstm.little_bytes() / (lstm.rows * lstm.row_bytes())
            table[name][f"{ratio:g}"] = {
                "perplexity": round(all_rows, 3), "lost": lost, "without": round(others, 3),
                "left_out": round(1 - read, 4), "bytes": round(share, 4),
            }
            print(
                f"{name:16}{ratio:6.0%}{all_rows:12.2f}{all_rows / base - 1:+9.1%}"
                f"{lost:6}{others:9.2f}{others / without - 1:+9.1%}{1 - read:10.1%}{share:8.1%}"
            )
    return table


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epsilon", default="0.5")
    parser.add_argument("--fit", choices=FITS, help="the precision whose little module all take, rounded number by number")
    parser.add_argument("--rows", type=int, help="of the test set, all unless given")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--ratios", nargs="+", type=float, default=RATIOS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = arguments.folder
    of_model, all_tensors = load_file(folder / "lstm.safetensors"), {}
    for precision in ("f32", *arguments.precisions):
        fit = folder / f"dual_{arguments.epsilon}_{FITS[arguments.fit or precision]}.fit.safetensors"
        all_tensors[precision] = {**of_model, **load_file(fit)}
    tokens = load_file(folder / "test.safetensors")["inputs"].astype(np.int64)[: arguments.rows]
    check(all_tensors, tokens[:3, :6])
    table = results(all_tensors, tokens, arguments.precisions, arguments.ratios)
    file = folder / "results.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    found[" ".join(filter(None, (arguments.epsilon, arguments.fit)))] = table
    file.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
