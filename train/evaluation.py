"""Converts the data sets to recurve's format for measuring and calibrating: `python train/evaluation.py target/data`.

Writes `<task>.train.safetensors` and `<task>.test.safetensors` into the folder, which is to stay out of version
control: `inputs` f32 [n, steps, features], or u32 [n, steps] of tokens, with zeros behind a sequence's end,
`lengths` u32 [n] where they differ, and `labels` u32 [n], or `targets` f32 [n, 1] where numbers are told.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import datasets
import spec

CALIBRATION_REVIEWS = 2000


def imdb():
    """Of the training reviews a part is enough to calibrate on."""
    data = datasets.imdb()
    part = np.random.default_rng(0).permutation(len(data.training))[:CALIBRATION_REVIEWS]
    return replace(data, training=data.training[np.sort(part)], held_out=data.held_out[np.sort(part)])


LOADERS = {
    "usps": datasets.usps,
    "spoken_digits": datasets.spoken_digits,
    "har": datasets.activities,
    "sst2": datasets.sst2,
    "imdb": imdb,
    "adding": datasets.adding,
    "usps_pixels": datasets.usps_pixels,
}


def tensors(sequences):
    steps = sequences.lengths.max()
    found = {"inputs": sequences.inputs[:, :steps]}
    if sequences.labels.dtype.kind == "f":
        found["targets"] = sequences.labels
    else:
        found["labels"] = sequences.labels.astype(np.uint32)
    if (sequences.lengths != steps).any():
        found["lengths"] = sequences.lengths.astype(np.uint32)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"{', '.join(LOADERS)}; all, unless given")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.tasks or LOADERS:
        data = LOADERS[name]()
        for part, sequences in (("train", data.training), ("test", data.test)):
            spec.save(arguments.folder / f"{name}.{part}.safetensors", tensors(sequences))
            print(f"{name} {part}: {len(sequences)} sequences of up to {sequences.lengths.max()} steps")


if __name__ == "__main__":
    main()
