"""Fits the coefficients of the fast f32 tanh and exp, and measures them as they run.

Prints the coefficients as Rust literals, the largest errors with and without fused multiply-add, and what other
degrees would cost or save; writes no file. `--exhaustive` measures every f32 there is instead of a sample.

With n + r = x log2(e), n the nearest integer, exp(x) = 2^n 2^r. sigmoid(x) = 1 / (1 + exp(-x)), and
tanh(x) = u / (u + 2) with u = exp(2x) - 1, for which 2^r - 1 is fitted, so that u keeps its accuracy near zero.
"""

import argparse

import numpy as np

import minimax

f32, f64 = np.float32, np.float64

EXP2_DEGREES = [4, 5, 6]
TANH_CLAMP, SIGMOID_CLAMP = f32(13.8), f32(27.7)
EXP_DEGREES = [4, 5, 6]
EXP_LOW, EXP_HIGH = f32(-87.3), f32(88.3)
LOG2_E = f32(np.log2(np.e))
# Nine trailing zero bits, so that n * LN_2_HI is exact for every |n| < 512 without fused multiply-add too.
LN_2_HI = f32(float.fromhex("0x1.62e4p-1"))
LN_2_LO = f32(np.log(2.0) - f64(LN_2_HI))
# Adding and subtracting this rounds a small f32 to the nearest integer.
ROUND = f32(1.5 * 2**23)


def multiply_add(a, b, c, fused):
    if fused:  # the product is exact in f64
        return (a.astype(f64) * f64(b) + np.asarray(c, f64)).astype(f32)
    return a * b + c


def horner(coefficients, x, fused):
    y = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        y = multiply_add(y, x, c, fused)
    return y


def power(x, factor, c, fused):
    """2^n and 2^r - 1 where n + r = factor x."""
    biased = multiply_add(x, factor, ROUND, fused)
    n = biased - ROUND
    r = multiply_add(x, factor, -n, fused)
    return ((n.astype(np.int32) + 127) << 23).view(f32), r * horner(c, r, fused)


def tanh(x, c, fused):
    x = np.minimum(np.maximum(x, -TANH_CLAMP), TANH_CLAMP)
    scale, less_one = power(x, f32(2) * LOG2_E, c, fused)
    u = multiply_add(scale, less_one, scale - f32(1), fused)
    return u / (u + f32(2))


def sigmoid(x, c, fused):
    x = np.minimum(np.maximum(x, -SIGMOID_CLAMP), SIGMOID_CLAMP)
    scale, less_one = power(x, -LOG2_E, c, fused)
    return f32(1) / multiply_add(scale, less_one, scale + f32(1), fused)


def exp(x, c, fused):
    n = multiply_add(x, LOG2_E, ROUND, fused) - ROUND
    r = multiply_add(n, -LN_2_HI, x, fused)
    r = multiply_add(n, -LN_2_LO, r, fused)
    power = ((n.astype(np.int32) + 127) << 23).view(f32)
    return horner(c, r, fused) * power


def fit_exp2(degree):
    r = minimax.chebyshev_grid(-0.5 - 1e-5, 0.5 + 1e-5, 400)
    basis = np.stack([r ** (k + 1) for k in range(degree)], axis=1)
    fixed = {0: float(f32(np.log(2.0))), degree: 1.0}  # 2^r - 1 = r ln 2 near zero
    _, error, rounded, rounded_error = minimax.fit(basis, np.ones((len(r), 1)), 2**r - 1, 2**r, fixed)
    return rounded[:-1], error, rounded_error


def fit_exp(degree):
    half = np.log(2.0) / 2 + 1e-5  # n is rounded from a rounded product
    r = minimax.chebyshev_grid(-half, half, 400)
    basis = np.stack([r**k for k in range(degree + 1)], axis=1)
    fixed = {0: 1.0, degree + 1: 1.0}  # exp(0) = 1
    _, error, rounded, rounded_error = minimax.fit(basis, np.ones((len(r), 1)), np.exp(r), np.exp(r), fixed)
    return rounded[:-1], error, rounded_error


def blocks(low, high, exhaustive):
    """The f32 in low..=high (both > 0), or an even sample of their bit patterns."""
    first, last = (int(f32(v).view(np.int32)) for v in (low, high))
    stride = 1 if exhaustive else 251
    for start in range(first, last + 1, stride << 21):
        stop = min(start + (stride << 21), last + 1)
        yield np.arange(start, stop, stride, dtype=np.int32).view(f32)


def measure_tanh(c, fused, exhaustive):
    worst = dict(tanh=0.0, beyond=-1.0, sigmoid=0.0)
    for x in blocks(np.finfo(f32).smallest_subnormal, 32.0, exhaustive):  # past the clamps nothing changes
        for signed in (x, -x):
            wide = signed.astype(f64)
            y = tanh(signed, c, fused).astype(f64)
            worst["tanh"] = max(worst["tanh"], np.abs(y - np.tanh(wide)).max())
            worst["beyond"] = max(worst["beyond"], np.abs(y).max() - 1.0)
            exact = 0.5 + 0.5 * np.tanh(0.5 * wide)
            worst["sigmoid"] = max(worst["sigmoid"], np.abs(sigmoid(signed, c, fused) - exact).max())
    return worst


def measure_exp(c, fused, exhaustive):
    worst = 0.0
    tiny = np.finfo(f32).smallest_subnormal
    for sign, limit in ((1, EXP_HIGH), (-1, -EXP_LOW)):
        for x in blocks(tiny, limit, exhaustive):
            x = f32(sign) * x
            exact = np.exp(x.astype(f64))
            worst = max(worst, np.abs(exp(x, c, fused) / exact - 1.0).max())
    return worst


def number(value):
    if abs(value) < 1e-3:
        return np.format_float_scientific(value, unique=True, trim="0", exp_digits=1)
    return np.format_float_positional(value, unique=True, trim="0")


def literals(name, values):
    inner = ", ".join(number(v) for v in values)
    return f"const {name}: [f32; {len(values)}] = [{inner}];"


def literal(name, value):
    return f"const {name}: f32 = {number(value)};"


def report_tanh(degree, exhaustive):
    c, error, rounded_error = fit_exp2(degree)
    print(f"// 2^r - 1, degree {degree}: fit {error:.1e}, with f32 coefficients {rounded_error:.1e} (relative to 2^r)")
    print(literals("EXP2", c))
    for fused in (True, False):
        w = measure_tanh(c, fused, exhaustive)
        print(f"//   {'fused' if fused else 'plain'}: absolute, tanh {w['tanh']:.3e}, sigmoid {w['sigmoid']:.3e}, "
              f"largest tanh 1{w['beyond']:+.1e}", flush=True)


def report_exp(degree, exhaustive):
    c, error, rounded_error = fit_exp(degree)
    print(f"// exp, degree {degree}: fit {error:.1e}, with f32 coefficients {rounded_error:.1e} (relative)")
    print(literals("EXP_C", c))
    for fused in (True, False):
        print(f"//   {'fused' if fused else 'plain'}: relative {measure_exp(c, fused, exhaustive):.3e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exhaustive", action="store_true", help="measure every f32 for the chosen forms (minutes)")
    exhaustive = parser.parse_args().exhaustive
    for name, value in (("TANH_CLAMP", TANH_CLAMP), ("SIGMOID_CLAMP", SIGMOID_CLAMP)):
        print(literal(name, value))
    for degree in EXP2_DEGREES:
        report_tanh(degree, exhaustive)
    print()
    for name, value in (("LOG2_E", LOG2_E), ("LN_2_HI", LN_2_HI), ("LN_2_LO", LN_2_LO), ("ROUND", ROUND)):
        print(literal(name, value))
    for degree in EXP_DEGREES:
        report_exp(degree, exhaustive)


if __name__ == "__main__":
    main()
