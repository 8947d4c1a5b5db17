"""Minimax fits of f by A(u)/B(u), by a short sequence of linear programs.

Each program minimises t in |A - f B| <= t * weight * B_previous over a grid, which converges to the true
rational minimax fit because B_previous converges to B. Coefficients become f32 one at a time, and
the free ones are fitted again after each, so the last ones absorb the rounding of the first.
"""

import numpy as np
from scipy.optimize import linprog


def chebyshev_grid(low, high, count):
    theta = np.linspace(0.0, np.pi, count)
    return 0.5 * (low + high) - 0.5 * (high - low) * np.cos(theta)


def _solve(numerator, denominator, f, weight, fixed, rounds):
    """Coefficients [a..., b...] and the error; `fixed` has a value or NaN for each."""
    columns = np.hstack([numerator, -f[:, None] * denominator])
    split = numerator.shape[1]
    free = np.isnan(fixed)
    size = np.abs(columns).max(axis=0)
    known = columns[:, ~free] @ fixed[~free]
    result = fixed.copy()
    b = np.ones(len(f))
    error = np.nan
    for _ in range(rounds):
        # Errors of 1e-8 would vanish in the solver's tolerances, so the rows are scaled until t is about one.
        scale = (1e7 / (weight * np.abs(b)))[:, None]
        rows = scale * (columns / size)[:, free]
        right = -scale[:, 0] * known
        t = np.ones((len(f), 1))
        program = linprog(
            np.append(np.zeros(free.sum()), 1.0),
            A_ub=np.block([[rows, -t], [-rows, -t]]),
            b_ub=np.concatenate([right, -right]),
            bounds=[(None, None)] * (free.sum() + 1),
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
        )
        if program.x is None:
            raise ArithmeticError(program.message)
        result[free] = program.x[:-1] / size[free]
        b = denominator @ result[split:]
        error = np.max(np.abs(columns @ result) / (weight * np.abs(b)))
        if denominator.shape[1] == 1:
            break
    return result, error


def fit(numerator, denominator, f, weight, fixed, rounds=6):
    """Exact minimax coefficients, the same rounded to f32, and the error of each.

    numerator, denominator: [points, terms] basis values. fixed: {index: value} over [a..., b...].
    """
    terms = numerator.shape[1] + denominator.shape[1]
    held = np.full(terms, np.nan)
    for index, value in fixed.items():
        held[index] = value
    exact, error = _solve(numerator, denominator, f, weight, held, rounds)
    size = np.abs(np.hstack([numerator, f[:, None] * denominator])).max(axis=0) * np.abs(exact)
    rounded, rounded_error = exact, error
    while np.isnan(held).any():
        free = np.flatnonzero(np.isnan(held))
        largest = free[np.argmax(size[free])]
        held[largest] = np.float32(rounded[largest])
        if np.isnan(held).any():
            rounded, rounded_error = _solve(numerator, denominator, f, weight, held, 2)
    split = numerator.shape[1]
    a, b = numerator @ held[:split], denominator @ held[split:]
    rounded_error = np.max(np.abs(a / b - f) / weight)
    return exact, error, held.astype(np.float32), rounded_error
