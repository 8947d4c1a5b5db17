//! What `recurve fit` teaches little modules.

use std::fs;

use crate::{Folder, floats};

#[test]
fn little_modules_learn_what_the_layer_computes() {
    let folder = Folder::with_runtime("dual", "dual_module: [{layer: lstm, insensitive_ratio: 0.5}]");
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("error[missing-fit]"), "{said}");
    let fit = ["fit", "lstm.yaml", "--json", "--data", "some.safetensors"];
    let said = folder.succeeds(&fit);
    let first = fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file");
    folder.succeeds(&["check", "lstm.yaml"]);
    let learned = &serde_json::from_str::<serde_json::Value>(&said).expect("JSON")["dual_modules"];
    let written: serde_json::Value =
        serde_json::from_str(&folder.text("lstm.fit.dual_module.json")).expect("JSON");
    assert_eq!(*learned, written);
    assert!(folder.text("lstm.fit.dual_module.svg").starts_with("<svg"));
    // As many numbers as are projected, so that nothing but a random matrix stands between the two.
    assert_eq!(learned["modules"][0]["dims"], serde_json::json!([8, 40]));
    assert!(learned["modules"][0]["relative_error"].as_f64().expect("a number") < 0.3, "{learned}");
    let points = learned["points"].as_array().expect("points");
    let of =
        |key: &str| points.iter().map(|point| point[key].as_f64().expect("a number")).collect::<Vec<_>>();
    assert_eq!((of("agreement")[0], of("difference")[0], of("insensitive")[0]), (1.0, 0.0, 0.0));
    assert!(of("insensitive").is_sorted() && of("bytes").is_sorted_by(|a, b| a >= b), "{learned}");
    for (asked, found) in of("ratio").into_iter().zip(of("insensitive")) {
        assert!((asked - found).abs() < 0.05, "{asked} asked, {found} found: {learned}");
    }
    folder.succeeds(&fit);
    assert_eq!(first, fs::read(folder.0.join("lstm.fit.safetensors")).expect("a fit file"));
    let text = folder.text("lstm.yaml").replace("layer: lstm", "layer: lstm, dim: 4");
    folder.write("lstm.yaml", text.as_bytes());
    let said = folder.fails(&["check", "lstm.yaml"]);
    assert!(said.contains("error[stale-fit]") && said.contains("projections to 4 and 4"), "{said}");
}

#[test]
fn little_modules_are_rounded_to_few_bits_as_they_are_learned() {
    let folder = Folder::with_runtime("dual_bits", "dual_module: [{layer: lstm, precision: int8}]");
    let error = || {
        let said = folder.succeeds(&["fit", "lstm.yaml", "--json", "--data", "some.safetensors"]);
        let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        said["dual_modules"]["modules"][0]["relative_error"].as_f64().expect("a number")
    };
    let mut errors = vec![error()];
    for (before, precision) in [("int8", "int4"), ("int4", "int2")] {
        let text = folder
            .text("lstm.yaml")
            .replace(&format!("precision: {before}}}]"), &format!("precision: {precision}}}]"));
        folder.write("lstm.yaml", text.as_bytes());
        let said = folder.fails(&["check", "lstm.yaml"]);
        assert!(
            said.contains("error[stale-fit]") && said.contains(&format!("rounded to {precision}")),
            "{said}"
        );
        errors.push(error());
        folder.succeeds(&["check", "lstm.yaml"]);
    }
    assert!(errors.is_sorted() && errors[1] < 0.15 && errors[2] < 0.5, "{errors:?}");
}

#[test]
fn little_modules_say_what_they_cannot_learn_from() {
    let folder = Folder::with_runtime("dual_data", "dual_module: [{layer: lstm}]");
    let said = folder.fails(&["fit", "lstm.yaml"]);
    assert!(said.contains("learns from data, and none is given") && said.contains("--data"), "{said}");
    for (shape, number, reason) in [
        (vec![1, 200, 8], 0.5, "the data has 1 sequences with steps"),
        (vec![3, 5, 8], 0.5, "the data has 10 steps to learn from"),
        (vec![3, 5, 7], 0.5, "7"),
        (vec![3, 5, 8], f32::NAN, "not a number"),
    ] {
        folder.write("bad.safetensors", &floats("inputs", &shape, number));
        let said = folder.fails(&["fit", "lstm.yaml", "--data", "bad.safetensors"]);
        assert!(said.contains(reason), "{shape:?}: {said}");
        assert!(!folder.0.join("lstm.fit.safetensors").exists(), "{shape:?}");
    }
}
