"""Golden traces computed by ONNX's reference evaluator; `traces.py` calls `write`."""

import zlib

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

import spec

STEPS = 200
SCALE = 0.6
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}

# (name, operator, features, hidden size, options)
CASES = [
    ("onnx_lstm", "LSTM", 6, 11, {}),
    ("onnx_lstm_initial_state", "LSTM", 5, 9, {"initial": True}),
    ("onnx_gru_after", "GRU", 6, 9, {"linear_before_reset": 1, "linear": 4}),
    ("onnx_gru_before", "GRU", 6, 9, {"linear_before_reset": 0}),
    ("onnx_rnn", "RNN", 5, 9, {}),
    ("onnx_lstm_bidirectional", "LSTM", 5, 7, {"bidirectional": True}),
]


def layers(operator, hidden, options):
    name = operator.lower()
    keys = {"name": name, "hidden_size": hidden}
    if "linear_before_reset" in options:
        keys["reset"] = "after" if options["linear_before_reset"] else "before"
    if options.get("bidirectional"):
        keys["bidirectional"] = True
    yield name, keys
    if "linear" in options:
        yield "linear", {"name": "classifier", "units": options["linear"], "activation": "softmax"}


def shapes(operator, features, hidden, options):
    """What ONNX prescribes; the linear layer is the Gemm (transB = 1) that exporting from PyTorch gives."""
    name, gates = operator.lower(), GATES[operator]
    directions = 2 if options.get("bidirectional") else 1
    result = {
        f"{name}.W": (directions, gates * hidden, features),
        f"{name}.R": (directions, gates * hidden, hidden),
        f"{name}.B": (directions, 2 * gates * hidden),
    }
    if options.get("initial"):
        result[f"{name}.initial_h"] = result[f"{name}.initial_c"] = (directions, 1, hidden)
    if "linear" in options:
        result["classifier.weight"] = (options["linear"], directions * hidden)
        result["classifier.bias"] = (options["linear"],)
    return result


def model(operator, hidden, options, weights):
    name = operator.lower()
    attributes = {"hidden_size": hidden}
    if options.get("bidirectional"):
        attributes["direction"] = "bidirectional"
    if "linear_before_reset" in options:
        attributes["linear_before_reset"] = options["linear_before_reset"]
    inputs = ["X", f"{name}.W", f"{name}.R", f"{name}.B"]
    if options.get("initial"):
        inputs += ["", f"{name}.initial_h", f"{name}.initial_c"]
    # The operator gives [time, directions, batch, hidden].
    nodes = [
        helper.make_node(operator, inputs, ["Y"], **attributes),
        helper.make_node("Transpose", ["Y"], ["transposed"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["transposed", "rows"], ["outputs"]),
    ]
    if "linear" in options:
        nodes[-1].output[0] = "states"
        nodes += [
            helper.make_node("Gemm", ["states", "classifier.weight", "classifier.bias"], ["logits"], transB=1),
            helper.make_node("Softmax", ["logits"], ["outputs"], axis=-1),
        ]
    constants = [
        helper.make_tensor(key, TensorProto.FLOAT, value.shape, value.tobytes(), raw=True)
        for key, value in weights.items()
    ]
    constants.append(helper.make_tensor("rows", TensorProto.INT64, [2], [STEPS, -1]))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [STEPS, 1, None])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [STEPS, None])],
        constants,
    )
    return helper.make_model(graph)


def trace(case, operator, features, hidden, options):
    random = np.random.default_rng(zlib.crc32(case.encode()))
    x = random.standard_normal((STEPS, features), dtype=np.float32)
    weights = {
        name: random.uniform(-SCALE, SCALE, shape).astype(np.float32)
        for name, shape in shapes(operator, features, hidden, options).items()
    }
    evaluator = ReferenceEvaluator(model(operator, hidden, options, weights))
    (y,) = evaluator.run(None, {"X": x[:, None]})
    assert y.dtype == np.float32
    return weights, x, y


def write(folder):
    for case, operator, features, hidden, options in CASES:
        weights, x, y = trace(case, operator, features, hidden, options)
        spec_layers = list(layers(operator, hidden, options))
        spec.write(folder, case, "onnx", {"features": features}, spec_layers, "every", weights, (x, y))
        print(f"{case:34} outputs {y.shape}, largest {np.abs(y).max():.2f}")
