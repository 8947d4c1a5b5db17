"""Trains and measures a sequence classifier."""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

import pruning
import variants


@dataclass
class Recipe:
    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 1e-3
    dropout: float = 0.2
    label_smoothing: float = 0.05
    warmup: float = 0.05
    clip: float = 1.0
    seed: int = 1


def rate(progress, warmup):
    """Of the learning rate: a linear rise, then a cosine down to 0."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def batches(lengths, size, generator):
    """Indices in random order, sequences of similar length together."""
    noise = 1 + 0.2 * torch.rand(len(lengths), generator=generator)
    similar = (lengths * noise).argsort().split(size)
    return [similar[i] for i in torch.randperm(len(similar), generator=generator)]


def tensors(sequences):
    return [torch.from_numpy(array) for array in (sequences.inputs, sequences.lengths, sequences.labels)]


def fit(model, variant, recipe, sequences, augment):
    """`augment(inputs, lengths, generator)` gives changed inputs and lengths of a batch."""
    inputs, lengths, labels = tensors(sequences)
    generator = torch.Generator().manual_seed(recipe.seed)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    pruner = None
    if variant.form == "pruned":
        pruner = pruning.Pruner(variants.matrices(model.get_submodule(model.name)), variant.options["kept"])
    steps = recipe.epochs * math.ceil(len(labels) / recipe.batch)
    done = 0
    for _ in range(recipe.epochs):
        for batch in batches(lengths, recipe.batch, generator):
            done += 1
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * rate(done / steps, recipe.warmup)
            changed, ends = augment(inputs[batch, : lengths[batch].max()], lengths[batch], generator)
            loss = functional.cross_entropy(
                model(changed, ends), labels[batch], label_smoothing=recipe.label_smoothing
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimizer.step()
            if pruner:
                pruner.step(done / steps)
    return model.eval()


@torch.no_grad()
def correct(model, sequences, batch=200):
    inputs, lengths, labels = tensors(sequences)
    right = 0
    for part in torch.arange(len(labels)).split(batch):
        logits = model(inputs[part, : lengths[part].max()], lengths[part])
        right += (logits.argmax(dim=1) == labels[part]).sum().item()
    return right
