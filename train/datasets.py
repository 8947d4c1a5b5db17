"""The data sets that the example models are trained on, from the folder that RECURVE_DATA names."""

import collections
import io
import lzma
import os
import re
import sys
import tarfile
import wave
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

import mfcc

ACTIVITY_CHANNELS = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]


@dataclass
class Sequences:
    """`inputs` is f32 [n, steps, features], or u32 [n, steps] of tokens, with zeros behind each sequence's end."""

    inputs: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return Sequences(self.inputs[index], self.lengths[index], self.labels[index])


@dataclass
class Data:
    training: Sequences
    test: Sequences
    # Of the training sequences, those that hyper-parameters are chosen on.
    held_out: np.ndarray
    # The inputs are the features less `mean`, over `std`, both of the training sequences.
    mean: np.ndarray | None = None
    std: np.ndarray | None = None
    # Of token 1 and on; token 0 is any other word.
    vocabulary: list | None = None

    def validation(self):
        return Data(self.training[~self.held_out], self.training[self.held_out], self.held_out[~self.held_out])


def path(name):
    folder = os.environ.get("RECURVE_DATA")
    if not folder:
        sys.exit("RECURVE_DATA is not set: it names the folder with the data sets, see train/README.md")
    file = Path(folder) / name
    if not file.is_file():
        sys.exit(f"{file} is missing: train/README.md says where it is to be had")
    return file


def of_equal_length(inputs, labels):
    return Sequences(inputs.astype(np.float32), np.full(len(inputs), inputs.shape[1]), labels.astype(np.int64))


def usps():
    """A digit is 16 rows of 16 pixels in -1 (paper) to 1 (ink)."""
    with h5py.File(path("usps/usps.h5")) as file:
        parts = [
            of_equal_length(2 * file[part]["data"][:].reshape(-1, 16, 16) - 1, file[part]["target"][:])
            for part in ("train", "test")
        ]
    held_out = np.random.default_rng(0).random(len(parts[0])) < 0.2
    return Data(*parts, held_out)


def usps_pixels():
    """The same, pixel by pixel from the top left."""
    data = usps()
    parts = (of_equal_length(part.inputs.reshape(-1, 256, 1), part.labels) for part in (data.training, data.test))
    return Data(*parts, data.held_out)


def adding_sequences(count, generator, steps=50):
    """Steps of a number in -0.5..0.5 and a mark; the label is the sum of the two marked numbers.

    One of the first tenth of the steps is marked, and one of the last half (Hochreiter and Schmidhuber 1997, as in
    Campos et al. 2018).
    """
    inputs = np.zeros((count, steps, 2), dtype=np.float32)
    inputs[:, :, 0] = generator.uniform(-0.5, 0.5, (count, steps))
    inputs[range(count), generator.integers(0, steps // 10, count), 1] = 1
    inputs[range(count), generator.integers(steps // 2, steps, count), 1] = 1
    labels = inputs.prod(axis=2).sum(axis=1, keepdims=True)
    return Sequences(inputs, np.full(count, steps), labels)


def adding():
    """Sequences to calibrate and to test on; training draws its own."""
    training, test = (adding_sequences(count, np.random.default_rng(seed)) for count, seed in ((1000, 1), (5000, 2)))
    return Data(training, test, np.arange(len(training)) >= 0)


def recordings():
    """(digit, index, samples in -1..1) of each recording."""
    with tarfile.open(path("fsdd/recordings.tar")) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            name = re.fullmatch(r"(\d)_[a-z]+_(\d+)\.wav", Path(member.name).name)
            if name is None:
                continue
            with wave.open(io.BytesIO(archive.extractfile(member).read())) as file:
                assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (mfcc.RATE, 1, 2)
                samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            yield int(name[1]), int(name[2]), samples / 32768


def padded(sequences, labels):
    lengths = np.array([len(sequence) for sequence in sequences])
    inputs = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), dtype=np.float32)
    for row, sequence in zip(inputs, sequences):
        row[: len(sequence)] = sequence
    return Sequences(inputs, lengths, np.array(labels))


def spoken_digits():
    """A recording is its frames of ten coefficients; as published, index 0 to 4 are the test."""
    digits, indices, frames = zip(*((digit, i, mfcc.features(samples)) for digit, i, samples in recordings()))
    digits, indices = np.array(digits), np.array(indices)
    is_test = indices < 5
    every = np.concatenate([frame for frame, test in zip(frames, is_test) if not test])
    mean, std = every.mean(axis=0), every.std(axis=0)
    parts = [
        padded([(frames[i] - mean) / std for i in np.flatnonzero(part)], digits[part]) for part in (~is_test, is_test)
    ]
    return Data(*parts, indices[~is_test] < 10, mean, std)


def activities():
    """A window is 128 steps of nine channels; the last fifth, mostly of people not seen before, is held out."""
    parts = {}
    with tarfile.open(path("uci_har/uci_har_subset.tar.xz")) as archive:
        texts = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
    numbers = lambda name: np.array(texts[name].split(), dtype=np.float64)
    for part in ("train", "test"):
        channels = [numbers(f"{part}/Inertial Signals/{name}_{part}.txt") for name in ACTIVITY_CHANNELS]
        windows = np.stack([channel.reshape(-1, 128) for channel in channels], axis=2)
        parts[part] = windows, numbers(f"{part}/y_{part}.txt") - 1
    every = parts["train"][0].reshape(-1, len(ACTIVITY_CHANNELS))
    mean, std = every.mean(axis=0), every.std(axis=0)
    training, test = (of_equal_length((windows - mean) / std, labels) for windows, labels in parts.values())
    return Data(training, test, np.arange(len(training)) >= 0.8 * len(training), mean, std)


def of_words(parts, least, largest, held_out):
    """`parts` are those to train on and to test on, each a list of (label, words)."""
    counts = collections.Counter(word for _, words in parts[0] for word in words)
    common = sorted((word for word in counts if counts[word] >= least), key=lambda word: (-counts[word], word))
    vocabulary = common[: largest - 1]
    tokens = {word: token for token, word in enumerate(vocabulary, 1)}
    found = []
    for part in parts:
        lengths = np.array([len(words) for _, words in part])
        inputs = np.zeros((len(part), lengths.max()), dtype=np.uint32)
        for row, (_, words) in zip(inputs, part):
            row[: len(words)] = [tokens.get(word, 0) for word in words]
        found.append(Sequences(inputs, lengths, np.array([label for label, _ in part])))
    return Data(*found, held_out, vocabulary=vocabulary)


def sst2(largest=6000):
    """Sentences whose words are those between spaces; the published `dev` is held out."""
    parts = {}
    for part in ("train", "dev", "test"):
        lines = path(f"sst2/stsa.binary.{part}").read_text(encoding="utf-8").splitlines()
        parts[part] = [(int(label), words) for label, *words in map(str.split, lines)]
    held_out = np.arange(len(parts["train"] + parts["dev"])) >= len(parts["train"])
    return of_words((parts["train"] + parts["dev"], parts["test"]), 3, largest, held_out)


def review_words(text):
    return re.findall(r"[a-z0-9']+", text.lower().replace("<br />", " "))


def imdb(largest=8000, words=400):
    """The last `words` words of each review, all of them without; words are runs of letters, digits and apostrophes in lower case."""
    parts = []
    for part in ("train", "test"):
        with lzma.open(path(f"imdb/imdb_{part}.tsv.xz"), "rt", encoding="utf-8", newline="\n") as file:
            fields = (line.rstrip("\n").split("\t", 2) for line in file)
            parts.append([(int(label), review_words(text)[-words if words else 0 :]) for label, _, text in fields])
    held_out = np.random.default_rng(0).random(len(parts[0])) < 0.1
    return of_words(parts, 5, largest, held_out)
