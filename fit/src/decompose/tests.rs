use recurve_compiler::spec::{Factors, Pattern};

use super::svd::leading;
use super::*;

/// Numbers in -1..1 that look random.
fn noise(rows: usize, columns: usize, seed: u32) -> DMatrix<f64> {
    let mut state = seed | 1;
    DMatrix::from_fn(rows, columns, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 8_388_608.0 - 1.0
    })
}

fn error(a: &DMatrix<f64>, gate: &Gate) -> f64 {
    (a - &gate.product).norm() / a.norm()
}

#[test]
fn what_has_the_form_is_found_again() {
    let factors = Factors { b: [3, 8], c: [5, 4] };
    let kronecker_product = noise(3, 8, 1).kronecker(&noise(5, 4, 2));
    let thin = noise(15, 2, 3) * noise(2, 32, 4);
    let mut halves = noise(15, 32, 5);
    let (left, right) = (noise(13, 1, 6) * noise(1, 16, 7), noise(13, 1, 8) * noise(1, 16, 9));
    halves.view_mut((2, 0), (13, 16)).copy_from(&left);
    halves.view_mut((2, 16), (13, 16)).copy_from(&right);
    let mut doped_product = kronecker_product.clone();
    doped_product[(3, 7)] += 9.0;
    doped_product[(14, 31)] -= 7.0;
    let mut hybrid_product = noise(17, 32, 10);
    hybrid_product.rows_mut(2, 15).copy_from(&kronecker_product);
    let all = [
        (kronecker::decompose(&kronecker_product, &factors), kronecker_product),
        (low_rank::decompose(&thin, 2), thin),
        (hybrid::above(&halves, 2, hybrid::halves), halves),
        (doped::decompose(&doped_product, &factors, 1.0 - 2.0 / 480.0), doped_product),
        (hybrid::above(&hybrid_product, 2, |lower| kronecker::decompose(lower, &factors)), hybrid_product),
    ];
    for (place, (gate, a)) in all.iter().enumerate() {
        assert!(error(a, gate) < 1e-7, "{place}: {}", error(a, gate));
    }
}

/// Eckart & Young: what truncation leaves are the other singular values.
#[test]
fn truncation_is_the_nearest_of_its_rank() {
    let a = noise(30, 20, 11);
    let values = a.singular_values();
    for rank in [1, 7, 20] {
        let expected = values.rows(rank, 20 - rank).norm();
        let found = (&a - &low_rank::decompose(&a, rank).product).norm();
        assert!((found - expected).abs() < 1e-9, "{rank}: {found} {expected}");
    }
}

#[test]
fn iteration_finds_what_the_whole_decomposition_finds() {
    let a = noise(230, 310, 12) + noise(230, 3, 13) * noise(3, 310, 14);
    let all = a.singular_values();
    let found = leading(&a, 5);
    for (place, value) in found.s.iter().enumerate() {
        assert!((value - all[place]).abs() < 1e-6 * all[0], "{place}: {value} {}", all[place]);
    }
    let near = &found.u * DMatrix::from_diagonal(&found.s) * &found.v_t;
    let expected = all.rows(5, all.len() - 5).norm();
    assert!(((&a - near).norm() - expected).abs() < 1e-6 * expected);
}

#[test]
fn other_products_are_no_nearer() {
    let factors = Factors { b: [2, 6], c: [7, 3] };
    let a = noise(14, 18, 15);
    let best = kronecker::decompose(&a, &factors);
    for seed in 0..50 {
        let (b, c) = kronecker::nearest(&a, &factors);
        let other = (b + noise(2, 6, 100 + seed) * 0.1).kronecker(&(c + noise(7, 3, 200 + seed) * 0.1));
        assert!((&a - other).norm() >= (&a - &best.product).norm());
    }
}

#[test]
fn pruning_keeps_the_largest_of_all_gates() {
    let gates = [noise(18, 6, 16), noise(18, 6, 17) * 3.0];
    let kept = |gates: &[Gate]| {
        gates.iter().map(|gate| gate.product.iter().filter(|x| **x != 0.0).count()).collect::<Vec<_>>()
    };
    let single = pruned::decompose(&gates, Pattern::Unstructured, 0.75);
    let counts = kept(&single);
    assert_eq!(counts.iter().sum::<usize>(), 54);
    assert!(counts[1] > counts[0]);
    let smallest = single
        .iter()
        .flat_map(|gate| gate.product.iter())
        .filter(|x| **x != 0.0)
        .fold(f64::MAX, |a, b| a.min(b.abs()));
    let left = gates
        .iter()
        .zip(&single)
        .flat_map(|(gate, kept)| (gate - &kept.product).iter().copied().collect::<Vec<_>>());
    assert!(left.fold(0.0, |a: f64, b| a.max(b.abs())) <= smallest);
    // Blocks are whole: of 16 rows, or of the 2 that are left.
    let blocks = pruned::decompose(&gates, Pattern::Blocks, 0.5);
    for gate in &blocks {
        for column in gate.product.column_iter() {
            for rows in [0..16, 16..18] {
                let zeros = column.iter().skip(rows.start).take(rows.len()).filter(|x| **x == 0.0).count();
                assert!(zeros == 0 || zeros == rows.len());
            }
        }
    }
    let count = kept(&blocks).iter().sum::<usize>();
    assert!(count <= 108 && count > 108 - 16, "{count}");
}

#[test]
fn zeros_decompose_into_zeros() {
    let zeros = DMatrix::zeros(6, 8);
    let factors = Factors { b: [2, 4], c: [3, 2] };
    for gate in [
        kronecker::decompose(&zeros, &factors),
        low_rank::decompose(&zeros, 2),
        hybrid::above(&zeros, 1, hybrid::halves),
        doped::decompose(&zeros, &factors, 0.9),
    ] {
        assert!(gate.product.iter().all(|x| *x == 0.0));
        assert!(gate.parts.iter().flat_map(|part| &part.data).all(|x| x.is_finite()));
    }
}
