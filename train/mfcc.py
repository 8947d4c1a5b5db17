"""Ten mel-frequency cepstral coefficients for each 16 ms of 8 kHz speech.

A frame is 256 samples in -1..1, 128 after the one before; samples at the end that fill no frame are left out, and a
signal shorter than one frame is filled up with zeros. Of each frame: Hann window, power spectrum, 24 triangular
filters equally wide on HTK's mel scale, natural logarithm, orthonormal DCT-II, of which the first ten numbers stay.
"""

import numpy as np

RATE, FRAME, HOP = 8000, 256, 128
FILTERS, LOWEST, HIGHEST = 24, 100.0, 4000.0
COEFFICIENTS = 10
FLOOR = 1e-6


def window():
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)


def mel(hertz):
    return 2595 * np.log10(1 + hertz / 700)


def filters():
    """[filters, bins]: each rises in Hz from its lower neighbour's centre to 1 at its own and falls to the next's."""
    mels = np.linspace(mel(LOWEST), mel(HIGHEST), FILTERS + 2)
    centres = 700 * (10 ** (mels / 2595) - 1)
    below, at, above = (centres[start : start + FILTERS, None] for start in range(3))
    bins = np.arange(FRAME // 2 + 1) * RATE / FRAME
    return np.maximum(0, np.minimum((bins - below) / (at - below), (above - bins) / (above - at)))


def cosines():
    """[coefficients, filters]"""
    k, n = np.arange(COEFFICIENTS)[:, None], np.arange(FILTERS)
    scale = np.where(k == 0, np.sqrt(1 / FILTERS), np.sqrt(2 / FILTERS))
    return scale * np.cos(np.pi * k * (2 * n + 1) / (2 * FILTERS))


def features(signal):
    """[frames, 10] in f64, not yet normalised; the signal is [samples] in -1..1."""
    signal = np.pad(np.asarray(signal, dtype=np.float64), (0, max(0, FRAME - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(signal, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * window())) ** 2
    return np.log(power @ filters().T + FLOOR) @ cosines().T


def test_signal(samples=4000, seed=1):
    """A chirp from 200 to 3,000 Hz in noise."""
    time = np.arange(samples) / RATE
    sweep = 2 * np.pi * (200 * time + (3000 - 200) / (2 * samples / RATE) * time**2)
    noise = np.random.default_rng(seed).standard_normal(samples)
    return (0.3 * np.sin(sweep) + 0.01 * noise).astype(np.float32)
