"""Golden traces computed by PyTorch; `traces.py` calls `write`."""

import zlib
from dataclasses import dataclass

import torch
from torch import nn

import cells
import compressed
import spec

STEPS = 200
TORCH_RNNS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
COMPRESSED = {"lstm": compressed.LSTM, "gru": compressed.GRU, "rnn": compressed.RNN}
FORMS = {"kp": compressed.KP, "hkp": compressed.HKP, "hmd": compressed.HMD, "low_rank": compressed.LowRank}
FAST_CELLS = {"fastrnn": cells.FastRNN, "fastgrnn": cells.FastGRNN}
ACTIVATIONS = {"softmax": lambda y: torch.softmax(y, dim=-1), "none": lambda y: y}


@dataclass
class Case:
    name: str
    inputs: dict
    layers: list
    output: str = "every"
    steps: int = STEPS
    scale: float = 0.6
    bias: bool = True
    initial_state: bool = False
    # (form, its options, on): of the one recurrent layer
    compression: tuple = ()

    def spec_layers(self):
        """The layers as a spec has them."""
        if not self.compression:
            return self.layers
        form, options, on = self.compression
        options = {"rows" if key == "top" else key: value for key, value in options.items()}
        text = spec.flow({form: spec.flow({"matrices": on, **options})})
        (kind, keys), *rest = self.layers
        return [(kind, {**keys, "compression": text}), *rest]


def features(n, **more):
    return {"features": n, **more}


def gru(**keys):
    return "gru", {"name": "gru", **keys, "reset": "after"}


def lstm(**keys):
    return "lstm", {"name": "lstm", **keys}


def linear(units, **keys):
    return "linear", {"name": "classifier", "units": units, **keys}


CASES = [
    Case("lstm", features(7), [lstm(hidden_size=13)]),
    Case("gru_after", features(6), [gru(hidden_size=11)]),
    Case("rnn_tanh", features(5), [("rnn", {"name": "rnn", "hidden_size": 9})]),
    Case("rnn_relu", features(5), [("rnn", {"name": "rnn", "hidden_size": 9, "nonlinearity": "relu"})], scale=0.45),
    Case("lstm_stacked", features(5), [lstm(hidden_size=9, num_layers=2)]),
    Case("gru_stacked", features(5), [gru(hidden_size=7, num_layers=3)]),
    Case("lstm_bidirectional", features(5), [lstm(hidden_size=7, bidirectional=True)]),
    Case("lstm_bidirectional_last", features(5), [lstm(hidden_size=7, bidirectional=True)], output="last"),
    Case(
        "gru_bidirectional_stacked_linear",
        features(5, max_steps=STEPS),
        [gru(hidden_size=5, num_layers=2, bidirectional=True), linear(4, activation="softmax")],
    ),
    Case("lstm_projected", features(7), [lstm(hidden_size=13, proj_size=5, num_layers=2)], initial_state=True),
    Case("lstm_projected_bidirectional", features(5, max_steps=STEPS),
         [lstm(hidden_size=9, proj_size=4, num_layers=2, bidirectional=True), linear(3, activation="softmax")]),
    Case("lstm_projected_bidirectional_last", features(5), [lstm(hidden_size=9, proj_size=4, bidirectional=True)],
         output="last"),
    Case("lstm_projected_residual", features(6), [lstm(hidden_size=11, proj_size=6, residual=True)]),
    Case("lstm_residual", features(9), [lstm(hidden_size=9, num_layers=2, residual=True)]),
    Case(
        "tokens_lstm",
        {"tokens": 50},
        [("embedding", {"name": "embedding", "dim": 7}), lstm(hidden_size=11), linear(5)],
    ),
    Case("lstm_linear_last", features(7), [lstm(hidden_size=17), linear(10, activation="softmax")], output="last"),
    Case("lstm_initial_state", features(5), [lstm(hidden_size=9, num_layers=2)], initial_state=True),
    Case("lstm_no_bias", features(5), [lstm(hidden_size=9)], bias=False),
    Case("lstm_wide", features(3), [lstm(hidden_size=129)], steps=20, scale=0.1),
    Case("fastrnn", features(7), [("fastrnn", {"name": "fastrnn", "hidden_size": 13})], scale=0.5),
    Case(
        "fastrnn_low_rank",
        features(9),
        [("fastrnn", {"name": "fastrnn", "hidden_size": 17, "input_rank": 2, "recurrent_rank": 6,
                      "nonlinearity": "sigmoid"})],
    ),
    Case("fastgrnn", features(7), [("fastgrnn", {"name": "fastgrnn", "hidden_size": 15})]),
    Case(
        "fastgrnn_low_rank",
        features(9),
        [("fastgrnn", {"name": "fastgrnn", "hidden_size": 21, "input_rank": 3, "recurrent_rank": 5})],
    ),
    Case(
        "lstm_kp",
        features(10),
        [lstm(hidden_size=118), linear(12, activation="softmax")],
        compression=("kp", {"factors": [[2, 16], [59, 8]]}, "joint"),
        scale=0.5,
    ),
    Case(
        "lstm_hkp",
        features(5),
        [lstm(hidden_size=15)],
        compression=("hkp", {"top": 3, "factors": [[3, 5], [4, 4]]}, "joint"),
    ),
    Case("lstm_hmd", features(4), [lstm(hidden_size=13)], compression=("hmd", {"top": 5}, "joint"), scale=0.5),
    Case("rnn_low_rank", features(6), [("rnn", {"name": "rnn", "hidden_size": 9})],
         compression=("low_rank", {"rank": 3}, "both")),
    Case(
        "gru_before_kp",
        features(6),
        [("gru", {"name": "gru", "hidden_size": 14, "reset": "before"})],
        compression=("kp", {"factors": [[2, 5], [7, 4]]}, "joint"),
    ),
    Case("gru_before_hmd", features(5), [("gru", {"name": "gru", "hidden_size": 12, "reset": "before"})],
         compression=("hmd", {"top": 4}, "both"), scale=0.4),
    Case("gru_after_kp", features(5), [gru(hidden_size=12)],
         compression=("kp", {"factors": [[3, 4], [4, 3]]}, "recurrent")),
]


class Model(nn.Module):
    """The layers of a case, each under the name its tensors have."""

    def __init__(self, case):
        super().__init__()
        self.case = case
        size = case.inputs.get("features") or case.inputs["tokens"]
        for kind, keys in case.layers:
            options = {k: v for k, v in keys.items() if k not in ("name", "reset", "residual", "units", "activation")}
            if case.compression and kind in COMPRESSED:
                form, parameters, on = case.compression
                make = lambda *shape: FORMS[form](*shape, **parameters)
                variant = {"reset": keys["reset"]} if kind == "gru" else {}
                module = COMPRESSED[kind](size, keys["hidden_size"], make, on=on, **variant)
                size = module.hidden_size
            elif kind in TORCH_RNNS:
                module = TORCH_RNNS[kind](size, bias=case.bias, **options)
                directions = 1 + options.get("bidirectional", False)
                hidden = options.get("proj_size") or module.hidden_size
                if case.initial_state:
                    states = {"h0": hidden, "c0": module.hidden_size} if kind == "lstm" else {"h0": hidden}
                    for state, numbers in states.items():
                        zeros = torch.zeros(options.get("num_layers", 1) * directions, numbers)
                        module.register_parameter(state, nn.Parameter(zeros))
                size = hidden * directions
            elif kind in FAST_CELLS:
                module = FAST_CELLS[kind](size, **options)
                size = module.hidden_size
            elif kind == "linear":
                module = nn.Linear(size, keys["units"])
                size = keys["units"]
            else:
                module = nn.Embedding(size, keys["dim"])
                size = keys["dim"]
            self.add_module(keys["name"], module)

    def forward(self, x):
        for kind, keys in self.case.layers:
            module = self.get_submodule(keys["name"])
            if self.case.compression and kind in COMPRESSED:
                x = module(x)
            elif kind in TORCH_RNNS:
                x = residual(kind, module, x) if keys.get("residual") else self.recurrent(module, x)
            elif kind in FAST_CELLS:
                x = module(x)
            else:
                x = ACTIVATIONS[keys.get("activation", "none")](module(x))
        return x

    def recurrent(self, module, x):
        state = None
        if self.case.initial_state:
            state = (module.h0, module.c0)
        every, final = module(x, state)
        if self.case.output == "every":
            return every
        h_n = final[0] if isinstance(final, tuple) else final
        return h_n[-2:].flatten() if module.bidirectional else h_n[-1]


def residual(kind, stack, x):
    """Each level's output plus its input; the recurrence itself never sees the sum."""
    for level in range(stack.num_layers):
        options = {"proj_size": stack.proj_size} if kind == "lstm" else {}
        single = TORCH_RNNS[kind](x.shape[-1], stack.hidden_size, dtype=x.dtype, **options)
        suffix = f"_l{level}"
        single.load_state_dict(
            {k.removesuffix(suffix) + "_l0": v for k, v in stack.state_dict().items() if k.endswith(suffix)}
        )
        x = x + single(x)[0]
    return x


@torch.no_grad()
def trace(case):
    generator = torch.Generator().manual_seed(zlib.crc32(case.name.encode()))
    model = Model(case)
    for parameter in model.parameters():
        noise = torch.empty_like(parameter).uniform_(-case.scale, case.scale, generator=generator)
        # FastRNN's and FastGRNN's scalars stay near where training starts: elsewhere the cells are hardly stable.
        parameter.copy_(parameter + noise if parameter.numel() == 1 else noise)
    if "tokens" in case.inputs:
        x = torch.randint(case.inputs["tokens"], (case.steps,), generator=generator)
    else:
        x = torch.randn(case.steps, case.inputs["features"], generator=generator)
    y = model(x)
    weights = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    # A chaotic network would amplify rounding, and its trace would prove nothing.
    precise = model.double()(x.double() if x.is_floating_point() else x)
    drift = (precise - y).abs().max().item()
    assert drift < 5e-6, f"{case.name}: f32 and f64 differ by {drift:.1e}"
    return weights, x, y, drift


def write(folder):
    for case in CASES:
        weights, x, y, drift = trace(case)
        spec.write(folder, case.name, "pytorch", case.inputs, case.spec_layers(), case.output, weights, (x.numpy(), y.numpy()))
        print(f"{case.name:34} outputs {tuple(y.shape)}, largest {y.abs().max():.2f}, f32 drift {drift:.0e}")
