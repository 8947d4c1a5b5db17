"""Writes a network as a LiteRT file with TensorFlow's converter: `python litert.py NETWORK`.

One step is a function of the input and the states, which gives the output and the new states. A sequence is the layer of
Keras, which the converter makes one operator of where there is one (`UNIDIRECTIONAL_SEQUENCE_LSTM`).
"""

import json
import os
import sys

# The converter knows the layers of Keras 2 as one operator.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy
import tensorflow as tf
from safetensors.numpy import load_file
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def gates(network, array):
    """From the order of PyTorch to that of Keras: `i f g o` is the same, `r z n` is `z r n`."""
    if network["cell"] == "lstm":
        return array
    reset, update, candidate = numpy.split(array, 3)
    return numpy.concatenate([update, reset, candidate])


def weights(network, tensors, end):
    """Kernel, recurrent kernel and bias as Keras has them."""
    part = lambda name: gates(network, tensors[f"rnn.{name}_l{end}"])  # noqa: E731
    biases = [part("bias_ih"), part("bias_hh")]
    # A GRU with the reset gate behind the product keeps both.
    bias = numpy.stack(biases) if network["cell"] == "gru" else biases[0] + biases[1]
    return [part("weight_ih").T, part("weight_hh").T, bias]


def step(network, tensors):
    hidden, cells = network["hidden"], []
    kind = {"lstm": tf.keras.layers.LSTMCell, "gru": tf.keras.layers.GRUCell}[network["cell"]]
    for level in range(network["levels"]):
        cell = kind(hidden)
        cell.build((1, network["input"] if level == 0 else hidden))
        cell.set_weights(weights(network, tensors, level))
        cells.append(cell)
    per_cell = 2 if network["cell"] == "lstm" else 1

    def call(x, *states):
        new_states, y = [], x
        for level, cell in enumerate(cells):
            of_cell = list(states[level * per_cell:(level + 1) * per_cell])
            y, new = cell(y, of_cell)
            new_states += list(new) if isinstance(new, (list, tuple)) else [new]
        if network["classes"]:
            y = tf.nn.softmax(tf.matmul(y, tensors["head.weight"], transpose_b=True) + tensors["head.bias"])
        results = {"y": tf.identity(y)}
        results.update({f"s{at}_new": tf.identity(state) for at, state in enumerate(new_states)})
        return results

    signature = [tf.TensorSpec((1, network["input"]), name="x")]
    signature += [tf.TensorSpec((1, hidden), name=f"s{at}") for at in range(per_cell * len(cells))]
    function = tf.function(call, input_signature=signature)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen])


def run(network, tensors):
    x = y = tf.keras.Input((network["steps"], network["input"]), batch_size=1)
    kind = {"lstm": tf.keras.layers.LSTM, "gru": tf.keras.layers.GRU}[network["cell"]]
    layers = []
    for level in range(network["levels"]):
        layer = kind(network["hidden"], return_sequences=True)
        if network["directions"] == 2:
            layer = tf.keras.layers.Bidirectional(layer)
        y = layer(y)
        layers.append(layer)
    for level, layer in enumerate(layers):
        ends = [level, f"{level}_reverse"][:network["directions"]]
        layer.set_weights([array for end in ends for array in weights(network, tensors, end)])
    return tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(x, y))


def main():
    network = json.loads(sys.argv[1])
    tensors = load_file(network["weights"])
    converter = (step if network["steps"] == 1 else run)(network, tensors)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    with open(network["litert"], "wb") as file:
        file.write(converter.convert())


if __name__ == "__main__":
    main()
