//! Least squares with numbers that are not negative.

/// More sweeps move nothing.
const SWEEPS: usize = 20_000;

/// The `x >= 0` with the least `|A x - b|`, by coordinate descent (Franc et al. 2005); `rows` are those of `A`, each with its
/// element of `b`. What no row asks for is 0.
pub(crate) fn solve(rows: &[(Vec<f64>, f64)], unknowns: usize) -> Vec<f64> {
    let mut products = vec![vec![0.0; unknowns]; unknowns];
    let mut gradient = vec![0.0; unknowns];
    for (row, b) in rows {
        for (i, a) in row.iter().enumerate() {
            gradient[i] -= a * b;
            for (j, other) in row.iter().enumerate() {
                products[i][j] += a * other;
            }
        }
    }
    let mut x = vec![0.0; unknowns];
    for _ in 0..SWEEPS {
        let mut moved = 0.0_f64;
        for i in 0..unknowns {
            let curvature = products[i][i];
            if curvature <= 0.0 {
                continue;
            }
            let next = (x[i] - gradient[i] / curvature).max(0.0);
            let step = next - x[i];
            if step != 0.0 {
                moved = moved.max(step.abs() * curvature.sqrt());
                x[i] = next;
                for (gradient, product) in gradient.iter_mut().zip(&products[i]) {
                    *gradient += step * product;
                }
            }
        }
        if moved < 1e-12 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_found() {
        let rows = [(vec![1.0, 0.0], 3.0), (vec![1.0, 2.0], 7.0), (vec![0.0, 1.0], 2.0)];
        let x = solve(&rows, 2);
        assert!((x[0] - 3.0).abs() < 1e-9 && (x[1] - 2.0).abs() < 1e-9, "{x:?}");
    }

    #[test]
    fn what_would_be_negative_is_zero() {
        let rows = [(vec![1.0, 1.0], 1.0), (vec![1.0, 2.0], 0.5)];
        let x = solve(&rows, 3);
        assert!(x[1] == 0.0 && x[2] == 0.0 && (x[0] - 0.75).abs() < 1e-9, "{x:?}");
    }
}
