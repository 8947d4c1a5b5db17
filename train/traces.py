"""Writes tests/traces/<case>.yaml, .safetensors and .golden.safetensors: what real frameworks computed.

Random weights, random inputs from the rest state (200 steps, four sequences of 100 where steps are skipped, or three of 8 where rows are), and
every output (or the last one).
"""

from pathlib import Path

import torch

import traces_dual_module
import traces_keras
import traces_onnx
import traces_pytorch
import traces_skipping

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "traces"


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for framework in (traces_pytorch, traces_keras, traces_onnx, traces_skipping, traces_dual_module):
        framework.write(FOLDER)


if __name__ == "__main__":
    main()
