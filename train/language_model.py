"""Trains a word-level language model on film reviews and writes it, too large for the repository, into a folder.

`train/language_model.py FOLDER` writes `lstm.yaml`, specs with dual modules of each `epsilon` and precision such as
`dual_0.5_int8.yaml`, `lstm.safetensors` and `vocabulary.txt`, and as data for `recurve` `calibration.safetensors`, of
training text, and `test.safetensors`, of the test reviews. `--hidden`, `--steps` and `--batch` change what is trained.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import datasets
import spec
import training

SPEC = """\
recurve: 1
name: LanguageModel
weights: lstm.safetensors
convention: pytorch

input: {{tokens: {tokens}}}   # line n of vocabulary.txt is token n, from 1; token 0 is any other word

layers:
  - embedding: {{name: embedding, dim: {dim}}}
  - lstm: {{name: lstm, hidden_size: {hidden}}}
  - linear: {{name: bottleneck, units: {bottleneck}}}
  - linear: {{name: classifier, units: {tokens}, activation: softmax}}

output: every   # the probabilities of the word that follows
"""

DUAL = """
fit: {name}.fit.safetensors
runtime:
  dual_module:
    - {{layer: lstm, precision: {precision}, epsilon: {epsilon}, insensitive_ratio: 0.5}}
"""
EPSILONS = ("0.3", "0.5", "0.7")

TOKENS = 10_000
# Behind the last word of a review.
END = TOKENS - 1
DIM = 256
BOTTLENECK = 256
BPTT = 35
LEARNING_RATE = 2e-3
DROPOUT = 0.25
CALIBRATION = (320, 64)
TEST = (640, 128)


class Model(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.embedding = nn.Embedding(TOKENS, DIM)
        self.lstm = nn.LSTM(DIM, hidden)
        self.bottleneck = nn.Linear(hidden, BOTTLENECK)
        self.classifier = nn.Linear(BOTTLENECK, TOKENS)
        self.dropout = nn.Dropout(DROPOUT)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.lstm.bias_ih_l0.data[hidden : 2 * hidden] += 1

    def forward(self, tokens, state=None):
        """Logits of what follows each token of [time, batch], and the state behind the last."""
        states, state = self.lstm(self.dropout(self.embedding(tokens)), state)
        return self.classifier(self.bottleneck(self.dropout(states))), state


def text():
    """The tokens of all training reviews one behind the other, those of the test reviews, and the words."""
    data = datasets.imdb(TOKENS - 1, None)
    parts = []
    for part in (data.training, data.test):
        reviews = [np.append(row[:length], END) for row, length in zip(part.inputs, part.lengths)]
        order = np.random.default_rng(0).permutation(len(reviews))
        parts.append(np.concatenate([reviews[at] for at in order]).astype(np.int64))
    return *parts, data.vocabulary


def fit(model, tokens, steps, batch, folder):
    streams = torch.from_numpy(tokens[: len(tokens) // batch * batch].reshape(batch, -1).T.copy())
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=1e-3)
    state, at, total, start = None, 0, 0.0, time.time()
    model.train()
    for step in range(1, steps + 1):
        if at + BPTT + 1 > len(streams):
            state, at = None, 0
        inputs, targets = streams[at : at + BPTT], streams[at + 1 : at + BPTT + 1]
        at += BPTT
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * training.rate(step / steps, 0.02)
        with torch.autocast("cpu", torch.bfloat16):
            logits, state = model(inputs, state)
            loss = functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())
        state = tuple(part.detach() for part in state)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if step % 100 == 0:
            speed = step * BPTT * batch / (time.time() - start)
            print(f"step {step}: perplexity {np.exp(total / 100):.1f}, {speed:.0f} tokens/s", flush=True)
            total = 0.0
        if step % 500 == 0:
            torch.save(model.state_dict(), folder / "checkpoint.pt")


@torch.no_grad()
def perplexity(model, rows):
    """Of the words behind each token of [sequences, time], read from rest."""
    rows, loss, count = torch.from_numpy(rows), 0.0, 0
    model.eval()
    for part in rows.split(64):
        logits, _ = model(part.T[:-1])
        loss += functional.cross_entropy(logits.flatten(0, 1), part.T[1:].flatten(), reduction="sum").item()
        count += part[:, 1:].numel()
    return np.exp(loss / count)


def rows(tokens, shape):
    return tokens[: shape[0] * shape[1]].reshape(shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hidden", type=int, default=750)
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    train, test, vocabulary = text()
    model = Model(arguments.hidden)
    fit(model, train, arguments.steps, arguments.batch, folder)
    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    spec.save(folder / "lstm.safetensors", tensors)
    sizes = {"tokens": TOKENS, "dim": DIM, "hidden": arguments.hidden, "bottleneck": BOTTLENECK}
    (folder / "lstm.yaml").write_text(SPEC.format(**sizes))
    for epsilon in EPSILONS:
        for precision in ("int8", "int4", "int2"):
            name = f"dual_{epsilon}_{precision}"
            dual = DUAL.format(name=name, precision=precision, epsilon=epsilon)
            (folder / f"{name}.yaml").write_text(SPEC.format(**sizes) + dual)
    (folder / "vocabulary.txt").write_text("".join(word + "\n" for word in vocabulary), encoding="utf-8")
    spec.save(folder / "calibration.safetensors", {"inputs": rows(train, CALIBRATION).astype(np.uint32)})
    spec.save(folder / "test.safetensors", {"inputs": rows(test, TEST).astype(np.uint32)})
    print(f"test perplexity {perplexity(model, rows(test, TEST)):.2f}")


if __name__ == "__main__":
    main()
