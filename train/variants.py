"""The forms in which each example network is trained: dense, smaller, pruned and compressed."""

from dataclasses import dataclass, field
from functools import partial

from torch import nn

import cells
import compressed
import spec

FORMS = {"kp": compressed.KP, "hkp": compressed.HKP, "hmd": compressed.HMD, "low_rank": compressed.LowRank}


@dataclass
class Variant:
    """Dense without a `form`; the options of `pruned` are {"kept": numbers}, of others what the layer takes."""

    hidden_size: int
    form: str | None = None
    options: dict = field(default_factory=dict)
    # What differs from the task's recipe.
    recipe: dict = field(default_factory=dict)

    def compression(self):
        """As the spec has it."""
        options = {"rows" if key == "top" else key: value for key, value in self.options.items()}
        if self.form == "pruned":
            options = {"pattern": "unstructured"}
        return spec.flow({self.form: spec.flow({"matrices": "joint", **options})})


def layer(kind, features, variant):
    form = partial(FORMS[variant.form], **variant.options) if variant.form in FORMS else None
    if kind == "fastrnn":
        make = partial(compressed.FastRNN, form=form) if form else cells.FastRNN
        return make(features, variant.hidden_size)
    make = {"lstm": compressed.FusedLSTM, "bidirectional_lstm": compressed.BidirectionalLSTM}[kind]
    module = make(features, variant.hidden_size, form, on="joint" if form else "none")
    for suffix in module.SUFFIXES:
        # A forget gate that starts open (Jozefowicz et al. 2015).
        getattr(module, "bias_ih" + suffix).data[variant.hidden_size : 2 * variant.hidden_size] += 1
    return module


def matrices(module):
    """What is pruned: the matrices of a dense layer."""
    return [parameter for parameter in module.parameters() if parameter.dim() == 2 and min(parameter.shape) > 1]


class Classifier(nn.Module):
    def __init__(self, name, kind, features, classes, variant, dropout):
        super().__init__()
        self.name = name
        self.directions = 2 if kind == "bidirectional_lstm" else 1
        self.hidden_size = variant.hidden_size
        self.add_module(name, layer(kind, features, variant))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(self.directions * variant.hidden_size, classes)

    def forward(self, inputs, lengths):
        """Logits of each sequence, from the states at its own end; inputs are [batch, time, features]."""
        states = self.get_submodule(self.name)(inputs.transpose(0, 1))
        last = states[lengths - 1, range(len(lengths))]
        if self.directions == 2:
            assert (lengths == len(states)).all(), "the reverse direction would start in the padding"
            last = last.clone()
            last[:, self.hidden_size :] = states[0, :, self.hidden_size :]
        return self.classifier(self.dropout(last))
