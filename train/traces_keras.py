"""Golden traces computed by Keras; `traces.py` calls `write`."""

import os
import zlib

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

import spec

STEPS = 200
SCALE = 0.6


def cases():
    """(name, spec's input, [(spec's layer, Keras layer)])"""
    yield "keras_lstm", {"features": 6}, [
        (("lstm", {"name": "lstm", "hidden_size": 11}), layers.LSTM(11, return_sequences=True)),
    ]
    for reset in ("after", "before"):
        yield f"keras_gru_{reset}", {"features": 6}, [
            (
                ("gru", {"name": "gru", "hidden_size": 9, "reset": reset}),
                layers.GRU(9, return_sequences=True, reset_after=reset == "after"),
            ),
        ]
    yield "keras_rnn", {"features": 5}, [
        (("rnn", {"name": "rnn", "hidden_size": 9}), layers.SimpleRNN(9, return_sequences=True)),
    ]
    yield "keras_lstm_bidirectional", {"features": 5}, [
        (
            ("lstm", {"name": "lstm", "hidden_size": 7, "bidirectional": True}),
            layers.Bidirectional(layers.LSTM(7, return_sequences=True)),
        ),
    ]
    yield "keras_tokens_gru", {"tokens": 40}, [
        (("embedding", {"name": "embedding", "dim": 5}), layers.Embedding(40, 5)),
        (("gru", {"name": "gru", "hidden_size": 9, "reset": "after"}), layers.GRU(9, return_sequences=True)),
        (
            ("linear", {"name": "classifier", "units": 4, "activation": "softmax"}),
            layers.Dense(4, activation="softmax"),
        ),
    ]


def variables(name, layer):
    """{tensor name: Keras variable}; Keras calls a variable kernel, recurrent_kernel, bias or embeddings."""
    if isinstance(layer, layers.Bidirectional):
        return {
            **variables(f"{name}.forward", layer.forward_layer),
            **variables(f"{name}.backward", layer.backward_layer),
        }
    return {f"{name}.{variable.name}": variable for variable in layer.weights}


def trace(case, inputs, pairs):
    random = np.random.default_rng(zlib.crc32(case.encode()))
    tokens = inputs.get("tokens")
    if tokens:
        x = random.integers(tokens, size=STEPS)
    else:
        x = random.standard_normal((STEPS, inputs["features"]), dtype=np.float32)
    model = keras.Sequential([layer for _, layer in pairs])
    model.build((1, *x.shape))
    weights = {}
    for (_, keys), layer in pairs:
        for name, variable in variables(keys["name"], layer).items():
            weights[name] = random.uniform(-SCALE, SCALE, variable.shape).astype(np.float32)
            variable.assign(weights[name])
    y = keras.ops.convert_to_numpy(model(x[None]))[0]
    return weights, x, y


def write(folder):
    for case, inputs, pairs in cases():
        weights, x, y = trace(case, inputs, pairs)
        spec.write(folder, case, "keras", inputs, [layer for layer, _ in pairs], "every", weights, (x, y))
        print(f"{case:34} outputs {y.shape}, largest {np.abs(y).max():.2f}")
