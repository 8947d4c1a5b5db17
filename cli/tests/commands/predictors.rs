//! What `recurve fit` teaches predictors.

use std::fs;

use crate::{Folder, floats};

#[test]
fn predictors_learn_which_steps_matter() {
    let data = ["--data", "some.safetensors"];
    for (place, predictor) in [
        "logistic: {name: skip, quantile: 0.3}",
        "mlp: {name: skip, hidden_size: 4, change: cosine}",
        "tree: {name: skip, depth: 4}",
        "forest: {name: skip, trees: 3, depth: 4, quantile: 0.4}",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::with_predictor(&format!("predictor{place}"), predictor);
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(said.contains("error[missing-fit]"), "{predictor}: {said}");
        let fit = |folder: &Folder| {
            let said = folder.succeeds(&[&["fit", "lstm.yaml", "--json"][..], &data].concat());
            serde_json::from_str::<serde_json::Value>(&said).expect("JSON")
        };
        let said = fit(&folder);
        let first = fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file");
        folder.succeeds(&["check", "lstm.yaml"]);
        let learned = &said["predictor"];
        assert!(learned["labels_right"].as_f64().expect("a share") > 0.65, "{predictor}: {learned}");
        // A higher threshold never executes more, and all are compared with every step executed.
        let curve = learned["predictor"].as_array().expect("points");
        let of =
            |key: &str| curve.iter().map(|point| point[key].as_f64().expect("a number")).collect::<Vec<_>>();
        assert!(curve.len() >= 2 && of("at").is_sorted(), "{predictor}: {learned}");
        assert!(of("updates").iter().all(|share| (0.0..=1.0).contains(share)), "{predictor}: {learned}");
        assert!(of("macs").iter().zip(of("updates")).all(|(macs, updates)| *macs >= updates), "{learned}");
        assert_eq!(
            (&learned["every_step"]["macs"], &learned["every_step"]["agreement"]),
            (&1.0.into(), &1.0.into())
        );
        let written: serde_json::Value = serde_json::from_str(&folder.text("lstm.fit.json")).expect("JSON");
        assert_eq!(*learned, written);
        assert!(folder.text("lstm.fit.svg").starts_with("<svg"), "{predictor}");

        fit(&folder);
        assert_eq!(
            first,
            fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file"),
            "{predictor}"
        );
        let text = folder.text("lstm.yaml").replace("name: skip", "name: skip, quantile: 0.25");
        let text = text.replace(", quantile: 0.3}", "}").replace(", quantile: 0.4}", "}");
        folder.write("lstm.yaml", text.as_bytes());
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(said.contains("error[stale-fit]") && said.contains("0.25 by"), "{predictor}: {said}");
    }
}

#[test]
fn a_predictor_skips_what_the_threshold_says() {
    let folder = Folder::with_predictor("thresholds", "logistic: {name: skip, threshold: 0}");
    let fit = |folder: &Folder| {
        let arguments =
            ["fit", "lstm.yaml", "--json", "--data", "some.safetensors", "--evaluate", "some.safetensors"];
        serde_json::from_str::<serde_json::Value>(&folder.succeeds(&arguments)).expect("JSON")
    };
    let every = &fit(&folder)["evaluation"];
    assert_eq!((&every["updates"], &every["agreement"]), (&1.0.into(), &1.0.into()));
    // 40 + 8 numbers for a decision, and 4 * 40 * 48 + 400 for a step.
    assert!((every["macs"].as_f64().expect("a share") - 1.0 - 48.0 / 8080.0).abs() < 1e-9, "{every}");
    let text = folder.text("lstm.yaml").replace("threshold: 0}", "threshold: 0.5}");
    folder.write("lstm.yaml", text.as_bytes());
    let some = &fit(&folder)["evaluation"];
    let updates = some["updates"].as_f64().expect("a share");
    assert!(updates > 0.1 && updates < 0.9, "{some}");
}

#[test]
fn predictors_say_what_they_cannot_learn_from() {
    let folder = Folder::with_predictor("predictor_data", "tree: {name: skip}");
    let said = folder.fails(&["fit", "lstm.yaml"]);
    assert!(
        said.contains("the predictor `skip` learns from data") && said.contains("`--data FILE`"),
        "{said}"
    );
    folder.write("alike", &floats("inputs", &[20, 1, 8], 0.5));
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "alike"]);
    assert!(said.contains("all 16 steps of the data would be labelled as executed"), "{said}");
    folder.write("few", &floats("inputs", &[3, 8, 8], 0.5));
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "few"]);
    assert!(said.contains("the data has 3 sequences"), "{said}");
    folder.write("nan", &floats("inputs", &[30, 8, 8], f32::NAN));
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "nan"]);
    assert!(said.contains("infinite or not a number"), "{said}");
    assert!(!folder.0.join("lstm.fit.safetensors").exists());
    let folder = Folder::compressed("data_for_nothing", "low_rank: {rank: 2}");
    let said = folder.fails(&["fit", "lstm.yaml", "--data", "test.safetensors"]);
    assert!(said.contains("the spec has none to learn"), "{said}");
}
