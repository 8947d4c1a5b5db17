//! What `recurve fit` measured when it learned the predictors of a task.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

/// Points that the best threshold may lose, as `recurve fit` has it.
const LOSS: f64 = 0.003;
/// Points of a baseline that are shown, those that read the most.
const SHOWN: usize = 3;

/// A table for each `*.fit.json` of a task; nothing where there is none.
pub fn tables(task: &str) -> Result<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(task);
    let error = |error: std::io::Error| format!("cannot read `{}`: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(network) = name.strip_suffix(".fit.json") {
            files.push((network.to_owned(), std::fs::read_to_string(&path).map_err(error)?));
        }
    }
    files.sort();
    let mut tables = String::new();
    for (network, text) in files {
        let fitted = serde_json::from_str(&text).map_err(|error| format!("`{network}.fit.json`: {error}"))?;
        tables += &table(&network, &fitted);
    }
    Ok(tables)
}

fn table(network: &str, fitted: &Value) -> String {
    let mut table = format!(
        "\n\nWhat `recurve fit` found for `{network}` on {} sequences of the training data that it did not learn from, \
         in the reference executor:\n\n| | accuracy | inputs | MACs |\n|---|--:|--:|--:|\n",
        fitted["sequences"]
    );
    line(&mut table, "every step", &fitted["every_step"]);
    let chosen = points(fitted, "predictor").find(|point| point["at"] == fitted["chosen"]);
    if let Some(point) = chosen {
        line(&mut table, &format!("predictor, threshold {:.4}, chosen", number(&point["at"])), point);
    }
    let least = number(&fitted["every_step"]["accuracy"]) - LOSS;
    let good = points(fitted, "ideal").filter(|point| number(&point["accuracy"]) >= least);
    if let Some(point) = good.min_by(|a, b| number(&a["updates"]).total_cmp(&number(&b["updates"]))) {
        line(&mut table, "ideal, the most that loses at most 0.3 points", point);
    }
    for point in points(fitted, "concat").take(SHOWN) {
        line(&mut table, &format!("the first and the last {} inputs", number(&point["at"])), point);
    }
    for point in points(fitted, "stop_tokens").take(SHOWN) {
        line(&mut table, &format!("without {} stop tokens", number(&point["at"])), point);
    }
    table.trim_end().to_owned()
}

fn points<'v>(fitted: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    fitted[name].as_array().into_iter().flatten()
}

fn line(table: &mut String, title: &str, point: &Value) {
    let percent = |name: &str| 100.0 * number(&point[name]);
    // Writing to a string cannot fail.
    let _ = writeln!(
        table,
        "| {title} | {:.2} % | {:.1} % | {:.1} % |",
        percent("accuracy"),
        percent("updates"),
        percent("macs")
    );
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}
