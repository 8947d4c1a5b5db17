//! Each folder of `tests/diagnostics` is a spec, its files, and what recurve says about it.
//! `RECURVE_BLESS=1` writes what it says now.

mod case;

use std::collections::BTreeSet;
use std::fs;

use case::Case;
use recurve_compiler::diagnostic::Code;

#[test]
fn every_case_says_what_is_expected() {
    let bless = std::env::var_os("RECURVE_BLESS").is_some();
    let mut failed = Vec::new();
    for case in Case::all() {
        let (_, rendered) = case.diagnose();
        let expected = case.read("expected.txt").unwrap_or_default();
        if rendered == expected {
            continue;
        }
        if bless {
            fs::write(case.0.join("expected.txt"), rendered).expect("a writable case");
        } else {
            eprintln!("{}:\n--- expected\n{expected}\n--- found\n{rendered}", case.0.display());
            failed.push(case.0);
        }
    }
    assert!(failed.is_empty(), "{} cases differ: {failed:#?}", failed.len());
}

/// Codes that no file of a sensible size shows, each with the test that does.
const ELSEWHERE: &[(Code, &str)] = &[(Code::TooLarge, "spec::tree::tests and model::tests::shapes")];

#[test]
fn every_code_has_a_case() {
    let found: BTreeSet<Code> =
        Case::all().iter().flat_map(|case| case.diagnose().0).map(|diagnostic| diagnostic.code).collect();
    let missing: Vec<&Code> = Code::ALL
        .iter()
        .filter(|code| !found.contains(code) && !ELSEWHERE.iter().any(|(elsewhere, _)| elsewhere == *code))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

#[test]
fn every_case_finds_something() {
    for case in Case::all() {
        assert!(!case.diagnose().0.is_empty(), "{} is nothing to complain about", case.0.display());
    }
}
