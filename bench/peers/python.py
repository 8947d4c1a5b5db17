"""Executes a network with ONNX Runtime, LiteRT or PyTorch, on one thread, as it is asked to line by line.

Called by the benchmark; `python python.py cold NETWORK` loads a network, takes one step, and says how long that took.
"""

import json
import sys
import time


class OnnxRuntime:
    """A session of an ONNX file, with the states handed on."""

    def __init__(self, network):
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.numpy = numpy
        self.session = onnxruntime.InferenceSession(network["onnx"], options, providers=["CPUExecutionProvider"])
        self.states = network["states"]
        self.shape = (network["steps"], 1, network["input"])
        zeros = numpy.zeros((network["directions"], 1, network["hidden"]), numpy.float32)
        self.rest = {name: zeros for name in self.states}
        self.feeds = dict(self.rest)

    def prepare(self, numbers):
        return self.numpy.array(numbers, self.numpy.float32).reshape(self.shape)

    def step(self, x):
        self.feeds["x"] = x
        y, *states = self.session.run(None, self.feeds)
        self.feeds = dict(zip(self.states, states))
        return y

    def reset(self):
        self.feeds = dict(self.rest)

    def run(self, x):
        self.reset()
        return self.step(x)

    def numbers(self, y):
        return y.reshape(-1).tolist()


class LiteRt:
    """An interpreter of a LiteRT file with its XNNPACK delegate, with the states handed on."""

    def __init__(self, network):
        import numpy
        from ai_edge_litert.interpreter import Interpreter

        self.numpy = numpy
        self.interpreter = Interpreter(model_path=network["litert"], num_threads=1)
        self.interpreter.allocate_tensors()
        steps, size = network["steps"], network["input"]
        self.shape = (1, size) if steps == 1 else (1, steps, size)
        inputs = {tensor["name"]: tensor["index"] for tensor in self.interpreter.get_input_details()}
        outputs = [tensor["index"] for tensor in self.interpreter.get_output_details()]
        # In the order of their names, as they were given to the converter: the new states, then `y`.
        *self.new_states, self.y = outputs
        self.x = inputs["x"] if "x" in inputs else next(iter(inputs.values()))
        self.states = [inputs[f"s{at}"] for at in range(len(self.new_states))]
        self.rest = numpy.zeros((1, network["hidden"]), numpy.float32)
        self.reset()

    def prepare(self, numbers):
        return self.numpy.array(numbers, self.numpy.float32).reshape(self.shape)

    def step(self, x):
        interpreter = self.interpreter
        interpreter.set_tensor(self.x, x)
        interpreter.invoke()
        for state, new in zip(self.states, self.new_states):
            interpreter.set_tensor(state, interpreter.get_tensor(new))
        return interpreter.get_tensor(self.y)

    def reset(self):
        self.interpreter.reset_all_variables()
        for state in self.states:
            self.interpreter.set_tensor(state, self.rest)

    def run(self, x):
        self.reset()
        return self.step(x)

    def numbers(self, y):
        return y.reshape(-1).tolist()


class PyTorch:
    """Cells for steps, a layer for runs, in inference mode."""

    def __init__(self, network):
        import torch
        from safetensors.torch import load_file

        torch.set_num_threads(1)
        torch.inference_mode(True).__enter__()
        self.torch = torch
        self.network = network
        tensors = {name.removeprefix("rnn."): value for name, value in load_file(network["weights"]).items()}
        layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[network["cell"]]
        cell = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}[network["cell"]]
        self.layer = layer(
            network["input"], network["hidden"], network["levels"], bidirectional=network["directions"] == 2
        ).eval()
        self.layer.load_state_dict(tensors)
        self.cells = []
        for level in range(network["levels"]):
            made = cell(network["input"] if level == 0 else network["hidden"], network["hidden"]).eval()
            made.load_state_dict({name.removesuffix(f"_l{level}"): value for name, value in tensors.items()
                                  if name.endswith(f"_l{level}")})
            self.cells.append([made, None])

    def prepare(self, numbers):
        x = self.torch.tensor(numbers, dtype=self.torch.float32)
        steps, size = self.network["steps"], self.network["input"]
        return x.reshape(1, size) if steps == 1 else x.reshape(steps, 1, size)

    def step(self, x):
        for level in self.cells:
            cell, state = level
            level[1] = cell(x, state)
            x = level[1][0] if self.network["cell"] == "lstm" else level[1]
        return x

    def reset(self):
        for level in self.cells:
            level[1] = None

    def run(self, x):
        return self.layer(x)[0]

    def numbers(self, y):
        return y.reshape(-1).tolist()


LIBRARIES = {"onnxruntime": OnnxRuntime, "ai_edge_litert": LiteRt, "torch": PyTorch}


def serve():
    network, inputs = None, None
    for line in sys.stdin:
        request = json.loads(line)
        what, answer = request["do"], {}
        try:
            if what == "load":
                network = LIBRARIES[request["network"]["library"]](request["network"])
            elif what == "reset":
                network.reset()
            elif what in ("step", "run"):
                given = request["inputs"][0] if what == "step" else request["inputs"]
                answer["output"] = network.numbers(getattr(network, what)(network.prepare(given)))
            else:
                call = network.step if what == "time steps" else network.run
                if "inputs" in request:
                    given = request["inputs"] if what == "time steps" else [request["inputs"]]
                    inputs = [network.prepare(numbers) for numbers in given]
                count = len(inputs)
                start = time.perf_counter()
                for at in range(request["times"]):
                    call(inputs[at % count])
                answer["seconds"] = time.perf_counter() - start
        except Exception as error:  # Whatever it is, it is reported and the peer left out.
            answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


def resident():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def cold(network):
    network = json.loads(network)
    if network["library"] == "onnxruntime":
        import numpy  # noqa: F401
        import onnxruntime  # noqa: F401
    elif network["library"] == "ai_edge_litert":
        import numpy  # noqa: F401
        from ai_edge_litert.interpreter import Interpreter  # noqa: F401
    else:
        import torch  # noqa: F401
        from safetensors.torch import load_file  # noqa: F401
    before = resident()
    start = time.perf_counter()
    made = LIBRARIES[network["library"]](network)
    made.numbers(made.step(made.prepare([0.0] * network["input"])))
    seconds = time.perf_counter() - start
    print(f"{seconds * 1e6} {resident() - before}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["cold"]:
        cold(sys.argv[2])
    else:
        serve()
