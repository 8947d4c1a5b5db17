"""Trains LSTMs that tell whether a text is in favour; writes `specs/sst2/` and `specs/imdb/`.

They are trained without a thought of skipping. `--validate` trains on a part of the training set, prints the accuracy
on the rest of it after each epoch and writes nothing: hyper-parameters were chosen that way, never on the test set.
"""

import argparse
import json
import math
import time
from dataclasses import dataclass, replace
from typing import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import datasets
import experiment
import spec
import training

GOLDEN_STEPS = 40

SPEC = """\
# yaml-language-server: $schema=../recurve.schema.json
recurve: 1
name: {type_name}
weights: lstm.safetensors
golden: lstm.golden.safetensors
convention: pytorch

input: {{tokens: {tokens}}}   # line n of vocabulary.txt is token n, from 1; token 0 is any other word

layers:
  - embedding: {{name: embedding, dim: {dim}}}
  - lstm: {{name: lstm, hidden_size: {hidden}}}
  - linear: {{name: classifier, units: 2, activation: softmax}}

output: last   # the probabilities of a text against and in favour
"""


@dataclass
class Task:
    type_name: str
    load: Callable
    recipe: training.Recipe
    dim: int
    hidden: int
    # Of the words read in training, those that become token 0.
    forgotten: float


TASKS = {
    "sst2": Task(
        "Sst2",
        datasets.sst2,
        training.Recipe(epochs=12, batch=32, learning_rate=2e-3, dropout=0.5, weight_decay=1e-2),
        dim=50,
        hidden=100,
        forgotten=0.1,
    ),
    "imdb": Task(
        "Imdb",
        datasets.imdb,
        training.Recipe(epochs=5, batch=64, learning_rate=3e-3, dropout=0.4, weight_decay=1e-2),
        dim=50,
        hidden=100,
        forgotten=0.1,
    ),
}


class Classifier(nn.Module):
    def __init__(self, tokens, task):
        super().__init__()
        self.forgotten = task.forgotten
        self.embedding = nn.Embedding(tokens, task.dim)
        nn.init.normal_(self.embedding.weight, std=0.3)
        self.lstm = nn.LSTM(task.dim, task.hidden)
        # A forget gate that starts open (Jozefowicz et al. 2015).
        self.lstm.bias_ih_l0.data[task.hidden : 2 * task.hidden] += 1
        self.dropout = nn.Dropout(task.recipe.dropout)
        self.classifier = nn.Linear(task.hidden, 2)

    def forward(self, tokens, lengths):
        """Logits of each text, from the state at its own end; tokens are [batch, time]."""
        tokens = tokens.T
        if self.training:
            tokens = tokens.masked_fill(torch.rand(tokens.shape) < self.forgotten, 0)
        states, _ = self.lstm(self.dropout(self.embedding(tokens)))
        return self.classifier(self.dropout(states[lengths - 1, range(len(lengths))]))


def words(sequences):
    return datasets.Sequences(sequences.inputs.astype(np.int64), sequences.lengths, sequences.labels)


def fit(model, recipe, sequences, report):
    tokens, lengths, labels = training.tensors(sequences)
    generator = torch.Generator().manual_seed(recipe.seed)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps = recipe.epochs * math.ceil(len(labels) / recipe.batch)
    done = 0
    for epoch in range(recipe.epochs):
        model.train()
        for batch in training.batches(lengths, recipe.batch, generator):
            done += 1
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * training.rate(done / steps, recipe.warmup)
            logits = model(tokens[batch, : lengths[batch].max()], lengths[batch])
            loss = functional.cross_entropy(logits, labels[batch], label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimizer.step()
        report(epoch, model.eval())
    return model


@torch.no_grad()
def golden(model):
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(model.embedding.num_embeddings, (8, GOLDEN_STEPS), generator=generator)
    lengths = torch.full((len(tokens),), GOLDEN_STEPS)
    outputs = torch.softmax(model(tokens, lengths), dim=1)
    drift = (torch.softmax(model.double()(tokens, lengths), dim=1) - outputs).abs().max().item()
    model.float()
    assert drift < 2e-5, f"f32 and f64 differ by {drift:.1e}"
    return {"inputs": tokens.numpy().astype(np.uint32), "outputs": outputs.numpy()}


@torch.no_grad()
def write(name, task, model, data):
    """The weights are rounded to f16 first: the trace and the accuracy are those of the rounded ones."""
    folder = experiment.SPECS / name
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: tensor.half() for key, tensor in model.state_dict().items()}
    model.load_state_dict(tensors)
    right = training.correct(model, words(data.test))
    spec.save(folder / "lstm.safetensors", {key: tensor.numpy() for key, tensor in tensors.items()})
    spec.save(folder / "lstm.golden.safetensors", golden(model))
    text = SPEC.format(
        type_name=task.type_name, tokens=len(data.vocabulary) + 1, dim=task.dim, hidden=task.hidden
    )
    (folder / "lstm.yaml").write_text(text)
    (folder / "vocabulary.txt").write_text("".join(word + "\n" for word in data.vocabulary), encoding="utf-8")
    found = {
        "accuracy": round(right / len(data.test), 6),
        "correct": right,
        "test": len(data.test),
        "words": round(float(data.test.lengths.mean()), 2),
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
    }
    (folder / "results.json").write_text(json.dumps({"lstm": found}, indent=2) + "\n")
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("tasks", nargs="*", metavar="task", help="sst2 or imdb; both, unless given")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in arguments.tasks or TASKS:
        task = TASKS[name]
        data = task.load()
        if arguments.validate:
            data = replace(data.validation(), vocabulary=data.vocabulary)
        start = time.time()

        def report(epoch, model):
            if arguments.validate:
                right = training.correct(model, words(data.test)) / len(data.test)
                print(f"{name} epoch {epoch + 1}: validation {right:.2%}, {time.time() - start:.0f} s", flush=True)

        torch.manual_seed(task.recipe.seed)
        model = fit(Classifier(len(data.vocabulary) + 1, task), task.recipe, words(data.training), report)
        if not arguments.validate:
            right = write(name, task, model, data)
            share = right / len(data.test)
            print(f"{name}: test {share:.2%} ({right} of {len(data.test)}), {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
