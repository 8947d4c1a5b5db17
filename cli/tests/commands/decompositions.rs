//! What `recurve fit` decomposes.

use std::fs;

use crate::Folder;

#[test]
fn fit_decomposes_and_check_accepts() {
    for (place, compression) in [
        "kp: {factors: [[4, 8], [10, 6]]}",
        "hkp: {rows: 8}",
        "hmd: {ratio: 2}",
        "low_rank: {matrices: both, rank: 5}",
        "low_rank: {matrices: recurrent, ratio: 2}",
        "pruned: {matrices: input, sparsity: 0.8}",
        "pruned: {pattern: blocks, ratio: 3}",
        "doped_kp: {ratio: 6}",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::compressed(&format!("fit{place}"), compression);
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(said.contains("error[missing-fit]"), "{compression}: {said}");
        folder.succeeds(&["fit", "lstm.yaml"]);
        let first = fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file");
        folder.succeeds(&["check", "lstm.yaml"]);
        folder.succeeds(&["fit", "lstm.yaml"]);
        assert_eq!(
            first,
            fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file"),
            "{compression}"
        );
    }
}

/// With all its rank a matrix is what it was.
#[test]
fn nothing_is_lost_at_full_rank() {
    let folder = Folder::compressed("full_rank", "low_rank: {matrices: input, rank: 8}");
    let said = folder.succeeds(&["fit", "lstm.yaml", "--json", "--evaluate", "test.safetensors"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(said["matrices"][0]["relative_error"].as_f64().expect("a number") < 1e-6, "{said}");
    let evaluation = &said["evaluation"];
    assert_eq!(evaluation["sequences"], 599);
    assert_eq!(evaluation["accuracy"]["trained"], evaluation["accuracy"]["deployed"]);
    assert_eq!(evaluation["agreement"], 1.0);
    assert!(evaluation["difference"].as_f64().expect("a number") < 1e-6, "{said}");
}

#[test]
fn a_size_chooses_the_ratio() {
    let folder = Folder::compressed("size", "low_rank: {ratio: 1.5}");
    let said = folder.succeeds(&["fit", "lstm.yaml", "--size", "12KiB", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let bytes = said["weight_bytes"].as_u64().expect("a number");
    // One more rank is 4 gates of 40 + 48 numbers.
    assert!(bytes <= 12 << 10 && bytes > (12 << 10) - 2 * 4 * 4 * 88, "{bytes}");
    assert!(!folder.text("lstm.yaml").contains("ratio: 1.5"));
    folder.succeeds(&["check", "lstm.yaml"]);
    let before = folder.text("lstm.yaml");
    let said = folder.fails(&["fit", "lstm.yaml", "--size", "1KiB"]);
    assert!(said.contains("more than 1024"), "{said}");
    assert_eq!(before, folder.text("lstm.yaml"));
}

#[test]
fn what_was_learned_becomes_stale() {
    let folder = Folder::compressed("stale", "low_rank: {matrices: both, rank: 5}");
    folder.succeeds(&["fit", "lstm.yaml"]);
    let text = folder.text("lstm.yaml");
    folder.write("lstm.yaml", text.replace("rank: 5", "rank: 6").as_bytes());
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(
        said.contains("error[stale-fit]") && said.contains("as `low_rank 5`, and the spec says `low_rank 6`"),
        "{said}"
    );
    folder.write("lstm.yaml", text.as_bytes());
    let mut weights = fs::read(folder.0.join("lstm.safetensors")).expect("weights");
    let at = weights.len() - 3;
    weights[at] ^= 1;
    let all_but_bias = folder.text("lstm.yaml").replace("golden: lstm.golden.safetensors\n", "");
    folder.write("lstm.yaml", all_but_bias.as_bytes());
    folder.write("lstm.safetensors", &weights);
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("was learned from other weights: `lstm.weight_"), "{said}");
}
