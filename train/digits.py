"""Trains the three digit classifiers; writes specs/digits/*.yaml, .safetensors, .golden.safetensors, test.safetensors.

A digit is a sequence of 8 rows of 8 pixels. `--validate` holds a fifth of the training digits out, trains on the rest,
prints the accuracy on that fifth and writes nothing: hyper-parameters were chosen that way, never on the test digits.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional

import cells
import spec

FOLDER = Path(__file__).resolve().parent.parent / "specs" / "digits"
TEST_DIGITS, GOLDEN_DIGITS = 599, 16
HIDDEN, CLASSES, ROWS = 40, 10, 8


@dataclass
class Recipe:
    type_name: str
    keys: dict
    epochs: int = 300
    batch: int = 64
    learning_rate: float = 5e-3
    weight_decay: float = 1e-3
    dropout: float = 0.2
    label_smoothing: float = 0.05
    seed: int = 1


RECIPES = {
    "lstm": Recipe("DigitsLstm", {}),
    "gru": Recipe("DigitsGru", {"reset": "after"}),
    "fastgrnn": Recipe(
        "DigitsFastGrnn",
        {"input_rank": 4, "recurrent_rank": 12},
        epochs=500,
        learning_rate=2e-2,
        weight_decay=3e-2,
        dropout=0.0,
    ),
}

SPEC = """\
# yaml-language-server: $schema=../recurve.schema.json
recurve: 1
name: {type_name}
weights: {kind}.safetensors
golden: {kind}.golden.safetensors
convention: pytorch

input:
  features: 8   # one row of pixels, 0 (paper) to 1 (ink); a digit is eight rows, from the top

layers:
  - {kind}: {keys}
  - linear: {{name: classifier, units: 10, activation: softmax}}

output: last   # the probabilities of 0..9 once the last row is read
"""


class Classifier(nn.Module):
    def __init__(self, kind, recipe):
        super().__init__()
        self.kind = kind
        if kind == "fastgrnn":
            recurrent = cells.FastGRNN(ROWS, HIDDEN, **recipe.keys)
        else:
            recurrent = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](ROWS, HIDDEN)
        self.add_module(kind, recurrent)
        self.dropout = nn.Dropout(recipe.dropout)
        self.classifier = nn.Linear(HIDDEN, CLASSES)

    def forward(self, digits):
        every = self.get_submodule(self.kind)(digits.transpose(0, 1))
        if isinstance(every, tuple):
            every, _ = every
        return self.classifier(self.dropout(every[-1]))


def shifted(digits, generator):
    """Each digit moved by up to one pixel along each axis."""
    padded = functional.pad(digits, (1, 1, 1, 1))
    top, left = torch.randint(3, (2, len(digits)), generator=generator)
    range8 = torch.arange(ROWS)
    index = torch.arange(len(digits))[:, None, None]
    return padded[index, (top[:, None] + range8)[:, :, None], (left[:, None] + range8)[:, None, :]]


def train(kind, recipe, digits, labels):
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    model = Classifier(kind, recipe)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs)
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(digits), generator=generator).split(recipe.batch):
            logits = model(shifted(digits[batch], generator))
            loss = functional.cross_entropy(logits, labels[batch], label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def accuracy(model, digits, labels):
    return (model(digits).argmax(dim=1) == labels).double().mean().item()


def split(digits, labels, held_out):
    parts = train_test_split(digits, labels, test_size=held_out, stratify=labels, random_state=0)
    return [torch.from_numpy(part) for part in parts]


def load():
    data = load_digits()
    return split((data.images / 16).astype(np.float32), data.target, TEST_DIGITS)


@torch.no_grad()
def write(kind, recipe, model, test):
    keys = {"name": kind, "hidden_size": HIDDEN, **recipe.keys}
    text = SPEC.format(type_name=recipe.type_name, kind=kind, keys=spec.flow(keys))
    (FOLDER / f"{kind}.yaml").write_text(text)
    spec.save(FOLDER / f"{kind}.safetensors", {k: v.numpy() for k, v in model.state_dict().items()})
    inputs = test[:GOLDEN_DIGITS]
    outputs = torch.softmax(model(inputs), dim=1)
    spec.save(FOLDER / f"{kind}.golden.safetensors", {"inputs": inputs.numpy(), "outputs": outputs.numpy()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validate", action="store_true")
    validate = parser.parse_args().validate
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    training, test, training_labels, test_labels = load()
    if validate:
        training, test, training_labels, test_labels = split(training.numpy(), training_labels.numpy(), 0.2)
    else:
        FOLDER.mkdir(parents=True, exist_ok=True)
        labels = test_labels.numpy().astype(np.uint32)
        spec.save(FOLDER / "test.safetensors", {"inputs": test.numpy(), "labels": labels})
    for kind, recipe in RECIPES.items():
        model = train(kind, recipe, training, training_labels)
        print(
            f"{kind:9} training {accuracy(model, training, training_labels):.2%}, "
            f"{'validation' if validate else 'test'} {accuracy(model, test, test_labels):.2%} of {len(test)}",
            flush=True,
        )
        if not validate:
            write(kind, recipe, model, test)


if __name__ == "__main__":
    main()
