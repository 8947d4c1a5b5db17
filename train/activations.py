"""Fits the coefficients of the fast f32 tanh and exp, and measures them as they run.

Prints the coefficients as Rust literals, the largest errors with and without fused multiply-add, and what other
degrees would cost or save; writes no file. `--exhaustive` measures every f32 there is instead of a sample.

tanh(x) = 2NQ / (QQ + NN) where N/Q = x P(xx) / Q(xx) approximates tanh(x/2). The doubling is what makes it accurate:
its derivative vanishes where tanh saturates, so there the rounding errors of N and Q cancel.
"""

import argparse

import numpy as np

import minimax

f32, f64 = np.float32, np.float64

# Of 223 clamps and scales tried on every f32 past 0.25, the most accurate one whose results, fused or not, stay within
# [-1, 1] and saturate at exactly 1. The scale of P and Q only decides how their coefficients round.
TANH = dict(degrees=(2, 3), clamp=8.65, scale=1.375)
TANH_OTHERS = [
    dict(degrees=(2, 2), clamp=8.0, scale=1.0),
    dict(degrees=(3, 2), clamp=8.9, scale=1.75),
    dict(degrees=(3, 3), clamp=8.9, scale=1.75),
]
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


def tanh(x, p, q, clamp, fused):
    x = np.minimum(np.maximum(x, -clamp), clamp)
    u = x * x
    n = x * horner(p, u, fused)
    q = horner(q, u, fused)
    return (n + n) * q / multiply_add(n, n, q * q, fused)


def sigmoid(x, p, q, clamp, fused):
    half = f32(0.5)
    return multiply_add(tanh(half * x, p, q, clamp, fused), half, half, fused)


def exp(x, c, fused):
    n = multiply_add(x, LOG2_E, ROUND, fused) - ROUND
    r = multiply_add(n, -LN_2_HI, x, fused)
    r = multiply_add(n, -LN_2_LO, r, fused)
    power = ((n.astype(np.int32) + 127) << 23).view(f32)
    return horner(c, r, fused) * power


def fit_tanh(degrees, clamp, scale):
    x = minimax.chebyshev_grid(1e-3, clamp, 400)
    powers = [(x * x) ** k for k in range(max(degrees) + 1)]
    t = np.tanh(x / 2)
    # What an error of t does to the relative error of 2t/(1+tt); bounded, for second-order effects at saturation.
    weight = np.minimum(t * (1 + t * t) / (1 - t * t), 1000.0)
    p_terms, q_terms = degrees[0] + 1, degrees[1] + 1
    p = np.stack([x * powers[k] for k in range(p_terms)], axis=1)
    q = np.stack([powers[k] for k in range(q_terms)], axis=1)
    fixed = {0: scale / 2, p_terms: scale}  # tanh(x) = x near zero
    _, error, rounded, rounded_error = minimax.fit(p, q, t, weight, fixed)
    return rounded[:p_terms], rounded[p_terms:], f32(clamp), error, rounded_error


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


def measure_tanh(p, q, clamp, fused, exhaustive):
    """Largest errors; negative x only mirrors them, since every operation but sigmoid's last is odd."""
    worst = dict(absolute=0.0, ulp=0.0, above_one=-1.0, sigmoid=0.0)
    for x in blocks(np.finfo(f32).smallest_subnormal, 32.0, exhaustive):  # past the clamp nothing changes
        exact = np.tanh(x.astype(f64))
        y = tanh(x, p, q, clamp, fused).astype(f64)
        error = np.abs(y - exact)
        worst["absolute"] = max(worst["absolute"], error.max())
        worst["ulp"] = max(worst["ulp"], (error / np.spacing(exact.astype(f32))).max())
        worst["above_one"] = max(worst["above_one"], y.max() - 1.0)
        for signed in (x, -x):
            exact = 0.5 + 0.5 * np.tanh(0.5 * signed.astype(f64))
            error = np.abs(sigmoid(signed, p, q, clamp, fused) - exact)
            worst["sigmoid"] = max(worst["sigmoid"], error.max())
    worst["at_infinity"] = float(tanh(np.array([np.inf], f32), p, q, clamp, fused)[0])
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


def report_tanh(form, exhaustive):
    p, q, clamp, error, rounded_error = fit_tanh(**form)
    print(f"// tanh, P degree {form['degrees'][0]}, Q degree {form['degrees'][1]} in x*x: fit {error:.1e}, "
          f"with f32 coefficients {rounded_error:.1e} (relative)")
    print(literal("TANH_CLAMP", clamp))
    print(literals("TANH_P", p))
    print(literals("TANH_Q", q))
    for fused in (True, False):
        w = measure_tanh(p, q, clamp, fused, exhaustive)
        print(f"//   {'fused' if fused else 'plain'}: absolute {w['absolute']:.3e}, relative {w['ulp']:.2f} ulp, "
              f"maximum 1{w['above_one']:+.1e}, tanh(inf) {w['at_infinity']!r}, sigmoid absolute {w['sigmoid']:.3e}",
              flush=True)


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
    report_tanh(TANH, exhaustive)
    print("\n// The trade-off:")
    for form in TANH_OTHERS:
        report_tanh(form, False)
    print()
    for name, value in (("LOG2_E", LOG2_E), ("LN_2_HI", LN_2_HI), ("LN_2_LO", LN_2_LO), ("ROUND", ROUND)):
        print(literal(name, value))
    for degree in EXP_DEGREES:
        report_exp(degree, exhaustive)


if __name__ == "__main__":
    main()
